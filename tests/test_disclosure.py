"""Copies to publish: what is rounded, what is held back, and what an attacker can still tell."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typed
from markupsafe import escape

from assess import disclosure
from assess.assessment import assess_records
from assess.disclosure import Count, disclose, suppression
from assess.framework import load_framework
from assess.records import AssessError
from assess.report import sections
from assess.words import Words, changed, changes_in_short

CATEGORIES = {
    "staff": {"title": "Staff", "kind": "staff", "could_be_members": 120},
    "supported": {"title": "People we support", "kind": "users"},
    "community": {"title": "Community", "kind": "community"},
}
BODIES = {"board": {"title": "Board"}, "council": {"title": "Council", "appointed_by": "members"}}
GROUPS = tuple(CATEGORIES)  # staff, the six people supported, community
SIZES, VOTED = (60, 6, 44), (25, 2, 13)
SEATS, CAME = (12, 6, 14), (9, 2, 11)  # people on the council, and how many come each time
MEETINGS = [f"C{n}" for n in range(8)]


def given(sizes=SIZES, voted=VOTED, seats=SEATS, came=CAME):
    """An organisation with six people in one of its groups; numbers are by group."""
    about = typed.organisation(member_categories=CATEGORIES, bodies=BODIES)
    groups = list(zip(GROUPS, sizes, voted, seats, came, strict=True))
    elections = [
        {
            "election_id": "E1",
            "held_on": "2025-05-01",
            "body": "council",
            "category": group,
            "seats": 4,
            "candidates": 9,
            "eligible": size,
            "ballots": votes,
        }
        for group, size, votes, _, _ in groups
    ]
    members = [
        {"member_id": f"{group}{n}", "category": group, "eligible_to_vote": True}
        for group, size, *_ in groups
        for n in range(size)
    ]
    acts = [
        {"member_id": f"{group}{n}", "act": "voted", "done_on": "2025-05-01"}
        for group, _, votes, *_ in groups
        for n in range(votes)
    ]
    roles = [
        {
            "person_id": f"{group}{n}",
            "body": "council",
            "seat_category": group,
            "start": "2023-01-01",
        }
        for group, _, _, seat, _ in groups
        for n in range(seat)
    ]
    meetings = [
        {"meeting_id": key, "body": "council", "held_on": f"2025-0{n + 1}-05"}
        for n, key in enumerate(MEETINGS)
    ]
    attendance = [
        {
            "meeting_id": key,
            "person_id": f"{group}{n}",
            "status": "present" if n < present else "absent",
        }
        for key in MEETINGS
        for group, _, _, seat, present in groups
        for n in range(seat)
    ]
    tables = {
        "elections": elections,
        "members": members,
        "participation": acts,
        "roles": roles,
        "meetings": meetings,
        "attendance": attendance,
    }
    return typed.records(about, **{name: typed.table(name, *rows) for name, rows in tables.items()})


def published(**changed):
    return assess_records(given(**changed), period=typed.YEAR, look_back=False, mode="publish")


@pytest.fixture(scope="module")
def copy():
    return published()


@pytest.fixture(scope="module")
def own():
    """The board's own copy of the same records."""
    return assess_records(given(), period=typed.YEAR, look_back=False)


def everything(assessment):
    """All tables of a copy as text: what every page, file and chart is made of."""
    parts = [assessment.measures.table, assessment.scores, assessment.draws, assessment.gates]
    parts += [assessment.claims, *assessment.groups.values(), pd.Series(assessment.counts)]
    return "\n".join(part.to_csv() for part in parts)


# One number


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        pytest.param(Count(10, 20, 20), True, id="ten of twenty people"),
        pytest.param(Count(9, 20, 20), False, id="nine is too few in a count"),
        pytest.param(Count(10, 20, 9), False, id="nine people behind it"),
        pytest.param(Count(5, 9, 9), False, id="nine in all"),
        pytest.param(Count(0, 20, 20), True, id="nobody of twenty, where that is not sensitive"),
        pytest.param(Count(20, 20, 20), True, id="all of twenty, where that is not sensitive"),
        pytest.param(Count(0, 20, 20, sensitive=True), False, id="nobody, and sensitive"),
        pytest.param(Count(20, 20, 20, sensitive=True), False, id="all, and sensitive"),
        pytest.param(Count(11, 20, 20, sensitive=True), False, id="the other nine are a group"),
        pytest.param(Count(10, 20, 20, sensitive=True), True, id="ten and ten"),
    ],
)
def test_a_count_may_be_shown(count, shown):
    assert count.may_be_shown is shown


@pytest.mark.parametrize(
    ("count", "shown"), [(12, 10), (12.5, 15), (13, 15), (10, 10), (2, 0), (3, 5), (0, 0)]
)
def test_counts_are_rounded_to_5(count, shown):
    assert suppression.rounded(count) == shown


def test_a_percentage_comes_from_rounded_counts(copy, own):
    """40 of 110 is 36.4%: 36. Of 113, rounded to 115, it is 34.8%: 35."""
    assert own.measures.table.loc["6.2c", "value"] == pytest.approx(36.3636, abs=1e-3)
    row = copy.measures.table.loc["6.2c"]
    assert (row["numerator"], row["denominator"], row["value"]) == (40, 110, 36)
    row = published(sizes=(60, 6, 47)).measures.table.loc["6.2c"]
    assert (row["numerator"], row["denominator"], row["value"]) == (40, 115, 35)


def test_every_published_count_of_people_is_ten_or_more_and_a_multiple_of_5(copy):
    framework = copy.framework
    people = [entry.id for entry in framework.indicators if entry.people and entry.unit == "%"]
    counts = copy.measures.table.loc[people, ["numerator", "denominator"]].melt()["value"].dropna()
    assert len(counts) >= 8
    assert not counts[(counts % 5 != 0) | ((counts > 0) & (counts < 10))].to_dict()


def test_held_back_is_a_state_of_its_own(copy):
    """Six people: held back. No decisions: not recorded. The two read differently."""
    table = copy.measures.table
    assert table.loc["6.2b", "state"] == "held back"
    assert table.loc["4.1a", "state"] == "not recorded"
    words = Words("en")
    page = sections.by_principle(copy, words).markup
    assert "Held back to protect people." in page
    assert "Not recorded" in page
    welsh = Words("cy").say("Held back to protect people.")
    assert "protect" not in welsh
    assert str(escape(welsh)) in sections.by_principle(copy, Words("cy")).markup


def test_the_board_sees_five_and_its_own_floor():
    """Six people on the council are shown to the board at a floor of 5, and not at one of 7."""
    records = given()
    shown = assess_records(records, period=typed.YEAR, look_back=False).groups["3.1c"]
    assert shown.set_index("group")["of"].to_dict() == {
        "staff": 96,
        "supported": 48,
        "community": 112,
    }
    stricter = records.organisation.model_copy(update={"smallest_group": 7})
    records = replace(records, organisation=stricter)
    hidden = assess_records(records, period=typed.YEAR, look_back=False).groups["3.1c"]
    assert hidden.set_index("group")["of"].isna().to_dict() == {
        "staff": False,
        "supported": True,
        "community": False,
    }


def test_an_unknown_mode_is_refused(own):
    with pytest.raises(AssessError, match="internal or publish"):
        disclose(own, "public")


# A table whose totals are known


def test_one_held_back_cell_alone_is_given_away_by_its_total():
    """60 + 44 of 110: the third group has 6, whatever is done to its own cell."""
    table = suppression.table_of_groups([25, 2, 13], [60, 6, 44])
    assert suppression.given_away(table, {1}, {1}) == [1]


def test_the_cheapest_second_line_is_held_back_and_then_nothing_can_be_solved():
    """With community (44) hidden too, the two share 50 people and 15 votes in any way."""
    table = suppression.table_of_groups([25, 2, 13], [60, 6, 44])
    held = suppression.to_hold(table, {1}, [60, 6, 44, 110])
    assert held == {1, 2}
    assert suppression.given_away(table, {1}, held) == []
    widths = suppression.widths(table, held)
    assert widths[2:4] == pytest.approx([15, 50])  # votes and people of the six: 0 to 15, 0 to 50


def test_two_small_cells_need_a_third():
    """4 and 3 people, 1 vote each: together still only 7, so a group or the total goes as well."""
    table = suppression.table_of_groups([1, 1, 30, 20], [4, 3, 90, 50])
    held = suppression.to_hold(table, {0, 1}, [4, 3, 90, 50, 147])
    assert held == {0, 1, 3}


def test_nothing_helps_where_the_whole_table_is_small_and_its_total_is_known():
    table = suppression.table_of_groups([1, 1], [3, 4])
    assert suppression.to_hold(table, {0}, [3, 4, 7], keep={2}) is None


@pytest.mark.parametrize("seed", range(12))
def test_no_attacker_can_solve_a_random_table(seed):
    """Counting every whole solution by hand, each held-back group could have 11 sizes or more."""
    rng = np.random.default_rng(seed)
    of = rng.integers(2, 70, 4)
    hits = rng.binomial(of, 0.4)
    small = {n for n in range(4) if of[n] < 10}
    table = suppression.table_of_groups(hits, of)
    held = suppression.to_hold(table, small, [*of, of.sum()])
    assert held is not None
    if 4 in held:
        return  # without the total nothing adds up to anything
    shown = [n for n in range(4) if n not in held]
    for group in small:
        for counts in (of, hits):
            rest = int(counts.sum() - sum(counts[n] for n in shown))
            others = len(held) - 1
            possible = [mine for mine in range(rest + 1) if others or mine == rest]
            assert len(possible) > 10, (group, of, hits, held)


# A group of six people in an organisation


def test_no_number_about_the_six_is_shown(copy):
    for key in ("3.1c", "6.2b"):
        rows = copy.groups[key].set_index("group")
        assert rows.loc["supported"].isna().all()
        assert copy.measures.table.loc[key, "state"] == "held back"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"voted": (25, 6, 9)}, id="all six voted, and four others did not"),
        pytest.param({"voted": (25, 0, 15)}, id="none of the six voted, and two others did"),
        pytest.param({"sizes": (60, 9, 41)}, id="there were nine of them"),
        pytest.param({"sizes": (60, 2, 48)}, id="there were two of them"),
        pytest.param({"came": (5, 6, 11)}, id="all six always came to meetings"),
        pytest.param({"came": (10, 1, 11)}, id="one of the six came, and one more of others"),
    ],
)
def test_the_copy_is_the_same_whatever_the_six_did(copy, other):
    """Organisations that differ in the six alone publish the same, letter by letter.

    So no sum, difference or solution of anything that is published can tell one from the other.
    """
    assert everything(published(**other)) == everything(copy)


def test_sums_and_differences_of_all_published_counts_leave_the_six_open(copy):
    """Every count of members on show, added and taken away, up to three at a time.

    A sum of rounded counts is open by 2 for each of them. None that could be a number of the six,
    from 0 to 6, is open by less than 4 either way: it may always be none of them, or five.
    """
    table = copy.measures.table
    counts = table.loc[["6.2a", "6.2c", "6.3b"], ["numerator", "denominator"]].melt()["value"]
    counts = (
        counts.dropna().tolist()
        + copy.groups["6.2b"][["hits", "of"]].melt()["value"].dropna().tolist()
    )
    assert len(counts) >= 8
    tried = 0
    for signs in product((-1, 0, 1), repeat=len(counts)):
        used = np.count_nonzero(signs)
        result = float(np.dot(signs, counts))
        if 2 <= used <= 3 and 0 < result <= 6:
            tried += 1
            low, high = result - 2 * used, result + 2 * used
            assert high - low >= 8
            assert low <= 1
            assert high >= 6
    assert tried


def test_a_total_that_hides_the_six_from_the_groups_is_itself_no_way_to_them():
    """Groups 60, 6 and 44 in 6.2b; 110 in 6.2a. Staff alone stays: 110 - 60 leaves 50 for two."""
    groups = published().groups["6.2b"].set_index("group")
    assert groups["of"].notna().to_dict() == {"staff": True, "supported": False, "community": False}


def test_counts_of_members_that_differ_by_a_few_are_not_both_shown():
    """110 members and 104 with a vote: the six without one would be the difference."""
    table = published(sizes=(60, 12, 44)).measures.table
    assert table.loc[["6.2a", "6.2c"], "denominator"].tolist() == [115, 115]
    records = given(sizes=(60, 12, 44))
    elections = records.tables["elections"].assign(eligible=[54.0, 12.0, 44.0])
    records = replace(records, tables={**records.tables, "elections": elections})
    copy = assess_records(records, period=typed.YEAR, look_back=False, mode="publish")
    assert copy.measures.table.loc[["6.2a", "6.2c"], "denominator"].isna().sum() == 1


# Scores


def test_scores_rest_on_published_numbers_alone(copy):
    """What is held back counts as missing: from 0 to 100 in the bounds, nothing in the score."""
    row = copy.scores.loc["6.2b"]
    assert row[["worst", "best"]].tolist() == [0, 100]
    assert np.isnan(row["score"])
    parts = ["6.2a", "6.2c"]
    expected = copy.scores.loc[parts, "score"].mean()
    assert copy.scores.loc["6.2", "score"] == pytest.approx(expected)


def test_a_level_without_a_score_for_want_of_what_is_held_back_says_so(copy):
    """Of 3.1 only attendance by group is recorded, of 4.1 nothing at all."""
    assert copy.scores.loc["3.1", "state"] == "held back"
    assert copy.scores.loc["4.1", "state"] == "not scored"


def test_no_rows_are_left_in_a_copy(copy):
    assert not any(len(rows) for rows in copy.records.tables.values())
    assert copy.measures.observed == {}
    assert copy.trace("6.2c").empty
    assert set(copy.records.inputs) <= {"all"}


def test_gates_about_people_keep_their_verdict_and_lose_their_numbers(copy, own):
    """The board has no seats recorded here; give it seven people to see."""
    seven = typed.each("roles", "person_id", [f"b{n}" for n in range(7)], body="board")
    seven["start"] = pd.Timestamp("2023-01-01")
    records = given()
    records = replace(records, tables={**records.tables, "roles": seven})
    shown = assess_records(records, period=typed.YEAR, look_back=False).gates.set_index("id")
    hidden = assess_records(
        records, period=typed.YEAR, look_back=False, mode="publish"
    ).gates.set_index("id")
    assert shown.loc["G3", "k"] == 7
    assert np.isnan(hidden.loc["G3", "k"])
    assert hidden.loc["G3", "state"] == shown.loc["G3", "state"]
    assert "7" not in sections.gates(replace(copy, gates=hidden.reset_index()), Words("en")).markup


def test_rows_of_tables_about_people_are_not_counted_in_public(copy):
    assert copy.counts["read"]["members"] is None
    assert copy.counts["read"]["meetings"] == len(MEETINGS)


def test_every_table_is_known_to_be_about_people_or_not():
    """A new table must be put on one side or the other before its rows are counted in public."""
    from assess.schemas import CONTRACTS

    events = {"meetings", "decisions", "recommendations", "engagements", "register"}
    events |= {"agenda_items"}
    assert set(CONTRACTS) == events | set(disclosure.OF_PEOPLE)


def test_every_indicator_about_people_is_known_to_be():
    """Those that count people in the framework, votes by member group, and declared conflicts."""
    about = {e.id for e in load_framework().indicators if disclosure.is_about_people(e)}
    people = {e.id for e in load_framework().indicators if e.people}
    assert about - people == {"1.2c", "3.2b"}  # votes by group; conflicts that people declared
    sensitive = {e.id for e in load_framework().indicators if disclosure.is_sensitive(e)}
    assert {"3.1c", "5.1c", "6.2a", "6.2b", "6.2c", "6.3b", "1.2c", "6.1a"} <= sensitive


# Words that every copy needs


PARTS = [sections.opening, sections.in_short, sections.by_principle, sections.who_took_part]
PARTS += [sections.claims, sections.gates, sections.actions, sections.method]


def test_no_page_for_the_board_lists_a_person(own):
    """The codes of these records are such as staff0 and supported5; none is on any page."""
    page = "".join(part(own, Words("en")).markup for part in PARTS)
    people = set(own.records.tables["members"]["member_id"])
    people |= set(own.records.tables["roles"]["person_id"])
    assert len(people) > 100
    assert not [code for code in people if code in page]


@pytest.mark.parametrize("lang", ["en", "cy"])
def test_the_first_words_say_that_no_record_is_not_no_practice(own, lang):
    words = Words(lang)
    said = words.say(
        "Scores rest on what was written down. A practice with no record may still be there."
    )
    assert str(escape(said)) in sections.opening(own, words).markup


def test_a_range_is_said_to_be_that_of_a_similar_year():
    said = sections.glossary(Words("en")).markup
    assert "How much a number could move by chance in a similar year." in said


def test_the_page_says_who_may_see_it(own, copy):
    words = Words("en")
    assert "For the board only." in sections.opening(own, words).markup
    assert "This copy may be published." in sections.opening(copy, words).markup
    assert "For the board only." not in sections.opening(copy, words).markup


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        pytest.param(0, "Rows left out: 0.", id="none"),
        pytest.param(1, "how many is held back", id="one may be one person's"),
        pytest.param(9, "how many is held back", id="nine"),
        pytest.param(12, "Rows left out: 10.", id="twelve, to the nearest 5"),
    ],
)
def test_few_rows_left_out_are_said_to_be_and_not_counted(left_out, said):
    excluded = tuple(("members.csv", row, "no code") for row in range(2, 2 + left_out))
    records = replace(given(), excluded=excluded)
    copy = assess_records(records, period=typed.YEAR, look_back=False, mode="publish")
    page = sections.method(copy, Words("en")).markup
    assert said in page
    assert "None" not in page


def test_the_page_says_how_long_files_of_rows_are_kept(copy):
    said = "A run to publish deletes files that point to single rows, once they are 0 days old."
    assert said in sections.method(copy, Words("en")).markup


# Changes

SAMPLES = sorted(path.parent for path in (Path(__file__).parents[1] / "data").glob("*/*.yaml"))


def test_no_sample_is_said_in_public_to_have_changed_where_its_board_is_told_of_chance():
    """Where a principle rests on a number of people, a copy does not judge its change."""
    judged = 0
    for folder in SAMPLES:
        public, own = (assess_records(folder, mode=mode) for mode in ("publish", "internal"))
        if public.changes is None:
            continue
        told = public.changes["verdict"]
        claimed = told[told.isin(["rose", "fell"])]
        assert claimed.to_dict() == own.changes.loc[claimed.index, "verdict"].to_dict()
        untold = public.changes[told == "rounded"]
        assert untold[["low", "high"]].isna().all(axis=None)
        assert "4" not in untold.index  # decisions and meetings alone
        judged += (told == "could be chance").sum() + len(claimed)
    assert judged > 8


def test_a_change_that_is_not_judged_says_why():
    folder = next(path for path in SAMPLES if path.name == "gofal-elwedd")
    copy = assess_records(folder, mode="publish")
    assert copy.changes.loc["5", "verdict"] == "rounded"
    for lang, said in (("en", "does not say whether"), ("cy", "nid yw'r copi hwn yn dweud")):
        assert said in changed(Words(lang), copy.changes.loc["5"])
        assert "{" not in changes_in_short(Words(lang), copy.changes)

"""From marks to numbers, states, ranges and bounds, worked by hand on a few rows."""

import csv
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typed import YEAR, each, organisation, records, table

from assess.framework import load_framework
from assess.measure import measure
from assess.observe import Observed, lowest_to_highest, share

FRAMEWORK = load_framework()
COUNCIL = organisation(
    member_categories={
        "users": {"title": "U", "kind": "users"},
        "staff": {"title": "S", "kind": "staff", "could_be_members": 100},
    },
    bodies={"board": {"title": "Board"}, "council": {"title": "Council"}},
)


def measured(id, given=COUNCIL, period=YEAR, changes=None, **tables):
    """The row of one indicator, its entry changed by `changes`."""
    entry = FRAMEWORK.indicator(id).model_copy(update=changes or {})
    framework = SimpleNamespace(indicators=(entry,), indicator=lambda _: entry)
    return measure(records(given, **tables), framework, period).table.loc[id]


def decided(*rows, **same):
    """Decisions of 2 June 2025, one for each of `rows`."""
    return table("decisions", *({"decided_on": "2025-06-02"} | same | row for row in rows))


def reasons(given, of):
    """`of` decisions, of which `given` have reasons."""
    return decided(*[{"reasons_ref": "m"}] * given, *[{}] * (of - given))


# States


def test_scored_from_the_minimum_on():
    """4.1a needs 20 decisions: 20 are scored, 19 shown as they are."""
    assert measured("4.1a", decisions=reasons(15, 20))[["state", "reason"]].tolist() == [
        "scored",
        "",
    ]
    few = measured("4.1a", decisions=reasons(15, 19))
    assert few[["state", "reason", "numerator", "size", "minimum"]].tolist() == [
        "raw only",
        "few",
        15,
        19,
        20,
    ]


def test_numbers_of_a_share():
    """15 of 20 is 75%. Wilson at 90%: z squared is 2.7055.

    Centre (.75 + .0676) / 1.1353 = .7202; half-width 1.4489 * root(.009375 + .001691) = .1524.
    """
    row = measured("4.1a", decisions=reasons(15, 20), changes={"range": "wilson"})
    assert row[["value", "numerator", "denominator", "records", "n_missing"]].tolist() == [
        *(75, 15, 20, 20, 0)
    ]
    assert row["low"] == pytest.approx(56.78, abs=0.02)
    assert row["high"] == pytest.approx(87.26, abs=0.02)
    assert row["unit"] == "%"


def test_not_recorded_names_the_empty_columns():
    decisions = decided({"body": "board"})
    row = measured("1.1a", decisions=decisions)
    assert row[["state", "reason"]].tolist() == ["not recorded", "no column"]
    assert row["missing_columns"] == ("decisions.objective_ref",)


def test_not_recorded_says_when_a_whole_table_is_missing():
    row = measured("6.1d")
    assert row[["state", "reason"]].tolist() == ["not recorded", "no table"]


def test_not_recorded_where_no_row_falls_in_the_period():
    decisions = reasons(15, 20).assign(decided_on=pd.Timestamp("2024-12-31"))
    row = measured("4.1a", decisions=decisions)
    assert row[["state", "reason"]].tolist() == ["not recorded", "no rows"]


def test_not_recorded_where_nothing_is_known_of_any_row():
    """Two spending decisions nobody marked either way, one marked as none."""
    decisions = decided(
        {"cost": 1, "fund_source": "x", "affordable": True}, {"spend": None}, {"spend": False}
    )
    row = measured("1.3a", decisions=decisions)
    assert row[["state", "reason", "n_missing"]].tolist() == ["not recorded", "not known", 2]


def test_raw_only_where_rows_are_kept_and_none_qualifies():
    """Conflicts are recorded, and none was declared: 0 of 0, which is no score."""
    decisions = decided({"conflict_declared": False, "conflict_action": "none"})
    row = measured("3.2b", decisions=decisions)
    assert row[["state", "reason", "denominator"]].tolist() == ["raw only", "none", 0]
    assert np.isnan(row["value"])


def test_does_not_apply_without_the_body_or_the_group():
    no_council = organisation(bodies={"board": {"title": "Board"}})
    row = measured("6.1d", no_council)
    assert row[["state", "reason"]].tolist() == ["does not apply", "no body"]
    assert measured("6.3b", organisation())["state"] == "does not apply"


def test_what_an_organisation_does_not_state_is_not_recorded():
    row = measured("2.1a", decisions=decided({"type": "budget", "body": "board"}))
    assert row[["state", "reason"]].tolist() == ["not recorded", "no scheme"]


def seats(people):
    return each(
        "roles", "person_id", [f"p{n}" for n in range(people)], body="board", start="2020-01-01"
    )


def test_suppressed_below_five_people_with_seats():
    """Four people are held back, number and all; five are scored."""
    four, five = measured("5.3b", roles=seats(4)), measured("5.3b", roles=seats(5))
    assert four[["state", "reason"]].tolist() == ["suppressed", "floor"]
    hidden = ["value", "numerator", "denominator", "low", "high", "worst_value", "best_value"]
    assert four[[*hidden, "size"]].isna().all()
    assert four[["records", "n_missing"]].tolist() == [0, 0]
    assert five["state"] == "scored"


def test_suppressed_below_ten_members():
    """Nine staff who could be members are held back; ten are shown, though too few to score."""

    def of(could):
        group = {"staff": {"title": "S", "kind": "staff", "could_be_members": could}}
        members = each("members", "category", ["staff"] * 3)
        return measured("6.3b", organisation(member_categories=group), members=members)

    assert of(9)["state"] == "suppressed"
    assert of(10)[["state", "value"]].tolist() == ["raw only", 30]


def test_floors_can_be_raised():
    entry = FRAMEWORK.indicator("5.3b")
    framework = SimpleNamespace(indicators=(entry,), indicator=lambda _: entry)
    given = records(COUNCIL, roles=seats(6))
    floors = {"role-holders": 7}
    assert measure(given, framework, YEAR, floors=floors).table.loc["5.3b", "state"] == "suppressed"


# Periods


def test_pooled_years_reach_back():
    """3.2b pools three years: 1 January 2023 is in, the day before is not."""
    days = ["2023-01-01", "2022-12-31", "2025-12-31", "2026-01-01"]
    decisions = each(
        "decisions", "decided_on", days, conflict_declared=True, conflict_action="withdrew"
    )
    assert measured("3.2b", decisions=decisions)["denominator"] == 2


def test_rows_are_dated_by_the_column_the_entry_names():
    """1.1b goes by the day the review fell due, not by the day of the decision."""
    decisions = table(
        "decisions",
        {"decided_on": "2023-01-01", "review_due": "2025-03-01", "reviewed_on": "2025-03-01"},
        {"decided_on": "2025-01-01", "review_due": "2026-03-01"},
    )
    assert measured("1.1b", decisions=decisions)["denominator"] == 1


def test_attendance_is_dated_by_its_meeting():
    """The same person at a meeting of 2024 and one of 2025: one place in the year."""
    meetings = table(
        "meetings",
        {"meeting_id": "C1", "body": "council", "held_on": "2024-06-01"},
        {"meeting_id": "C2", "body": "council", "held_on": "2025-06-01"},
    )
    roles = table(
        "roles",
        {"person_id": "u", "body": "council", "seat_category": "users", "start": "2020-01-01"},
    )
    attendance = each("attendance", "meeting_id", ["C1", "C2"], person_id="u", status="present")
    row = measured(
        "3.1c",
        meetings=meetings,
        attendance=attendance,
        roles=roles,
        changes={"people": None},
    )
    assert row["records"] == 1


# Bounds


def test_bounds_count_rows_not_known_against_and_for():
    """Reserved: 1 kept, 1 not, 1 by an unknown body. 50%; at worst 1 of 3, at best 2 of 3."""
    scheme = organisation(reserved_matters={"budget": "board"})
    decisions = decided({"body": "board"}, {"body": "council"}, {}, type="budget")
    row = measured("2.1a", scheme, decisions=decisions)
    assert row["value"] == 50
    assert row["n_missing"] == 1
    assert row["worst_value"] == pytest.approx(100 / 3)
    assert row["best_value"] == pytest.approx(200 / 3)


def test_bounds_take_in_a_row_that_may_belong_only_where_it_pulls():
    """Major: 1 of 2 assessed. Two not marked, one with a risk and one without.

    At worst the one without is major, 1 of 3; at best the one with is, 2 of 3.
    """
    decisions = decided(
        {"major": True, "risk_ref": "R"}, {"major": True}, {"risk_ref": "R"}, {"risk_ref": None}
    )
    row = measured("4.3a", decisions=decisions)
    assert row[["value", "denominator", "n_missing"]].tolist() == [50, 2, 2]
    assert row["worst_value"] == pytest.approx(100 / 3)
    assert row["best_value"] == pytest.approx(200 / 3)


def test_bounds_are_the_value_where_all_is_known():
    row = measured("4.1a", decisions=reasons(15, 20))
    assert row[["worst_value", "best_value"]].tolist() == [75, 75]


# Groups


def elections(**turnout):
    """A contested election for each group: ballots of 100 entitled."""
    return table(
        "elections",
        *(
            {
                "held_on": "2025-05-01",
                "category": group,
                "seats": 1,
                "candidates": 2,
                "eligible": 100,
                "ballots": ballots,
            }
            for group, ballots in turnout.items()
        ),
    )


def test_lowest_to_highest():
    """20% over 40% is a half; the shares stand as numerator and denominator."""
    row = measured("6.2b", elections=elections(staff=20, users=40))
    assert row[["value", "numerator", "denominator", "size", "state"]].tolist() == [
        *(0.5, 20, 40, 100, "scored")
    ]
    assert row["low"] < 0.5 < row["high"] <= 1


def test_lowest_to_highest_needs_two_groups():
    row = measured("6.2b", elections=elections(staff=20))
    assert row[["state", "reason"]].tolist() == ["raw only", "nothing to compare"]
    assert np.isnan(row["value"])


def test_lowest_to_highest_is_not_defined_where_nobody_voted():
    row = measured("6.2b", elections=elections(staff=0, users=0))
    assert row[["state", "reason"]].tolist() == ["raw only", "nothing to compare"]


def test_lowest_to_highest_minimum_holds_for_each_group():
    """29 entitled in one group are one too few, however many in the other."""
    held = elections(staff=20, users=15)
    held.loc[held["category"] == "users", "eligible"] = 29.0
    assert measured("6.2b", elections=held)[["state", "size"]].tolist() == ["raw only", 29]


def test_bounds_of_lowest_to_highest_keep_each_group_within_its_own():
    """Staff 8 of 10 and users 4 of 8, with 2 users' places not known: 0.5 over 0.8 is 0.625.

    Users lie between 4 of 10 and 6 of 10: at worst 0.4 over 0.8, at best 0.6 over 0.8.
    """
    marks = pd.Series([1] * 8 + [0] * 2 + [1] * 4 + [0] * 4 + [None] * 2, dtype="Float64")
    group = pd.Series(["staff"] * 10 + ["users"] * 10, dtype="str")
    row = measured_from(lowest_to_highest(marks, table="attendance", group=group))
    assert row["value"] == pytest.approx(0.625)
    assert row["worst_value"] == pytest.approx(0.5)
    assert row["best_value"] == pytest.approx(0.75)


def measured_from(seen: Observed):
    """What `measure` makes of marks, shown through an indicator compared by groups."""
    from assess import measure as module

    return module._numbers(FRAMEWORK.indicator("6.2b"), seen)


# Ranges


def test_what_is_known_in_full_has_no_range():
    rules = organisation(
        member_categories={
            "a": {"title": "A", "kind": "users", "declared_share": 0.5},
            "b": {"title": "B", "kind": "staff", "declared_share": 0.5},
        },
        bodies={"council": {"title": "Council"}},
    )
    roles = each(
        "roles", "seat_category", ["a"] * 3 + ["b"] * 3, body="council", start="2020-01-01"
    ).assign(person_id=list("uvwxyz"))
    row = measured("6.1a", rules, roles=roles)
    assert row[["value", "state"]].tolist() == [0, "scored"]
    assert row[["low", "high", "numerator", "denominator"]].isna().all()


def published(meetings):
    """Forty decisions of `meetings` meetings; those of every other meeting were sent in time."""
    rows = [
        {"meeting_id": f"M{n % meetings}", "published_on": "2025-06-03" if n % 2 else None}
        for n in range(40)
    ]
    return measured("4.1b", decisions=decided(*rows))


def test_a_range_over_meetings_is_wider_where_the_meetings_differ():
    """Twenty of forty either way. In two meetings all of one and none of the other were sent."""
    two, forty = published(2), published(40)
    assert two["value"] == forty["value"] == 50
    assert two["high"] - two["low"] > forty["high"] - forty["low"]


def test_the_same_seed_gives_the_same_range():
    first, again = published(4), published(4)
    assert first[["low", "high"]].tolist() == again[["low", "high"]].tolist()


# The whole


def test_every_indicator_has_a_row_whatever_is_recorded():
    """Nothing recorded at all: 48 rows, none scored, and no warning on the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measures = measure(records(organisation()), FRAMEWORK, YEAR)
    assert measures.table.index.tolist() == [entry.id for entry in FRAMEWORK.indicators]
    assert set(measures.table["state"]) == {"not recorded", "does not apply"}
    assert not measures.observed


def test_the_value_can_be_added_up_again_from_the_rows_seen():
    framework = FRAMEWORK
    measures = measure(records(COUNCIL, decisions=reasons(15, 20)), framework, YEAR)
    rows = measures.observed["4.1a"].rows
    assert rows["hit"].sum() / rows["of"].sum() * 100 == measures.table.loc["4.1a", "value"]
    assert rows.index.tolist() == list(range(2, 22))


def test_a_row_that_may_belong_keeps_what_it_would_be():
    """Among yes, no and not marked: the first counts, the second is gone, the third is a maybe."""
    seen = share(
        pd.Series([True, True, True]),
        among=pd.Series([True, False, None], dtype="boolean"),
        table="decisions",
    )
    assert seen.rows.index.tolist() == [0, 2]
    assert seen.rows["hit"].isna().tolist() == [False, True]
    assert seen.rows["maybe"].tolist()[1] == 1


SAMPLE = Path(__file__).parents[1] / "data" / "gofal-elwedd"


def written(name):
    """The rows of a file of the sample organisation, as they are written."""
    with (SAMPLE / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def in_year(day, first="2025-01-01"):
    return first <= day <= "2025-12-31"


def recounted():
    """Five measures of the sample for 2025, counted from the files line by line."""
    decisions = [row for row in written("decisions") if in_year(row["decided_on"])]
    council = [r for r in written("recommendations") if in_year(r["raised_on"], "2024-01-01")]
    settled = [r for r in council if r["outcome"] in ("accepted", "partly accepted", "rejected")]
    actions = [
        row
        for row in written("register")
        if row["kind"] == "action" and in_year(row["original_due_on"])
    ]
    in_time = [a for a in actions if a["done_on"] and a["done_on"] <= a["original_due_on"]]
    members = [
        row["member_id"]
        for row in written("members")
        if row["joined_on"] <= "2025-12-31" and not "" < row["left_on"] < "2025-12-31"
    ]
    active = {row["member_id"] for row in written("participation") if in_year(row["done_on"])}
    general = {
        row["meeting_id"]
        for row in written("meetings")
        if row["body"] == "general_meeting" and in_year(row["held_on"])
    }
    active |= {
        row["person_id"]
        for row in written("attendance")
        if row["meeting_id"] in general
        and row["status"] in ("present", "remote")
        and row["capacity"] != "in attendance"
    }
    conflicts = [
        row
        for row in written("decisions")
        if in_year(row["decided_on"], "2023-01-01") and row["conflict_declared"] == "yes"
    ]
    return {
        "4.1a": (sum(row["reasons_ref"] != "" for row in decisions), len(decisions)),
        "6.1d": (sum(row["outcome"] != "rejected" for row in settled), len(settled)),
        "2.2a": (len(in_time), len(actions)),
        "6.2c": (sum(member in active for member in members), len(members)),
        "3.2b": (
            sum(r["conflict_action"] in ("withdrew", "abstained", "authorised") for r in conflicts),
            len(conflicts),
        ),
    }


def test_five_numbers_agree_with_a_recount_from_the_files():
    """No code in common from the file to the number."""
    from assess.validate import read_records

    measures = measure(read_records(SAMPLE), FRAMEWORK, YEAR).table
    for id, (hits, of) in recounted().items():
        assert of > 0
        assert measures.loc[id, ["numerator", "denominator"]].tolist() == [hits, of], id


def test_a_cell_that_could_not_be_read_is_not_known_rather_than_not_done():
    """Of 20 decisions 15 went out in time, 4 never did, and the day of one cannot be read."""
    sent = decided(*[{"published_on": "2025-06-03"}] * 15, *[{}] * 5)
    given = records(COUNCIL, decisions=sent)
    bad = replace(given, unreadable={"decisions": {"published_on": sent.index[-1:]}})
    row = measure(bad, FRAMEWORK, YEAR).table.loc["4.1b"]
    assert row[["numerator", "denominator", "n_missing"]].tolist() == [15, 19, 1]
    assert (row["worst_value"], row["best_value"]) == (75, 80)

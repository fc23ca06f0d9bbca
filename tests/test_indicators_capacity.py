"""Principle 5, each indicator at its edge. Counts are (hits, denominator, not known)."""

import pytest
from typed import YEAR, counts, each, organisation, table

from assess.indicators import capacity
from assess.offices import seats
from assess.records import Period


def test_skills_covered_by_two_people_on_the_board():
    """Two hold money, one holds law twice over; of the two who hold care one is on the council.

    Law gained after the period does not count; pay learned on its last day does.
    """
    rules = organisation(required_skills=["money", "law", "care", "pay"])
    roles = table(
        "roles",
        {"person_id": "a", "body": "board", "start": "2020-01-01"},
        {"person_id": "b", "body": "board", "start": "2020-01-01"},
        {"person_id": "c", "body": "council", "start": "2020-01-01"},
        {"person_id": "d", "body": "board", "start": "2020-01-01", "end": "2025-12-30"},
    )
    skills = ["a money", "b Money", "a law", "a law", "d law", "b care", "c care"]
    development = table(
        "development",
        *({"person_id": s[0], "kind": "skill", "detail": s[2:]} for s in skills),
        {"person_id": "b", "kind": "skill", "detail": "law", "done_on": "2026-01-01"},
        {"person_id": "b", "kind": "skill", "detail": "pay", "done_on": "2025-12-31"},
        {"person_id": "a", "kind": "skill", "detail": "pay"},
    )
    seen = capacity.skills_covered(seats(roles, YEAR), development, rules, YEAR, holders=2)
    assert seen.rows["hit"].to_dict() == {"money": 1, "law": 0, "care": 0, "pay": 1}


def test_skills_covered_says_when_no_skills_are_listed():
    seen = capacity.skills_covered(
        seats(table("roles"), YEAR), table("development"), organisation(), YEAR, holders=2
    )
    assert seen.reason == "no skills listed"


TWO_CHECKS = organisation(required_checks=["eligibility", "declarations"])


@pytest.mark.parametrize(
    ("eligibility", "declaration", "expected"),
    [
        pytest.param("2025-06-01", "2025-05-01", (1, 1, 0), id="on the first day is in time"),
        pytest.param("2025-06-02", "2025-05-01", (0, 1, 0), id="a day late"),
        pytest.param("never", "2025-05-01", (0, 1, 0), id="one check never made"),
        pytest.param(None, "2025-05-01", (0, 0, 1), id="no date: may have been in time"),
        pytest.param(None, "never", (0, 1, 0), id="no date does not matter where another failed"),
    ],
)
def test_fitness_checks_completed_before_the_term(eligibility, declaration, expected):
    roles = table("roles", {"person_id": "a", "body": "board", "start": "2025-06-01"})
    made = [
        {"kind": "check", "detail": "Eligibility", "done_on": eligibility},
        {"kind": "declaration", "done_on": declaration},
        {"kind": "check", "detail": "asked of nobody", "done_on": "2025-12-01"},
    ]
    made = [row | {"person_id": "a"} for row in made if row["done_on"] != "never"]
    development = table("development", *made)
    seen = capacity.fitness_checks_completed(roles, development, TWO_CHECKS, YEAR)
    assert counts(seen) == expected


def test_fitness_checks_completed_counts_terms_begun_in_the_period():
    """A term begun on 1 January counts, on 31 December before it does not; nor a committee's."""
    roles = table(
        "roles",
        {"person_id": "a", "body": "board", "start": "2025-01-01"},
        {"person_id": "b", "body": "board", "start": "2024-12-31"},
        {"person_id": "c", "body": "audit", "start": "2025-06-01"},
    )
    seen = capacity.fitness_checks_completed(roles, table("development"), TWO_CHECKS, YEAR)
    assert counts(seen) == (0, 1, 0)


def people_of(*genders):
    return each("roles", "gender", list(genders), body="board", start="2020-01-01").assign(
        person_id=[f"p{n}" for n in range(len(genders))]
    )


@pytest.mark.parametrize(
    ("women", "men", "fewer"),
    [pytest.param(1, 3, 1, id="women are fewer"), pytest.param(3, 2, 2, id="men are fewer")],
)
def test_gender_balance_is_the_share_of_the_fewer(women, men, fewer):
    """Of women, men and two of another gender, with nobody silent."""
    roles = people_of(*["woman"] * women, *["man"] * men, "other", "other")
    expected = (fewer, women + men + 2, 0)
    assert counts(capacity.gender_balance(seats(roles, YEAR), minimum_disclosed=0.8)) == expected


def test_gender_balance_needs_four_in_five_to_say():
    """Four of five is exactly 80%: 2 of 4, one not known. Three of four is 75%: not observed."""
    four = people_of("woman", "woman", "man", "man", "prefer not to say")
    assert counts(capacity.gender_balance(seats(four, YEAR), minimum_disclosed=0.8)) == (2, 4, 1)
    three = people_of("woman", "man", "man", None)
    assert (
        capacity.gender_balance(seats(three, YEAR), minimum_disclosed=0.8).reason == "few disclosed"
    )


def inducted(start, done, period=YEAR):
    roles = table("roles", {"person_id": "a", "body": "council", "start": start})
    rows = [] if done == "never" else [{"person_id": "a", "kind": "induction", "done_on": done}]
    development = table("development", *rows)
    return counts(capacity.inductions_completed(roles, development, period, within_days=90))


@pytest.mark.parametrize(
    ("start", "done", "expected"),
    [
        pytest.param("2025-03-01", "2025-05-30", (1, 1, 0), id="day 90"),
        pytest.param("2025-03-01", "2025-05-31", (0, 1, 0), id="day 91"),
        pytest.param("2025-03-01", "2025-02-01", (1, 1, 0), id="before the first day"),
        pytest.param("2025-03-01", "never", (0, 1, 0), id="never"),
        pytest.param("2025-03-01", None, (0, 0, 1), id="done on an unknown day"),
        pytest.param("2025-10-02", "never", (0, 1, 0), id="day 90 is the period's last"),
        pytest.param("2025-10-03", "never", (0, 0, 0), id="still open"),
        pytest.param("2024-12-31", "never", (0, 0, 0), id="began before the period"),
    ],
)
def test_inductions_completed(start, done, expected):
    assert inducted(start, done) == expected


def test_inductions_completed_counts_a_person_new_once():
    """On the council since 2023 and on the board in 2025: not new. A second term: not new."""
    roles = table(
        "roles",
        {"person_id": "a", "body": "council", "start": "2023-01-01", "end": "2024-12-31"},
        {"person_id": "a", "body": "board", "start": "2025-02-01"},
        {"person_id": "b", "body": "board", "start": "2025-02-01", "end": "2025-02-28"},
        {"person_id": "b", "body": "board", "start": "2025-03-01"},
    )
    seen = capacity.inductions_completed(roles, table("development"), YEAR, within_days=90)
    assert counts(seen) == (0, 1, 0)
    assert seen.rows.index.tolist() == [4]


def test_reviews_completed_asks_only_those_who_served_the_whole_time():
    """In a seat on 31 December 2024 and 2025: a and b. c came a day later, d has left."""
    roles = table(
        "roles",
        {"person_id": "a", "body": "board", "start": "2024-12-31"},
        {"person_id": "b", "body": "council", "start": "2020-01-01"},
        {"person_id": "c", "body": "board", "start": "2025-01-01"},
        {"person_id": "d", "body": "board", "start": "2020-01-01", "end": "2025-12-30"},
    )
    development = table(
        "development", {"person_id": "a", "kind": "review", "done_on": "2024-12-31"}
    )
    seen = capacity.reviews_completed(seats(roles, YEAR), roles, development, YEAR, within_days=365)
    assert counts(seen) == (1, 2, 0)


def test_learning_recorded_within_the_period():
    """1 January counts, the day before does not; an induction is another indicator's."""
    roles = each("roles", "person_id", list("abc"), body="board", start="2020-01-01")
    development = table(
        "development",
        {"person_id": "a", "kind": "training", "done_on": "2025-01-01"},
        {"person_id": "b", "kind": "training", "done_on": "2024-12-31"},
        {"person_id": "c", "kind": "induction", "done_on": "2025-05-01"},
    )
    assert counts(capacity.learning_recorded(seats(roles, YEAR), development, YEAR)) == (1, 3, 0)


def test_seats_renewed_counts_a_seat_once_a_year():
    """On 31 December of 2023, 2024 and 2025: a and b, a and c, a and d: six seats, c and d new.

    a's second term is not new; e came and went between two such days.
    """
    roles = table(
        "roles",
        {"person_id": "a", "body": "board", "start": "2020-01-01", "end": "2024-06-30"},
        {"person_id": "a", "body": "board", "start": "2024-07-01"},
        {"person_id": "b", "body": "board", "start": "2020-01-01", "end": "2024-03-01"},
        {"person_id": "c", "body": "board", "start": "2024-03-02", "end": "2025-03-01"},
        {"person_id": "d", "body": "board", "start": "2025-03-02"},
        {"person_id": "e", "body": "board", "start": "2025-03-02", "end": "2025-09-01"},
        {"person_id": "f", "body": "council", "start": "2025-03-02"},
    )
    three_years = Period.parse("2023-01-01/2025-12-31")
    seen = capacity.seats_renewed(roles, three_years)
    assert counts(seen) == (2, 6, 0)
    assert seen.rows["of"].to_dict() == {2: 1, 3: 2, 4: 1, 5: 1, 6: 1}


def tenure(roles, rules=None):
    return counts(
        capacity.tenure_kept(
            seats(roles, YEAR), roles, rules or organisation(), YEAR, limit_years=9
        )
    )


@pytest.mark.parametrize(
    ("seat", "hits"),
    [
        pytest.param({"start": "2017-01-01"}, 1, id="nine years to the day"),
        pytest.param({"start": "2016-12-30"}, 0, id="two days more"),
        pytest.param(
            {"start": "2010-01-01", "extension_explained": True}, 1, id="reviewed and explained"
        ),
        pytest.param({"start": "2010-01-01", "extension_explained": False}, 0, id="not explained"),
        pytest.param({"start": "2019-12-01", "body": "council"}, 0, id="the rules' shorter limit"),
        pytest.param({"start": "2020-01-02", "body": "council"}, 1, id="within the shorter one"),
    ],
)
def test_tenure_kept(seat, hits):
    rules = organisation(
        bodies={
            "board": {"title": "Board", "tenure_limit_years": 12},
            "council": {"title": "Council", "tenure_limit_years": 6},
        }
    )
    roles = table("roles", {"person_id": "a", "body": "board"} | seat)
    assert tenure(roles, rules) == (
        hits,
        1,
        0,
    )


def test_tenure_kept_adds_terms_and_leaves_out_the_break():
    """Five years, a break of three, then four years: nine. A fifth year would be ten."""
    first = {"person_id": "a", "body": "board", "start": "2013-01-01", "end": "2018-01-01"}
    nine = table("roles", first, first | {"start": "2022-01-01", "end": None})
    ten = table("roles", first, first | {"start": "2021-01-01", "end": None})
    assert counts(
        capacity.tenure_kept(seats(nine, YEAR), nine, organisation(), YEAR, limit_years=9)
    ) == (1, 1, 0)
    assert counts(
        capacity.tenure_kept(seats(ten, YEAR), ten, organisation(), YEAR, limit_years=9)
    ) == (0, 1, 0)


def test_tenure_kept_does_not_count_a_day_twice_where_a_first_term_was_never_closed():
    """From 2018 without an end and again from 2021: eight years, not thirteen."""
    term = {"person_id": "a", "body": "board"}
    roles = table("roles", term | {"start": "2018-01-01"}, term | {"start": "2021-01-01"})
    assert counts(
        capacity.tenure_kept(seats(roles, YEAR), roles, organisation(), YEAR, limit_years=9)
    ) == (1, 1, 0)

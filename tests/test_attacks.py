"""Six people in an organisation, and someone who has every copy to publish and wants their numbers.

Everything that is published of two organisations is compared: in one the six did something, in the
other six people of another group did. All totals are alike. What a copy says must be alike as well,
or it says something of the six.
"""

from dataclasses import replace

import pandas as pd
import pytest
import typed
from test_disclosure import CATEGORIES, GROUPS, SEATS, everything, given

from assess.assessment import assess_records

SIX, OTHERS = [f"supported{n}" for n in range(6)], [f"community{n}" for n in range(6)]
BOARD = [f"board{n}" for n in range(12)]
DAYS = {
    "declaration": "2025-03-01",
    "training": "2025-04-01",
    "review": "2025-05-01",
    "induction": "2025-02-01",
}


def seated():
    """Everyone with a seat: twelve on the board, and the council by group."""
    council = [
        f"{group}{n}" for group, seats in zip(GROUPS, SEATS, strict=True) for n in range(seats)
    ]
    return [*BOARD, *council]


def whole(done_by=(), *, gender=None):
    """The organisation of test_disclosure with a board and what people with seats did.

    All of the board and of the staff did everything; of the rest, those `done_by`.
    """
    records = given()
    did = {*BOARD, *(code for code in seated() if code.startswith("staff")), *done_by}
    council = records.tables["roles"].assign(route="elected", appointed_by="members")
    board = typed.each("roles", "person_id", BOARD, body="board", start="2022-01-01")
    board["start"] = pd.Timestamp("2022-01-01")
    board = board.assign(route="appointed", appointed_by="council", seat_category=None)
    roles = pd.concat([council, board], ignore_index=True)
    roles.index = pd.RangeIndex(2, 2 + len(roles), name="row")
    women = set(gender or ())
    roles["gender"] = ["woman" if code in women else "man" for code in roles["person_id"]]
    development = typed.table(
        "development",
        *(
            {"person_id": code, "kind": kind, "done_on": day}
            for kind, day in DAYS.items()
            for code in seated()
            if code in did
        ),
    )
    return with_tables(records, roles=roles, development=development)


def with_tables(records, **tables):
    tables = {**records.tables, **tables}
    columns = {name: frozenset(rows.columns[rows.notna().any()]) for name, rows in tables.items()}
    return replace(records, tables=tables, given=columns)


def with_skills(board):
    """A board of so many people, who all have both of the skills that the rules ask for."""
    records = whole()
    seats = typed.each("roles", "person_id", [f"b{n}" for n in range(board)], body="board")
    seats["start"] = pd.Timestamp("2022-01-01")
    rows = [(code, skill) for code in seats["person_id"] for skill in ("money", "law")]
    skills = [{"person_id": code, "kind": "skill", "detail": skill} for code, skill in rows]
    about = records.organisation.model_copy(update={"required_skills": ["money", "law"]})
    records = replace(records, organisation=about)
    return with_tables(records, roles=seats, development=typed.table("development", *skills))


def without_council(sizes):
    """Groups of members of such sizes, who decide at general meetings."""
    records = given(sizes=sizes)
    bodies = {"general_meeting": {"title": "General meeting"}}
    about = typed.organisation(member_categories=CATEGORIES, bodies=bodies)
    return with_tables(replace(records, organisation=about), roles=typed.table("roles"))


def copy_of(records):
    return assess_records(records, period=typed.YEAR, look_back=False, mode="publish")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"done_by": SIX}, {"done_by": OTHERS}, id="declarations and learning"),
        pytest.param({"done_by": SIX[:3]}, {"done_by": OTHERS[:3]}, id="of three of them"),
        pytest.param({"gender": SIX + BOARD[:4]}, {"gender": OTHERS + BOARD[:4]}, id="gender"),
    ],
)
def test_who_did_it_is_not_told(one, other):
    assert everything(copy_of(whole(**one))) == everything(copy_of(whole(**other)))


@pytest.mark.parametrize(
    ("board", "state"),
    [
        pytest.param(9, "held back", id="nine people"),
        pytest.param(10, "raw only", id="ten; of two skills, too few to score"),
    ],
)
def test_what_a_small_board_can_do_is_held_back(board, state):
    assert copy_of(with_skills(board)).measures.table.loc["5.1a", "state"] == state


@pytest.mark.parametrize(
    ("sizes", "state"),
    [
        pytest.param((60, 6, 44), "held back", id="six in a group"),
        pytest.param((60, 0, 44), "held back", id="nobody in a group"),
        pytest.param((60, 10, 44), "scored", id="ten in a group"),
    ],
)
def test_a_balance_of_groups_does_not_tell_of_a_small_one(sizes, state):
    """With nobody in a group, power is that of two: a number that tells it."""
    assert copy_of(without_council(sizes)).measures.table.loc["6.1b", "state"] == state


def test_no_gate_counts_the_people_it_is_about():
    """Twelve on the board; nothing says who should appoint them, so nothing is counted."""
    gates = copy_of(whole()).gates.set_index("id")
    assert gates.loc["G5", "detail"] == "no appointer stated"
    assert gates.loc[["G3", "G5"], ["k", "n", "limit"]].isna().to_numpy().all()

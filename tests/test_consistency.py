"""What agrees with its contract and yet seems wrong: each check at its edge."""

import pandas as pd
import pytest
from conftest import DECISIONS, MEETINGS

from assess.validate import read_records
from assess.validate.findings import Findings
from assess.validate.habits import one_date_for_most, practice_changed


def odd(records) -> list[str]:
    """What does not agree, and nothing else: no error may stand beside it."""
    assert [str(problem) for problem in records.problems if problem.serious] == []
    return [str(problem) for problem in records.consistency]


def decided(**cells) -> list[dict]:
    """The first decision, of the board on 1 February 2024, with more cells; and the second."""
    return [DECISIONS[0] | cells, DECISIONS[1]]


def came(meeting_id: str, person_id: str, status: str = "present") -> dict:
    return {"meeting_id": meeting_id, "person_id": person_id, "status": status}


THREE = [came("B1", "P1"), came("B1", "P2"), came("B1", "P3", "absent"), came("C1", "P4")]
SEATS = [
    {"person_id": f"P{n}", "body": "board" if n < 4 else "council", "start": "2023-01-01"}
    for n in range(1, 5)
]


def test_what_does_not_agree_is_no_error(write_records):
    """One who proposes what he seconds; the run goes on and no problem is counted."""
    records = read_records(write_records(decisions=decided(moved_by="P1", seconded_by="P1")))
    assert records.problems == ()
    assert odd(records) == [
        "decisions.csv, row 2: seconded_by is also the proposer; check the minutes"
    ]


@pytest.mark.parametrize(("cast", "told"), [(2, False), (3, True)])
def test_no_more_vote_than_came(write_records, cast, told):
    """Two of three came. Two votes are within, a third must be of somebody who was away."""
    folder = write_records(
        decisions=decided(stated_for=cast, stated_against=0), attendance=THREE, roles=SEATS
    )
    said = odd(read_records(folder))
    assert bool(said) == told
    if told:
        assert said[0].startswith(
            "decisions.csv, row 2: meeting_id 3 votes are minuted, but only 2 with a vote came"
        )


@pytest.mark.parametrize(
    ("person", "what"),
    [
        pytest.param("P1", None, id="present and in office"),
        pytest.param("P3", "was not at the meeting", id="listed as absent"),
        pytest.param("P4", "had no seat in the body on the day", id="of the council"),
    ],
)
def test_whoever_proposes_was_there_and_in_office(write_records, person, what):
    folder = write_records(decisions=decided(moved_by=person), attendance=THREE, roles=SEATS)
    said = odd(read_records(folder))
    assert [line.partition("moved_by ")[2].partition(";")[0] for line in said] == (
        [what] if what else []
    )


@pytest.mark.parametrize(("there", "lost"), [(2, False), (1, True)])
def test_a_quorum_may_be_lost_before_the_decision(write_records, there, lost):
    """The board's quorum is 2."""
    said = odd(read_records(write_records(decisions=decided(present_count=there))))
    assert bool(said) == lost
    assert not said or "only 1 took part in this decision, fewer than the quorum of 2" in said[0]


def test_minutes_agreed_before_their_draft(write_records):
    row = MEETINGS[0] | {"minutes_draft_on": "2024-02-09", "minutes_approved_on": "2024-02-08"}
    assert odd(read_records(write_records(meetings=[row, MEETINGS[1]]))) == [
        "meetings.csv, row 2: minutes_approved_on is before minutes_draft_on; "
        "correct one of the two dates"
    ]


def test_a_meeting_at_which_nobody_is_listed(write_records):
    """Of two board meetings one has attendance; the council never lists any and is not asked."""
    second = {"meeting_id": "B2", "body": "board", "held_on": "2024-04-01"}
    folder = write_records(meetings=[*MEETINGS, second], attendance=THREE[:2], roles=SEATS)
    assert odd(read_records(folder)) == [
        "meetings.csv, row 4: nobody is listed as present or absent; add the meeting to "
        "attendance.csv"
    ]


def members(days: list[str]) -> pd.DataFrame:
    days = pd.to_datetime(pd.Series(days, dtype="str"))
    return pd.DataFrame({"joined_on": days, "left_on": pd.NaT})


@pytest.mark.parametrize(
    ("same", "told"),
    [pytest.param(10, False, id="half of twenty"), pytest.param(11, True, id="one more")],
)
def test_one_date_for_most_of_a_column(same, told):
    others = [f"2020-02-{day:02}" for day in range(1, 21 - same)]
    findings = Findings({"members": "members.csv"})
    one_date_for_most("members", members(["2021-05-03"] * same + others), findings)
    assert bool(findings.problems) == told
    assert not told or "is 2021-05-03 in 11 of 20 rows" in findings.problems[0].what


def test_many_a_new_years_day_stands_for_a_year_that_is_known():
    """Five of twenty, in five years: no one day carries most."""
    days = [f"20{year}-01-01" for year in range(10, 15)]
    days += [f"2020-02-{day:02}" for day in range(1, 16)]
    findings = Findings({"members": "members.csv"})
    one_date_for_most("members", members(days), findings)
    assert [one.what for one in findings.problems] == ["joined_on is a 1 January in 5 of 20 rows"]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        pytest.param(2, 6, False, id="from 20% to 60%"),
        pytest.param(2, 7, True, id="from 20% to 70%"),
        pytest.param(9, 2, True, id="given up"),
    ],
)
def test_a_column_begun_or_given_up_between_years(first, second, told):
    from assess.load.raw import columns_of

    rows = pd.DataFrame(None, index=range(20), columns=columns_of("decisions"), dtype=object)
    filled = [True] * first + [False] * (10 - first) + [True] * second + [False] * (10 - second)
    rows["reasons_ref"] = pd.Series(["m" if one else None for one in filled])
    findings = Findings({"decisions": "decisions.csv"})
    practice_changed("decisions", pd.Series([2023] * 10 + [2024] * 10), rows, findings)
    assert bool(findings.problems) == told


def test_honest_samples_show_no_odd_habit():
    """Twelve invented organisations: quorums may fail in them, but nothing else seems wrong."""
    from pathlib import Path

    folders = sorted((Path(__file__).parents[1] / "data").glob("*/organisation.yaml"))
    assert len(folders) >= 12
    rules = {one.rule for path in folders for one in read_records(path.parent).consistency}
    assert rules <= {"fewer than the quorum", "quorum lost"}

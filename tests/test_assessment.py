"""One organisation assessed: from records to what is missing, and back to the rows."""

from types import SimpleNamespace

import pandas as pd
import pytest

from assess.assessment import assess_records, gaps, principles
from assess.records import AssessError, Period


def lacking(**columns: tuple[str, ...]) -> SimpleNamespace:
    """Measures in which each indicator lacks the columns given for it; none: it is scored."""
    table = pd.DataFrame(
        {
            "missing_columns": list(columns.values()),
            "state": ["not recorded" if missing else "scored" for missing in columns.values()],
        },
        index=list(columns),
    )
    return SimpleNamespace(table=table)


def keeping(*tables: str) -> SimpleNamespace:
    """Records that keep these sheets, with some column in each."""
    return SimpleNamespace(given={table: frozenset({"some"}) for table in tables})


def test_a_sheet_not_kept_is_one_thing_to_record():
    """Two indicators need different columns of a sheet nobody keeps: keeping it adds both."""
    measures = lacking(a=("roles.start",), b=("roles.end", "roles.body"), c=())
    found = gaps(measures, keeping("decisions"))
    assert found[["what", "adds", "indicators"]].to_numpy().tolist() == [
        [("roles",), 2, ("a", "b")]
    ]


def test_the_gap_that_adds_most_for_the_least_comes_first():
    """One column adds `a` and, since it alone is missing there, nothing else. The sheet of
    elections adds two. The pair of columns adds `a` and `d`, but is two things to record."""
    measures = lacking(
        a=("decisions.major",),
        b=("elections.seats",),
        c=("elections.ballots",),
        d=("decisions.major", "decisions.risk_ref"),
    )
    found = gaps(measures, keeping("decisions"))
    assert found["what"].tolist() == [
        ("elections",),
        ("decisions.major",),
        ("decisions.major", "decisions.risk_ref"),
    ]
    assert found["adds"].tolist() == [2, 1, 2]


def test_with_everything_recorded_there_is_no_gap():
    assert gaps(lacking(a=()), keeping("decisions")).empty


def test_a_principle_says_how_much_of_its_evidence_was_found():
    """Principle 1 has three indicators: one scored, one not, one that does not apply."""
    scores = pd.DataFrame(
        {
            "level": ["indicator"] * 3 + ["principle"],
            "scored_n": [1, 0, 0, 1],
            "applicable_n": [1, 1, 0, 1],
        },
        index=["1.1a", "1.1b", "1.2a", "1"],
    )
    row = principles(scores).loc["1"]
    assert (row["found"], row["needed"]) == (1, 2)


YEARS = [
    {
        "decision_id": f"D{n}",
        "meeting_id": "",
        "body": "board",
        "decided_on": day,
        "reasons_ref": ref,
    }
    for n, (day, ref) in enumerate(
        [("2023-02-01", "x"), ("2023-11-01", "x"), ("2024-02-01", "x"), ("2024-12-05", "")]
    )
]
MEETINGS = [{"meeting_id": "B1", "body": "board", "held_on": "2024-12-31", "notice_on": ""}]


def test_the_latest_year_is_assessed_and_compared_with_the_one_before(write_records):
    assessment = assess_records(write_records(decisions=YEARS, meetings=MEETINGS))
    assert str(assessment.period) == "2024-01-01/2024-12-31"
    assert str(assessment.previous.period) == "2023-01-01/2023-12-31"
    assert assessment.previous.previous is None


def test_records_of_half_a_year_before_are_no_year_to_compare_with(write_records):
    folder = write_records(decisions=YEARS[1:], meetings=MEETINGS)
    assessment = assess_records(folder)
    assert assessment.previous is None
    assert assessment.changes is None


def test_a_year_before_that_is_asked_for_is_compared_whatever_it_holds(write_records):
    folder = write_records(decisions=YEARS[1:], meetings=MEETINGS)
    assert str(assess_records(folder, previous="2023").previous.period) == str(Period.parse("2023"))


def test_a_number_leads_back_to_its_rows(write_records):
    """4.1a in 2024 rests on D2 (row 4 of the sheet, with reasons) and D3 (row 5, without)."""
    assessment = assess_records(write_records(decisions=YEARS, meetings=MEETINGS))
    rows = assessment.trace("4.1a")
    assert rows[["source", "row", "hit"]].to_numpy().tolist() == [
        ["decisions.csv", 4, 1.0],
        ["decisions.csv", 5, 0.0],
    ]
    measured = assessment.measures.table.loc["4.1a"]
    assert (measured["numerator"], measured["denominator"]) == (1, 2)


def test_what_was_not_recorded_leads_to_no_rows(write_records):
    assert assess_records(write_records()).trace("reasons_recorded").empty


def test_an_indicator_that_does_not_exist_is_refused(write_records):
    with pytest.raises(AssessError, match=r"no indicator '9\.9z'"):
        assess_records(write_records()).trace("9.9z")

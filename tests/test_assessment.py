"""One organisation assessed: from records to what is missing, and back to the rows."""

from dataclasses import replace
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


def kept_for(years: tuple[int, ...], folder) -> str:
    """The least records of an organisation that met and decided in these years."""
    folder.mkdir()
    about = "id: years\nname: Years\nlegal_form: other\ngovernance_model: other\n"
    about += "bodies:\n  board: {title: Board, seats: 5}\n"
    (folder / "organisation.yaml").write_text(about, encoding="utf-8")
    days = [f"{year}-{month:02}-15" for year in years for month in (2, 5, 8, 11)]
    tables = {
        "members": ["member_id,category,joined_on", "M1,,2015-01-01"],
        "meetings": ["meeting_id,body,held_on"]
        + [f"T{n},board,{day}" for n, day in enumerate(days)],
        "decisions": ["decision_id,body,decided_on,reasons_ref"]
        + [f"D{day}-{n},board,{day},yes" for day in days for n in range(6)],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize(
    ("kept", "seen"),
    [
        pytest.param((2024, 2025), [2024, 2025], id="two years"),
        pytest.param((2022, 2023, 2024, 2025), [2022, 2023, 2024, 2025], id="four years"),
        pytest.param((2022, 2023, 2025), [2025], id="nothing beyond a year without records"),
        pytest.param(range(2018, 2026), [2021, 2022, 2023, 2024, 2025], id="five at most"),
    ],
)
def test_every_year_the_records_reach_back_to_is_looked_at(tmp_path, kept, seen):
    assessment = assess_records(kept_for(tuple(kept), tmp_path / "years"), period="2025")
    assert [each.period.end.year for each in assessment.years] == seen
    assert len({each.seed for each in assessment.years}) == len(seen)


def test_a_year_named_to_compare_with_is_the_only_one(tmp_path):
    records = kept_for((2022, 2023, 2024, 2025), tmp_path / "years")
    assessment = assess_records(records, period="2025", previous="2023")
    assert [each.period.end.year for each in assessment.years] == [2023, 2025]


def with_scores(assessment):
    """As it would be if every score were 50, in this year and those before."""
    before = assessment.previous and with_scores(assessment.previous)
    scores, draws = assessment.scores.assign(score=50.0), assessment.draws.fillna(50.0)
    return replace(assessment, scores=scores, draws=draws, previous=before)


def test_three_years_or_more_are_drawn_as_small_charts_and_two_as_one(tmp_path):
    """And nothing is, where no year has a score."""
    from assess.report import sections
    from assess.words import Words

    three = assess_records(kept_for((2023, 2024, 2025), tmp_path / "three"), period="2025")
    two = assess_records(kept_for((2024, 2025), tmp_path / "two"), period="2025")
    assert "Six small line charts of scores from 2023 to 2025" in str(
        sections.what_changed(with_scores(three), Words("en")).markup
    )
    assert "Slope chart of scores in 2024 and 2025" in str(
        sections.what_changed(with_scores(two), Words("en")).markup
    )
    page = str(sections.what_changed(three, Words("en")).markup)
    assert "none is compared" in page
    assert "<figure" not in page
    assert "<table" not in page

"""Every number in a report is recounted from the rows it rests on, for every sample."""

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from assess.assessment import Assessment, assess_records
from assess.report import sections
from assess.report.figure import Html
from assess.words import Words

DATA = Path(__file__).parents[1] / "data"
SAMPLES = sorted(path.name for path in DATA.iterdir() if path.is_dir())
EN = Words("en")


@pytest.fixture(scope="module", params=SAMPLES)
def assessment(request) -> Assessment:
    return assess_records(DATA / request.param)


def cells(piece: Html, kind: str) -> list[list[str]]:
    """The text of every row of the tables of one kind."""
    tables = re.findall(rf'<table class="{kind}">.*?</table>', str(piece.markup), re.DOTALL)
    rows = [row for table in tables for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[unescape(re.sub("<[^>]+>", "", cell)) for cell in row] for row in found]


def whole(number: float) -> str:
    return f"{number:.0f}"


def recount(rows: pd.DataFrame) -> tuple[float, float]:
    """Hits and what could be hit, over the rows whose answer is known."""
    known = rows[rows["hit"].notna()]
    return float(known["hit"].sum()), float(known["of"].sum())


def test_results_are_what_their_source_rows_say(assessment):
    lines = [line for line in cells(sections.by_principle(assessment, EN), "results") if line]
    results = {line[0].split()[0]: line for line in lines if re.match(r"\d\.\d[a-z] ", line[0])}
    assert len(results) == 48
    wrong, shares = [], 0
    for key, (_, result, _, _, used, missing) in results.items():
        seen = assessment.measures.observed.get(key)
        if seen is None or assessment.measures.table.loc[key, "state"] == "suppressed":
            assert used == "–", key
            continue
        rows = assessment.trace(key)
        known = int(rows["hit"].notna().sum())
        unknown = len(rows) - known
        expected = [whole(known) if known else "–", whole(unknown) if unknown else "–"]
        if [used, missing] != expected:
            wrong.append((key, used, missing, expected))
        hits, of = recount(rows)
        printed = re.search(r"^(\d+)% \((\d+) of (\d+) ", result)
        if printed:
            shares += 1
            if printed.groups() != (whole(100 * hits / of), whole(hits), whole(of)):
                wrong.append((key, result, hits, of))
        ratio = re.search(r"lowest group (\d+)%, highest group (\d+)%", result)
        if ratio:
            groups = [recount(part) for _, part in rows.groupby("group")]
            ends = sorted(100 * hit / n for hit, n in groups if n)
            if ratio.groups() != (whole(ends[0]), whole(ends[-1])):
                wrong.append((key, result, ends))
    assert wrong == []
    if assessment.principles["score"].notna().all():
        assert shares > 25


def test_who_took_part_is_counted_from_the_same_rows(assessment):
    titles = {g.title: code for code, g in assessment.organisation.member_categories.items()}
    wrong = []
    for key, counted in (("3.1c", "Attendances"), ("6.2b", "Votes")):
        shown = assessment.groups.get(key)
        if shown is None:
            continue
        page = str(sections.who_took_part(assessment, EN).markup)
        part = page.partition(f'<th scope="col">{counted}</th>')[2].partition("</table>")[0]
        lines = re.findall(r'<th scope="row">([^<]*)</th><td[^>]*>(\d+) of (\d+)</td>', part)
        rows = assessment.trace(key)
        for title, hits, of in lines:
            expected = recount(rows[rows["group"] == titles[unescape(title)]])
            if (float(hits), float(of)) != expected:
                wrong.append((key, title, hits, of, expected))
    assert wrong == []


def test_scores_printed_are_those_of_the_table(assessment):
    card = str(sections.in_short(assessment, EN).markup)
    table = re.search(r"<table.*?</table>", card, re.DOTALL)[0]
    lines = re.findall(r'<th scope="row">(\d) .*?</th><td[^>]*>(.*?)</td>', table)
    scores = assessment.principles["score"]
    assert len(lines) == 6
    for key, shown in lines:
        assert shown == ("not scored" if pd.isna(scores[key]) else whole(scores[key]))


def test_evidence_found_is_the_number_of_indicators_with_a_score(assessment):
    states = assessment.measures.table["state"]
    for key, row in assessment.principles.iterrows():
        own = states[states.index.str.startswith(f"{key}.")]
        assert row["found"] == (own == "scored").sum()
        assert row["needed"] == (own != "does not apply").sum()

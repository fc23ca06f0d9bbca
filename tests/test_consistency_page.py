"""What a report says of records that contradict each other, to the board and to everybody."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from assess.disclosure import without_rows
from assess.records import Problem
from assess.report import consistency_page
from assess.report.consistency_page import contradictions, kind_in_words
from assess.validate import consistency, habits, read_records
from assess.words import Words

EN, CY = Words("en"), Words("cy")


def rules_in(module) -> set[str]:
    """The word for each kind of finding, as the module writes it; {what} for what varies."""
    found = set()
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "rule":
            found.add(ast.unparse(node.value).removeprefix("f").strip("'\""))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "rule":
            found.add(ast.unparse(node.value).removeprefix("f").strip("'\""))
    return {rule for rule in found if " " in rule and "(" not in rule and ":" not in rule}


def assessment(*findings, mode="internal", **sources):
    """Stands in for an assessment. `findings`: (file, row, rule)."""
    problems = tuple(
        Problem(source, row, "meeting_id", "M7 is odd", serious=False, rule=rule)
        for source, row, rule in findings
    )
    sources = sources or {"meetings": "meetings.csv", "decisions": "decisions.csv"}
    return SimpleNamespace(
        mode=mode, records=SimpleNamespace(sources=sources, consistency=problems)
    )


def test_every_kind_of_finding_has_its_words_in_both_languages():
    rules = rules_in(consistency) | rules_in(habits)
    varied = "more votes {what} than people at the meeting"
    assert varied in rules
    rules |= {varied.format(what=what) for what in ("minuted", "listed")}
    for rule in {*rules, "weekday"} - {varied}:
        assert kind_in_words(EN, rule) != kind_in_words(CY, rule)


def test_findings_are_counted_by_sheet_and_kind():
    """Five of one kind, the first three by row; one of another sheet; six in all."""
    odd = [("decisions.csv", row, "quorum lost") for row in (2, 3, 5, 8, 9)]
    page = contradictions(assessment(*odd, ("meetings.csv", 4, "nobody listed")), EN)
    assert "contradict each other: 6." in page
    cells = re.findall(r"<td[^>]*>([^<]*)", page)
    assert cells == [
        *("A meeting without a list of who came", "1", "4"),
        *("Fewer took part in a decision than the quorum asks for", "5", "2, 3, 5"),
    ]


def test_kinds_beyond_the_limit_are_only_counted(monkeypatch):
    monkeypatch.setattr(consistency_page, "MOST_KINDS", 1)
    odd = [("decisions.csv", 2, "quorum lost"), ("meetings.csv", 4, "nobody listed")]
    page = contradictions(assessment(*odd), EN)
    assert "More kinds than are shown here: 1." in page
    assert "quorum asks" not in page


def test_without_findings_the_board_is_told_so_and_a_copy_to_publish_says_nothing():
    assert "No record was found to contradict another" in contradictions(assessment(), EN)
    assert contradictions(assessment(mode="publish"), EN) == ""


@pytest.fixture
def odd_records(write_records):
    """A decision of another day than its meeting, by a proposer who was away; two codes alike."""
    members = [{"member_id": "M1"}, {"member_id": "m1"}]
    came = {"P1": "absent", "P2": "present", "P3": "present"}
    attendance = [{"meeting_id": "B1", "person_id": p, "status": s} for p, s in came.items()]
    decision = {"decision_id": "D1", "meeting_id": "B1", "body": "board", "moved_by": "P1"}
    decisions = [decision | {"decided_on": "2024-02-02"}]
    return read_records(write_records(members=members, attendance=attendance, decisions=decisions))


def test_a_copy_to_publish_has_kinds_without_rows_and_none_about_people(odd_records):
    """Of the three kinds, only that of the decision's day says nothing of a person."""
    rules = {problem.rule for problem in odd_records.consistency}
    of_people = {"acted while away", "twin codes"}
    assert rules == of_people | {"decided on another day than its meeting"}
    published = without_rows(odd_records)
    assert published.consistency == (
        Problem(
            "decisions",
            None,
            None,
            "",
            serious=False,
            rule="decided on another day than its meeting",
        ),
    )
    page = contradictions(SimpleNamespace(mode="publish", records=published), EN)
    assert "A decision on another day than its meeting" in page
    text = re.sub(r"<[^>]+>", " ", page)
    assert not re.search(r"[0-9]|P1|M1|B1|First rows|who was away|capitals", text)

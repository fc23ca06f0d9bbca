"""The method document says what the framework says, and its numbers carry a version."""

import re

import pytest

from assess.bundle import method
from assess.bundle.method import (
    DOCUMENT,
    changed_numbers,
    method_document,
    method_page,
    numbers_of,
    record_version,
    recorded_versions,
)
from assess.framework import SHIPPED, load_framework
from assess.records import AssessError


@pytest.fixture(scope="module")
def framework():
    return load_framework()


def changed(tmp_path, before, after):
    """The shipped framework with one passage changed."""
    text = SHIPPED.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "changed.yaml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return load_framework(path)


def test_the_document_in_docs_is_current(framework):
    if not DOCUMENT.exists():
        pytest.skip("not a checkout: docs/ is not installed")
    assert DOCUMENT.read_text(encoding="utf-8") == method_document(framework), "run `make method`"


def test_no_number_has_changed_since_this_version_was_recorded(framework):
    """A score made under one method version must mean the same for ever."""
    assert framework.method_version in recorded_versions(), "run `make method`"
    assert changed_numbers(framework) == [], (
        "these numbers changed: give the framework a new method_version, run `make method`, and "
        "say in CHANGELOG.md which scores change"
    )


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        pytest.param("worst: 50\n", "worst: 55\n", ["1.1a"], id="a goalpost"),
        pytest.param("minimum: 20\n", "minimum: 10\n", ["1.1a"], id="a least number"),
        pytest.param("within_days: 90}", "within_days: 60}", ["1.1b"], id="a parameter"),
        pytest.param("advised_largest: 12", "advised_largest: 15", ["G3"], id="of a gate"),
        pytest.param("charitable_company: 14", "charitable_company: 21", ["G1"], id="notice"),
    ],
)
def test_a_changed_number_without_a_new_version_is_named(before, after, where, tmp_path):
    assert changed_numbers(changed(tmp_path, before, after)) == where


@pytest.mark.parametrize("name", sorted(method.SHARED))
def test_numbers_that_every_range_rests_on_are_part_of_the_version(name, framework, monkeypatch):
    """They stand in code and not in the framework file; a change of one is as much a new method."""
    monkeypatch.setitem(method.SHARED, name, method.SHARED[name] + 1)
    assert changed_numbers(framework) == ["shared"]


def test_every_measure_has_a_formula_of_its_own_or_is_a_plain_share(framework):
    """A number of days or an index does not say how it is worked out; neither does a band's share
    of time or of years."""
    lacking = [
        entry.id
        for entry in framework.indicators
        if not entry.formula and entry.unit not in method.FORMULAS
    ]
    assert lacking == []
    text = method_document(framework)
    assert "√(½ Σ (s – d)²)" in text
    assert "largest of the days" in text


def test_a_changed_number_cannot_be_recorded_under_the_old_version(tmp_path):
    other = changed(tmp_path, "worst: 50\n", "worst: 55\n")
    with pytest.raises(AssessError, match=r"changed at 1\.1a.*new method_version"):
        record_version(other)


def test_a_new_version_is_recorded_beside_the_old_one(tmp_path, monkeypatch):
    copy = tmp_path / "versions.yaml"
    copy.write_text(method.VERSIONS.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(method, "VERSIONS", copy)
    other = changed(tmp_path, 'method_version: "1.0"', 'method_version: "1.1"')
    before = recorded_versions()
    record_version(other)
    assert recorded_versions() == before | {"1.1": numbers_of(other)}
    assert changed_numbers(other) == []


def test_words_can_be_mended_without_a_new_version(tmp_path):
    other = changed(tmp_path, "title: Board decisions linked to an aim", "title: Aims named")
    assert changed_numbers(other) == []


def test_every_indicator_says_all_that_is_asked(framework):
    """One table each, with the same lines; lines that may be absent are not asked for here."""
    text = method_document(framework)
    asked = [
        *("what it is", "formula", "columns", "unit, direction", "goalposts", "least needed"),
        *("range by chance", "applies", "an empty cell", "why it is here", "pitfalls"),
        *("what it cannot show", "serves", "weight, tier"),
    ]
    lacking = []
    for entry in framework.indicators:
        part = text.partition(f"**{entry.id} ")[2].partition("\n**")[0]
        lacking += [(entry.id, line) for line in asked if f"\n| {line} | " not in part]
    assert lacking == []
    assert text.count("| goalposts |") == len(framework.indicators) == 48


def test_the_formula_of_an_indicator_is_in_numbers(framework):
    """1.1a scores 0 at 50% and 100 at 95%."""
    part = method_document(framework).partition("**1.1a ")[2]
    assert "100 × those that do ÷ all board decisions" in part
    assert "score 100 × (measure – 50) ÷ (95 – 50)" in part


def test_the_ten_steps_and_the_comparisons_are_there(framework):
    text = method_document(framework)
    steps = re.findall(r"^\| (\d+) [A-Z]", text, re.MULTILINE)
    assert steps == [str(number) for number in range(1, 11)]
    for name in ("COINr", "Worldwide Governance", "IPU", "Charity Governance Code"):
        assert f"| {name}" in text


def test_the_page_opens_without_a_network(framework):
    page = method_page(framework)
    assert page.count("<h2") == 10
    assert page.count("<table") > 48
    assert "http" not in page.replace("http-equiv", "")

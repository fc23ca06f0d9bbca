"""docs/rules.md and docs/security.md name tests: each must exist, and each rule must have one."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RULES = {f"R{n}" for n in range(1, 8)} | {f"F{n}" for n in range(1, 5)}
RULES |= {f"D{n}" for n in range(1, 12)} | {f"G{n}" for n in range(1, 10)}
RULES |= {f"M{n}" for n in range(1, 6)}
NAMED = re.compile(r"(tests/test_\w+\.py)::(test_\w+)")


def rows(name):
    """The rows of every table of a document: the cells of each."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("Rule", "Threat") and set(row[0]) != {"-"}]


@cache
def defined_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_rule_stands_in_the_table_once():
    found = [row[0] for row in rows("rules.md")]
    assert sorted(found) == sorted(RULES)


def test_every_rule_has_a_place_and_a_test():
    lacking = [row[0] for row in rows("rules.md") if not NAMED.search(row[3])]
    nowhere = [row[0] for row in rows("rules.md") if not (ROOT / row[2]).exists()]
    assert not lacking
    assert not nowhere


@pytest.mark.parametrize("name", ["rules.md", "security.md"])
def test_every_test_that_is_named_exists(name):
    named = NAMED.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))
    assert len(named) > 15
    assert not [
        f"{path}::{test}"
        for path, test in named
        if not (ROOT / path).exists() or test not in defined_in(path)
    ]


def test_every_threat_has_a_test():
    found = rows("security.md")
    assert len(found) >= 10
    assert not [row[0] for row in found if not NAMED.search(row[-1])]


def test_privacy_templates_come_in_both_languages():
    """A starter for an impact assessment, questions on lawful basis, a notice; none is advice."""
    folder = ROOT / "docs" / "privacy"
    english = {path.name for path in folder.glob("*.en.md")}
    welsh = {path.name for path in folder.glob("*.cy.md")}
    assert english == {"dpia.en.md", "lawful_basis.en.md", "privacy_notice.en.md"}
    assert welsh == {name.replace(".en.", ".cy.") for name in english}
    for name in english:
        assert "not legal advice" in (folder / name).read_text(encoding="utf-8")
    for name in welsh:
        text = (folder / name).read_text(encoding="utf-8")
        assert "nid cyngor cyfreithiol" in text
        assert "drafft" in text
        mate = (folder / name.replace(".cy.", ".en.")).read_text(encoding="utf-8")
        assert text.count("\n## ") == mate.count("\n## ")

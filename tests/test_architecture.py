"""The order of the steps: each may use what stands before it, and nothing that comes after."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "assess"

# load -> validate -> measure -> score -> compare -> report, with what each step needs before it.
ORDER = (
    *("schemas", "records", "whole_files", "csv_cells"),
    *("load", "offices", "working_days", "power", "validate", "pseudonyms"),
    *("framework", "observe", "indicators", "intervals", "measure"),
    *("score", "uncertainty", "gates", "claims", "change", "robustness"),
    *("voice", "taking_part", "survey", "actions_due"),
    *("disclosure", "assessment", "compare"),
    *("words", "template", "synth", "report", "batch", "bundle", "importers", "cli"),
)


def steps() -> dict[str, list[Path]]:
    files = sorted(SOURCE.rglob("*.py"))
    found: dict[str, list[Path]] = {}
    for file in files:
        first = file.relative_to(SOURCE).parts[0]
        found.setdefault(first.removesuffix(".py"), []).append(file)
    found.pop("__init__")
    return found


def imports(file: Path) -> Iterator[str]:
    """The steps a file takes something from, but for those it only names in type hints."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "assess":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("assess."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            names = (alias.name for alias in node.names)
            yield from (name.split(".")[1] for name in names if name.startswith("assess."))


def test_every_step_has_its_place():
    """A new module goes into a step, or says here where it stands."""
    assert sorted(steps()) == sorted(set(ORDER) - {"schemas"})


@pytest.mark.parametrize("step", [name for name in ORDER if name != "schemas"])
def test_a_step_uses_only_what_stands_before_it(step):
    before = set(ORDER[: ORDER.index(step)]) | {step, "__version__"}
    files = steps()[step]
    offenders = [
        f"{file.relative_to(SOURCE)} takes from {name}"
        for file in files
        for name in imports(file)
        if name not in before
    ]
    assert files
    assert offenders == []


def test_the_order_is_used():
    """The check above would pass on a project without imports."""
    seen = {name for files in steps().values() for file in files for name in imports(file)}
    assert len(seen & set(ORDER)) > 20

"""Says in lines what was found wrong with records: all at once, repeats shortened in print only."""

from collections.abc import Iterable
from pathlib import Path

from assess.findings import lines_of
from assess.load import find_organisations
from assess.records import AssessError, Problem, Records
from assess.validate import CannotBeAssessedError, read_records


def check(paths: Iterable[Path | str]) -> list[str]:
    """Every problem of every organisation under `paths`, in lines to print. Changes nothing."""
    lines: list[str] = []
    for path in find_organisations(paths):
        lines += [str(path), *_check_one(path), ""]
    return lines[:-1]


def _check_one(path: Path) -> list[str]:
    try:
        return report_problems(read_records(path)).splitlines()
    except CannotBeAssessedError as refused:
        end = f"{_count(refused.problems)}; this organisation cannot be assessed until the first "
        return [*lines_of(refused.problems), f"{end}are mended"]
    except AssessError as refused:
        return str(refused).splitlines()


def report_problems(records: Records) -> str:
    """One line for each problem, and at the end what was read."""
    read = ", ".join(
        f"{len(records.tables[name]):,} {name.replace('_', ' ')}"
        for name in ("members", "meetings", "decisions")
    )
    end = f"{_count(records.problems)}; {read} read"
    if records.excluded:
        end += f", {len(records.excluded):,} rows left out"
    return "\n".join([*lines_of(records.problems), f"{end}; the run can go on"])


def _count(problems: tuple[Problem, ...]) -> str:
    serious = [problem for problem in problems if problem.serious]
    tables = len({problem.source for problem in serious})
    count = f"{_plural(len(serious), 'problem')} in {_plural(tables, 'table')}"
    look_at = len(problems) - len(serious)
    return (count if serious else "No problem") + (
        f", {_plural(look_at, 'thing')} to look at" if look_at else ""
    )


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")

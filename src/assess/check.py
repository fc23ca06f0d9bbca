"""Says in lines what was found wrong with records: all at once, repeats shortened in print only."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from assess.load import find_organisations
from assess.records import AssessError, Problem, Records
from assess.validate import CannotBeAssessedError, read_records

# Faults of one kind in one column that are printed before the rest are only counted.
PRINTED = 5


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
        return [*_lines(refused.problems), f"{end}are mended"]
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
    return "\n".join([*_lines(records.problems), f"{end}; the run can go on"])


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


def _lines(problems: tuple[Problem, ...]) -> list[str]:
    """Problems by file, kind and column, serious ones first; of each kind the first few."""
    lines = []
    for (source, *_), alike in groupby(sorted(problems, key=_kind), key=_kind):
        rows = list(alike)
        shown = rows if len(rows) <= PRINTED + 1 else rows[:PRINTED]
        lines += [str(problem) for problem in shown]
        if more := rows[len(shown) :]:
            lines.append(f"{source}: and {len(more):,} more like this{_from_row_to_row(more)}")
    return lines


def _kind(problem: Problem) -> tuple[bool, str, str, str]:
    return (problem.source, not problem.serious, problem.column or "", problem.rule)


def _from_row_to_row(problems: list[Problem]) -> str:
    rows = [problem.row for problem in problems if problem.row is not None]
    return f" in rows {min(rows)} to {max(rows)}" if rows else ""

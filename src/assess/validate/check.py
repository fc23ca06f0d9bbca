"""Says in lines what was found wrong with records: all at once, repeats shortened in print only."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from assess.load import find_organisations
from assess.load.synonyms import OWN_FILES
from assess.records import AssessError, Problem, Records
from assess.validate import CannotBeAssessedError, read_records
from assess.validate.findings import lines_of

TO_LOOK_AT = "Records that do not agree with each other, or habits to look at. None is an error:"


def check(paths: Iterable[Path | str], *, mapping: bool = False) -> tuple[list[str], bool]:
    """Every problem of every organisation under `paths`, in lines, and whether none is serious.

    With `mapping`, also how headings and words were read. Changes nothing.
    """
    lines: list[str] = []
    all_well = True
    for path in find_organisations(paths):
        found, well = _check_one(path, mapping)
        lines += [str(path), *found, ""]
        all_well &= well
    return lines[:-1], all_well


def _check_one(path: Path, mapping: bool) -> tuple[list[str], bool]:
    try:
        records = read_records(path)
    except CannotBeAssessedError as refused:
        end = f"{_count(refused.problems)}; this organisation cannot be assessed until the first "
        return [*lines_of(refused.problems), f"{end}are mended"], False
    except AssessError as refused:
        return str(refused).splitlines(), False
    lines = report_problems(records).splitlines()
    if mapping:
        lines += report_mapping(records.mapping).splitlines()
    return lines, not any(problem.serious for problem in records.problems)


def report_problems(records: Records) -> str:
    """One line for each problem, then what does not agree, and at the end what was read."""
    read = ", ".join(
        f"{len(records.tables[name]):,} {name.replace('_', ' ')}"
        for name in ("members", "meetings", "decisions")
    )
    end = f"{_count(records.problems)}; {read} read"
    if records.excluded:
        end += f", {_plural(len(records.excluded), 'row')} left out"
    odd = lines_of(records.consistency)
    looked_at = [TO_LOOK_AT, *(f"  {line}" for line in odd)] if odd else []
    return "\n".join([*lines_of(records.problems), *looked_at, f"{end}; the run can go on"])


def report_mapping(mapping: Mapping[str, Mapping[str, Mapping]]) -> str:
    """How headings and words were read, as the headings.yaml that would say the same."""
    said = {
        table: {kind: dict(about[kind]) for kind in ("headings", "words") if about[kind]}
        for table, about in mapping.items()
    }
    head = f"# How it was read. To change it, save this as {OWN_FILES[0]} beside the records."
    return f"{head}\n{yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100)}"


def _count(problems: tuple[Problem, ...]) -> str:
    serious = [problem for problem in problems if problem.serious]
    places = len({problem.source for problem in serious})
    count = f"{_plural(len(serious), 'problem')} in {_plural(places, 'place')}"
    look_at = sum(problem.times for problem in problems if not problem.serious)
    return (count if serious else "No problem") + (
        f", {_plural(look_at, 'thing')} to look at" if look_at else ""
    )


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")

"""Holds records as written against the contracts: typed tables, and every problem in plain words.

A cell that cannot be used stands as missing and the rest of its row goes on. A row is left out
only where its key cannot be used: an identifier that is missing, repeated, or points nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.errors
import pandera.pandas as pa

from assess.load import load
from assess.load.codes import as_text, is_coded
from assess.load.organisation_sheets import as_labelled
from assess.load.raw import REQUIRED, RawRecords, RawTable, matches
from assess.load.synonyms import TOTALS, OwnWords
from assess.records import AssessError, Problem, Records
from assess.schemas import CONTRACTS, about_columns, schema_of
from assess.schemas.organisation import Organisation
from assess.validate.cells import DTYPES, parse
from assess.validate.coercions import note_coercions, weekdays_agree, words_for
from assess.validate.consistency import check_consistency
from assess.validate.constitution import lists_of, read_organisation
from assess.validate.cross_checks import drop_dangling, use_listed_codes
from assess.validate.findings import Findings, lines_of
from assess.validate.headings import key_of, match_headings, unique_together
from assess.validate.names import warn_of_names

# What an empty cell of attendance stands for, as the organisation says; else it is not known.
BLANK_STATUS = {"absent": "absent", "not expected": "leave"}
# What each of pandera's checks asks, in words; names in braces are the check's own numbers.
CHECK_WORDS = {
    "greater_than_or_equal_to": "must be {min_value:g} or more",
    "greater_than": "must be more than {min_value:g}",
    "less_than_or_equal_to": "must be {max_value:g} or less",
    "less_than": "must be less than {max_value:g}",
    "in_range": "must be from {min_value:g} to {max_value:g}",
    "isin": "must be one of {allowed_values}",
    "str_length": "must have from {min_value} to {max_value} letters",
}


class CannotBeAssessedError(AssessError):
    """Records of which nothing could be assessed. Its text holds every problem found in them."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=_in_order))
        serious = [problem for problem in self.problems if problem.serious]
        lines = "\n".join(f"  {line}" for line in lines_of(serious))
        super().__init__(f"{path.name} cannot be assessed until this is mended:\n{lines}")


def _in_order(problem: Problem) -> tuple:
    return (problem.source, problem.row or 0, problem.column or "", problem.what)


def read_records(path: Path | str) -> Records:
    """One organisation's records, typed, from a folder or a workbook, with all their problems.

    Raises AssessError where there is nothing there that can be assessed.
    """
    return warn_of_names(validate(load(path)))


def validate(raw: RawRecords) -> Records:
    """Typed tables of `raw`, one for every contract; a table that is not given is empty.

    Raises CannotBeAssessedError where the organisation is not described, or a required table is
    there and cannot be read, or none of the required tables is there.
    """
    sources = {name: _usual_source(raw, name) for name in CONTRACTS}
    sources |= {name: table.source for name, table in raw.tables.items()}
    findings = Findings(sources, problems=list(raw.problems))
    organisation = _organisation(raw, findings)
    listed = organisation or lists_of(raw.organisation or {})
    own = raw.own_words or OwnWords()
    odd = Findings(sources, places=findings.places)
    tables = {
        name: _table(name, raw.tables.get(name), listed, _Reading(findings, odd, own))
        for name in CONTRACTS
    }
    _refuse_if_nothing_to_assess(raw, organisation, findings)
    tables = drop_dangling(tables, findings)
    check_consistency(tables, organisation, odd)
    return Records(
        organisation=organisation,
        tables=tables,
        given={name: frozenset(rows.columns[rows.notna().any()]) for name, rows in tables.items()},
        sources=sources,
        inputs=raw.inputs,
        problems=tuple(sorted(findings.problems, key=_in_order)),
        consistency=tuple(sorted(odd.problems, key=_in_order)),
        mapping=findings.mapping,
        excluded=tuple(findings.excluded),
        unreadable=findings.unreadable,
    )


def _organisation(raw: RawRecords, findings: Findings) -> Organisation | None:
    source = raw.organisation_source
    if raw.organisation is not None:
        organisation, problems = read_organisation(raw.organisation, source)
        findings.problems += [as_labelled(problem) for problem in problems]
        return organisation
    if not raw.broken & {"organisation", "workbook"}:
        findings.problems.append(
            Problem(
                source,
                None,
                None,
                "is missing",
                "add it; it says what the organisation's bodies and member groups are",
                rule="missing",
            )
        )
    return None


def _refuse_if_nothing_to_assess(
    raw: RawRecords, organisation: Organisation | None, findings: Findings
) -> None:
    absent = [name for name in REQUIRED if name not in raw.tables and name not in raw.broken]
    if "workbook" not in raw.broken:
        findings.problems += [_missing_table(raw, name) for name in absent]
    broken = raw.broken.union(findings.broken) & {*REQUIRED, "workbook"}
    if organisation is None or broken or len(absent) == len(REQUIRED):
        raise CannotBeAssessedError(raw.path, findings.problems)


def _missing_table(raw: RawRecords, name: str) -> Problem:
    remedy = "add it, with a row for each of what there was"
    return Problem(
        _usual_source(raw, name), None, None, "is missing or empty", remedy, rule="missing"
    )


def _usual_source(raw: RawRecords, name: str) -> str:
    """Where a table that is not given would have been."""
    return f"{name}.csv" if raw.path.is_dir() else f"{raw.path.name}, sheet {name}"


# One table --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reading:
    """Where what is found in a table goes, and the organisation's own words."""

    findings: Findings
    odd: Findings  # what agrees with its contract and yet seems wrong
    own: OwnWords


def _table(
    name: str, raw: RawTable | None, organisation: Organisation | None, reading: _Reading
) -> pd.DataFrame:
    """The typed table of one contract."""
    findings = reading.findings
    columns = match_headings(name, raw, findings, reading.own) if raw else None
    if columns is None:
        return _typed(name, {}, pd.RangeIndex(0, name="row"))
    written = _without_totals(name, raw.rows, columns, findings)
    rows = _read_columns(name, written, columns, reading)
    if organisation is not None:
        rows = use_listed_codes(name, rows, organisation, findings, reading.own)
        rows = _with_blanks_said(name, rows, "status" in columns, organisation, findings)
    rows = _drop_unusable_keys(name, rows, findings)
    absent = set(rows.columns).difference(columns)
    return _hold_against_contract(name, rows, absent, findings)


def _typed(name: str, values: Mapping[str, pd.Series], index: pd.Index) -> pd.DataFrame:
    """A table with every column of its contract; those without values are missing throughout."""
    return pd.DataFrame(
        {
            column: values[column]
            if column in values
            else pd.Series(None, index=index, dtype=DTYPES.get(about["kind"], "str"))
            for column, about in about_columns(name).items()
        },
        index=index,
        copy=False,
    )


def _read_columns(
    name: str, written: pd.DataFrame, columns: Mapping[str, int], reading: _Reading
) -> pd.DataFrame:
    """The columns of the contract as dates, numbers and codes, without rows that are all empty."""
    findings = reading.findings
    values: dict[str, pd.Series] = {}
    in_use = np.zeros(len(written), dtype=bool)
    texts = [text for _, text in written.items()]
    for column, about in about_columns(name).items():
        if column not in columns:
            continue
        text = texts[columns[column]]
        codes = about.get("codes", {})
        words = words_for(name, column, text, reading.own) if codes else None
        values[column], faults = parse(text, about["kind"], codes, words)
        findings.note_faults(name, column, faults)
        note_coercions(name, column, text, values[column], findings)
        weekdays_agree(name, column, text, values[column], reading.odd)
        findings.cannot_read(name, column, faults.index)
        if not in_use.all():
            in_use |= values[column].notna().to_numpy()
        if len(faults):
            in_use |= written.index.isin(faults.index)
    rows = _typed(name, values, written.index)
    return rows if in_use.all() else rows[in_use]


def _without_totals(
    name: str, written: pd.DataFrame, columns: Mapping[str, int], findings: Findings
) -> pd.DataFrame:
    """The rows without those that add up the others."""
    totals = pd.Series(False, index=written.index)
    for place in {0, *(columns[column] for column in key_of(name) if column in columns)}:
        totals |= matches(written.iloc[:, place], TOTALS.pattern)
    rows = written.index[totals]
    if len(rows):
        what = "seems to add up the other rows, and was left out"
        findings.note(name, rows, None, what, rule="totals", serious=False)
        findings.leave_out(name, rows, "totals")
    return written[~totals] if len(rows) else written


def _with_blanks_said(
    name: str, rows: pd.DataFrame, given: bool, organisation: Organisation, findings: Findings
) -> pd.DataFrame:
    """Attendance with its empty cells as the organisation says they are meant."""
    meant = BLANK_STATUS.get(organisation.attendance_blank)
    if name != "attendance" or meant is None or not given:
        return rows
    empty = rows.index[rows["status"].isna()].difference(findings.cells_lost(name, "status"))
    if len(empty):
        what = f"status is empty in {len(empty):,} rows, and was read as {meant}"
        remedy = f"attendance_blank says: {organisation.attendance_blank}"
        findings.note_table(name, what, remedy, rule="blank", serious=False)
    status = rows["status"]
    if is_coded(status) and meant not in status.cat.categories:
        status = status.cat.add_categories([meant])
    return rows.assign(status=status.mask(rows.index.isin(empty), meant))


def _drop_unusable_keys(name: str, rows: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """`rows` without those whose identifier is missing, or stands in an earlier row."""
    rows = _drop_unidentified(name, rows, findings)
    together = unique_together(name)
    if not together:
        return rows
    usable = rows
    for column in together:
        if len(lost := findings.cells_lost(name, column)):
            usable = usable.drop(lost, errors="ignore")
    repeated = _repeated(usable, together)
    if repeated.empty:
        return rows
    first = pd.Series(repeated.index, index=repeated.index).groupby(
        [as_text(repeated[column]) for column in together], dropna=False
    )
    first = first.transform("min")
    first = first[first != first.index]
    what = "is the same as" if len(together) == 1 else f"has the same {_and(together)} as"
    findings.note(
        name,
        first.index,
        together[0] if len(together) == 1 else None,
        [f"{what} in row {row}, so this row is left out" for row in first.tolist()],
        "give it its own code, or delete it if it is the same record",
        rule="repeated",
    )
    findings.leave_out(name, first.index, "repeated")
    return rows.drop(first.index)


def _repeated(rows: pd.DataFrame, together: list[str]) -> pd.DataFrame:
    """The rows whose cells in those columns, taken together, stand in another row too."""
    if not all(is_coded(rows[column]) for column in together):
        return rows[rows.duplicated(together, keep=False)]
    key = np.zeros(len(rows), dtype="int64")
    for column in together:
        places = rows[column].cat
        key *= len(places.categories) + 1
        key += places.codes.to_numpy()
    in_order = np.sort(key)  # quicker for millions than to look each up
    twice = in_order[1:][in_order[1:] == in_order[:-1]]
    return rows[np.isin(key, twice)] if len(twice) else rows.iloc[:0]


def _drop_unidentified(name: str, rows: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    together = unique_together(name)
    for column in key_of(name):
        blank = rows.index[rows[column].isna()].difference(findings.cells_lost(name, column))
        what = "is empty, so the row is left out"
        findings.note(name, blank, column, what, "fill it in", rule="empty key")
        findings.leave_out(name, blank, "empty key")
        rows = rows.drop(blank) if len(blank) else rows
    for column in together:
        if about_columns(name)[column]["kind"] == "code":
            lost = findings.cells_lost(name, column)
            if len(lost):
                lost = rows.index.intersection(lost)
                findings.leave_out(name, lost, "key cannot be read")
                rows = rows.drop(lost)
    return rows


def _and(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


# The contract itself ----------------------------------------------------------------------------


def _hold_against_contract(
    name: str, rows: pd.DataFrame, absent: set[str], findings: Findings
) -> pd.DataFrame:
    """`rows` with every cell blanked that breaks its contract. `absent`: columns not given."""
    if rows.empty:
        return rows
    schema = schema_of(name)
    rows = _hold_columns(name, rows, absent, findings)
    for check in schema.checks:
        rows = _hold_rows(name, rows, check, findings)
    return rows


def _hold_columns(
    name: str,
    rows: pd.DataFrame,
    absent: set[str],
    findings: Findings,
) -> pd.DataFrame:
    """What the contract asks of one column at a time."""
    columns_only = _of_columns(name, frozenset(absent))
    held = [column for column in columns_only.columns if is_coded(rows[column])]
    if held:  # nothing is repeated by now, categories are text, and of lists only choices were read
        columns_only = columns_only.update_columns(
            {column: {"unique": False, "checks": None} for column in held}
        )
    try:
        return columns_only.validate(rows, lazy=True, inplace=True)  # it is asked, not changed
    except pandera.errors.SchemaErrors as broken:
        faults = broken.schema_errors
    for fault in faults:
        column = fault.schema.name
        cases = pd.Index(pd.unique(fault.failure_cases["index"]), dtype="int64", name="row")
        if fault.reason_code is pandera.errors.SchemaErrorReason.SERIES_CONTAINS_NULLS:
            blank = cases.difference(findings.cells_lost(name, column))
            findings.note(name, blank, column, "is empty", "fill it in", rule="empty")
            continue
        words = _in_words(fault.check)
        shown = _numbers(rows.loc[cases, column])
        findings.note(name, cases, column, [one + words for one in shown], "correct it", rule=words)
        rows = _blank(name, rows, column, cases, findings)
    return rows


@lru_cache(maxsize=256)
def _of_columns(name: str, absent: frozenset[str]) -> pa.DataFrameSchema:
    """What the contract asks of single columns: nothing of those not given, and no type, since
    each was read as its own."""
    schema = schema_of(name)
    schema = schema.remove_columns(
        [key for key, c in schema.columns.items() if key in absent or _asks_nothing(c)]
    )
    schema = schema.update_columns({key: {"dtype": None} for key in schema.columns})
    schema.checks = []
    schema.strict = False
    schema.unique = None  # nothing is repeated by now
    return schema


def _asks_nothing(column: pa.Column) -> bool:
    """Whether a column may hold anything of its type, which is seen to where cells are read."""
    return column.nullable and not column.checks and not column.unique


def _hold_rows(name: str, rows: pd.DataFrame, check: pa.Check, findings: Findings) -> pd.DataFrame:
    """What the contract asks of the cells of a row together.

    The check is asked directly: where a million rows fail it, pandera's report would list every
    cell of each. Its text begins with the column to blank: see `schemas/columns.py`.
    """
    column, _, text = check.error.partition(" ")
    what, _, remedy = text.partition("; ")
    passed = check(rows).check_output
    lost = rows.index[~passed]
    if lost.empty:
        return rows
    findings.note(name, lost, column, what, remedy, rule=what)
    return _blank(name, rows, column, lost, findings)


def _blank(
    name: str, rows: pd.DataFrame, column: str, lost: pd.Index, findings: Findings
) -> pd.DataFrame:
    findings.cannot_read(name, column, lost)
    return rows.assign(**{column: rows[column].mask(rows.index.isin(lost))})


def _numbers(cells: pd.Series) -> list[str]:
    """How to show the cells in a message: numbers as they are, and nothing else."""
    if cells.dtype != "float64":
        return [""] * len(cells)
    return [f"is {value:g}, and " for value in cells]


def _in_words(check: pa.Check) -> str:
    """What a check asks for, as its rule in `CHECK_WORDS` or by its name."""
    words = CHECK_WORDS.get(check.name, f"does not pass the check {check.name}")
    return words.format(**check.statistics)

"""Codes that one table takes from another or from the organisation.

A code that points nowhere costs its cell, or its row where the row means nothing without it.
"""

import numpy as np
import pandas as pd

from assess.load.codes import found_in, is_coded
from assess.load.synonyms import OwnWords
from assess.schemas import about_columns
from assess.schemas.organisation import Organisation
from assess.validate.cells import parse
from assess.validate.findings import Findings

Tables = dict[str, pd.DataFrame]

LISTED_IN = {"categories": "member_categories", "bodies": "bodies"}
LISTED_AS = {"categories": "member groups", "bodies": "bodies"}


# Codes that must be found somewhere -------------------------------------------------------------


def use_listed_codes(
    table: str,
    rows: pd.DataFrame,
    organisation: Organisation,
    findings: Findings,
    own: OwnWords,
) -> pd.DataFrame:
    """`rows` with member groups and bodies as the organisation's codes; others become missing."""
    for column, about in about_columns(table).items():
        if "one_of" not in about or rows[column].isna().all():
            continue
        listed = getattr(organisation, LISTED_IN[about["one_of"]])
        titles = {code: one.title for code, one in listed.items()}
        words = own.words.get(f"{table}.{column}", {})
        text = rows[column] if is_coded(rows[column]) else rows[column].fillna("")
        values, faults = parse(text, "choice", titles, words)
        if titles:
            findings.note_faults(table, column, faults)
        else:
            what = (
                f"{column} cannot be read: the organisation lists no {LISTED_AS[about['one_of']]}"
            )
            remedy = f"list them under {LISTED_IN[about['one_of']]} in the organisation's file"
            findings.note_table(table, what, remedy, rule="choice")
        findings.cannot_read(table, column, faults.index)
        rows = rows.assign(**{column: values})
    return rows


def drop_dangling(tables: Tables, findings: Findings) -> Tables:
    """Blank every code that points to no row; leave the row out where it needs the code."""
    tables = dict(tables)
    for table, rows in tables.items():
        for column, about in about_columns(table).items():
            if "refers_to" in about and not rows.empty:
                tables[table] = _without_dangling(table, column, about, tables, findings)
    return tables


def _without_dangling(
    table: str, column: str, about: dict, tables: Tables, findings: Findings
) -> pd.DataFrame:
    target, _, key = about["refers_to"].partition(".")
    rows, known = tables[table], tables[target][key]
    if known.empty:  # the table is not given: said once, not once a row
        return rows
    lost = rows.index[rows[column].notna() & ~is_in(rows[column], known)]
    if lost.empty:
        return rows
    needed = "blank" not in about
    cost = "so the row is left out" if needed else "so the cell counts as missing"
    findings.note(
        table,
        lost,
        column,
        f"is not a code in {findings.sources[target]}, {cost}",
        "correct it, or add the missing row there",
        rule="unknown code",
    )
    if needed:
        findings.leave_out(table, lost, "unknown code")
        return rows.drop(lost)
    findings.cannot_read(table, column, lost)
    return rows.assign(**{column: rows[column].mask(rows.index.isin(lost))})


def is_in(codes: pd.Series, known: pd.Series) -> np.ndarray:
    """Which codes are among the known ones. Arrow finds text forty times faster than `isin`."""
    return found_in(codes, known)

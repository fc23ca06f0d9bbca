"""Who took part: what each member group did of what it could, and how many people that is."""

from collections.abc import Mapping

import pandas as pd

from assess.framework import Framework
from assess.intervals import clusters_of, effective_records, wilson
from assess.observe import Observed
from assess.records import Records

BY_GROUP = ("3.1c", "6.2b")  # indicators whose groups are shown
COLUMNS = ["group", "hits", "of", "people", "share", "low", "high"]
PERSON = ("person_id", "member_id")


def group_shares(
    records: Records, framework: Framework, observed: Mapping[str, Observed]
) -> dict[str, pd.DataFrame]:
    """For each indicator that compares groups, a row a group: what was done, of how much, by whom.

    group         the member group's code
    hits, of      known marks: attendances, or votes
    people        how many people stand behind them
    share         hits of `of`, in %; low and high its 90% range
    """
    known = {entry.id: entry.range for entry in framework.indicators}
    return {
        key: _shares(records, observed[key], known[key])
        for key in BY_GROUP
        if key in observed and observed[key].rows["group"].notna().any()
    }


def _shares(records: Records, seen: Observed, kind: str) -> pd.DataFrame:
    rows = []
    for code, part in seen.rows.groupby("group"):
        known = part[part["hit"].notna()]
        hits, of = float(known["hit"].sum()), float(known["of"].sum())
        row = {"group": code, "hits": hits, "of": of, "people": people(records, seen.table, part)}
        if of > 0:
            worth = effective_records(clusters_of(known)) if kind == "meetings" else of
            row |= shares_of(hits, of, worth)
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def shares_of(hits: float, of: float, worth: float) -> dict[str, float]:
    """A share in %, and its 90% range where it is worth as many records as `worth`."""
    share = hits / of
    low, high = wilson(share * worth, worth)
    return {"share": 100 * share, "low": 100 * float(low), "high": 100 * float(high)}


def people(records: Records, table: str, marks: pd.DataFrame) -> float:
    """How many different people the marks are of.

    Votes are counted by group and not by person: there it is the smallest election's electorate.
    """
    rows = records.tables.get(table)
    for column in PERSON:
        if rows is not None and column in rows:
            return float(rows.loc[marks.index, column].nunique())
    if rows is None or "election_id" not in rows:
        return float(marks["of"].sum())
    election = rows.loc[marks.index, "election_id"]
    return float(marks["of"].groupby(election).sum().min())

"""Compliance gates: rules that are kept, not kept, or not known, shown beside the scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from assess.framework import Framework
from assess.load.codes import added_up, look_up
from assess.offices import expected, seats_held
from assess.records import AssessError, Period, Records

GOVERNING = ("board", "council", "general_meeting")
GENERAL = ("annual general", "general")
APPOINTERS = ("members", "council", "board", "owner")  # any other is "other" in the rules
YEAR = pd.Timedelta(days=365)


@dataclass(frozen=True)
class Finding:
    """What came of one gate. `detail` is a short code that `words` turns into a sentence."""

    state: str  # "pass", "fail", "not known" or "does not apply"
    detail: str
    k: float = np.nan  # how many records `detail` is about
    n: float = np.nan  # of how many
    limit: float = np.nan  # the number the rule asks for
    remark: str = ""
    rows: tuple[int, ...] = ()  # the sheet rows `detail` is about


def check_gates(records: Records, framework: Framework, period: Period) -> pd.DataFrame:
    """One row a gate: id, title, state, detail, k, n, limit, remark, rows, table, source, remedy.

    A gate fails if one record breaks the rule, and is not known if one might have.
    """
    found = []
    for gate in framework.gates:
        if gate.id not in CHECKS:
            raise AssessError(
                f"The framework defines the gate {gate.id}, but nothing checks it. "
                "Add a function to src/assess/gates.py and name it in CHECKS."
            )
        check, table = CHECKS[gate.id]
        finding = check(records, period, gate.parameters)
        told = gate.model_dump(include={"id", "title", "source", "remedy"})
        found.append(told | vars(finding) | {"table": table})
    return pd.DataFrame(found, columns=COLUMNS)


def _judged(kept: pd.Series, codes: tuple[str, str, str], limit: Any = np.nan) -> Finding:
    """One verdict on records that each keep the rule, break it, or may do either (missing).

    `codes` are the details where all is well, where a record breaks it, and where one may.
    """
    kept = kept.astype("boolean")
    good, bad, unknown = codes
    for state, detail, which in (
        ("fail", bad, ~kept.fillna(True)),
        ("not known", unknown, kept.isna()),
        ("pass", good, kept.fillna(False)),
    ):
        if which.any():
            rows = tuple(sorted(int(row) for row in kept.index[which]))
            return Finding(state, detail, int(which.sum()), len(kept), limit, rows=rows)
    raise ValueError("no record to judge")


def _general_meetings(meetings: pd.DataFrame) -> pd.DataFrame:
    general = (meetings["body"] == "general_meeting") | meetings["type"].isin(GENERAL)
    return meetings[general]


def _general_in(records: Records, period: Period) -> pd.DataFrame:
    meetings = _general_meetings(records.tables["meetings"])
    return meetings[period.holds(meetings["held_on"])]


def _none_recorded(records: Records) -> Finding:
    if records.organisation.agm_required:
        return Finding("not known", "no general meeting recorded")
    return Finding("does not apply", "no general meeting needed")


def notice(records: Records, period: Period, parameters: Mapping[str, Any]) -> Finding:
    """Clear days between the call and the general meeting: neither of the two days counts."""
    meetings = _general_in(records, period)
    if meetings.empty:
        return _none_recorded(records)
    by_law = parameters["clear_days"].get(records.organisation.legal_form)
    asked = [days for days in (by_law, records.organisation.notice_days) if days is not None]
    if not asked:
        return Finding("not known", "no notice rule stated", n=len(meetings))
    clear_days = (meetings["held_on"] - meetings["notice_on"]).dt.days - 1
    kept = (clear_days >= max(asked)).astype("boolean").where(clear_days.notna())
    return _judged(kept, ("notice given", "notice too short", "notice not known"), max(asked))


def quorum(records: Records, period: Period, parameters: Mapping[str, Any]) -> Finding:
    """As many members with a vote at each general meeting as it needs, or its rules do."""
    meetings = _general_in(records, period)
    if meetings.empty:
        return _none_recorded(records)
    needed = meetings["quorum"].fillna(_quorum_of_rules(meetings, records))
    if needed.isna().all():
        return Finding("not known", "no quorum stated", n=len(meetings))
    fewest, most = _present(meetings, records)
    kept = (fewest >= needed).astype("boolean").where((fewest >= needed) | (most < needed))
    return _judged(kept, ("quorum there", "quorum not there", "quorum not known"))


def _quorum_of_rules(meetings: pd.DataFrame, records: Records) -> pd.Series:
    """The number the rules ask for, or their share of members with a vote if that is more."""
    body = records.organisation.bodies.get("general_meeting")
    number = body.quorum if body else None
    rule = pd.Series(number, index=meetings.index, dtype="float64")
    if body is None or body.quorum_share is None or records.tables["members"].empty:
        return rule
    voters = meetings["held_on"].map(lambda day: _voters_on(records.tables["members"], day))
    from_share = np.ceil(body.quorum_share * voters - 1e-9)  # so that 0.07 of 100 members is 7
    return pd.concat([rule, from_share], axis=1).max(axis=1)


def _voters_on(members: pd.DataFrame, day: pd.Timestamp) -> int:
    on_the_day = ~(members["joined_on"] > day) & ~(members["left_on"] < day)
    return int((on_the_day & members["eligible_to_vote"].fillna(True)).sum())


def _present(meetings: pd.DataFrame, records: Records) -> tuple[pd.Series, pd.Series]:
    """The fewest and the most people with a vote who can have been there; missing: no record."""
    listed = expected(meetings, records.tables["attendance"], records.tables["roles"])
    counted = listed[["came"]].assign(unsure=listed["came"].isna())
    counted = added_up(counted, listed["meeting_id"]).astype("float64")
    there = look_up(meetings["meeting_id"], counted)
    stated = meetings["present_count"]
    return stated.fillna(there["came"]), stated.fillna(there["came"] + there["unsure"])


def board_size(records: Records, period: Period, parameters: Mapping[str, Any]) -> Finding:
    """People on the board on the last day, against the fewest and most the rules allow."""
    seats = seats_held(records.tables["roles"], period.end, ("board",))
    if seats.empty:
        return Finding("not known", "no board seats recorded")
    people = len(seats)
    remark = ""
    if people < parameters["advised_smallest"]:
        remark = "fewer than advised"
    elif people > parameters["advised_largest"]:
        remark = "more than advised"
    state, detail, limit = _against_rules(people, records)
    return Finding(
        state, detail, people, limit=limit, remark=remark, rows=tuple(sorted(seats.index))
    )


def _against_rules(people: int, records: Records) -> tuple[str, str, float]:
    body = records.organisation.bodies.get("board")
    smallest, largest = (body.smallest, body.largest) if body else (None, None)
    if smallest is not None and people < smallest:
        return "fail", "board too small", smallest
    if largest is not None and people > largest:
        return "fail", "board too large", largest
    if smallest is None and largest is None:
        return "not known", "no board size stated", np.nan
    return "pass", "board size kept", np.nan


def yearly_meeting(records: Records, period: Period, parameters: Mapping[str, Any]) -> Finding:
    """A yearly general meeting, or an ordinary meeting of the members' own body, was held."""
    if not records.organisation.agm_required:
        return Finding("does not apply", "no general meeting needed")
    held = _general_in(records, period)
    ordinary = (held["body"] == "general_meeting") & held["type"].fillna("ordinary").eq("ordinary")
    yearly = held[(held["type"] == "annual general") | ordinary]
    if not yearly.empty:
        rows = tuple(int(row) for row in yearly.index)
        return Finding("pass", "yearly meeting held", len(yearly), rows=rows)
    if period.end - period.start < YEAR - pd.Timedelta(days=1):
        return Finding("not known", "period under a year")
    if _would_be_listed(records, period):
        return Finding("fail", "yearly meeting not held", 0)
    return Finding("not known", "no general meeting recorded")


def _would_be_listed(records: Records, period: Period) -> bool:
    """Whether a general meeting held would stand in the records: others do, or the rules name it.

    A list that holds board meetings alone says nothing about the members' meeting.
    """
    meetings = records.tables["meetings"]
    if not _general_meetings(meetings).empty:
        return True
    recorded = period.holds(meetings["held_on"]).any()
    return bool(recorded) and "general_meeting" in records.organisation.bodies


def appointment(records: Records, period: Period, parameters: Mapping[str, Any]) -> Finding:
    """Everyone on the board on the last day was put there by whom the rules name."""
    seats = seats_held(records.tables["roles"], period.end, ("board",))
    if seats.empty:
        return Finding("not known", "no board seats recorded")
    body = records.organisation.bodies.get("board")
    route = body.appointed_by if body else None
    if route is None:
        return Finding("not known", "no appointer stated", n=len(seats))
    by = seats["appointed_by"]
    right = ~by.isin(APPOINTERS) if route == "other" else by == route
    kept = right.astype("boolean").where(by.notna())
    return _judged(kept, ("appointed by the rules", "appointed otherwise", "appointer not known"))


def minutes(records: Records, period: Period, parameters: Mapping[str, Any]) -> Finding:
    """Draft or agreed minutes of every meeting of the board, the council and the members."""
    meetings = records.tables["meetings"]
    governing = meetings["body"].isin(GOVERNING) | meetings["type"].isin(GENERAL)
    meetings = meetings[governing & period.holds(meetings["held_on"])]
    if meetings.empty:
        return Finding("not known", "no meetings recorded")
    columns = ["minutes_draft_on", "minutes_approved_on"]
    kept = meetings[columns].notna().any(axis=1).astype("boolean")
    if not records.given["meetings"] & set(columns):
        kept[:] = pd.NA
    return _judged(kept, ("minutes kept", "minutes not kept", "minutes not known"))


CHECKS: dict[str, tuple[Callable[[Records, Period, Mapping[str, Any]], Finding], str]] = {
    "G1": (notice, "meetings"),
    "G2": (quorum, "meetings"),
    "G3": (board_size, "roles"),
    "G4": (yearly_meeting, "meetings"),
    "G5": (appointment, "roles"),
    "G6": (minutes, "meetings"),
}
COLUMNS = [
    *("id", "title", "state", "detail", "k", "n", "limit", "remark"),
    *("table", "rows", "source", "remedy"),
]

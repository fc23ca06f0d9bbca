"""Principle 2: functions and roles."""

import numpy as np
import pandas as pd

from assess.observe import Observed, indicator, known, share, unobserved
from assess.records import Period
from assess.schemas.organisation import Organisation

STRATEGIC = ("strategy", "oversight", "accountability", "quality report")
APPOINTERS = ("members", "council", "board", "owner")


@indicator
def reserved_matters_kept(decisions: pd.DataFrame, organisation: Organisation) -> Observed:
    """Share of reserved matters decided by the body they are reserved to."""
    if not organisation.reserved_matters:
        return unobserved("no scheme", table="decisions")
    scheme = {kind.strip().casefold(): to for kind, to in organisation.reserved_matters.items()}
    proper = decisions["type"].str.strip().str.casefold().map(scheme)
    return share(
        known(decisions["body"] == proper, decisions["body"]),
        among=proper.notna(),
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def strategic_focus_share(meetings: pd.DataFrame, agenda_items: pd.DataFrame) -> Observed:
    """Share of the board's agenda given to strategy, oversight or accountability.

    In minutes where every board item is timed, else in items. A quality report is oversight.
    """
    board = meetings.loc[meetings["body"] == "board", "meeting_id"]
    items = agenda_items[agenda_items["meeting_id"].isin(board.dropna())]
    timed = items["minutes"].notna().all() and items["minutes"].sum() > 0
    of = items["minutes"] if timed else pd.Series(1.0, index=items.index)
    strategic = items["type"].isin(STRATEGIC).where(items["type"].notna(), np.nan)
    return share(
        strategic.astype("float64") * of, of=of, table="agenda_items", cluster=items["meeting_id"]
    )


@indicator
def actions_completed(register: pd.DataFrame) -> Observed:
    """Share of actions done by the first date set for them. Moving the date changes nothing."""
    due = (register["kind"] == "action") & register["original_due_on"].notna()
    return share(register["done_on"] <= register["original_due_on"], among=due, table="register")


@indicator
def decisions_scrutinised(decisions: pd.DataFrame) -> Observed:
    """Share of board decisions open to scrutiny examined by others, with what they found.

    Scrutiny by the board itself does not count.
    """
    by_others = decisions["scrutiny_body"].notna() & (
        decisions["scrutiny_body"].str.strip().str.casefold() != "board"
    )
    return share(
        by_others & decisions["scrutiny_outcome"].notna(),
        among=(decisions["body"] == "board") & decisions["scrutiny_eligible"],
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def appointments_valid(seats: pd.DataFrame, organisation: Organisation, period: Period) -> Observed:
    """Share of filled board and council seats whose term still runs, made by the rules' own route.

    A term with no end date runs as long as the rules' terms do; without those it has not run out.
    """
    bodies = organisation.bodies
    days = seats["body"].map({k: b.term_years for k, b in bodies.items()}).astype(float) * 365.25
    runs_out = seats["term_end"].fillna(seats["start"] + pd.to_timedelta(days, unit="D"))
    route = seats["body"].map({k: b.appointed_by for k, b in bodies.items()}).astype("str")
    by = seats["appointed_by"].astype("str")
    right = (by == route) | ((route == "other") & ~by.isin(APPOINTERS))
    in_date = ~(runs_out < period.end)
    return share(known(right, by, route) & in_date, table="roles")


@indicator
def seats_contested(elections: pd.DataFrame) -> Observed:
    """Share of seats up for election with more candidates than seats. Weighted by seats."""
    contested = known(elections["candidates"] > elections["seats"], elections["candidates"])
    return share(
        contested.astype("Float64") * elections["seats"],
        of=elections["seats"],
        among=elections["seats"] > 0,
        table="elections",
    )

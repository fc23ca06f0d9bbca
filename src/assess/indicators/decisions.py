"""Principle 4: decisions and risk."""

import numpy as np
import pandas as pd

from assess.observe import Observed, added_up, due_by, indicator, look_up, share
from assess.offices import seats_filled
from assess.records import Period
from assess.schemas.organisation import Organisation
from assess.working_days import working_days_after, working_days_between


@indicator
def reasons_recorded(decisions: pd.DataFrame) -> Observed:
    """Share of decisions with their reasons written down. Any reference counts."""
    return share(
        decisions["reasons_ref"].notna(), table="decisions", cluster=decisions["meeting_id"]
    )


@indicator
def decisions_published(
    decisions: pd.DataFrame, period: Period, *, within_working_days: int
) -> Observed:
    """Share of decisions not confidential that reached members within `within_working_days`.

    Never sent counts as late, once the last of those days is in the period.
    """
    latest = working_days_after(decisions["decided_on"], within_working_days)
    due = due_by(latest, period.end, done=decisions["published_on"].notna())
    return share(
        decisions["published_on"] <= latest,
        among=due & ~decisions["confidential"].fillna(False),
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def minutes_drafted(
    meetings: pd.DataFrame, period: Period, *, within_working_days: int
) -> Observed:
    """Share of meetings with draft minutes within `within_working_days`. None at all is late."""
    latest = working_days_after(meetings["held_on"], within_working_days)
    return share(
        meetings["minutes_draft_on"] <= latest,
        among=due_by(latest, period.end, done=meetings["minutes_draft_on"].notna()),
        table="meetings",
    )


@indicator
def decisions_quorate(
    decisions: pd.DataFrame,
    meetings: pd.DataFrame,
    expected: pd.DataFrame,
    organisation: Organisation,
    roles: pd.DataFrame,
) -> Observed:
    """Share of decisions taken with a quorum there: the meeting's own, else what the rules set.

    Those there are counted for the item, else for the meeting, else from attendance, where an
    empty status matters only if it decides. A guest never counts.
    """
    meeting = decisions["meeting_id"]
    held = meetings.dropna(subset="meeting_id").drop_duplicates("meeting_id")
    held = look_up(meeting, held.set_index("meeting_id")[["quorum", "present_count"]])
    by_rules = _quorum_of_rules(decisions[held["quorum"].isna()], organisation, roles)
    quorum = held["quorum"].fillna(by_rules)
    stated = decisions["present_count"].fillna(held["present_count"])
    counted = expected[["came"]].assign(unsure=expected["came"].isna())
    there = look_up(meeting, added_up(counted, expected["meeting_id"]).astype("float64"))
    fewest = stated.fillna(there["came"])
    most = stated.fillna(there["came"] + there["unsure"])
    quorate = (fewest >= quorum).astype("boolean").where((fewest >= quorum) | (most < quorum))
    return share(quorate, table="decisions", cluster=decisions["meeting_id"])


def _quorum_of_rules(
    decisions: pd.DataFrame, organisation: Organisation, roles: pd.DataFrame
) -> pd.Series:
    """The number the rules ask for, or their share of filled seats rounded up if that is more."""
    number, part = (
        decisions["body"]
        .map({code: getattr(body, rule) for code, body in organisation.bodies.items()})
        .astype("float64")
        for rule in ("quorum", "quorum_share")
    )
    filled = seats_filled(roles, decisions["body"], decisions["decided_on"])
    from_share = np.ceil(part * filled - 1e-9)  # so that 0.6 of 5 seats is 3
    return pd.concat([number, from_share], axis=1).max(axis=1)


@indicator
def papers_in_time(meetings: pd.DataFrame, *, clear_working_days_before: int) -> Observed:
    """Share of meetings with all papers out `clear_working_days_before` ahead. A late one fails it.

    Neither the day of sending nor that of the meeting counts. No papers counts as late.
    """
    ahead = working_days_between(meetings["papers_on"], meetings["held_on"])
    return share(
        (ahead >= clear_working_days_before) & ~(meetings["late_papers"] > 0), table="meetings"
    )


@indicator
def council_advice_taken(decisions: pd.DataFrame) -> Observed:
    """Share of major board decisions with advice of council or members from an earlier day."""
    return share(
        decisions["advice_on"] < decisions["decided_on"],
        among=(decisions["body"] == "board") & decisions["major"],
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def risks_assessed(decisions: pd.DataFrame) -> Observed:
    """Share of major decisions with a risk written down. Any reference counts."""
    return share(
        decisions["risk_ref"].notna(),
        among=decisions["major"],
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def risk_reviews_completed(register: pd.DataFrame) -> Observed:
    """Share of risks reviewed by the first date set for it. Moving the date changes nothing."""
    due = (register["kind"] == "risk") & register["original_due_on"].notna()
    return share(register["done_on"] <= register["original_due_on"], among=due, table="register")


@indicator
def engagement_risks_reduced(register: pd.DataFrame) -> Observed:
    """Share of risks linked to an engagement whose score fell when somebody else scored it again.

    Without a second score by somebody else it is not known whether the risk fell.
    """
    scored_twice = register["score"].notna() & register["later_score"].notna()
    fell = (register["later_score"] < register["score"]).astype("boolean")
    return share(
        fell.where(scored_twice & register["later_score_independent"].fillna(False)),
        among=(register["kind"] == "risk") & register["linked_engagement"].notna(),
        table="register",
    )

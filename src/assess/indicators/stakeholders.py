"""Principle 6: stakeholders and accountability."""

import numpy as np
import pandas as pd

from assess.observe import (
    Observed,
    due_by,
    fact,
    indicator,
    is_in,
    known,
    lowest_to_highest,
    share,
    unobserved,
)
from assess.offices import came
from assess.power import banzhaf_balance, gallagher
from assess.records import Period
from assess.schemas.organisation import Organisation

MOST_GROUPS = 16  # every coalition is tried, and their number doubles with each group


@indicator
def seat_disproportionality(seats: pd.DataFrame, organisation: Organisation) -> Observed:
    """Gallagher index of filled council seats against the shares the rules declare for each group.

    Read on the last day of the period. Seats of no group are left out; a share is never guessed.
    """
    declared = {k: group.declared_share for k, group in organisation.member_categories.items()}
    if not declared or None in declared.values() or not sum(declared.values()):
        return unobserved("no declared allocation", table="roles")
    seats = seats[(seats["body"] == "council") & seats["seat_category"].isin(declared)]
    if seats.empty:
        return unobserved("no rows", table="roles")
    filled = seats["seat_category"].value_counts().reindex(list(declared), fill_value=0)
    return fact(gallagher(filled, list(declared.values())), table="roles", rows=seats.index)


@indicator
def power_balance(
    seats: pd.DataFrame,
    roles: pd.DataFrame,
    members: pd.DataFrame,
    organisation: Organisation,
    period: Period,
) -> Observed:
    """How evenly power is spread over the member groups if each votes as one: 1 equal, 0 one alone.

    Power in the council by filled seats; where the rules have no council, in the general meeting
    by members who may vote. Normalised Banzhaf: a proposal needs more than the body's share.
    """
    if "council" in organisation.bodies or (roles["body"] == "council").any():
        body, table = "council", "roles"
        groups = seats.loc[seats["body"] == "council", "seat_category"]
    else:
        body, table = "general_meeting", "members"
        voters = members[_members_on(members, period.end)]
        groups = voters.loc[voters["eligible_to_vote"].fillna(True), "category"]
    codes = list(organisation.member_categories)
    groups = groups[groups.isin(codes)]
    if groups.empty:
        return unobserved("no rows", table=table)
    if not 2 <= len(codes) <= MOST_GROUPS:
        return unobserved("no category", table=table)
    weights = groups.value_counts().reindex(codes, fill_value=0)
    rule = organisation.bodies[body].decision_share if body in organisation.bodies else 0.5
    # Nothing is more than all: a rule that all must agree is met by all.
    balance = banzhaf_balance(weights, rule * weights.sum(), more_than=rule < 1)
    return fact(balance, table=table, rows=groups.index)


def _members_on(members: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    return ~(members["joined_on"] > day) & ~(members["left_on"] < day)


@indicator
def referrals_answered(
    recommendations: pd.DataFrame, period: Period, *, within_days: int
) -> Observed:
    """Share of the council's recommendations answered with reasons within `within_days`.

    One still open leaves the denominator until those days are up; so does one taken back
    unanswered.
    """
    answered_on = recommendations["answered_on"]
    latest = recommendations["raised_on"] + pd.Timedelta(days=within_days)
    taken_back = answered_on.isna() & (recommendations["outcome"] == "withdrawn")
    return share(
        (answered_on <= latest) & recommendations["reasons_given"].fillna(False),
        among=due_by(latest, period.end, done=answered_on.notna()) & ~taken_back,
        table="recommendations",
    )


@indicator
def recommendations_accepted(recommendations: pd.DataFrame) -> Observed:
    """Share of settled recommendations done wholly or in part. Taken back is not settled."""
    accepted = recommendations["outcome"].isin(["accepted", "partly accepted"])
    return share(
        accepted,
        among=accepted | (recommendations["outcome"] == "rejected"),
        table="recommendations",
    )


@indicator
def election_turnout(elections: pd.DataFrame) -> Observed:
    """Share of members entitled to vote who did, in elections with more candidates than seats."""
    return share(**_ballots(elections))


@indicator
def turnout_equity(elections: pd.DataFrame) -> Observed:
    """Lowest over highest turnout of the member groups, in elections with a choice of candidates.

    An election in which all groups voted together is left out.
    """
    return lowest_to_highest(**_ballots(elections), group=elections["category"])


def _ballots(elections: pd.DataFrame) -> dict[str, pd.Series | str]:
    """Ballots cast of those entitled, in contested elections. Not known without either number."""
    contested = known(elections["candidates"] > elections["seats"], elections["candidates"])
    return {
        "hit": elections["ballots"].where(elections["eligible"].notna()),
        "of": elections["eligible"],
        "among": contested,
        "table": "elections",
    }


@indicator
def members_participating(
    members: pd.DataFrame,
    participation: pd.DataFrame,
    attendance: pd.DataFrame,
    meetings: pd.DataFrame,
    period: Period,
) -> Observed:
    """Share of members on the last day of the period who took part at least once in it.

    Taking part: a recorded act, or coming to a general meeting. Leavers' acts are not counted.
    """
    general = meetings.loc[meetings["body"] == "general_meeting", "meeting_id"]
    there = is_in(attendance["meeting_id"], general) & came(attendance["status"]).fillna(False)
    there &= attendance["capacity"] != "in attendance"
    active = is_in(members["member_id"], participation["member_id"])
    active |= is_in(members["member_id"], attendance.loc[there, "person_id"])
    return share(
        active,
        among=_members_on(members, period.end),
        table="members",
    )


@indicator
def feedback_given(engagements: pd.DataFrame, period: Period, *, within_days: int) -> Observed:
    """Share of closed consultations whose people heard within `within_days` what changed.

    One without feedback leaves the denominator until those days are up.
    """
    latest = engagements["closed_on"] + pd.Timedelta(days=within_days)
    closed = (engagements["kind"] == "consultation") & engagements["closed_on"].notna()
    return share(
        engagements["feedback_on"] <= latest,
        among=closed & due_by(latest, period.end, done=engagements["feedback_on"].notna()),
        table="engagements",
    )


@indicator
def staff_consulted(decisions: pd.DataFrame) -> Observed:
    """Share of decisions affecting staff about which staff were consulted on an earlier day."""
    return share(
        decisions["staff_consulted_on"] < decisions["decided_on"],
        among=decisions["affects_staff"],
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def staff_membership(members: pd.DataFrame, organisation: Organisation, period: Period) -> Observed:
    """Share of the staff who could be members that are, on the last day of the period.

    Never more than all of them: the head count may be older than the members' list.
    """
    could = {
        code: organisation.member_categories[code].could_be_members
        for code in organisation.categories_of("staff")
    }
    could = pd.Series(could, dtype="float64").dropna()
    if could.empty:
        return unobserved("no head count", table="organisation")
    now = members.loc[_members_on(members, period.end), "category"].value_counts()
    joined = now.reindex(could.index).fillna(0).astype("float64")
    return share(np.minimum(joined, could), of=could, table="organisation")


@indicator
def key_bodies_contacted(engagements: pd.DataFrame, organisation: Organisation) -> Observed:
    """Share of the outside bodies listed as key that were met at least once in the period."""
    if not organisation.key_bodies:
        return unobserved("no key bodies", table="organisation")
    met = engagements.loc[engagements["kind"] == "contact", "audience"].dropna()
    listed = pd.Index(organisation.key_bodies).drop_duplicates()
    return share(pd.Series(listed.isin(met), index=listed), table="organisation")


@indicator
def reports_answered(engagements: pd.DataFrame, period: Period, *, within_days: int) -> Observed:
    """Share of outside reports put to the board within `within_days`, with a response recorded.

    One not yet put, or not yet responded to, leaves the denominator until those days are up.
    """
    latest = engagements["opened_on"] + pd.Timedelta(days=within_days)
    settled = engagements["tabled_on"].notna() & engagements["response"].notna()
    return share(
        (engagements["tabled_on"] <= latest) & engagements["response"].notna(),
        among=(engagements["kind"] == "report") & due_by(latest, period.end, done=settled),
        table="engagements",
    )

"""Principle 1: purpose and outcomes."""

import pandas as pd

from assess.observe import Observed, added_up, due_by, fact, indicator, look_up, share, unobserved
from assess.records import Period
from assess.schemas.organisation import Organisation


@indicator
def objectives_recorded(decisions: pd.DataFrame) -> Observed:
    """Share of board decisions linked to an aim. One with no aim written down serves none."""
    return share(
        decisions["objective_ref"].notna(),
        among=decisions["body"] == "board",
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def outcomes_reviewed(decisions: pd.DataFrame, period: Period, *, within_days: int) -> Observed:
    """Share of decisions due for review and reviewed at most `within_days` late.

    A review still open leaves the denominator until those days are up. A decision with no review
    date is not due.
    """
    latest = decisions["review_due"] + pd.Timedelta(days=within_days)
    return share(
        decisions["reviewed_on"] <= latest,
        among=due_by(latest, period.end, done=decisions["reviewed_on"].notna())
        & decisions["review_due"].notna(),
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def user_impact_recorded(decisions: pd.DataFrame) -> Observed:
    """Share of decisions affecting users with the effect written down. Any reference counts."""
    return share(
        decisions["user_impact_ref"].notna(),
        among=decisions["affects_users"],
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def quality_report_gap(
    meetings: pd.DataFrame, agenda_items: pd.DataFrame, period: Period
) -> Observed:
    """Longest run of days without a quality report at the board; the period's edges end a run.

    No report at all is one run as long as the period. Under a year, two reports are needed.
    """
    board = meetings[meetings["body"] == "board"].drop_duplicates("meeting_id")
    held_on = look_up(agenda_items["meeting_id"], board.set_index("meeting_id")["held_on"])
    reports = held_on[held_on.notna() & (agenda_items["type"] == "quality report")]
    if held_on.isna().all():
        return unobserved("no rows", table="agenda_items")
    after = period.end + pd.Timedelta(days=1)
    if len(reports) < 2 and after < period.start + pd.DateOffset(years=1):
        return unobserved("short period", table="agenda_items")
    edges = pd.Series([period.start, *reports.sort_values(), after])
    return fact(float(edges.diff().dt.days.max()), table="agenda_items", rows=reports.index)


@indicator
def user_side_success_rate(
    decisions: pd.DataFrame, votes: pd.DataFrame, organisation: Organisation
) -> Observed:
    """Share of divided votes on matters affecting users that the users' majority won.

    Divided: somebody voted for and somebody against. Where users tied, or none of them voted, it
    is not known which side they took. A proposal put off or taken back was won by nobody.
    """
    counts = ["votes_for", "votes_against"]
    users = votes[votes["category"].isin(organisation.categories_of("users"))]
    by_all, by_users = (
        look_up(decisions["decision_id"], added_up(v[counts], v["decision_id"])).fillna(0)
        for v in (votes, users)
    )
    divided = (by_all > 0).all(axis=1)
    lead = by_users["votes_for"] - by_users["votes_against"]
    won = (lead > 0) == (decisions["outcome"] == "carried")
    settled = ~decisions["outcome"].isin(["deferred", "withdrawn"])
    return share(
        won.astype("boolean").where((lead != 0) & decisions["outcome"].notna()),
        among=divided & settled & decisions["affects_users"],
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def costs_stated(decisions: pd.DataFrame) -> Observed:
    """Share of spending decisions stating cost, source of money and that it can be afforded."""
    stated = decisions["cost"].notna() & decisions["fund_source"].notna()
    return share(
        stated & decisions["affordable"].fillna(False),
        among=decisions["spend"],
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def options_appraised(decisions: pd.DataFrame, *, minimum_options: int) -> Observed:
    """Share of major decisions weighing `minimum_options`, no change included, and a comparator."""
    return share(
        (decisions["options_considered"] >= minimum_options) & decisions["comparator_ref"].notna(),
        among=decisions["major"],
        table="decisions",
        cluster=decisions["meeting_id"],
    )

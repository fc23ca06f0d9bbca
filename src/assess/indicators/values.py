"""Principle 3: values and behaviour."""

import pandas as pd

from assess.observe import Observed, as_text, indicator, lowest_to_highest, share
from assess.offices import GOVERNING_BODIES, done_lately, people_in
from assess.records import Period


@indicator
def formats_provided(meetings: pd.DataFrame) -> Observed:
    """Share of meetings where every format asked for went out with the main papers.

    A meeting where nobody asked for one counts as provided for.
    """
    asked, sent = _formats(meetings["formats_requested"]), _formats(meetings["formats_issued"])
    unmet = asked[~asked.isin(sent)].get_level_values(0)
    return share(pd.Series(~meetings.index.isin(unmet), index=meetings.index), table="meetings")


def _formats(cells: pd.Series) -> pd.MultiIndex:
    """Each row label with each format its cell lists."""
    listed = cells.dropna().str.split(";").explode().str.strip()
    return pd.MultiIndex.from_arrays([listed.index, listed])


@indicator
def meetings_opened(meetings: pd.DataFrame) -> Observed:
    """Share of board and council meetings open to members, or reported to them afterwards."""
    return share(
        meetings["open_to_members"].fillna(False) | meetings["record_issued_on"].notna(),
        among=meetings["body"].isin(GOVERNING_BODIES),
        table="meetings",
    )


@indicator
def attendance_parity(expected: pd.DataFrame) -> Observed:
    """Lowest over highest attendance rate of the seat groups at council meetings.

    Counts people in office on the day, without approved leave. A seat of no group is left out.
    """
    rows = expected[expected["body"] == "council"]
    return lowest_to_highest(
        rows["came"],
        table="attendance",
        group=as_text(rows["seat_category"]),
        cluster=rows["meeting_id"],
    )


@indicator
def declarations_current(
    seats: pd.DataFrame, development: pd.DataFrame, period: Period, *, within_days: int
) -> Observed:
    """Share of people in board or council seats whose latest declaration is recent enough.

    Read on the last day of the period. A declaration with no date may be recent: not known.
    """
    done = done_lately(people_in(seats), development, "declaration", period.end, within_days)
    return share(done, table="roles")


@indicator
def conflicts_handled(decisions: pd.DataFrame) -> Observed:
    """Share of decisions with a declared interest where its holder left, abstained or had leave.

    Nothing recorded counts as nothing done.
    """
    return share(
        decisions["conflict_action"].isin(["withdrew", "abstained", "authorised"]),
        among=decisions["conflict_declared"].fillna(False),
        table="decisions",
        cluster=decisions["meeting_id"],
    )


@indicator
def attendance_threshold_met(
    expected: pd.DataFrame, *, threshold: float, minimum_meetings: int
) -> Observed:
    """Share of people in board or council seats who came to `threshold` of their meetings or more.

    Of those expected at `minimum_meetings` or more. Not known only where the empty cells decide.
    Each person stands in the rows as their first row of attendance.
    """
    rows = expected[expected["body"].isin(GOVERNING_BODIES)].sort_index()
    by_person = rows.assign(label=rows.index, known=rows["came"].notna())
    by_person = by_person.groupby(as_text(rows["person_id"]))
    people = by_person.agg(
        label=("label", "first"), of=("label", "size"), came=("came", "sum"), known=("known", "sum")
    ).set_index("label")
    needed = people["of"] * threshold - 1e-9  # so that 0.7 of 10 meetings is 7
    enough = people["came"] >= needed
    out_of_reach = people["came"] + people["of"] - people["known"] < needed
    return share(
        enough.astype("boolean").where(enough | out_of_reach),
        among=people["of"] >= minimum_meetings,
        table="attendance",
    )

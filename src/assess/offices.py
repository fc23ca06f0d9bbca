"""Who holds which seat on a day, who among them came to a meeting, and what was done for them.

A person is in office from `start` to `end`, both days included, until they leave the seat: a term
that has run out while its holder stays is still a filled seat. Guests never count, and people
on approved leave are not expected.
"""

from collections.abc import Callable

import pandas as pd

from assess.records import Period

GOVERNING_BODIES = ("board", "council")
SEAT = ["person_id", "body"]


def seats_held(
    roles: pd.DataFrame, day: pd.Timestamp, bodies: tuple[str, ...] = GOVERNING_BODIES
) -> pd.DataFrame:
    """Rows of `roles` that are filled seats of `bodies` on `day`: each holder's latest term."""
    in_term = (roles["start"] <= day) & ~(roles["end"] < day) & roles["person_id"].notna()
    return (
        roles[in_term & roles["body"].isin(bodies)]
        .sort_values([*SEAT, "start"])
        .drop_duplicates(SEAT, keep="last")
    )


def people_in(seats: pd.DataFrame) -> pd.DataFrame:
    """One row a person, the latest begun, however many of the `seats` they hold."""
    return seats.sort_values(["person_id", "start", "body"]).drop_duplicates(
        "person_id", keep="last"
    )


def terms_in_order(roles: pd.DataFrame, bodies: tuple[str, ...] = GOVERNING_BODIES) -> pd.DataFrame:
    """Terms in `bodies` by person, body and start, with `stop`: the day each gave way or ended.

    A term that overlaps the holder's next one stops where that begins; NaT: still running.
    """
    terms = roles[roles["body"].isin(bodies) & roles["start"].notna() & roles["person_id"].notna()]
    terms = terms.sort_values([*SEAT, "start"])
    next_start = terms.groupby(SEAT)["start"].shift(-1)
    return terms.assign(stop=pd.concat([terms["end"], next_start], axis=1).min(axis=1))


def seats_filled(roles: pd.DataFrame, body: pd.Series, day: pd.Series) -> pd.Series:
    """How many seats of `body` were filled on `day`, row by row; NaN where no seat is recorded."""
    wanted = pd.DataFrame({"body": body, "day": day})
    pairs = wanted.dropna().drop_duplicates().merge(roles[[*SEAT, "start", "end"]], on="body")
    held = pairs[(pairs["start"] <= pairs["day"]) & ~(pairs["end"] < pairs["day"])]
    filled = held.groupby(["body", "day"], as_index=False)["person_id"].nunique()
    return (
        wanted.merge(filled, how="left", on=["body", "day"])
        .set_axis(wanted.index)["person_id"]
        .astype("float64")
    )


def expected(
    meetings: pd.DataFrame,
    attendance: pd.DataFrame,
    roles: pd.DataFrame,
) -> pd.DataFrame:
    """Rows of `attendance` of people expected at `meetings`.

    Adds `body`, `held_on`, `seat_category` and `came` (missing where not known). A person counts
    if in office on the day; where no seat of a body is recorded, everyone listed as its member.
    """
    listed = (attendance["capacity"] != "in attendance") & (attendance["status"] != "leave")
    held = meetings[["meeting_id", "body", "held_on"]].drop_duplicates("meeting_id")
    rows = (
        attendance[listed & attendance["meeting_id"].notna()]
        .assign(row=lambda listed: listed.index)
        .merge(held, on="meeting_id")
        .assign(came=lambda rows: came(rows["status"]))
    )
    without_seats = rows[~rows["body"].isin(roles["body"].dropna().unique())]
    return pd.concat([_in_office(rows, roles), without_seats]).set_index("row")


def _in_office(rows: pd.DataFrame, roles: pd.DataFrame) -> pd.DataFrame:
    seats = roles[[*SEAT, "start", "end", "seat_category"]].dropna(subset=SEAT)
    both = rows.merge(seats, on=SEAT)
    serving = both[(both["start"] <= both["held_on"]) & ~(both["end"] < both["held_on"])]
    return (
        serving.sort_values(["row", "start"])
        .drop_duplicates("row", keep="last")
        .drop(columns=["start", "end"])
    )


def came(status: pd.Series) -> pd.Series:
    """Whether a person was there, in the room or by phone or video; missing where not known."""
    return status.isin(["present", "remote"]).astype("boolean").where(status.notna())


def done_lately(
    people: pd.DataFrame, development: pd.DataFrame, kind: str, end: pd.Timestamp, days: int
) -> pd.Series:
    """Whether each of `people` had `kind` done in the `days` up to `end`; missing where undated."""
    done = development[development["kind"] == kind]
    lately = done[(done["done_on"] <= end) & (done["done_on"] >= end - pd.Timedelta(days=days))]
    undated = people["person_id"].isin(done.loc[done["done_on"].isna(), "person_id"])
    was = people["person_id"].isin(lately["person_id"])
    return was.astype("boolean").where(was | ~undated)


def seats(roles: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Filled seats of board and council on the last day of the period."""
    return seats_held(roles, period.end)


# Tables that several indicators read beside those of the records. An indicator asks for one by its
# name, as for any table, and it is worked out once.
WORKED_OUT: dict[str, Callable[..., pd.DataFrame]] = {"seats": seats, "expected": expected}

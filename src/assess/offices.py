"""Who holds which seat on a day, who among them came to a meeting, and what was done for them.

A person is in office from `start` to `end`, both days included, until they leave the seat: a term
that has run out while its holder stays is still a filled seat. Guests never count, and people
on approved leave are not expected.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from assess.load.codes import as_text, is_in, look_up, with_text
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
        .sort_values("start", kind="stable")
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
    if body.empty:
        return pd.Series(dtype="float64", index=body.index)
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

    Adds `body` and `seat_category`, as categories, and `came` (missing where not known). A person
    counts if in office on the day; where no seat of a body is recorded, everyone listed as its
    member.
    """
    held = meetings.dropna(subset="meeting_id").drop_duplicates("meeting_id")
    held = held.set_index("meeting_id")[["body", "held_on"]]
    with_seats = held["body"].isin(roles["body"].dropna().unique())
    listed = (attendance["capacity"] != "in attendance") & (attendance["status"] != "leave")
    seated, counts = (
        (listed & is_in(attendance["meeting_id"], held.index[which].to_series())).to_numpy(
            copy=True
        )
        for which in (with_seats, ~with_seats)
    )
    terms = _terms_on_the_day(attendance[seated], held, roles)
    rows = np.flatnonzero(seated)[terms.index]
    counts[rows] = True
    groups = np.full(len(attendance), -1, "int32")
    groups[rows] = terms["seat_category"].cat.codes
    attendance = attendance[counts]
    return attendance.assign(
        body=look_up(attendance["meeting_id"], held["body"].astype("category")),
        seat_category=pd.Categorical.from_codes(groups[counts], dtype=terms["seat_category"].dtype),
        came=came(attendance["status"]),
    )


def _terms_on_the_day(
    rows: pd.DataFrame, meetings: pd.DataFrame, roles: pd.DataFrame
) -> pd.DataFrame:
    """The latest term by which a row of attendance counts, by the place of the row."""
    asked = look_up(rows["meeting_id"], meetings)
    asked = asked.assign(row=np.arange(len(rows)), person_id=as_text(rows["person_id"]))
    terms = roles[[*SEAT, "start", "end", "seat_category"]].dropna(subset=SEAT)
    both = asked.merge(with_text(terms), on=SEAT)
    serving = both[(both["start"] <= both["held_on"]) & ~(both["end"] < both["held_on"])]
    serving = serving.sort_values(["row", "start"]).drop_duplicates("row", keep="last")
    return serving.astype({"seat_category": "category"}).set_index("row")


def came(status: pd.Series) -> pd.Series:
    """Whether a person was there, in the room or by phone or video; missing where not known."""
    there = status.isin(["present", "remote"]).to_numpy()
    return pd.Series(pd.arrays.BooleanArray(there, status.isna().to_numpy()), index=status.index)


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

"""How seats and power are divided between the member groups of one organisation.

Power is what a group could do if its members always voted as one. It is about the rules and the
seats, not about how anyone did vote.
"""

from dataclasses import dataclass
from math import floor

import pandas as pd

from assess.indicators.stakeholders import MOST_GROUPS
from assess.offices import seats_held
from assess.power import banzhaf, gallagher, loosemore_hanby, shapley_shubik
from assess.records import Period, Records

COLUMNS = ["seats", "members", "declared", "seat_share", "member_share", "banzhaf", "shapley"]


@dataclass(frozen=True)
class Voice:
    """The council's filled seats by member group, and what follows from them.

    groups      a row for each group, by code; shares and power in %. `members` and `member_share`
                are NaN in every row where one group is too small to be shown
    to_decide   more seats the largest group would need to carry a vote alone; 0: it can now
    gallagher, loosemore_hanby   of seats against the shares the rules declare; NaN: none declared
    """

    groups: pd.DataFrame
    to_decide: int
    gallagher: float
    loosemore_hanby: float

    @property
    def seats(self) -> int:
        return int(self.groups["seats"].sum())


def voice(records: Records, period: Period) -> Voice | None:
    """Seats and power on the last day of the period; None without seats of two groups or more."""
    organisation = records.organisation
    codes = list(organisation.member_categories)
    held = seats_held(records.tables["roles"], period.end, ("council",))
    held = held[held["seat_category"].isin(codes)]
    if held.empty or not 2 <= len(codes) <= MOST_GROUPS:
        return None
    seats = held["seat_category"].value_counts().reindex(codes, fill_value=0).astype(float)
    body = organisation.bodies.get("council")
    rule = body.decision_share if body else 0.5
    quota = {"quota": rule * seats.sum(), "more_than": rule < 1}
    declared = pd.Series(
        {code: organisation.member_categories[code].declared_share for code in codes}, dtype=float
    )
    members = _members(records, period)
    groups = pd.DataFrame({"seats": seats, "members": members, "declared": 100 * declared})
    groups["seat_share"] = 100 * seats / seats.sum()
    groups["member_share"] = 100 * members / members.sum() if members.sum() else float("nan")
    groups["banzhaf"] = 100 * banzhaf(seats, **quota)
    groups["shapley"] = 100 * shapley_shubik(seats, **quota)
    stated = declared.notna().all() and declared.sum() > 0
    return Voice(
        groups[COLUMNS],
        _to_decide(seats, rule),
        gallagher(seats, declared) if stated else float("nan"),
        loosemore_hanby(seats, declared) if stated else float("nan"),
    )


def _to_decide(seats: pd.Series, rule: float) -> int:
    """Seats the largest group lacks for carrying a vote alone, the number of seats unchanged."""
    needed = floor(rule * seats.sum() + 1e-9) + 1 if rule < 1 else int(seats.sum())
    return max(0, needed - int(seats.max()))


def _members(records: Records, period: Period) -> pd.Series:
    """Members of each group on the last day; NaN for all where a group is too small to show."""
    organisation, members = records.organisation, records.tables["members"]
    codes = list(organisation.member_categories)
    still = ~(members["joined_on"] > period.end) & ~(members["left_on"] < period.end)
    counts = members.loc[still, "category"].value_counts().reindex(codes, fill_value=0)
    small = (counts > 0) & (counts < organisation.smallest_group)
    hidden = small.any() or not counts.sum()
    return counts.astype(float) * (float("nan") if hidden else 1.0)

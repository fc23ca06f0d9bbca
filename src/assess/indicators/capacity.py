"""Principle 5: capacity and capability."""

import pandas as pd

from assess.observe import Observed, due_by, indicator, look_up, share, unobserved
from assess.offices import (
    GOVERNING_BODIES,
    SEAT,
    done_lately,
    people_in,
    seats_held,
    terms_in_order,
)
from assess.records import Period
from assess.schemas.organisation import Organisation


@indicator
def skills_covered(
    seats: pd.DataFrame,
    development: pd.DataFrame,
    organisation: Organisation,
    period: Period,
    *,
    holders: int,
) -> Observed:
    """Share of the skills the rules require that `holders` people on the board have, or more.

    Read on the last day of the period. A skill with no date counts as held.
    """
    if not organisation.required_skills:
        return unobserved("no skills listed", table="organisation")
    board = seats[seats["body"] == "board"]
    if board.empty:
        return unobserved("no rows", table="organisation")
    recorded = (development["kind"] == "skill") & ~(development["done_on"] > period.end)
    held = development[recorded & development["person_id"].isin(board["person_id"])]
    people = held.groupby(_code(held["detail"]))["person_id"].nunique()
    skills = pd.Index(organisation.required_skills).drop_duplicates()
    return share(people.reindex(skills).fillna(0) >= holders, table="organisation")


def _code(detail: pd.Series) -> pd.Series:
    return detail.str.strip().str.casefold()


@indicator
def fitness_checks_completed(
    roles: pd.DataFrame, development: pd.DataFrame, organisation: Organisation, period: Period
) -> Observed:
    """Share of board and council terms begun in the period with every required check made first.

    A check on the first day is in time. A declaration of interests is the check "declarations".
    A check with no date may have been in time: not known.
    """
    checks = list(dict.fromkeys(organisation.required_checks))
    if not checks:
        return unobserved("no checks listed", table="roles")
    terms = roles[roles["body"].isin(GOVERNING_BODIES) & period.holds(roles["start"])]
    made = development[development["kind"].isin(["check", "declaration"])]
    declared = made["kind"] == "declaration"
    made = made.assign(check=_code(made["detail"]).mask(declared, "declarations"))
    days = made.groupby(["check", "person_id"])["done_on"].agg(["min", "size", "count"])
    in_time, undated = pd.DataFrame(index=terms.index), pd.DataFrame(index=terms.index)
    for check in checks:
        found = days[days.index.get_level_values("check") == check].droplevel("check")
        found = look_up(terms["person_id"], found)
        in_time[check] = found["min"] <= terms["start"]
        undated[check] = found["size"] > found["count"]
    complete = in_time.all(axis=1)
    return share(
        complete.astype("boolean").where(complete | ~(in_time | undated).all(axis=1)),
        table="roles",
    )


@indicator
def gender_balance(seats: pd.DataFrame, *, minimum_disclosed: float) -> Observed:
    """Share of women or of men, whichever are fewer, among people in board and council seats.

    Of those who stated a gender, on the last day of the period. Not observed where fewer than
    `minimum_disclosed` of all did.
    """
    people = people_in(seats)
    stated = people["gender"].isin(["woman", "man", "other"])
    if stated.sum() < minimum_disclosed * len(people):
        return unobserved("few disclosed", table="roles")
    women, men = people["gender"] == "woman", people["gender"] == "man"
    fewer = women if women.sum() <= men.sum() else men
    return share(fewer.astype("boolean").where(stated), table="roles")


@indicator
def inductions_completed(
    roles: pd.DataFrame, development: pd.DataFrame, period: Period, *, within_days: int
) -> Observed:
    """Share of people new to board and council in the period inducted `within_days` of starting.

    New: their first term in either. An induction before the first day counts; one still open
    leaves the denominator until its days are up; one with no date may have been in time.
    """
    first = terms_in_order(roles).sort_values(["start", "body"]).drop_duplicates("person_id")
    new = first[period.holds(first["start"])]
    inductions = development[development["kind"] == "induction"].groupby("person_id")["done_on"]
    found = look_up(new["person_id"], inductions.agg(["min", "size", "count"]))
    latest = new["start"] + pd.Timedelta(days=within_days)
    in_time, undated = found["min"] <= latest, found["size"] > found["count"]
    return share(
        in_time.astype("boolean").where(in_time | ~undated),
        among=due_by(latest, period.end, done=found["size"] > 0),
        table="roles",
    )


@indicator
def reviews_completed(
    seats: pd.DataFrame,
    roles: pd.DataFrame,
    development: pd.DataFrame,
    period: Period,
    *,
    within_days: int,
) -> Observed:
    """Share of people in board and council seats reviewed in the `within_days` up to the end.

    Of those in a seat both then and `within_days` before. A review with no date is not known.
    """
    people = people_in(seats)
    before = seats_held(roles, period.end - pd.Timedelta(days=within_days))
    people = people[people["person_id"].isin(before["person_id"])]
    return share(done_lately(people, development, "review", period.end, within_days), table="roles")


@indicator
def learning_recorded(seats: pd.DataFrame, development: pd.DataFrame, period: Period) -> Observed:
    """Share of people in board and council seats with a learning event in the period.

    Those in a seat on its last day. An induction is not counted again here.
    """
    days = (period.end - period.start).days
    learnt = done_lately(people_in(seats), development, "training", period.end, days)
    return share(learnt, table="roles")


@indicator
def seats_renewed(roles: pd.DataFrame, period: Period) -> Observed:
    """Share of filled board seats that change hands in a year, over the years of the period.

    Read on the last day of each year: a seat is newly taken if its holder had none the year
    before. A term of three such days counts three seats, of which one at most is new.
    """
    seat_years = pd.Series(0.0, index=roles.index)
    new = pd.Series(0.0, index=roles.index)
    end, now = period.end, seats_held(roles, period.end, ("board",))
    while end >= period.start:
        end -= pd.DateOffset(years=1)
        then = seats_held(roles, end, ("board",))
        taken = now.index[~now["person_id"].isin(then["person_id"])]
        seat_years[now.index] += 1
        new[taken] += 1
        now = then
    return share(new, of=seat_years, among=seat_years > 0, table="roles")


@indicator
def tenure_kept(
    seats: pd.DataFrame,
    roles: pd.DataFrame,
    organisation: Organisation,
    period: Period,
    *,
    limit_years: float,
) -> Observed:
    """Share of people in board and council seats within `limit_years`, or the rules' shorter limit.

    Service in a body is the sum of the terms there, in years of 365.25 days, breaks left out. A
    longer one reviewed and explained counts as within. Who has two seats must be within in both.
    """
    terms = terms_in_order(roles[roles["start"] <= period.end])
    days = (terms["stop"].clip(upper=period.end).fillna(period.end) - terms["start"]).dt.days
    served = days.groupby([terms[key] for key in SEAT]).sum().rename("served")
    seats = seats.join(served, on=SEAT)
    rules = seats["body"].map({k: b.tenure_limit_years for k, b in organisation.bodies.items()})
    limit = rules.astype("float64").clip(upper=limit_years).fillna(limit_years)
    beyond = (seats["served"] > limit * 365.25) & ~seats["extension_explained"].fillna(False)
    people = people_in(seats)
    return share(~people["person_id"].isin(seats.loc[beyond, "person_id"]), table="roles")

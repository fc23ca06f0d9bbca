"""Checks between tables: what one row says of another, and of the organisation.

Each check names what it costs. A code that points nowhere costs its cell, or its row where the
row means nothing without it. Two records that contradict each other cost nothing: both stand as
written and the reader is told, because the records alone cannot say which is wrong.
"""

import numpy as np
import pandas as pd

from assess.findings import Findings
from assess.parse import parse
from assess.schemas import about_columns
from assess.schemas.organisation import Organisation

Tables = dict[str, pd.DataFrame]

LISTED_IN = {"categories": "member_categories", "bodies": "bodies"}
LISTED_AS = {"categories": "member groups", "bodies": "bodies"}
TALLIES = {
    "votes_for": "stated_for",
    "votes_against": "stated_against",
    "abstained": "stated_abstained",
}


def check_between_tables(tables: Tables, organisation: Organisation, findings: Findings) -> Tables:
    """The tables without codes that point nowhere. What contradicts is noted and kept."""
    tables = drop_dangling(tables, findings)
    attended_in_term(tables, findings)
    decided_at_meeting(tables, findings)
    tallies_agree(tables, findings)
    voters_are_members(tables, findings)
    quorum_present(tables, organisation, findings)
    return tables


# Codes that must be found somewhere -------------------------------------------------------------


def use_listed_codes(
    table: str, rows: pd.DataFrame, organisation: Organisation, findings: Findings
) -> pd.DataFrame:
    """`rows` with member groups and bodies as the organisation's codes; others become missing."""
    for column, about in about_columns(table).items():
        if "one_of" not in about or rows[column].isna().all():
            continue
        listed = getattr(organisation, LISTED_IN[about["one_of"]])
        titles = {code: one.title for code, one in listed.items()}
        values, faults = parse(rows[column].fillna(""), "choice", titles)
        if titles:
            findings.note_faults(table, column, faults)
        else:
            what = (
                f"{column} cannot be read: the organisation lists no {LISTED_AS[about['one_of']]}"
            )
            remedy = f"list them under {LISTED_IN[about['one_of']]} in the organisation's file"
            findings.note_table(table, what, remedy, rule="choice")
        findings.cannot_read(table, column, faults.index)
        rows = rows.assign(**{column: values})
    return rows


def drop_dangling(tables: Tables, findings: Findings) -> Tables:
    """Blank every code that points to no row; leave the row out where it needs the code."""
    tables = dict(tables)
    for table, rows in tables.items():
        for column, about in about_columns(table).items():
            if "refers_to" in about and not rows.empty:
                tables[table] = _without_dangling(table, column, about, tables, findings)
    return tables


def _without_dangling(
    table: str, column: str, about: dict, tables: Tables, findings: Findings
) -> pd.DataFrame:
    target, _, key = about["refers_to"].partition(".")
    rows, known = tables[table], tables[target][key]
    if known.empty:  # the table is not given: said once, not once a row
        return rows
    lost = rows.index[rows[column].notna() & ~is_in(rows[column], known)]
    needed = "blank" not in about
    cost = "so the row is left out" if needed else "so the cell counts as missing"
    findings.note(
        table,
        lost,
        column,
        f"is not a code in {findings.sources[target]}, {cost}",
        "correct it, or add the missing row there",
        rule="unknown code",
    )
    if needed:
        findings.leave_out(table, lost, "unknown code")
        return rows.drop(lost)
    findings.cannot_read(table, column, lost)
    return rows.assign(**{column: rows[column].mask(rows.index.isin(lost))})


def is_in(codes: pd.Series, known: pd.Series) -> np.ndarray:
    """Which codes are among the known ones. Arrow finds text forty times faster than `isin`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known_once = pa.array(known.dropna().unique(), type=pa.large_string())
    found = pc.is_in(pa.array(codes, type=pa.large_string()), value_set=known_once)
    return found.to_numpy(zero_copy_only=False)


# Records that contradict each other -------------------------------------------------------------


def attended_in_term(tables: Tables, findings: Findings) -> None:
    """A member of a body at its meeting has a seat in it that day. Guests may come at any time."""
    attendance, roles = tables["attendance"], tables["roles"]
    if attendance.empty or roles.empty:
        return
    meetings = tables["meetings"].set_index("meeting_id")
    held = attendance.assign(
        row=attendance.index,
        body=attendance["meeting_id"].map(meetings["body"]),
        held_on=attendance["meeting_id"].map(meetings["held_on"]),
    )
    seated = held["body"].isin(roles["body"].dropna().unique())  # not a general meeting
    held = held[seated & held["held_on"].notna() & (held["capacity"] != "in attendance")]
    terms = held[["row", "person_id", "body", "held_on"]].merge(
        roles[["person_id", "body", "start", "end"]], on=["person_id", "body"]
    )
    begun = terms["start"].isna() | (terms["start"] <= terms["held_on"])
    in_term = terms.loc[begun & ~(terms["end"] < terms["held_on"]), "row"]
    outside = held[~held["row"].isin(in_term)]
    findings.note(
        "attendance",
        outside.index,
        "person_id",
        [
            f"has no seat in {body} on {day:%Y-%m-%d}, the day of the meeting"
            for body, day in zip(outside["body"], outside["held_on"], strict=True)
        ],
        f"correct the term in {findings.sources['roles']}, or write 'in attendance' for a guest",
        rule="attended outside a term",
        serious=False,
    )


def decided_at_meeting(tables: Tables, findings: Findings) -> None:
    """A decision made at a meeting bears the meeting's day and body."""
    decisions = tables["decisions"]
    meetings = tables["meetings"].set_index("meeting_id")
    if decisions.empty or meetings.empty:
        return
    day = decisions["meeting_id"].map(meetings["held_on"])
    other_day = decisions[(decisions["decided_on"] != day) & decisions["decided_on"].notna()]
    other_day = other_day[day[other_day.index].notna()]
    findings.note(
        "decisions",
        other_day.index,
        "decided_on",
        [
            f"is {decided:%Y-%m-%d}, but its meeting was held on {held:%Y-%m-%d}"
            for decided, held in zip(other_day["decided_on"], day[other_day.index], strict=True)
        ],
        "correct the date or the meeting code",
        rule="decided on another day than its meeting",
        serious=False,
    )
    body = decisions["meeting_id"].map(meetings["body"])
    differs = (decisions["body"] != body) & decisions["body"].notna() & body.notna()
    other_body = decisions[differs]
    findings.note(
        "decisions",
        other_body.index,
        "body",
        [
            f"is {here}, but its meeting was one of {there}"
            for here, there in zip(other_body["body"], body[differs], strict=True)
        ],
        "correct the body or the meeting code",
        rule="decided by another body than its meeting's",
        serious=False,
    )


def tallies_agree(tables: Tables, findings: Findings) -> None:
    """The groups' votes add up to the votes minuted, which are no more than the people there."""
    decisions, votes = tables["decisions"], tables["votes"]
    stated = decisions[list(TALLIES.values())]
    too_many = decisions[stated.sum(axis=1) > decisions["present_count"]]
    findings.note(
        "decisions",
        too_many.index,
        "present_count",
        [
            f"is {there:g}, but {cast:g} votes and abstentions are minuted"
            for there, cast in zip(
                too_many["present_count"], stated.loc[too_many.index].sum(axis=1), strict=True
            )
        ],
        "check all four numbers",
        rule="more votes than people present",
        serious=False,
    )
    if votes.empty:
        return
    sums = votes.groupby("decision_id")[list(TALLIES)].sum(min_count=1)
    for of_groups, minuted in TALLIES.items():
        added = decisions["decision_id"].map(sums[of_groups])
        differs = decisions[(added != decisions[minuted]) & added.notna()]
        differs = differs[differs[minuted].notna()]
        findings.note(
            "decisions",
            differs.index,
            minuted,
            [
                f"is {here:g}, but {of_groups} in {findings.sources['votes']} add up to {there:g}"
                for here, there in zip(differs[minuted], added[differs.index], strict=True)
            ],
            "correct one of them",
            rule="tally differs from the groups' votes",
            serious=False,
        )


def voters_are_members(tables: Tables, findings: Findings) -> None:
    """A group casts no more votes than it has members that day.

    Members whose group is not known may belong to any, so they are counted to every group.
    """
    votes, members = tables["votes"], tables["members"]
    if votes.empty or members.empty:
        return
    day = votes["decision_id"].map(tables["decisions"].set_index("decision_id")["decided_on"])
    cast = votes[["votes_for", "votes_against", "abstained"]].sum(axis=1)
    most = pd.Series(np.nan, index=votes.index)
    for category, rows in votes.groupby("category").groups.items():
        group = members[members["category"].isna() | (members["category"] == category)]
        most[rows] = _members_on(group, day[rows])
    over = votes[(cast > most) & day.notna()]
    findings.note(
        "votes",
        over.index,
        "category",
        [
            f"{category} cast {n:g} votes, but had {there:g} members that day"
            for category, n, there in zip(
                over["category"], cast[over.index], most[over.index], strict=True
            )
        ],
        f"correct the votes, or the members of that group in {findings.sources['members']}",
        rule="more votes than members",
        serious=False,
    )


def _members_on(group: pd.DataFrame, days: pd.Series) -> np.ndarray:
    """How many of `group` were members on each day. No joining date: they always were."""
    joined = np.sort(group["joined_on"].fillna(pd.Timestamp.min).to_numpy())
    left = np.sort(group["left_on"].dropna().to_numpy())
    days = days.to_numpy()
    return np.searchsorted(joined, days, side="right") - np.searchsorted(left, days, side="left")


def quorum_present(tables: Tables, organisation: Organisation, findings: Findings) -> None:
    """As many were there as the quorum asks: the meeting's own, else the body's."""
    meetings = tables["meetings"]
    rule = {code: body.quorum for code, body in organisation.bodies.items()}
    asked = meetings["quorum"].fillna(meetings["body"].map(rule).astype("float64"))
    there = meetings["present_count"].fillna(_people_present(meetings, tables["attendance"]))
    few = meetings.index[there < asked]
    findings.note(
        "meetings",
        few,
        None,
        [
            f"only {n:g} with a vote present, fewer than the quorum of {least:g}"
            for n, least in zip(there[few], asked[few], strict=True)
        ],
        "check the numbers; a meeting without a quorum cannot decide",
        rule="fewer than the quorum",
        serious=False,
    )


def _people_present(meetings: pd.DataFrame, attendance: pd.DataFrame) -> pd.Series:
    """People with a vote who came, by meeting. Missing where attendance is not listed."""
    voting = attendance[attendance["capacity"] != "in attendance"]
    came = voting["status"].isin(["present", "remote"]).groupby(voting["meeting_id"]).sum()
    return meetings["meeting_id"].map(came.astype("float64"))

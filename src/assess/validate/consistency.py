"""What agrees with its contract and yet seems wrong: records that contradict each other.

None of it is an error. Both records stand as written and the reader is told, because the records
alone cannot say which is wrong, or whether both are right.
"""

import numpy as np
import pandas as pd

from assess.load.codes import added_up, as_text, equal, is_coded, is_ordinary, look_up, with_text
from assess.offices import seats_filled
from assess.schemas.organisation import Organisation
from assess.validate.cross_checks import is_in
from assess.validate.findings import Findings
from assess.validate.habits import check_habits

Tables = dict[str, pd.DataFrame]

TALLIES = {
    "votes_for": "stated_for",
    "votes_against": "stated_against",
    "abstained": "stated_abstained",
}


def check_consistency(tables: Tables, organisation: Organisation, findings: Findings) -> None:
    """Note every contradiction between rows, and every odd habit of recording."""
    attended_in_term(tables, findings)
    decided_at_meeting(tables, findings)
    tallies_agree(tables, findings)
    voters_are_members(tables, findings)
    present = people_present(tables["attendance"])
    quorum_present(tables, organisation, present, findings)
    quorum_kept(tables, organisation, findings)
    votes_within_presence(tables, present, findings)
    movers_were_there(tables, findings)
    moved_and_seconded_by_two(tables, findings)
    minutes_approved_after_drafting(tables, findings)
    meetings_have_attendance(tables, findings)
    people_have_one_code(tables, findings)
    check_habits(tables, findings)


def attended_in_term(tables: Tables, findings: Findings) -> None:
    """A member of a body at its meeting has a seat in it that day. Guests may come at any time."""
    attendance, roles = tables["attendance"], tables["roles"]
    if attendance.empty or roles.empty:
        return
    meetings = tables["meetings"]
    seated = meetings["body"].isin(roles["body"].dropna().unique())  # not a general meeting
    meetings = meetings[seated & meetings["held_on"].notna()]
    held = attendance[is_in(attendance["meeting_id"], meetings["meeting_id"])]
    held = held[held["capacity"] != "in attendance"]
    meetings = meetings.set_index("meeting_id")
    held = held.assign(
        row=held.index,
        person_id=as_text(held["person_id"]),
        body=look_up(held["meeting_id"], meetings["body"]),
        held_on=look_up(held["meeting_id"], meetings["held_on"]),
    )
    terms = held[["row", "person_id", "body", "held_on"]].merge(
        with_text(roles[["person_id", "body", "start", "end"]]), on=["person_id", "body"]
    )
    begun = terms["start"].isna() | (terms["start"] <= terms["held_on"])
    in_term = terms.loc[begun & ~(terms["end"] < terms["held_on"]), "row"]
    outside = held[~held["row"].isin(in_term)]
    findings.note(
        "attendance",
        outside.index,
        "person_id",
        (
            f"has no seat in {body} on {day:%Y-%m-%d}, the day of the meeting"
            for body, day in zip(outside["body"], outside["held_on"], strict=True)
        ),
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
    day = look_up(decisions["meeting_id"], meetings["held_on"])
    other_day = decisions[(decisions["decided_on"] != day) & decisions["decided_on"].notna()]
    other_day = other_day[day[other_day.index].notna()]
    findings.note(
        "decisions",
        other_day.index,
        "decided_on",
        (
            f"is {decided:%Y-%m-%d}, but its meeting was held on {held:%Y-%m-%d}"
            for decided, held in zip(other_day["decided_on"], day[other_day.index], strict=True)
        ),
        "correct the date or the meeting code",
        rule="decided on another day than its meeting",
        serious=False,
    )
    body = look_up(decisions["meeting_id"], meetings["body"])
    differs = (decisions["body"] != body) & decisions["body"].notna() & body.notna()
    other_body = decisions[differs]
    findings.note(
        "decisions",
        other_body.index,
        "body",
        (
            f"is {here}, but its meeting was one of {there}"
            for here, there in zip(other_body["body"], body[differs], strict=True)
        ),
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
        (
            f"is {there:g}, but {cast:g} votes and abstentions are minuted"
            for there, cast in zip(
                too_many["present_count"], stated.loc[too_many.index].sum(axis=1), strict=True
            )
        ),
        "check all four numbers",
        rule="more votes than people present",
        serious=False,
    )
    asked = decisions[stated.notna().any(axis=1)]
    votes = votes[is_in(votes["decision_id"], asked["decision_id"])]
    if votes.empty:
        return
    for of_groups, minuted in TALLIES.items():
        counted = votes.loc[votes[of_groups].notna(), [of_groups, "decision_id"]]
        sums = added_up(counted[[of_groups]], counted["decision_id"])
        added = look_up(decisions["decision_id"], sums[of_groups])
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
    day = look_up(votes["decision_id"], tables["decisions"].set_index("decision_id")["decided_on"])
    cast = votes[["votes_for", "votes_against", "abstained"]].sum(axis=1)
    most = pd.Series(np.nan, index=votes.index)
    for category in votes["category"].dropna().unique():
        unknown_or_of_it = members["category"].isna() | (members["category"] == category)
        group = members.loc[unknown_or_of_it, ["joined_on", "left_on"]]
        rows = (votes["category"] == category).to_numpy()
        most[rows] = _members_on(group, day[rows])
    over = votes[(cast > most) & day.notna()]
    findings.note(
        "votes",
        over.index,
        "category",
        (
            f"{category} cast {n:g} votes, but had {there:g} members that day"
            for category, n, there in zip(
                over["category"], cast[over.index], most[over.index], strict=True
            )
        ),
        f"correct the votes, or the members of that group in {findings.sources['members']}",
        rule="more votes than members",
        serious=False,
    )


def _members_on(group: pd.DataFrame, days: pd.Series) -> np.ndarray:
    """How many of `group` were members on each day. No joining date: they always were."""
    always = group["joined_on"].isna().sum()
    asked = _numbered(days)
    joined = _up_to(_numbered(group["joined_on"].dropna()), asked)
    left = _up_to(_numbered(group["left_on"].dropna()), asked - 1)
    return always + joined - left


def _numbered(days: pd.Series) -> np.ndarray:
    """Days as whole numbers, one after another."""
    return days.to_numpy().astype("datetime64[D]").astype("int64")


def _up_to(days: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """How many of `days` are each of the days asked for, or before it."""
    first = days.min(initial=0)
    counts = np.append(0, np.bincount(days - first).cumsum())
    return counts[np.clip(asked - first + 1, 0, len(counts) - 1)]


def quorum_present(
    tables: Tables, organisation: Organisation, present: pd.DataFrame, findings: Findings
) -> None:
    """As many were there as the quorum asks: the meeting's own, else the body's."""
    meetings = tables["meetings"]
    rule = {code: body.quorum for code, body in organisation.bodies.items()}
    asked = meetings["quorum"].fillna(meetings["body"].map(rule).astype("float64"))
    there = meetings["present_count"].fillna(look_up(meetings["meeting_id"], present["came"]))
    few = meetings.index[there < asked]
    findings.note(
        "meetings",
        few,
        None,
        (
            f"only {n:g} with a vote present, fewer than the quorum of {least:g}"
            for n, least in zip(there[few], asked[few], strict=True)
        ),
        "check the numbers; a meeting without a quorum cannot decide",
        rule="fewer than the quorum",
        serious=False,
    )


def people_present(attendance: pd.DataFrame) -> pd.DataFrame:
    """How many with a vote `came`, and `perhaps` came, by meeting. No row where none is listed.

    Perhaps: also those who are listed without a word on whether they came.
    """
    voting = attendance["capacity"] != "in attendance"
    came = attendance["status"].isin(["present", "remote"])
    marks = {"voting": voting, "came": came & voting}
    marks["perhaps"] = (came | attendance["status"].isna()) & voting
    counts = added_up(pd.DataFrame(marks, copy=False), attendance["meeting_id"])
    return counts.loc[counts["voting"] > 0, ["came", "perhaps"]].astype("float64")


def quorum_kept(tables: Tables, organisation: Organisation, findings: Findings) -> None:
    """As many were there for a decision as its quorum asks: people may have left by then."""
    decisions, meetings = tables["decisions"], tables["meetings"]
    asked = _quorum(decisions, meetings, tables["roles"], organisation)
    there = decisions["present_count"].fillna(_votes_minuted(decisions))
    few = decisions.index[there < asked]
    findings.note(
        "decisions",
        few,
        None,
        (
            f"only {n:g} took part in this decision, fewer than the quorum of {least:g}"
            for n, least in zip(there[few], asked[few], strict=True)
        ),
        "check the numbers; a vote without a quorum does not count",
        rule="quorum lost",
        serious=False,
    )


def _quorum(
    decisions: pd.DataFrame,
    meetings: pd.DataFrame,
    roles: pd.DataFrame,
    organisation: Organisation,
) -> pd.Series:
    """How many each decision asks for: its meeting's number, its body's, or its body's share."""
    number = {code: body.quorum for code, body in organisation.bodies.items()}
    share = {code: body.quorum_share for code, body in organisation.bodies.items()}
    own = meetings.drop_duplicates("meeting_id").set_index("meeting_id")["quorum"]
    own = look_up(decisions["meeting_id"], own).astype("float64")
    others = decisions[own.isna()]
    filled = seats_filled(roles, others["body"], others["decided_on"])
    by_share = np.ceil(filled * others["body"].map(share).astype("float64"))
    by_rule = others["body"].map(number).astype("float64")
    return own.fillna(by_rule.fillna(by_share.where(by_share >= 2)))


def _votes_minuted(decisions: pd.DataFrame) -> pd.Series:
    """Votes and abstentions, where all three numbers are minuted; else missing."""
    return decisions[list(TALLIES.values())].sum(axis=1, skipna=False)


def votes_within_presence(tables: Tables, present: pd.DataFrame, findings: Findings) -> None:
    """No more people vote on a decision than came to its meeting: nobody votes who is away.

    Whoever perhaps came is taken to have come.
    """
    decisions = tables["decisions"]
    meetings = tables["meetings"].drop_duplicates("meeting_id").set_index("meeting_id", drop=False)
    if decisions.empty or meetings.empty:
        return
    listed = look_up(meetings["meeting_id"], present["perhaps"])
    there = meetings["present_count"].fillna(listed)
    there = look_up(decisions["meeting_id"], there)
    votes = decisions[["stated_for", "stated_against"]].sum(axis=1, min_count=1)
    votes_of = tables["votes"]
    cast = added_up(votes_of[["votes_for", "votes_against"]], votes_of["decision_id"]).sum(axis=1)
    for what, number in {
        "minuted": votes,
        "listed": look_up(decisions["decision_id"], cast),
    }.items():
        over = decisions.index[number > there]
        findings.note(
            "decisions",
            over,
            "meeting_id",
            (
                f"{n:g} votes are {what}, but only {came:g} with a vote came to the meeting"
                for n, came in zip(number[over], there[over], strict=True)
            ),
            "somebody may have voted who is listed as absent; check both",
            rule=f"more votes {what} than people at the meeting",
            serious=False,
        )


def movers_were_there(tables: Tables, findings: Findings) -> None:
    """Whoever proposes or seconds was at the meeting, and had a seat that day."""
    decisions, attendance = tables["decisions"], tables["attendance"]
    away = attendance["status"].isin(["absent", "apology", "leave"])
    for column in ("moved_by", "seconded_by"):
        if decisions[column].isna().all():
            continue
        known = decisions[decisions[column].notna()]
        there = away & is_in(attendance["person_id"], known[column])
        there &= is_in(attendance["meeting_id"], known["meeting_id"])
        pairs = pd.MultiIndex.from_frame(with_text(known[["meeting_id", column]]))
        missed = with_text(attendance.loc[there, ["meeting_id", "person_id"]])
        absent = known.index[pairs.isin(pd.MultiIndex.from_frame(missed))]
        what = "was not at the meeting"
        remedy = "check the minutes and the attendance"
        findings.note(
            "decisions", absent, column, what, remedy, rule="acted while away", serious=False
        )
        outside = _without_seat(decisions, column, tables["roles"]).difference(absent)
        findings.note(
            "decisions",
            outside,
            column,
            "had no seat in the body on the day",
            f"correct the code, or the term in {findings.sources['roles']}",
            rule="acted out of office",
            serious=False,
        )


def _without_seat(decisions: pd.DataFrame, column: str, roles: pd.DataFrame) -> pd.Index:
    """Decisions of bodies with recorded seats whose mover or seconder held none that day."""
    asked = decisions["body"].isin(roles["body"].dropna().unique()) & decisions[column].notna()
    asked &= decisions["decided_on"].notna()
    acts = decisions.loc[asked, ["body", column, "decided_on"]].assign(row=decisions.index[asked])
    terms = with_text(acts).merge(
        with_text(roles[["body", "person_id", "start", "end"]]),
        left_on=["body", column],
        right_on=["body", "person_id"],
    )
    begun = terms["start"].isna() | (terms["start"] <= terms["decided_on"])
    held = terms.loc[begun & ~(terms["end"] < terms["decided_on"]), "row"]
    return decisions.index[asked].difference(pd.Index(held))


def moved_and_seconded_by_two(tables: Tables, findings: Findings) -> None:
    """A proposal has a proposer and another person for its seconder."""
    decisions = tables["decisions"]
    same = decisions.index[equal(decisions["moved_by"], decisions["seconded_by"])]
    what, remedy = "is also the proposer", "check the minutes"
    rule = "moved and seconded by one"
    findings.note("decisions", same, "seconded_by", what, remedy, rule=rule, serious=False)


def minutes_approved_after_drafting(tables: Tables, findings: Findings) -> None:
    """Minutes are agreed on or after the day their draft was ready."""
    meetings = tables["meetings"]
    early = meetings.index[meetings["minutes_approved_on"] < meetings["minutes_draft_on"]]
    what, remedy = "is before minutes_draft_on", "correct one of the two dates"
    rule = "approved before drafted"
    findings.note("meetings", early, "minutes_approved_on", what, remedy, rule=rule, serious=False)


def meetings_have_attendance(tables: Tables, findings: Findings) -> None:
    """Where the attendance of a body is listed at all, it is listed for each of its meetings."""
    meetings, attendance = tables["meetings"], tables["attendance"]
    listed = is_in(meetings["meeting_id"], attendance["meeting_id"])
    bodies = meetings.loc[listed, "body"].dropna().unique()
    without = ~listed & meetings["body"].isin(bodies) & meetings["present_count"].isna()
    what = "nobody is listed as present or absent"
    remedy = f"add the meeting to {findings.sources['attendance']}"
    rows = meetings.index[without]
    findings.note("meetings", rows, None, what, remedy, rule="nobody listed", serious=False)


PEOPLE = {"members": "member_id", "roles": "person_id", "attendance": "person_id"}


def people_have_one_code(tables: Tables, findings: Findings) -> None:
    """No two codes of people differ only in capitals or spaces. Nothing is merged."""
    import pyarrow.compute as pc

    for table, column in PEOPLE.items():
        codes = tables[table][column]
        if is_coded(codes):
            if is_ordinary(codes.cat.categories):
                continue
            codes = codes.astype("str")
        codes = codes.dropna().drop_duplicates()
        if codes.empty:
            continue
        bare = pc.replace_substring_regex(pc.utf8_lower(codes.array._pa_array), r"[\s.]+", "")
        bare = pd.Series(bare.to_pandas(), dtype="str").set_axis(codes.index)
        twins = bare[bare.duplicated(keep=False)]
        firsts = pd.Series(twins.index, index=twins.index).groupby(twins).transform("min")
        firsts = firsts[firsts != firsts.index]
        findings.note(
            table,
            firsts.index,
            column,
            [f"differs from the code in row {row} only in capitals or spaces" for row in firsts],
            "write both the same way if they are one person; they were not merged",
            rule="twin codes",
            serious=False,
        )

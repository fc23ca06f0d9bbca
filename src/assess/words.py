"""Sentences computed from numbers, whole, in English or Welsh.

A sentence is one message of the catalogue in `locale/`, with named fields: it is never glued
together from pieces, so Welsh can order and mutate its own words. `assess.report.catalogue` lists
the messages, finds them in the calls of `say` and compiles the catalogue.
"""

import gettext
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from assess.change import JUDGED, MOVED
from assess.framework import Indicator
from assess.records import AssessError, Period
from assess.schemas import CONTRACTS

LANGUAGES = {"en": "English", "cy": "Cymraeg"}
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DASH = "–"
TURNING = frozenset(
    ["R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"]
)


@cache
def _catalogue(lang: str) -> gettext.NullTranslations:
    folder = Path(__file__).with_name("locale")
    english = lang == "en"  # the messages themselves are English
    return gettext.translation("assess", folder, [lang], fallback=english)


@dataclass(frozen=True)
class Words:
    """One language, and how it writes numbers and days."""

    lang: str = "en"

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise AssessError(f"The language '{self.lang}' is not known. Write en or cy.")

    def say(self, message: str, /, **fields: object) -> str:
        """The message in this language, with its fields filled in. `message` is a literal."""
        return self.translate(message).format(**{k: isolated(v) for k, v in fields.items()})

    def translate(self, text: str) -> str:
        """Words of the framework or of a contract in this language; English where they lack one."""
        return _catalogue(self.lang).gettext(text) if text else ""

    def day(self, day: pd.Timestamp) -> str:
        return f"{day.day} {self.translate(MONTHS[day.month - 1])} {day.year}"

    def period(self, period: Period) -> str:
        return self.say("{start} to {end}", start=self.day(period.start), end=self.day(period.end))

    def listed(self, items: Iterable[str]) -> str:
        """Items with semicolons between: "a, b and c" would mutate c in Welsh."""
        return "; ".join(items)


def isolated(text: object) -> object:
    """Text from records whose writing direction cannot turn round the sentence it is put into."""
    turns = isinstance(text, str) and any(unicodedata.bidirectional(c) in TURNING for c in text)
    return f"\u2068{text}\u2069" if turns else text


def year(period: Period) -> str:
    """The shortest name of a period: its year, or both years where it spans two."""
    first, last = period.start.year, period.end.year
    return f"{last}" if first == last else f"{first}–{last % 100:02d}"


def whole(number: float) -> str:
    """A score, or a percentage without its sign; a dash where there is none."""
    return DASH if pd.isna(number) else f"{number:.0f}"


def quantity(words: Words, number: float, unit: str) -> str:
    """A value in its unit, as precise as it is worth."""
    if pd.isna(number):
        return DASH
    if unit == "%":
        return f"{number:.0f}%"
    if unit == "days":
        return words.say("{n} days", n=f"{number:.0f}")
    return f"{number:.1f}" if unit == "index" else f"{number:.2f}"


# Results of one indicator


def result(words: Words, indicator: Indicator, row: pd.Series) -> str:
    """What the records show, in words: "61% (41 of 67 decisions)"."""
    if pd.isna(row["value"]):
        return DASH
    value = quantity(words, row["value"], indicator.unit)
    if pd.isna(row["numerator"]) or pd.isna(row["denominator"]):
        return _on_its_scale(words, value, indicator.unit)
    if indicator.unit == "%" and indicator.minimum_of == "rows":  # weighed, by minutes
        return words.say(
            "{value} (of {records} {things})",
            value=value,
            records=whole(row["records"]),
            things=words.translate(indicator.counts),
        )
    if indicator.unit == "%":
        return words.say(
            "{value} ({hits} of {total} {things})",
            value=value,
            hits=whole(row["numerator"]),
            total=whole(row["denominator"]),
            things=words.translate(indicator.counts),
        )
    if indicator.unit == "ratio":
        return words.say(
            "{value} (lowest group {lowest}%, highest group {highest}%)",
            value=value,
            lowest=whole(row["numerator"]),
            highest=whole(row["denominator"]),
        )
    return value


def _on_its_scale(words: Words, value: str, unit: str) -> str:
    """A number that says nothing by itself, with what its best would be."""
    if unit == "index":
        return words.say("{value} (0 is just what your rules intend)", value=value)
    if unit == "0-1":
        return words.say("{value} (1 is even, 0 is one group alone)", value=value)
    return value


def span(words: Words, indicator: Indicator, row: pd.Series) -> str:
    """The 90% range of a value."""
    if pd.isna(row["value"]):
        return DASH
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return words.say("known in full")
    unit = indicator.unit
    return words.say(
        "{low} to {high}",
        low=quantity(words, row["low"], unit),
        high=quantity(words, row["high"], unit),
    )


def places(words: Words, wanted: Iterable[str]) -> str:
    """Columns ("table.column") and whole sheets ("table") by the titles they show."""
    by_table: dict[str, list[str]] = {}
    for place in wanted:
        table, _, column = place.partition(".")
        by_table.setdefault(table, []).append(column)
    return words.listed(_in_sheet(words, *pair) for pair in by_table.items())


def _in_sheet(words: Words, table: str, columns: list[str]) -> str:
    sheet = words.translate(CONTRACTS[table].Config.title)
    if not all(columns):
        return words.say("the sheet “{sheet}”", sheet=sheet)
    fields = CONTRACTS[table].to_schema().columns
    titles = "”, “".join(words.translate(fields[column].title) for column in columns)
    return words.say("“{columns}” on the sheet “{sheet}”", columns=titles, sheet=sheet)


def why_not(words: Words, indicator: Indicator, row: pd.Series, *, floor: int) -> str:
    """Why an indicator has no score; empty where it has one."""
    state = row["state"]
    if state == "scored":
        return ""
    if state == "raw only":
        return _too_little(words, indicator, row)
    if state == "suppressed":
        return words.say(
            "Held back: fewer than {floor} people are behind this number.", floor=floor
        )
    if state == "held back":
        return words.say("Held back to protect people.")
    if state == "does not apply":
        return does_not_apply(words)[row["reason"]]
    return not_recorded(words).get(row["reason"]) or words.say("Not recorded.")


def not_there(words: Words, row: pd.Series) -> str:
    """The columns and sheets an indicator lacks; empty where it lacks none."""
    missing = _missing(row) if row["state"] == "not recorded" else []
    return words.say("It needs {columns}.", columns=places(words, missing)) if missing else ""


def _too_little(words: Words, indicator: Indicator, row: pd.Series) -> str:
    if row["reason"] == "nothing to compare":
        return words.say("Not scored: there is only one group to look at, so none to compare.")
    return words.say(
        "Not scored: {n} found, {minimum} needed.",
        n=whole(0 if row["reason"] == "none" else row["size"]),
        minimum=whole(indicator.minimum),
    )


def does_not_apply(words: Words) -> dict[str, str]:
    """Why an indicator is not about an organisation, by the measure's reason."""
    return {
        "no body": words.say("Does not apply: your rules have no such body."),
        "no category": words.say("Does not apply: your rules have no such member groups."),
        "no elections": words.say("Does not apply: under your rules members elect nobody."),
    }


def not_recorded(words: Words) -> dict[str, str]:
    """Why there was nothing to measure, by the measure's reason."""
    return {
        "no table": words.say("Not recorded: the sheet is empty."),
        "no column": words.say("Not recorded: the column is empty."),
        "no rows": words.say("Not recorded: nothing of this kind in the period."),
        "not known": words.say("Not recorded: every cell it rests on is empty or cannot be read."),
        "no category": words.say("Not recorded: no member groups are named to compare."),
        "no declared allocation": words.say(
            "Not recorded: your rules state no share of seats for each group."
        ),
        "no checks listed": words.say("Not recorded: you list no checks made before a seat."),
        "no head count": words.say("Not recorded: how many staff could be members is not stated."),
        "no key bodies": words.say("Not recorded: you name no outside bodies you depend on."),
        "no scheme": words.say("Not recorded: your rules do not say which body decides what."),
        "no skills listed": words.say("Not recorded: you list no skills the board needs."),
        "few disclosed": words.say("Not recorded: too few people chose to give their gender."),
        "short period": words.say("Not recorded: the period is too short to tell."),
    }


def _missing(row: pd.Series) -> list[str]:
    missing = row.get("missing_columns")
    return list(missing) if isinstance(missing, list | tuple | frozenset | set) else []


def goalposts(words: Words, indicator: Indicator) -> str:
    """What scores 0 and what scores 100, and on whose word."""
    source = indicator.goalpost_source
    ours = source == "our judgement"
    basis = words.say("Our judgement.") if ours else words.translate(source).rstrip(".") + "."
    return f"{_ends(words, indicator)} {basis}"


def _ends(words: Words, indicator: Indicator) -> str:
    unit = indicator.unit
    if indicator.band:
        corners = [quantity(words, corner, unit) for corner in indicator.band]
        return words.say(
            "{low} to {high} scores 100; {bottom} or less, or {top} or more, scores 0.",
            bottom=corners[0],
            low=corners[1],
            high=corners[2],
            top=corners[3],
        )
    return words.say(
        "{worst} scores 0, {best} scores 100.",
        worst=quantity(words, indicator.worst, unit),
        best=quantity(words, indicator.best, unit),
    )


# Principles


def evidence(words: Words, row: pd.Series) -> str:
    """How many of a principle's indicators could be scored: "7 of 9"."""
    return words.say("{n} of {total}", n=whole(row["found"]), total=whole(row["needed"]))


def principle_name(words: Words, key: str, title: str) -> str:
    return f"{key} {words.translate(title)}"


def scored(words: Words, row: pd.Series) -> str:
    """One sentence on one principle's score, or on why it has none."""
    title = words.translate(row["title"])
    if pd.isna(row["score"]):
        return not_scored(words, row)
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return words.say("{principle} scored {score}.", principle=title, score=whole(row["score"]))
    return words.say(
        "{principle} scored {score}, with a range from {low} to {high}.",
        principle=title,
        score=whole(row["score"]),
        low=whole(row["low"]),
        high=whole(row["high"]),
    )


def not_scored(words: Words, row: pd.Series) -> str:
    if row.get("state") == "held back":
        return words.say(
            "{principle}: the score is held back to protect people. Too few stand behind it.",
            principle=words.translate(row["title"]),
        )
    return words.say(
        "{principle} is not scored. We found {found} of the {needed} pieces of evidence we need. "
        "This does not mean the practice is missing.",
        principle=words.translate(row["title"]),
        found=whole(row["found"]),
        needed=whole(row["needed"]),
    )


def against_peers(words: Words, row: pd.Series, median: float, *, peers: int, minimum: int) -> str:
    """How a principle's score stands against the middle of similar organisations."""
    if peers < minimum or pd.isna(median):
        return words.say(
            "{principle}: there are not enough similar organisations to compare fairly yet.",
            principle=words.translate(row["title"]),
        )
    fields = {
        "principle": words.translate(row["title"]),
        "score": whole(row["score"]),
        "median": whole(median),
    }
    if row["low"] > median:
        return words.say(
            "{principle} scored {score}. "
            "It is clearly above the middle of similar organisations ({median}).",
            **fields,
        )
    if row["high"] < median:
        return words.say(
            "{principle} scored {score}. "
            "It is clearly below the middle of similar organisations ({median}).",
            **fields,
        )
    return words.say(
        "{principle} scored {score}. That is about the same as similar organisations.",
        principle=fields["principle"],
        score=fields["score"],
    )


def changed(words: Words, row: pd.Series) -> str:
    """What became of one principle's score. `row` is one of `change.changes`."""
    fields = {
        "principle": words.translate(row["title"]),
        "before": whole(row["before"]),
        "now": whole(row["now"]),
    }
    if pd.isna(row["now"]) or pd.isna(row["before"]):
        if row["verdict"] == "held back":
            return words.say(
                "{principle} is held back in one year or both, to protect people.",
                principle=fields["principle"],
            )
        return words.say("{principle} was not scored in both years.", principle=fields["principle"])
    if row["verdict"] == "rose":
        return words.say(
            "{principle} rose from {before} to {now}. This is more than chance would explain.",
            **fields,
        )
    if row["verdict"] == "fell":
        return words.say(
            "{principle} fell from {before} to {now}. This is more than chance would explain.",
            **fields,
        )
    if row["verdict"] == "other evidence":
        return words.say(
            "{principle} was {before} and is now {now}. "
            "The two years rest on different evidence, so they are not compared.",
            **fields,
        )
    if row["verdict"] == "rounded":
        return words.say(
            "{principle} was {before} and is now {now}. "
            "Numbers of people behind it are rounded or held back. "
            "So this copy does not say whether that is more than chance.",
            **fields,
        )
    return words.say(
        "{principle} was {before} and is now {now}. A change of this size could be chance.",
        **fields,
    )


def change_verdict(words: Words, verdict: str) -> str:
    """A change in a table's cell."""
    return {
        "rose": words.say("rose, by more than chance would explain"),
        "fell": words.say("fell, by more than chance would explain"),
        "could be chance": words.say("could be chance"),
        "other evidence": words.say("different evidence, not compared"),
        "not scored": words.say("not scored in both years"),
        "held back": words.say("held back to protect people"),
        "rounded": words.say("numbers of people are rounded, not judged"),
    }[verdict]


def changes_in_short(words: Words, changes: pd.DataFrame) -> str:
    """The one sentence over "What changed"."""
    judged = changes["verdict"].isin(JUDGED)
    rounded = changes.loc[changes["verdict"] == "rounded", "title"]
    if rounded.empty:
        return _moved_in_short(words, changes[judged])
    left_out = words.say(
        "Not judged in this copy: {principles}. "
        "Numbers of people behind them are rounded or held back.",
        principles=words.listed(map(words.translate, rounded)),
    )
    if not judged.any():
        return left_out
    if changes["verdict"].isin(MOVED).any():
        return f"{_moved_in_short(words, changes[judged])} {left_out}"
    chance = words.say(
        "The change could be chance: {principles}.",
        principles=words.listed(map(words.translate, changes.loc[judged, "title"])),
    )
    return f"{chance} {left_out}"


def _moved_in_short(words: Words, judged: pd.DataFrame) -> str:
    moved = judged[judged["verdict"].isin(MOVED)]
    if judged.empty:
        return words.say("No principle has the same evidence in both years, so none is compared.")
    if moved.empty:
        return words.say("No principle moved by more than chance would explain.")
    if len(moved) == 1:
        return changed(words, moved.iloc[0])
    return words.say(
        "These moved by more than chance would explain: {principles}.",
        principles=words.listed(
            words.say(
                "{principle} (from {before} to {now})",
                principle=words.translate(row["title"]),
                before=whole(row["before"]),
                now=whole(row["now"]),
            )
            for _, row in moved.iterrows()
        ),
    )


# The four sentences of the summary


def summary(
    words: Words,
    principles: pd.DataFrame,
    next_step: str,
    changes: pd.DataFrame | None = None,
) -> list[tuple[str, str]]:
    """Strongest, weakest, not scored, most useful next step: each a label and what it says."""
    scores = principles.dropna(subset=["score"]).sort_values("score", kind="stable")
    step = (words.say("Most useful next step:"), next_step)
    gaps = (words.say("Not scored:"), _gaps(words, principles))
    if scores.empty:
        return [gaps, step]
    if len(scores) == 1:
        return [(words.say("The only score:"), _placed(words, scores.iloc[0], changes)), gaps, step]
    strongest = (words.say("Strongest:"), _placed(words, scores.iloc[-1], changes))
    weakest = _placed(words, scores.iloc[0], changes)
    if scores.iloc[0]["high"] >= scores.iloc[-1]["low"]:
        overlap = words.say("Its range meets that of the strongest, so the order could be chance.")
        weakest = f"{weakest} {overlap}"
    return [strongest, (words.say("Weakest:"), weakest), gaps, step]


def _placed(words: Words, row: pd.Series, changes: pd.DataFrame | None) -> str:
    first = scored(words, row)
    if changes is None or row.name not in changes.index:
        return first
    verdict = changes.loc[row.name, "verdict"]
    before = whole(changes.loc[row.name, "before"])
    if verdict in MOVED:
        second = words.say(
            "The year before it was {before}: more than chance would explain.", before=before
        )
    elif verdict == "could be chance":
        second = words.say(
            "The year before it was {before}: a change of this size could be chance.", before=before
        )
    else:
        return first
    return f"{first} {second}"


def _gaps(words: Words, principles: pd.DataFrame) -> str:
    without = principles[principles["score"].isna()]
    if without.empty:
        return words.say("nothing. All six principles have enough evidence.")
    if "state" in without and (without["state"] == "held back").any():
        return " ".join(not_scored(words, row) for _, row in without.iterrows())
    if len(without) == 1:
        return not_scored(words, without.iloc[0])
    if len(without) == len(principles):
        return words.say(
            "all six principles. Too little is recorded. "
            "This does not mean the practices are missing."
        )
    return words.say(
        "{principles}. Too little is recorded. This does not mean the practices are missing.",
        principles=words.listed(words.translate(title) for title in without["title"]),
    )


def next_step(words: Words, gaps: pd.DataFrame, moves: pd.DataFrame) -> str:
    """The one thing to record that adds most; where nothing is missing, where to look first.

    `gaps` is of `assessment.gaps`; `moves` has title, score, gain (points) and principle_title.
    Both come with the best first.
    """
    if not gaps.empty:
        gap = gaps.iloc[0]
        return words.say(
            "If you recorded {what}, {added} more of the {needed} missing pieces of evidence "
            "would be there.",
            what=places(words, gap["what"]),
            added=whole(gap["adds"]),
            needed=whole(len({key for keys in gaps["indicators"] for key in keys})),
        )
    if moves.empty:
        return words.say("Keep recording as you do now.")
    first = moves.iloc[0]
    return words.say(
        "Look first at “{indicator}”. It scored {score}. "
        "At 100, the score for {principle} would be {points} points higher.",
        indicator=words.translate(first["title"]),
        score=whole(first["score"]),
        principle=words.translate(first["principle_title"]),
        points=whole(first["gain"]),
    )


# Verdicts on claims and gates


def claim_verdict(words: Words, verdict: str) -> str:
    return {
        "supported": words.say("Supported."),
        "not supported": words.say("Not supported."),
        "mixed": words.say("Mixed."),
        "not evidenced": words.say("Not enough evidence."),
        "held back": words.say("Held back to protect people."),
        "does not apply": words.say("Does not apply here."),
    }[verdict]


def gate_state(words: Words, state: str) -> str:
    return {
        "pass": words.say("Met"),
        "fail": words.say("Not met"),
        "not known": words.say("Not known"),
        "does not apply": words.say("Does not apply"),
    }[state]


def action_state(words: Words, state: str) -> str:
    return {
        "done": words.say("Done in time"),
        "late": words.say("Done late"),
        "open": words.say("Not done in the period"),
    }[state]


def gate_detail(words: Words, gate: pd.Series) -> str:
    """What the records show about one gate, and what to record where they do not show it."""
    fields = {name: whole(gate[name]) for name in ("k", "n", "limit")}
    detail = {
        "no general meeting recorded": words.say("No general meeting is recorded."),
        "no general meeting needed": words.say("Your rules ask for no general meeting."),
        "no notice rule stated": words.say("Your rules state no number of days."),
        "notice given": words.say("{k} of {n} meetings had {limit} clear days or more.", **fields),
        "notice too short": words.say(
            "{k} of {n} meetings had less than {limit} clear days.", **fields
        ),
        "notice not known": words.say(
            "The day of notice is not known for {k} of {n} meetings.", **fields
        ),
        "no quorum stated": words.say("No quorum is stated."),
        "quorum there": words.say("{k} of {n} meetings had enough members.", **fields),
        "quorum not there": words.say("{k} of {n} meetings had too few members.", **fields),
        "quorum not known": words.say(
            "It is not known how many were at {k} of {n} meetings.", **fields
        ),
        "no board seats recorded": words.say("No board seats are recorded."),
        "board too small": words.say(
            "The board has {k} people. Your rules ask for {limit} or more.", **fields
        ),
        "board too large": words.say(
            "The board has {k} people. Your rules allow {limit} at most.", **fields
        ),
        "no board size stated": words.say(
            "The board has {k} people. No limit is stated.", **fields
        ),
        "board size kept": words.say("The board has {k} people.", **fields),
        "yearly meeting held": words.say("It was held."),
        "period under a year": words.say("The period is shorter than a year."),
        "yearly meeting not held": words.say("No such meeting is recorded, though others are."),
        "no appointer stated": words.say("Your rules do not state who appoints the board."),
        "appointed by the rules": words.say(
            "{k} of {n} seats were filled as the rules say.", **fields
        ),
        "appointed otherwise": words.say("{k} of {n} seats were filled in another way.", **fields),
        "appointer not known": words.say("It is not known who filled {k} of {n} seats.", **fields),
        "held back": words.say("The number is held back to protect people."),
        "no meetings recorded": words.say("No meetings are recorded."),
        "minutes kept": words.say("{k} of {n} meetings have minutes.", **fields),
        "minutes not kept": words.say("{k} of {n} meetings have no minutes.", **fields),
        "minutes not known": words.say("No day of minutes is recorded."),
    }[gate["detail"]]
    remark = {
        "": "",
        "fewer than advised": words.say("Fewer than 5 is less than is often advised."),
        "more than advised": words.say("More than 12 is more than is often advised."),
    }[gate["remark"]]
    remedy = words.translate(gate["remedy"]) if gate["state"] == "not known" else ""
    return " ".join(text for text in (detail, remark, remedy) if text)


def facts(words: Words) -> dict[str, str]:
    """What a constitution may provide, by the keys of `claims.FACTS`."""
    return {
        "charitable": words.say("the organisation is a charity"),
        "has_council": words.say("there is a council"),
        "several_categories": words.say("there are several member groups"),
        "users_are_members": words.say("people who use the service can be members"),
        "staff_are_members": words.say("staff can be members"),
        "community_are_members": words.say("people from the community can be members"),
        "users_have_seats": words.say("seats are kept for people who use the service"),
        "staff_have_seats": words.say("seats are kept for staff"),
        "community_have_seats": words.say("seats are kept for the community"),
        "members_elect_council": words.say("members elect the council"),
        "members_elect_board": words.say("members elect the board"),
        "council_appoints_board": words.say("the council appoints the board"),
        "council_can_remove_board": words.say("the council can remove the board"),
        "others_can_remove_board": words.say("others than the board can remove it"),
        "council_approves_strategy": words.say("the council approves strategy"),
        "council_can_call_in": words.say("the council can call decisions in"),
        "council_has_reserved_matters": words.say("some decisions are kept for the council"),
        "general_meeting_required": words.say("a yearly general meeting must be held"),
        "skills_required": words.say("skills the board needs are listed"),
        "skills_checked": words.say("skills are checked before people take seats"),
        "values_checked": words.say("values are checked before people take seats"),
    }


def constitution(words: Words, provided: Mapping[str, bool | None]) -> str:
    """What the rules provide of what a claim asks for."""
    said = facts(words)
    by_answer = {
        answer: words.listed(said[fact] for fact, given in provided.items() if given is answer)
        for answer in (True, False, None)
    }
    sentences = [
        by_answer[True] and words.say("Yes: {facts}.", facts=by_answer[True]),
        by_answer[False] and words.say("No: {facts}.", facts=by_answer[False]),
        by_answer[None] and words.say("Not stated: {facts}.", facts=by_answer[None]),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def claim_records(words: Words, claim: pd.Series) -> str:
    """What the records show about one claim."""
    if not claim["scored"]:
        return words.say("Nothing scored.")
    return words.say(
        "Score {score} ({low} to {high}), from {n} of {total} indicators.",
        score=whole(claim["score"]),
        low=whole(claim["low"]),
        high=whole(claim["high"]),
        n=len(claim["scored"]),
        total=len(claim["indicators"]),
    )

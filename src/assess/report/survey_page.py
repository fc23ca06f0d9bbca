"""The section on the survey: what people think, beside what the records show."""

import pandas as pd

from assess.assessment import Assessment
from assess.report import charts
from assess.report.figure import Html, folded, heading, paragraphs, table
from assess.survey import SCALE, Opinions, opinions, questions
from assess.words import DASH, Words, whole

MOST_GAPS = 5  # lines in the list of differences between board and council
APART = 2  # steps of the answer scale from which a difference is worth a word


def section(assessment: Assessment, words: Words) -> Html:
    """Everything about the survey; nothing where there was none, or in a copy to publish."""
    found = opinions(
        assessment.records.tables["survey"], smallest=assessment.organisation.smallest_group
    )
    if found is None:
        return Html(paragraphs())
    body = paragraphs(
        words.say("Opinions stand beside the records here. They are never added to a score."),
        words.say(
            "Records high and opinions low can mean procedure without trust. "
            "Records low and opinions high can mean good habits that nobody writes down."
        ),
    )
    body += table(_replies(found, words), words.say("Who answered"))
    if found.answers.empty:
        few = words.say("Too few people of any one group answered, so no answer is shown.")
        return Html(body + paragraphs(few))
    beside = _beside(assessment, found)
    if not beside.empty:
        body += charts.opinions_beside_records(beside, words).markup
    return Html(body + _differences(found, words) + _every_answer(found, words))


def group_name(words: Words, group: str) -> str:
    return {
        "board": words.say("Board"),
        "council": words.say("Council"),
        "members": words.say("Members"),
    }[group]


def _replies(found: Opinions, words: Words) -> pd.DataFrame:
    """How many of each group replied, and how many of their answers say something."""
    rows = []
    for group in found.groups.itertuples():
        answers = found.answers[found.answers["group"] == group.group]
        shown = group.shown
        rows.append(
            {
                words.say("Group"): group_name(words, group.group),
                words.say("Replies"): whole(group.replies) if shown else words.say("held back"),
                words.say("Questions asked"): whole(len(answers)) if shown else DASH,
                words.say("Answers given"): whole(answers["answered"].sum()) if shown else DASH,
                words.say("Does not know"): whole(answers["dont_know"].sum()) if shown else DASH,
                words.say("Left empty"): whole(answers["blank"].sum()) if shown else DASH,
            }
        )
    return pd.DataFrame(rows)


def _beside(assessment: Assessment, found: Opinions) -> pd.DataFrame:
    """The opinions on each principle, with the score of its records: group, id, title, both."""
    principles = assessment.principles[["title", "score"]]
    beside = found.by_principle().join(principles, on="id")
    order = {group: place for place, group in enumerate(found.groups["group"])}
    return beside.sort_values(
        ["group", "id"], key=lambda c: c.map(order) if c.name == "group" else c
    )


def _differences(found: Opinions, words: Words) -> object:
    """Where board and council see things most differently, by the middle answer of each."""
    title = heading(3, words.say("Where board and council differ most"))
    if found.gaps.empty:
        few = words.say("Board and council cannot be compared: too few answered in one of them.")
        return title + paragraphs(few)
    wide = found.gaps[found.gaps.abs() >= 1]
    widest = wide.loc[wide.abs().sort_values(ascending=False, kind="stable").index]
    if widest.empty:
        same = words.say("Board and council gave the same middle answer to nearly every question.")
        return title + paragraphs(same)
    medians = found.answers.set_index(["item", "group"])["median"]
    asked = {question.id: question for question in questions()}
    rows = pd.DataFrame(
        {
            words.say("Question"): f"{item} {asked[item].text(words.lang)}",
            words.say("Board, middle answer"): _step(medians[item, "board"]),
            words.say("Council, middle answer"): _step(medians[item, "council"]),
        }
        for item in widest.index[:MOST_GAPS]
    )
    far = words.say(
        "Questions with middle answers {steps} or more steps apart: {n} of {total}.",
        steps=APART,
        n=int((found.gaps.abs() >= APART).sum()),
        total=len(found.gaps),
    )
    caption = words.say("Where board and council differ most")
    return title + paragraphs(far) + table(rows, caption, kind="asked")


def _step(answer: float) -> str:
    """A middle answer: half steps occur where an even number answered."""
    return DASH if pd.isna(answer) else f"{answer:g}"


def _every_answer(found: Opinions, words: Words) -> object:
    """How many gave each answer to each question, on screen only."""
    asked = {question.id: question for question in questions()}
    order = {item: place for place, item in enumerate(asked)}
    answers = found.answers.sort_values("item", key=lambda c: c.map(order), kind="stable")
    items, halves = answers["item"], zip(answers["lower"], answers["upper"], strict=True)
    rows = pd.DataFrame(
        {
            words.say("Question"): [f"{item} {asked[item].text(words.lang)}" for item in items],
            words.say("Group"): [group_name(words, group) for group in answers["group"]],
            **{code: _held(words, answers[code]) for code in SCALE},
            words.say("Does not know"): _held(words, answers["dont_know"]),
            words.say("Left empty"): _held(words, answers["blank"]),
            words.say("Middle"): answers["median"].map(_step),
            words.say("Middle half"): [_between(words, *half) for half in halves],
            words.say("Agreement"): answers["agreement"].map(_agreed),
        }
    )
    note = words.say(
        "Answers: 0 not in place, 1 beginning, 2 partly, 3 mostly, 4 fully. "
        "Agreement is 1 where all answer alike, and 0 where answers are as mixed as by chance."
    )
    shown = table(rows, words.say("Every question, by group"), kind="answers")
    return folded(words.say("Every question and answer"), paragraphs(note) + shown)


def _agreed(agreement: float) -> str:
    return DASH if pd.isna(agreement) else f"{agreement:.2f}"


def _held(words: Words, numbers: pd.Series) -> pd.Series:
    return numbers.map(whole).where(numbers.notna(), words.say("held back"))


def _between(words: Words, low: float, high: float) -> str:
    if pd.isna(low):
        return DASH
    return words.say("{low} to {high}", low=_step(low), high=_step(high))

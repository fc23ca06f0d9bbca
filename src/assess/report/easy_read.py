"""The one-page version for member councils: short sentences, one idea a line, room for pictures.

It says of itself that it is for testing: whether it is easy to read, only its readers can say.
"""

import pandas as pd
from markupsafe import Markup

from assess.assessment import Assessment
from assess.report import Section, page_of
from assess.report.figure import heading, joined
from assess.words import Words, whole, year

BLOCK = Markup('<div class="easy"><div class="picture">{}</div><div class="lines">{}</div></div>')


def page(assessment: Assessment, lang: str, *, other: str = "") -> str:
    """The page in one language. `other`: address of the same page in the other."""
    words = Words(lang)
    title = words.say("How we are run: {year}", year=year(assessment.period))
    opening = heading(1, title) + _block(
        words.say("Picture: this page"),
        words.say("This page is about {name}.", name=assessment.organisation.name),
        words.say("It is a first try at Easy Read."),
        words.say("People who use Easy Read must test it first."),
    )
    parts = [
        (words.say("What we looked at"), _looked_at(words)),
        (words.say("What we found"), _found(assessment, words)),
        (words.say("What comes next"), _next(words)),
    ]
    sections = [
        Section(f"s{number}", Markup.escape(name), [body])
        for number, (name, body) in enumerate(parts, start=1)
    ]
    return page_of(words, title, opening, sections, other, kind="easy-read")


def plain_name(words: Words, principle: str) -> str:
    """A principle in everyday words, by its id."""
    return {
        "1": words.say("Knowing what we are here for"),
        "2": words.say("Knowing who does what"),
        "3": words.say("Living up to our values"),
        "4": words.say("Making good decisions"),
        "5": words.say("Having the right skills"),
        "6": words.say("Listening and answering to people"),
    }[principle]


def _block(picture: str, *lines: str) -> Markup:
    """A picture's place with the lines it goes with."""
    return BLOCK.format(picture, joined(Markup("<p>{}</p>").format(line) for line in lines if line))


def _looked_at(words: Words) -> Markup:
    return _block(
        words.say("Picture: a folder of papers"),
        words.say("We read the notes of meetings and lists of decisions."),
        words.say("We gave six things a score."),
        words.say("0 is the lowest score. 100 is the highest score."),
        words.say("Some good things are never written down. We cannot see those."),
    )


def _found(assessment: Assessment, words: Words) -> Markup:
    scores = assessment.principles.dropna(subset=["score"]).sort_values("score", kind="stable")
    lines = []
    if len(scores):
        lines.append(_highest(words, scores.iloc[-1]))
    if len(scores) > 1:
        lines.append(_lowest(words, scores.iloc[0]))
        if scores.iloc[0]["high"] >= scores.iloc[-1]["low"]:
            lines.append(words.say("These two scores are close. It could be luck."))
    found = _block(words.say("Picture: a ruler from 0 to 100"), *lines) if lines else Markup()
    return found + _not_known(assessment, words) + _since(assessment, words)


def _highest(words: Words, row: pd.Series) -> str:
    return words.say(
        "Our highest score is {score}. It is for: {what}.",
        what=plain_name(words, str(row.name)),
        score=whole(row["score"]),
    )


def _lowest(words: Words, row: pd.Series) -> str:
    return words.say(
        "Our lowest score is {score}. It is for: {what}.",
        what=plain_name(words, str(row.name)),
        score=whole(row["score"]),
    )


def _not_known(assessment: Assessment, words: Words) -> Markup:
    """What has no score; one line each."""
    without = assessment.principles[assessment.principles["score"].isna()]
    if without.empty:
        return Markup()
    if len(without) == len(assessment.principles):
        lines = [words.say("We could not give any score.")]
    else:
        lines = [
            words.say("No score: {what}.", what=plain_name(words, str(key)))
            for key in without.index
        ]
    if (without["state"] == "held back").any():
        lines.append(words.say("Some numbers are kept back so that nobody is pointed at."))
    else:
        lines.append(words.say("Too little is written down."))
        lines.append(words.say("We may still do these things."))
    return _block(words.say("Picture: a question mark"), *lines)


def _since(assessment: Assessment, words: Words) -> Markup:
    """What rose or fell by more than chance, in one line each."""
    if assessment.changes is None:
        return Markup()
    lines = []
    for key, row in assessment.changes.iterrows():
        fields = {"what": plain_name(words, str(key)), "now": whole(row["now"])}
        if row["verdict"] == "rose":
            lines.append(words.say("{what} went up to {now}.", **fields))
        elif row["verdict"] == "fell":
            lines.append(words.say("{what} went down to {now}.", **fields))
    lines = lines or [words.say("The scores are much like last year's, as far as we can tell.")]
    return _block(words.say("Picture: an arrow"), *lines)


def _next(words: Words) -> Markup:
    return _block(
        words.say("Picture: people talking"),
        words.say("The board will talk about this."),
        words.say("You can ask: what will change?"),
        words.say("You can ask: who will do it, and when?"),
        words.say("Tell us what you think is missing."),
    )

"""What the report says of records that contradict each other: kinds, and how many of each."""

from collections.abc import Iterator
from itertools import islice

import pandas as pd
from markupsafe import Markup

from assess.assessment import Assessment
from assess.records import Problem
from assess.report.figure import folded, paragraphs, table
from assess.schemas import CONTRACTS
from assess.words import DASH, Words

MOST_KINDS = 12  # lines of the table; `assess check` lists every finding
MOST_ROWS = 3  # rows of one kind that are named


def contradictions(assessment: Assessment, words: Words) -> Markup:
    """Findings by sheet and kind. They are no errors: both records stand, the reader is told."""
    kinds = list(_kinds(assessment))
    published = assessment.mode == "publish"
    if not kinds:
        none = "" if published else words.say("No record was found to contradict another.")
        return paragraphs(none)
    if published:
        text = words.say(
            "Some records look odd or contradict each other. They are used as written. "
            "What concerns people is left out of this copy."
        )
    else:
        text = words.say(
            "Records that look odd or contradict each other: {n}. They are used as written; "
            "`assess check` lists them.",
            n=sum(_times(alike) for _, _, alike in kinds),
        )
    rows = pd.DataFrame(
        {
            words.say("Sheet"): words.translate(CONTRACTS[name].Config.title),
            words.say("What looks odd"): kind_in_words(words, rule),
        }
        | ({} if published else _where(alike, words))
        for name, rule, alike in kinds[:MOST_KINDS]
    )
    more = len(kinds) - MOST_KINDS
    left = words.say("More kinds than are shown here: {n}.", n=more) if more > 0 else ""
    title = words.say("Records that look odd")
    return paragraphs(text) + folded(title, table(rows, title) + paragraphs(left))


def _kinds(assessment: Assessment) -> Iterator[tuple[str, str, list[Problem]]]:
    """Sheet, kind and findings, in the order of the sheets."""
    named = {source: name for name, source in assessment.records.sources.items()}
    found: dict[tuple[str, str], list[Problem]] = {}
    for problem in assessment.records.consistency:
        found.setdefault((named[problem.source], problem.rule), []).append(problem)
    order = list(CONTRACTS)
    for name, rule in sorted(found, key=lambda kind: (order.index(kind[0]), kind[1])):
        yield name, rule, found[name, rule]


def _where(alike: list[Problem], words: Words) -> dict[str, str]:
    rows = (problem.row for problem in alike if problem.row is not None)
    first = ", ".join(str(row) for row in islice(rows, MOST_ROWS))
    return {words.say("How many"): f"{_times(alike):,}", words.say("First rows"): first or DASH}


def _times(alike: list[Problem]) -> int:
    return sum(problem.times for problem in alike)


def kind_in_words(words: Words, rule: str) -> str:
    """A kind of finding, by the word `Problem.rule` has for it. Raises KeyError for any other."""
    return {
        "acted out of office": words.say("Proposed or seconded by someone without a seat"),
        "acted while away": words.say("Proposed or seconded by someone who was away"),
        "approved before drafted": words.say("Minutes agreed before they were drafted"),
        "attended outside a term": words.say("Came as a member on a day without a seat"),
        "decided by another body than its meeting's": words.say(
            "A decision of another body than its meeting"
        ),
        "decided on another day than its meeting": words.say(
            "A decision on another day than its meeting"
        ),
        "fewer than the quorum": words.say("Fewer people came than the quorum asks for"),
        "more votes listed than people at the meeting": words.say(
            "More votes listed than people at the meeting"
        ),
        "more votes minuted than people at the meeting": words.say(
            "More votes in the minutes than people at the meeting"
        ),
        "more votes than members": words.say("A group cast more votes than it had members"),
        "more votes than people present": words.say("More votes than people present"),
        "moved and seconded by one": words.say("Proposed and seconded by one person"),
        "nobody listed": words.say("A meeting without a list of who came"),
        "one date for most": words.say("One date stands in many rows"),
        "practice changed": words.say(
            "A column is filled in far more, or far less, than the year before"
        ),
        "quorum lost": words.say("Fewer took part in a decision than the quorum asks for"),
        "tally differs from the groups' votes": words.say(
            "The groups' votes do not add up to the minutes"
        ),
        "twin codes": words.say("Two codes differ only in capitals or spaces"),
        "weekday": words.say("A date does not fall on the weekday written with it"),
    }[rule]

"""The section on power and voice: whose seats, whose votes could decide."""

import pandas as pd

from assess.assessment import Assessment
from assess.report.figure import Html, paragraphs, table
from assess.voice import Voice, voice
from assess.words import DASH, Words, quantity, whole


def section(assessment: Assessment, words: Words) -> Html:
    """Seats, members and power of each group; one sentence where that cannot be told."""
    if assessment.mode == "publish":
        held = words.say("Held back to protect people: how many seats each group has.")
        return Html(paragraphs(held))
    found = voice(assessment.records, assessment.period)
    if found is None:
        none = words.say("The records show no council seats of two or more member groups.")
        return Html(paragraphs(none))
    notes = paragraphs(
        _who_could_decide(assessment, found, words),
        words.say(
            "Power here means how often a group would tip the result if it always voted as one. "
            "It says nothing about how people did vote."
        ),
        _against_the_rules(found, words),
    )
    return Html(notes + table(_groups(assessment, found, words), words.say("Seats and power")))


def _who_could_decide(assessment: Assessment, found: Voice, words: Words) -> str:
    largest = found.groups["seats"].idxmax()
    fields = {
        "group": assessment.organisation.member_categories[largest].title,
        "seats": whole(found.groups["seats"].max()),
        "total": found.seats,
    }
    alike = (found.groups["seats"] == found.groups["seats"].max()).sum() > 1
    if not found.to_decide:
        return words.say(
            "{group}: {seats} of {total} filled council seats. This group could decide alone.",
            **fields,
        )
    if alike:
        return words.say(
            "No group has more than {seats} of the {total} filled council seats. "
            "To decide alone it would need {more} more.",
            more=found.to_decide,
            **{name: fields[name] for name in ("seats", "total")},
        )
    return words.say(
        "{group}: {seats} of {total} filled council seats, the most of any group. "
        "To decide alone it would need {more} more.",
        more=found.to_decide,
        **fields,
    )


def _against_the_rules(found: Voice, words: Words) -> str:
    if pd.isna(found.gallagher):
        return words.say("Your rules state no share of seats for each group to compare with.")
    return words.say(
        "Seats against the shares your rules intend: {moved} of every 100 seats "
        "would have to move (Loosemore–Hanby). The Gallagher index is {gallagher}.",
        moved=quantity(words, found.loosemore_hanby, "index"),
        gallagher=quantity(words, found.gallagher, "index"),
    )


def _groups(assessment: Assessment, found: Voice, words: Words) -> pd.DataFrame:
    titles = assessment.organisation.member_categories
    return pd.DataFrame(
        {
            words.say("Group"): titles[code].title,
            words.say("Seats filled"): whole(row["seats"]),
            words.say("Share of seats"): _percent(row["seat_share"]),
            words.say("Share your rules intend"): _percent(row["declared"]),
            words.say("Members"): whole(row["members"]),
            words.say("Share of members"): _percent(row["member_share"]),
            words.say("Power (Banzhaf)"): _percent(row["banzhaf"]),
            words.say("Power (Shapley–Shubik)"): _percent(row["shapley"]),
        }
        for code, row in found.groups.iterrows()
    )


def _percent(share: float) -> str:
    return DASH if pd.isna(share) else f"{share:.0f}%"

"""The sections of the two notebooks: one function for each, one piece of the page from each.

The notebook's own text gives the headings; these give what depends on the records.
"""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from assess.actions_due import actions_due
from assess.assessment import Assessment
from assess.change import MOVED
from assess.disclosure.peers import FEWEST, read_middles
from assess.framework import Indicator, Principle
from assess.measure import FLOORS_INTERNAL
from assess.report import charts
from assess.report.consistency_page import contradictions
from assess.report.figure import (
    Figure,
    Html,
    folded,
    heading,
    joined,
    listed,
    on_screen,
    paragraphs,
    sentences_listed,
    table,
    terms_listed,
)
from assess.schemas import CONTRACTS
from assess.words import (
    DASH,
    Words,
    action_state,
    against_peers,
    changed,
    changes_in_short,
    claim_records,
    claim_verdict,
    constitution,
    gate_detail,
    gate_state,
    goalposts,
    next_step,
    not_there,
    places,
    principle_name,
    result,
    scored,
    span,
    summary,
    whole,
    why_not,
    year,
)

MOST_MOVES = 5  # lines in the list of what would move a score most
LEAST_GAIN = 0.5  # points; less is none when rounded
MOST_ACTIONS = 5  # of last year's actions; those not done come first
HASH = 12  # letters of a file's fingerprint that are shown


def opening(assessment: Assessment, words: Words) -> Html:
    """Whose report, for when, and what a reader must know before the first number."""
    title = words.say(
        "Governance self-assessment {year}: {organisation}",
        year=year(assessment.period),
        organisation=assessment.organisation.name,
    )
    notes = [
        words.say("Evidence from {period}.", period=words.period(assessment.period)),
        words.say(
            "Scores rest on what was written down. A practice with no record may still be there."
        ),
    ]
    if assessment.organisation.synthetic:
        notes.append(words.say("These records are invented, for trying things out."))
    banner = paragraphs(_banner(assessment, words), kind="banner")
    page = heading(1, title) + paragraphs(" ".join(notes)) + banner
    return Html(page, {"lang": words.lang, "title": title})


def _banner(assessment: Assessment, words: Words) -> str:
    if assessment.mode == "internal":
        return words.say("For the board only. Do not pass on: small numbers could point to people.")
    return words.say(
        "This copy may be published. Counts of people are rounded to 5. "
        "Numbers with fewer than 10 people behind them are held back. "
        "Scores here rest on the published numbers alone, so the board's own copy can differ."
    )


def in_short(assessment: Assessment, words: Words, *, peers: str = "") -> Html:
    """The four sentences and the scorecard. `peers`: see `compared`."""
    step = next_step(words, assessment.gaps, _moves(assessment))
    sentences = summary(words, assessment.principles, step, assessment.changes)
    before = assessment.previous.principles["score"] if assessment.previous else None
    card = charts.scorecard(
        assessment.principles,
        words,
        when=year(assessment.period),
        before=before,
        **_peers_drawn(peers),
    )
    return Html(listed(sentences) + card.markup)


def what_changed(assessment: Assessment, words: Words) -> Html:
    """One sentence on the last two years, and the chart of all years there are."""
    if assessment.previous is None:
        text = words.say(
            "The records do not reach back a full year before, so nothing is compared."
        )
        return Html(paragraphs(text))
    said = paragraphs(
        changes_in_short(words, assessment.changes),
        words.say(
            "Earlier years are scored again by this year's method. "
            "Ranges allow for looking at several principles at once."
        ),
    )
    if not any(each.principles["score"].notna().any() for each in assessment.years):
        return Html(paragraphs(changes_in_short(words, assessment.changes)))
    names = {"before": year(assessment.previous.period), "now": year(assessment.period)}
    if len(assessment.years) == len(names):
        return Html(said + charts.slope(assessment.changes, words, **names).markup)
    changes = charts.change_numbers(assessment.changes, words, **names)
    caption = words.say("Scores in {before} and {now}", **names)
    return Html(said + table(changes, caption) + _over_the_years(assessment, words).markup)


def _over_the_years(assessment: Assessment, words: Words) -> Figure:
    scores = pd.DataFrame(
        {year(each.period): each.principles["score"] for each in assessment.years}
    )
    titles = assessment.principles["title"]
    scores.index = pd.MultiIndex.from_arrays([scores.index, titles.reindex(scores.index)])
    return charts.small_multiples(scores, words)


def by_principle(assessment: Assessment, words: Words) -> Html:
    """For each principle: a sentence, its indicators, and how they are scored."""
    return Html(joined(_principle(assessment, words, p) for p in assessment.framework.principles))


def _principle(assessment: Assessment, words: Words, principle: Principle) -> Markup:
    row = assessment.principles.loc[principle.id]
    entries = [entry for part in principle.supporting for entry in part.indicators]
    name = principle_name(words, principle.id, principle.title)
    sentences = [scored(words, row)]
    if pd.notna(row["score"]) and row["found"] < row["needed"]:
        sentences.append(
            words.say(
                "It rests on {found} of {needed} pieces of evidence. "
                "With the rest it could be anywhere from {worst} to {best}.",
                found=whole(row["found"]),
                needed=whole(row["needed"]),
                worst=whole(row["worst"]),
                best=whole(row["best"]),
            )
        )
    if assessment.changes is not None:
        change = assessment.changes.loc[principle.id]
        if change["verdict"] in MOVED:
            sentences.append(changed(words, change))
    return (
        heading(3, name)
        + paragraphs(" ".join(sentences))
        + table(
            _results(assessment, words, entries),
            words.say("Results for “{principle}”", principle=name),
            numbers=[words.say("Score"), words.say("Records")],
            kind="results",
        )
        + _explained(words, entries, name)
    )


def _results(assessment: Assessment, words: Words, entries: list[Indicator]) -> pd.DataFrame:
    lines = []
    for entry in entries:
        measured = assessment.measures.table.loc[entry.id]
        lines.append(
            {
                words.say("What we looked at"): f"{entry.id} {words.translate(entry.title)}",
                words.say("Result"): _said(assessment, words, entry),
                words.say("90% range"): span(words, entry, measured),
                words.say("Score"): whole(assessment.scores.loc[entry.id, "score"]),
                words.say("Records"): _records(words, measured),
            }
        )
    return pd.DataFrame(lines, dtype="object")  # a column of str would make markup plain text


def _records(words: Words, measured: pd.Series) -> str:
    """How many records a result rests on, and how many more might have told something."""
    used = whole(measured["records"] or np.nan)
    if not measured["n_missing"] > 0:
        return used
    return words.say(
        "{used} ({unknown} not known)", used=used, unknown=whole(measured["n_missing"])
    )


def _said(assessment: Assessment, words: Words, entry: Indicator) -> str | Markup:
    measured = assessment.measures.table.loc[entry.id]
    floor = _floor(assessment, entry)
    lacking = not_there(words, measured)
    if lacking:  # on paper the actions say what to record
        return escape(words.say("Not recorded.")) + on_screen(lacking)
    said = [result(words, entry, measured), why_not(words, entry, measured, floor=floor)]
    return ". ".join(text for text in said if text and text != DASH) or DASH


def _floor(assessment: Assessment, entry: Indicator) -> int:
    """The fewest people about whom a number is shown in the board's own copy."""
    smallest = assessment.organisation.smallest_group
    return max(smallest, FLOORS_INTERNAL["members"]) if entry.people == "members" else smallest


def _explained(words: Words, entries: list[Indicator], name: str) -> Markup:
    rows = pd.DataFrame(
        {
            words.say("What we looked at"): f"{entry.id} {words.translate(entry.title)}",
            words.say("What it is"): words.translate(entry.definition),
            words.say("Goalposts"): goalposts(words, entry),
            words.say("An empty cell"): words.translate(entry.missing),
            words.say("What it cannot show"): words.translate(entry.cannot_show),
        }
        for entry in entries
    )
    caption = words.say("How the indicators of “{principle}” are scored", principle=name)
    return Markup('<details class="screen"><summary>{}</summary>{}</details>').format(
        words.say("How these are scored"), table(rows, caption, kind="explained")
    )


def who_took_part(assessment: Assessment, words: Words) -> Html:
    """Attendance and voting of each member group."""
    pieces = []
    attendance = _shares(assessment, "3.1c")
    if attendance is not None:
        figure = charts.groups(
            attendance,
            words,
            title=words.say("Who came to council meetings"),
            axis=words.say("Share of expected attendances that happened"),
            counted=words.say("Attendances"),
            caption=words.say("Attendance by member group"),
        )
        pieces.append(figure.markup)
    turnout = _shares(assessment, "6.2b")
    if turnout is not None:
        figure = charts.groups(
            turnout,
            words,
            title=words.say("Who voted in elections"),
            axis=words.say("Share of members who could vote and did"),
            counted=words.say("Votes"),
            caption=words.say("Turnout by member group"),
        )
        pieces.append(figure.markup)
    if not pieces:
        return Html(paragraphs(_nothing_by_group(assessment, words)))
    note = words.say(
        "Low attendance can be a sign of barriers: times, places, transport, support. "
        "Read it as a question about access, not about effort."
    )
    return Html(paragraphs(note) + joined(pieces))


def _nothing_by_group(assessment: Assessment, words: Words) -> str:
    if any(len(shares) for shares in assessment.groups.values()):
        return words.say("Held back to protect people: who took part, by member group.")
    return words.say("The records do not show attendance or votes for each member group.")


def _shares(assessment: Assessment, indicator: str) -> pd.DataFrame | None:
    """What each group did of what it could; a group with few people behind it has no numbers.

    None where there is nothing to draw: no such record, or all of it held back.
    """
    shares = assessment.groups.get(indicator)
    if shares is None or shares["share"].isna().all():
        return None
    categories = assessment.organisation.member_categories
    titles = {code: group.title for code, group in categories.items()}
    return shares.assign(group=shares["group"].map(lambda code: titles.get(code, code)))


def compared(assessment: Assessment, words: Words, *, peers: str = "") -> Html:
    """Each principle beside the middle of similar organisations; nothing where none were given.

    `peers`: the table of middles that a comparison to publish wrote. It has a middle only where
    ten organisations or more have a score.
    """
    if not peers:
        return Html(paragraphs())
    table_of_peers = read_middles(peers)
    if table_of_peers["median"].isna().all():
        few = words.say("There are not enough similar organisations to compare fairly yet.")
        return Html(paragraphs(few))
    sentences = [
        against_peers(
            words,
            row,
            table_of_peers["median"].get(key, np.nan),
            peers=int(np.nan_to_num(table_of_peers["organisations"].get(key, 0))),
            minimum=FEWEST,
        )
        for key, row in assessment.principles.dropna(subset=["score"]).iterrows()
    ]
    return Html(sentences_listed(sentences))


def _peers_drawn(peers: str) -> dict[str, object]:
    """What the scorecard needs of the middles of similar organisations."""
    if not peers:
        return {}
    middles = read_middles(peers)
    return {
        "medians": middles["median"],
        "peers": int(np.nan_to_num(middles["organisations"]).max()),
    }


def actions(assessment: Assessment, words: Words) -> Html:
    """What to record, what would move scores most, and what became of last year's actions."""
    return Html(
        _to_record(assessment, words)
        + _would_move(assessment, words)
        + _agreed_before(assessment, words)
    )


def _to_record(assessment: Assessment, words: Words) -> Markup:
    """Gaps as actions to take on: what to record and what it adds; owner and date to fill in."""
    rows = pd.DataFrame(
        {
            words.say("Record this"): places(words, gap.what),
            words.say("It adds"): words.listed(
                f"{key} {words.translate(assessment.framework.indicator(key).title)}"
                for key in gap.indicators
            ),
            words.say("Owner"): "",
            words.say("By"): "",
        }
        for gap in assessment.gaps.itertuples()
    )
    if rows.empty:
        return paragraphs(words.say("Everything this report asks for is recorded."))
    return table(rows, words.say("What to record next"), kind="gaps")


def _moves(assessment: Assessment) -> pd.DataFrame:
    """The few indicators whose rise to 100 would add most to their principle's score."""
    moves = assessment.gains
    moves = moves[(moves["do"] == "improve") & (moves["gain"] >= LEAST_GAIN)].head(MOST_MOVES)
    titles = assessment.scores["title"]
    of = titles.reindex(moves["principle"]).to_numpy()
    return moves.assign(title=titles.reindex(moves.index), principle_title=of)


def _would_move(assessment: Assessment, words: Words) -> Markup:
    moves = _moves(assessment)
    if moves.empty:
        return Markup()
    rows = pd.DataFrame(
        {
            words.say("Look at"): f"{key} {words.translate(entry.title)}",
            words.say("What helps"): words.translate(entry.remedy),
            words.say("Score now"): whole(move["score"]),
            words.say("Gain at 100"): words.say("{points} points", points=whole(move["gain"])),
            words.say("Owner"): "",
            words.say("By"): "",
        }
        for key, move in moves.iterrows()
        for entry in [assessment.framework.indicator(key)]
    )
    title = words.say("What would move a score most")
    return heading(3, title) + table(rows, title, kind="moves")


def _agreed_before(assessment: Assessment, words: Words) -> Markup:
    """Actions that were due in the period, by code, and whether they were done. Never published."""
    found = actions_due(assessment.records, assessment.period)
    if assessment.mode == "publish" or found.empty:
        return Markup()
    title = words.say("Actions due in this period")
    counts = words.say(
        "{done} of {total} actions due were done, {late} of them late.",
        done=int(found["done_on"].notna().sum()),
        total=len(found),
        late=int((found["state"] == "late").sum()),
    )
    rows = pd.DataFrame(
        {
            words.say("Action"): DASH if pd.isna(row.item_id) else row.item_id,
            words.say("First due on"): words.day(row.original_due_on),
            words.say("Done on"): DASH if pd.isna(row.done_on) else words.day(row.done_on),
            words.say("State"): action_state(words, row.state),
        }
        for row in found.head(MOST_ACTIONS).itertuples()
    )
    shown = heading(3, title) + paragraphs(counts) + table(rows, title)
    more = len(found) - MOST_ACTIONS
    return shown + paragraphs(
        words.say("And {n} more, all in your own list.", n=more) if more > 0 else ""
    )


def claims(assessment: Assessment, words: Words) -> Html:
    """What is said of such constitutions, what these rules provide, what the records show."""
    framework = {claim.id: claim for claim in assessment.framework.claims}
    lines = [
        {
            words.say("Claim"): f"{key} {words.translate(claim['text'])}",
            words.say("Your rules provide"): _provided(words, claim["constitution"]),
            words.say("Your records show"): _shown_by_records(words, claim),
            words.say("Verdict"): _verdict(words, claim),
        }
        for key, claim in assessment.claims.loc[list(framework)].iterrows()
    ]
    rows = pd.DataFrame(lines, dtype="object")  # a column of str would make the markup plain text
    return Html(table(rows, words.say("Claims, rules and records"), kind="claims"))


def _provided(words: Words, provided: Mapping[str, bool | None]) -> Markup:
    """How much of what a claim asks for the rules provide; what it is, on screen."""
    counts = Counter(provided.values())
    said = words.say("{n} of {total}.", n=counts[True], total=len(provided))
    if counts[None]:
        said = words.say(
            "{n} of {total}; {open} not stated.",
            n=counts[True],
            total=len(provided),
            open=counts[None],
        )
    return escape(said) + on_screen(constitution(words, provided))


def _shown_by_records(words: Words, claim: pd.Series) -> Markup:
    ids = ", ".join(claim["scored"] or claim["indicators"])
    return escape(claim_records(words, claim)) + on_screen(f"({ids})")


def _verdict(words: Words, claim: pd.Series) -> str:
    said = claim_verdict(words, claim["verdict"])
    return f"{said} {words.translate(claim['note'])}".strip()


def gates(assessment: Assessment, words: Words) -> Html:
    """Rules that are kept or not; never part of a score."""
    rows = pd.DataFrame(
        {
            words.say("Rule"): words.translate(gate["title"]),
            words.say("State"): gate_state(words, gate["state"]),
            words.say("What the records show"): gate_detail(words, gate),
        }
        for _, gate in assessment.gates.iterrows()
    )
    return Html(table(rows, words.say("Rules kept and not kept")))


def method(assessment: Assessment, words: Words) -> Html:
    """Files, rows left out, method, limits: what is needed to check or repeat this."""
    framework = assessment.framework
    sentences = [
        words.say(
            "Method: {title}, version {version}. Seed: {seed}.",
            title=words.translate(framework.title),
            version=framework.method_version,
            seed=assessment.seed,
        ),
        words.say(
            "Cells and rows that could not be read: {n}. They count as not known.",
            n=assessment.counts["problems"],
        ),
        _left_out(words, assessment.counts["left_out"]),
        words.say("The framework follows: {citation}", citation=framework.citation),
        words.say(
            "A run to publish deletes files that point to single rows, once they are {n} days old.",
            n=assessment.organisation.keep_rows_days,
        ),
    ]
    again = words.say(
        "To work this out again: assess run FOLDER --period {period} --seed {seed}. "
        "Fingerprint of all records: {fingerprint}.",
        period=assessment.period,
        seed=assessment.seed,
        fingerprint=_fingerprint_of_all(assessment.records.inputs),
    )
    welsh = words.say("The Welsh wording is a draft until a translator has checked it.")
    return Html(
        paragraphs(" ".join(sentences), again, welsh)
        + contradictions(assessment, words)
        + folded(
            words.say("What was read"),
            table(_tables_used(assessment, words), words.say("What was read")),
        )
    )


def _left_out(words: Words, rows: int | None) -> str:
    if rows is None:
        return words.say("Some rows were left out; how many is held back to protect people.")
    return words.say("Rows left out: {n}.", n=rows)


def _fingerprint_of_all(inputs: Mapping[str, str]) -> str:
    return sha256("".join(sorted(inputs.values())).encode()).hexdigest()[:HASH]


def _tables_used(assessment: Assessment, words: Words) -> pd.DataFrame:
    records = assessment.records
    return pd.DataFrame(
        {
            words.say("Sheet"): words.translate(CONTRACTS[name].Config.title),
            words.say("File"): source,
            words.say("Rows"): _rows(assessment.counts["read"].get(name, 0), words),
            words.say("Fingerprint"): _fingerprint(records.inputs, source),
        }
        for name, source in records.sources.items()
    )


def _rows(number: int | None, words: Words) -> str:
    return words.say("held back") if number is None else f"{number:,}"


def _fingerprint(inputs: Mapping[str, str], source: str) -> str:
    """The first letters of the SHA-256 of the file a table came from."""
    found = [digest for name, digest in inputs.items() if source.startswith(name)]
    return found[0][:HASH] if found else DASH


def glossary(words: Words) -> Html:
    """The words a reader may not know."""
    terms = [
        (
            words.say("Score"),
            words.say("A number from 0 to 100, from where a result lies between its goalposts."),
        ),
        (words.say("Goalposts"), words.say("The results that score 0 and 100.")),
        (
            words.say("90% range"),
            words.say(
                "How much a number could move by chance in a similar year. "
                "Nine times in ten it would lie in this range."
            ),
        ),
        (
            words.say("Evidence found"),
            words.say("How many of a principle's indicators had enough records to be scored."),
        ),
        (words.say("Indicator"), words.say("One thing that is counted in the records.")),
        (
            words.say("Not scored"),
            words.say("Too little is recorded to say. It does not mean the practice is missing."),
        ),
        (
            words.say("Held back"),
            words.say("Known, but not shown, to protect the few people behind it."),
        ),
        (
            words.say("Not known"),
            words.say("Rows where a cell needed for this result is empty or cannot be read."),
        ),
        (words.say("Quorum"), words.say("How many people must be there for a decision to count.")),
    ]
    return Html(terms_listed(terms))

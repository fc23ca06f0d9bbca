"""The sections of the comparison notebook: a function for each, a piece of the page from each."""

import pandas as pd
from markupsafe import Markup

from assess import compare
from assess.compare import Results
from assess.disclosure import peers
from assess.load import organisation_sheets
from assess.records import Period
from assess.report import charts
from assess.report.figure import Html, heading, joined, paragraphs, table
from assess.words import DASH, Words, principle_name, whole

MOST_GAPS = 12  # lines in the list of gaps
MOST_TEACHERS = 3  # named beside one organisation


def opening(results: Results, words: Words) -> Html:
    """How many organisations, and how the page is to be read."""
    if results.peers is not None:
        return _published_opening(words)
    compared = results.scores["organisation"].nunique()
    title = words.say("{n} organisations side by side", n=compared)
    notes = words.say(
        "These organisations differ in size, form and purpose. "
        "Use this to find someone to learn from, not to judge who is best."
    )
    banner = paragraphs(_banner(results, words), kind="banner")
    return Html(
        heading(1, title) + paragraphs(notes) + banner, {"lang": words.lang, "title": title}
    )


def _banner(results: Results, words: Words) -> str:
    if not results.you:
        return words.say("For the organisations named here only. Do not pass on.")
    return words.say(
        "This copy is for {you} only. It names no other organisation. "
        "The letters of the others are different in every copy.",
        you=names(results)[results.you],
    )


def _published_opening(words: Words) -> Html:
    title = words.say("Organisations side by side")
    notes = words.say(
        "This copy may be published. It names no organisation. "
        "A middle is shown where ten or more organisations have a score, quartiles where twenty do."
    )
    return Html(
        heading(1, title) + paragraphs(notes, kind="banner"), {"lang": words.lang, "title": title}
    )


def names(results: Results) -> dict[str, str]:
    """Names by id; the id where there is no name."""
    rows = results.status.itertuples()
    return {row.organisation: row.name or row.organisation for row in rows}


def _shown_names(results: Results, words: Words) -> dict[str, str]:
    """Names by id as a page shows them: in an organisation's own copy the others are letters."""
    if not results.you:
        return names(results)
    return {
        code: name if code == results.you else words.say("Organisation {letter}", letter=code)
        for code, name in names(results).items()
    }


def status(results: Results, words: Words) -> Html:
    """What became of each organisation's records, and how much evidence they held."""
    if results.peers is not None:
        return _not_single(words)
    found = compare.evidence(results)
    scored = compare.profiles(results).notna().sum(axis=1)
    shown = _shown_names(results, words)
    periods = {one: _period(words, one) for one in results.status["period"].unique()}
    rows = pd.DataFrame(
        {
            words.say("Organisation"): shown[row.organisation],
            words.say("Period"): periods[row.period],
            words.say("Principles scored"): whole(scored.get(row.organisation, float("nan"))),
            words.say("Evidence found"): _evidence(words, found, row.organisation),
            words.say("To note"): row.message,
        }
        for row in results.status.itertuples()
    )
    return Html(table(rows, words.say("The organisations and their records")))


def _not_single(words: Words) -> Html:
    return Html(
        paragraphs(words.say("Held back: a copy to publish says nothing of single organisations."))
    )


def _middles(peers: pd.DataFrame, words: Words) -> Html:
    """The middle and quartiles of each principle, or in words that too few stand behind them."""
    if peers["median"].isna().all():
        return Html(
            paragraphs(
                words.say("There are not enough similar organisations to compare fairly yet.")
            )
        )
    held = words.say("held back")

    def shown(number: float) -> str:
        return held if pd.isna(number) else whole(number)

    rows = pd.DataFrame(
        {
            words.say("Principle"): principle_name(words, key, row["title"]),
            words.say("Organisations scored, to the nearest 5"): shown(row["organisations"]),
            words.say("A quarter score this or less"): shown(row["lower"]),
            words.say("Middle score"): shown(row["median"]),
            words.say("A quarter score this or more"): shown(row["upper"]),
        }
        for key, row in peers.iterrows()
    )
    return Html(table(rows, words.say("Scores on the six principles")))


def _period(words: Words, period: str) -> str:
    return words.period(Period.parse(period)) if period else DASH


def _evidence(words: Words, found: pd.DataFrame, organisation: str) -> str:
    if organisation not in found.index:
        return DASH
    row = found.loc[organisation]
    return words.say("{n} of {total}", n=whole(row["found"]), total=whole(row["needed"]))


def profiles(results: Results, words: Words) -> Html:
    """The scores of all as a table; a number in every cell."""
    if results.peers is not None:
        return _middles(results.peers, words)
    scores = compare.profiles(results)
    titles = compare.titles(results)
    shown = _shown_names(results, words)
    columns = {key: principle_name(words, key, titles[key]) for key in titles}
    heat = charts.heat_table(
        scores.loc[[code for code in shown if code in scores.index]].rename(
            index=shown, columns=columns
        ),
        words,
        caption=words.say("Scores on the six principles"),
        corner=words.say("Organisation"),
    )
    rows = results.scores[results.scores["level"] == "principle"]
    rows = rows.assign(name=rows["organisation"].map(shown), title=rows["id"].map(columns))
    if rows["name"].nunique() > charts.MOST_PROFILES:
        return heat
    figure = charts.profiles(rows, words, you=shown.get(results.you, ""))
    return Html(figure.markup + heat.markup)


def teach(results: Results, words: Words) -> Html:
    """For each organisation, its lowest principle and who could show how it is done."""
    if results.peers is not None:
        return _not_single(words)
    found = compare.teachers(results)
    if found.empty:
        none = words.say("No range lies wholly above another's lowest, so nobody is singled out.")
        return Html(paragraphs(none))
    shown = _shown_names(results, words)
    rows = pd.DataFrame(
        {
            words.say("Organisation"): shown[row.organisation],
            words.say("Its lowest principle"): words.say(
                "{principle}, {score}",
                principle=principle_name(words, row.id, row.title),
                score=whole(row.score),
            ),
            words.say("Clearly higher, so worth asking"): words.listed(
                shown[code] for code in row.teachers[:MOST_TEACHERS]
            ),
        }
        for row in found.itertuples()
    )
    return Html(table(rows, words.say("Who could teach whom")))


def ranks(results: Results, words: Words, *, seed: int) -> Html:
    """For each principle, where each organisation could stand."""
    if results.peers is not None:
        return _not_single(words)
    titles = compare.titles(results)
    places = {key: compare.ranks(results, key, seed=seed) for key in sorted(titles)}
    if all(len(found) < compare.FEWEST for found in places.values()):
        few = words.say("Too few organisations have a score to show where each could stand.")
        return Html(paragraphs(few))
    pieces = (_ranks(results, words, key, titles[key], found) for key, found in places.items())
    return Html(joined(pieces))


def _ranks(results: Results, words: Words, key: str, title: str, places: pd.DataFrame) -> Markup:
    name = principle_name(words, key, title)
    if len(places) < compare.FEWEST:
        few = words.say("Too few organisations have a score here to show where each could stand.")
        return heading(3, name) + paragraphs(few)
    named = _shown_names(results, words)
    figure = charts.rank_ranges(
        places.assign(name=places["name"].map(named)),
        words,
        title=words.say("Where each organisation could stand: {principle}", principle=name),
        caption=words.say("Places each organisation could have on “{principle}”", principle=name),
        you=named.get(results.you, ""),
    )
    return heading(3, name) + figure.markup


def gaps(results: Results, words: Words) -> Html:
    """What most organisations do not record."""
    if results.gaps is not None and results.gaps.empty:
        held = words.say(
            "Held back: evidence is named only where ten or more organisations lack it, and ten or "
            "more have it."
        )
        return Html(paragraphs(held))
    rows = compare.common_gaps(results) if results.gaps is None else results.gaps
    rows = rows.head(MOST_GAPS)
    if rows.empty:
        return Html(paragraphs(words.say("No evidence is missing anywhere.")))
    shown = pd.DataFrame(
        {
            words.say("Indicator"): f"{row.id} {words.translate(row.title)}",
            words.say("Organisations without this evidence"): words.say(
                "{n} of {total}", n=whole(row.lacking), total=whole(row.of)
            ),
        }
        for row in rows.itertuples()
    )
    return Html(table(shown, words.say("Evidence most often missing")))


def kinds(results: Results, words: Words) -> Html:
    """Organisations by what they are; to publish, only where ten or more are of each kind."""
    if results.kinds is not None:
        parts = [_of_kind(trait, found, words) for trait, found in results.kinds.middles.items()]
        return Html(joined(parts) + _crossed(results.kinds.crossed, words))
    if results.you or results.traits is None:
        return Html(
            paragraphs(words.say("Held back: what kind an organisation is could point to it."))
        )
    known = results.traits[results.traits.index.isin(results.scores["organisation"])].fillna("")
    first, second = peers.CROSSED
    return Html(_crossed(pd.crosstab(known[first], known[second]), words))


def _trait(trait: str, words: Words) -> str:
    return words.translate(organisation_sheets.labels("organisation")[trait])


def _value(value: str, words: Words) -> str:
    return words.translate(organisation_sheets.shown(value)) if value else words.say("not stated")


def _of_kind(trait: str, found: pd.DataFrame | None, words: Words) -> Markup:
    title = _trait(trait, words)
    if found is None:
        return heading(3, title) + paragraphs(
            words.say("Held back: fewer than ten organisations are of one of these kinds.")
        )
    held = words.say("held back")
    rows = pd.DataFrame(
        {
            title: _value(value, words),
            words.say("Organisations, to the nearest 5"): whole(row["organisations"]),
            **{
                words.say("Middle score, principle {principle}", principle=key): held
                if pd.isna(row[key])
                else whole(row[key])
                for key in found.columns[1:]
            },
        }
        for value, row in found.iterrows()
    )
    return heading(3, title) + table(rows, words.say("Middle scores by: {what}", what=title))


def _crossed(found: pd.DataFrame | None, words: Words) -> Markup:
    """How many organisations have each combination of two traits."""
    first, second = (_trait(trait, words) for trait in peers.CROSSED)
    title = words.say("Two kinds together: {first}; {second}", first=first, second=second)
    if found is None:
        return heading(3, title) + paragraphs(
            words.say("Held back: some combination is that of fewer than ten organisations.")
        )
    rows = found.rename(index=lambda value: _value(value, words))
    rows.columns = [_value(value, words) for value in found.columns]
    rows = rows.map(whole).rename_axis(first).reset_index()
    return heading(3, title) + table(rows, words.say("How many organisations are of each kind"))

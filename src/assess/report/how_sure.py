"""The sections of the robustness notebook: how far scores and places move, and what moves them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from assess.assessment import Assessment, assess_records
from assess.framework import Framework, load_framework
from assess.load import find_organisations
from assess.measure import Measures
from assess.records import AssessError
from assess.report import charts
from assess.report.figure import Html, heading, joined, paragraphs, table
from assess.robustness import Robustness, robustness
from assess.robustness.choices import EVERYTHING, PROFILE, Choices
from assess.robustness.governance_models import FEWEST, against_the_rest, group_means
from assess.robustness.sensitivity import WIDEST, Drivers, drivers, gains
from assess.words import DASH, Words, principle_name, whole

MOST_STEPS = 3  # steps listed for each organisation
RUNS = 10_000
OUR_MODEL = "multi_stakeholder"


@dataclass(frozen=True)
class Compared:
    """Organisations with their records, and what came of varying what could be varied."""

    assessments: tuple[Assessment, ...]
    framework: Framework
    choices: Choices
    seed: int

    @cached_property
    def measures(self) -> dict[str, Measures]:
        return {each.organisation.id: each.measures for each in self.assessments}

    @cached_property
    def names(self) -> dict[str, str]:
        return {each.organisation.id: each.organisation.name for each in self.assessments}

    @cached_property
    def runs(self) -> Robustness:
        return robustness(self.measures, self.framework, self.choices, runs=RUNS, seed=self.seed)

    @cached_property
    def drivers(self) -> Drivers:
        return drivers(self.measures, self.framework, self.choices, seed=self.seed)

    def scored(self, part: str) -> list[str]:
        """Organisations with a score, the highest first."""
        scores = self.runs.scores.loc[part, "score"].dropna()
        return scores.sort_values(ascending=False, kind="stable").index.tolist()


def gather(
    source: Path | str, *, period: str = "", seed: int = 0, choices: Choices = EVERYTHING
) -> Compared:
    """Assess every organisation in a folder of records. Those that cannot be are left out.

    Raises AssessError where fewer than two can be assessed.
    """
    found = []
    for folder in find_organisations([Path(source)]):
        try:
            found.append(assess_records(folder, period=period, seed=seed, look_back=False))
        except AssessError:
            continue
    if len(found) < 2:
        raise AssessError(
            f"{source}: {len(found)} organisations there could be assessed, and comparing takes "
            "two. Name a folder that holds the records of several."
        )
    return Compared(tuple(found), load_framework(), choices, seed)


def opening(compared: Compared, words: Words, mode: str = "internal") -> Html:
    """What the page is about. Raises AssessError for a copy to publish."""
    if mode != "internal":
        raise AssessError(
            f"The mode '{mode}' is not known here. Write internal: names would have to be left out."
        )
    title = words.say("How sure are these comparisons?")
    text = words.say(
        "{n} organisations, scored {runs} times, each time a little differently.",
        n=len(compared.assessments),
        runs=f"{RUNS:,}",
    )
    banner = paragraphs(
        words.say("For the organisations named here only. Do not pass on."), kind="banner"
    )
    return Html(heading(1, title) + paragraphs(text) + banner, {"lang": words.lang, "title": title})


def moved(compared: Compared, words: Words) -> Html:
    """What was varied, and how many points scores moved when it alone was."""
    points = compared.runs.moved
    said = factors(words)
    rows = pd.DataFrame(
        {
            words.say("What is varied"): [said[factor][0] for factor in points.index],
            words.say("How"): [said[factor][1] for factor in points.index],
            words.say("Points, each principle"): [
                f"{whole(low)}–{whole(high)}"
                for low, high in zip(
                    points[_principles(compared)].min(axis=1),
                    points[_principles(compared)].max(axis=1),
                    strict=True,
                )
            ],
            words.say("Points, all six together"): points[PROFILE].map(whole),
        }
    )
    return Html(table(rows, words.say("What was varied, and how far scores moved on average")))


def factors(words: Words) -> dict[str, tuple[str, str]]:
    """Each factor's name, and what is done to it."""
    return {
        "weights": (
            words.say("Weights"),
            words.say("Some parts count for more, others for less."),
        ),
        "goalposts": (
            words.say("Goalposts"),
            words.say("Each goalpost moves by up to a fifth of the way between the two."),
        ),
        "aggregation": (
            words.say("How scores are put together"),
            words.say("A high score makes up for a low one less."),
        ),
        "leave_out": (
            words.say("One indicator left out"),
            words.say("Each indicator in turn, or none."),
        ),
        "missing": (
            words.say("What is not recorded"),
            words.say("It counts as the worst, the best, or not at all."),
        ),
        "chance": (
            words.say("Chance"),
            words.say("The records of a similar year."),
        ),
    }


def _principles(compared: Compared) -> list[str]:
    return [principle.id for principle in compared.framework.principles]


def _parts(compared: Compared, words: Words) -> Iterator[tuple[str, str]]:
    yield PROFILE, words.say("All six together")
    for principle in compared.framework.principles:
        yield principle.id, principle_name(words, principle.id, principle.title)


def ranks(compared: Compared, words: Words) -> Html:
    """Where each organisation could stand, taken all together and by principle."""
    return Html(joined(_ranks(compared, words, *part) for part in _parts(compared, words)))


def _ranks(compared: Compared, words: Words, part: str, name: str) -> Markup:
    places = compared.runs.ranks.loc[part].dropna()
    if len(places) < 2:
        few = words.say("Too few organisations have a score here to show where each could stand.")
        return heading(3, name) + paragraphs(few)
    figure = charts.rank_ranges(
        places.assign(name=places.index.map(compared.names)),
        words,
        title=words.say("Where each organisation could stand: {principle}", principle=name),
        caption=words.say("Places each organisation could have on “{principle}”", principle=name),
    )
    return heading(3, name) + figure.markup


def pairs(compared: Compared, words: Words) -> Html:
    """How often each organisation is above each other one, and who cannot be told apart."""
    scored = compared.scored(PROFILE)
    above = 100 * compared.runs.above(PROFILE).loc[scored, scored]
    shown = charts.heat_table(
        above.rename(index=compared.names, columns=compared.names),
        words,
        caption=words.say("How often the one on the left is above the one at the top, of 100"),
        corner=words.say("Organisation"),
    )
    groups = [
        words.listed(compared.names[id] for id in group)
        for group in compared.runs.groups(PROFILE)
        if len(group) > 1
    ]
    text = words.say("These cannot be told apart. An organisation may be in two such groups.")
    lines = joined(Markup("<li>{}</li>").format(group) for group in groups)
    listed = paragraphs(text) + Markup("<ul>{}</ul>").format(lines) if groups else Markup("")
    return Html(shown.markup + listed)


def spread(compared: Compared, words: Words) -> Html:
    """What makes the scores move: on average, and for each organisation."""
    first, total = compared.drivers.first.loc[PROFILE], compared.drivers.total.loc[PROFILE]
    total = total.dropna()
    said = {factor: name for factor, (name, _) in factors(words).items()}
    alone, together = first.loc[total.index].mean(), total.mean()
    bars = pd.DataFrame(
        {
            "name": [said[factor] for factor in total],
            # Whole numbers, so that the last digits of another machine draw the same picture.
            "alone": (100 * alone).round().to_numpy(),
            "together": (100 * together).round().to_numpy(),
        }
    )
    figure = charts.drivers(
        bars,
        words,
        title=words.say("What makes the scores move"),
        caption=words.say("Average of the organisations, all six principles together"),
    )
    each = charts.heat_table(
        100 * total.rename(index=compared.names, columns=said),
        words,
        caption=words.say("Share of the spread of each score, of 100, alone and with others"),
        corner=words.say("Organisation"),
    )
    return Html(figure.markup + _unsure(compared, words) + each.markup)


def _unsure(compared: Compared, words: Words) -> Markup:
    refused = compared.drivers.refused
    refused = refused[refused.index.get_level_values("part") == PROFILE]
    if refused.empty:
        return Markup("")
    left_out = words.say(
        "Not known to within {width} of 100, and left out: {names}. Use base={base} to know.",
        width=whole(100 * WIDEST),
        names=words.listed(compared.names[id] for _, id in refused.index),
        base=refused.max(),
    )
    return paragraphs(left_out)


def steps(compared: Compared, words: Words) -> Html:
    """What would move each organisation's scores most."""
    rows = []
    for each in compared.assessments:
        best = gains(each.measures, each.framework, each.scores).dropna(subset=["gain"])
        for id, step in best.head(MOST_STEPS).iterrows():
            rows.append(
                {
                    words.say("Organisation"): each.organisation.name,
                    words.say("Principle"): step["principle"],
                    words.say("Indicator"): f"{id} {_title(each.framework, words, id)}",
                    words.say("Score now"): whole(step["score"]),
                    words.say("Points gained at most"): whole(step["gain"]),
                }
            )
    return Html(table(pd.DataFrame(rows), words.say("What would raise a principle most")))


def _title(framework: Framework, words: Words, id: str) -> str:
    return words.translate(framework.indicator(id).title)


def models(compared: Compared, words: Words) -> Html:
    """Whether organisations governed by several member groups score otherwise than the rest."""
    scores = compared.runs.scores["score"].unstack("part")[_principles(compared)]  # noqa: PD010
    model = pd.Series(
        {e.organisation.id: e.organisation.governance_model for e in compared.assessments}
    )
    against = against_the_rest(scores, model, OUR_MODEL, seed=compared.seed)
    limits = words.say(
        "Nobody gave these organisations their form of governance. They differ in size, age and "
        "work. Any of these could lie behind a difference."
    )
    if against["difference"].isna().all():
        few = words.say(
            "Not shown: {n} organisations have several member groups, {rest} do not. Each side "
            "needs {fewest}.",
            n=against["n"].max(),
            rest=against["n_rest"].max(),
            fewest=FEWEST,
        )
        return Html(paragraphs(few, limits))
    means = group_means(scores, model.map({OUR_MODEL: OUR_MODEL}).fillna("rest"))
    pooled = means["pooled"].unstack("model")  # noqa: PD010
    rows = pd.DataFrame(
        {
            words.say("Principle"): [
                principle_name(words, p.id, p.title) for p in compared.framework.principles
            ],
            words.say("Several member groups"): pooled[OUR_MODEL].map(whole).to_numpy(),
            words.say("All others"): pooled["rest"].map(whole).to_numpy(),
            words.say("Difference in standard deviations"): [
                DASH if pd.isna(g) else f"{g:.1f} ({low:.1f} – {high:.1f})"
                for g, low, high in against[["effect", "effect_low", "effect_high"]].to_numpy()
            ],
            words.say("Chance gives as much, of 100 times"): [
                DASH if pd.isna(p) else whole(100 * p) for p in against["p_holm"]
            ],
        }
    )
    shown = table(rows, words.say("Mean scores of two forms of governance"))
    return Html(shown + paragraphs(limits))

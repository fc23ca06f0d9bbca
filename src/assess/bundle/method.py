"""The method document, generated from the framework, and the rule that its numbers are versioned.

Anything in the framework that can change a score is a number in this sense: goalposts, weights,
least numbers, parameters, the columns read. Words can be mended without a new version.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

import yaml

from assess import change, disclosure, intervals
from assess.disclosure import peers, suppression
from assess.framework import Claim, Framework, Gate, Indicator, SupportingPrinciple, load_framework
from assess.records import AssessError
from assess.schemas import CONTRACTS, fields_of
from assess.whole_files import write_whole
from assess.words import Words, goalposts

HERE = Path(__file__).parents[1]
TEMPLATE = HERE / "templates" / "method.md"
VERSIONS = HERE / "method_versions.yaml"
DOCUMENT = HERE.parents[1] / "docs" / "method.md"  # in a checkout
PROSE = {
    *("title", "definition", "goalpost_source", "counts", "rationale", "pitfalls", "missing"),
    *("cannot_show", "remedy", "rule", "source", "text", "note", "formula"),
}
DIRECTIONS = {True: "more is better", False: "less is better"}
RANGES = {
    "wilson": "Wilson's, for records that stand alone",
    "meetings": "by meetings: records of one meeting stand or fall together",
    "exact": "none: known in full",
}
FORMULAS = {
    "%": "100 × those that do ÷ all {counts}",
    "ratio": "share of the lowest group ÷ share of the highest group, among {counts}",
}
# Numbers outside the framework file on which every range, or what is shown at all, depends.
SHARED = {
    "level": intervals.LEVEL,
    "draws": intervals.DRAWS,
    "shared_habit": intervals.SHARED_HABIT,
    "habit_strength": intervals.HABIT_STRENGTH,
    "many_meetings": intervals.MANY_MEETINGS,
    "change_floor": change.CHANGE_FLOOR,
    "floor": disclosure.FLOOR,
    "base": suppression.BASE,
    "quartiles": peers.FEWEST_QUARTILES,
}


def method_document(framework: Framework) -> str:
    """The method as Markdown."""
    indicators = framework.indicators
    parts = []
    for principle in framework.principles:
        parts.append(f"### {principle.id} {principle.title}")
        parts += [_supporting(part, framework) for part in principle.supporting]
    text = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        version=framework.method_version,
        name=framework.name,
        citation=framework.citation,
        ours=sum(entry.goalpost_source == "our judgement" for entry in indicators),
        indicators_n=len(indicators),
        supporting_n=len(framework.supporting_principles),
        tier_a=sum(entry.tier == "A" for entry in indicators),
        tier_b=sum(entry.tier == "B" for entry in indicators),
        weights=_weights(framework),
        parts="\n\n".join(parts),
        gates="\n".join(map(_gate, framework.gates)),
        claims="\n".join(map(_claim, framework.claims)),
        **{name: f"{number:g}" for name, number in SHARED.items()},
    )
    return text.rstrip() + "\n"


def _weights(framework: Framework) -> str:
    every = (*framework.principles, *framework.supporting_principles, *framework.indicators)
    uneven = [part.id for part in every if part.weight != 1]
    return f"not equal for {', '.join(uneven)}" if uneven else "equal at every level"


def _supporting(part: SupportingPrinciple, framework: Framework) -> str:
    opening = (
        f"#### {part.id} {part.title}\n\nWhat records alone can show of it: "
        f"{part.evidence_strength}."
    )
    return "\n\n".join([opening, *(_indicator(entry, framework) for entry in part.indicators)])


def _indicator(entry: Indicator, framework: Framework) -> str:
    rows = _facts(entry, framework)
    table = "\n".join(f"| {name} | {_cell(said)} |" for name, said in rows if said)
    head = f"| {entry.id} | {entry.title} |\n|---|---|"
    return f"**{entry.id} {entry.title}** (`{entry.name}`)\n\n{head}\n{table}"


def _facts(entry: Indicator, framework: Framework) -> Iterable[tuple[str, str]]:
    """What the document says of one indicator, line by line; empty where there is nothing."""
    yield "what it is", entry.definition
    yield "formula", _formula(entry)
    yield "columns", _columns(entry)
    yield "numbers inside", ", ".join(_parameter(*pair) for pair in entry.parameters.items())
    yield "unit, direction", f"{entry.unit}, {_direction(entry)}"
    yield "goalposts", goalposts(Words("en"), entry)
    yield "least needed", _minimum(entry)
    yield "years put together", f"{entry.years}" if entry.years > 1 else ""
    yield "range by chance", RANGES[entry.range]
    yield "applies", _applies(entry)
    yield "an empty cell", entry.missing
    yield "why it is here", entry.rationale
    yield "pitfalls", entry.pitfalls
    yield "what it cannot show", entry.cannot_show
    yield "serves", _serves(entry, framework)
    yield "weight, tier", f"{entry.weight:g}, {entry.tier}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _formula(entry: Indicator) -> str:
    score = (
        "rises to 100 and falls again between its four goalposts"
        if entry.band
        else f"100 × (measure – {entry.worst:g}) ÷ ({entry.best:g} – {entry.worst:g})"
    )
    measure = entry.formula or FORMULAS[entry.unit].format(counts=entry.counts)
    return f"{measure}; score {score}"


def _columns(entry: Indicator) -> str:
    said = "; ".join(map(_column, entry.needs)) or "none of its own"
    if entry.needs_one_of:
        said += f"; one of: {', '.join(map(_column, entry.needs_one_of))}"
    if entry.needs_rows:
        words = (f"{place} = {word}" for place, word in entry.needs_rows.items())
        said += f"; at least one row with {', '.join(words)}"
    for table, column in entry.dated_by.items():
        said += f"; rows of {table} belong to a period by {column}"
    return said


def _column(place: str) -> str:
    table, _, column = place.partition(".")
    title = fields_of(table)[column].title if table in CONTRACTS else ""
    return f"`{place}`" + (f" ({title})" if title else "")


def _parameter(name: str, value: Any) -> str:
    return (
        f"{name.replace('_', ' ')}: {value:g}" if not isinstance(value, str) else f"{name}: {value}"
    )


def _direction(entry: Indicator) -> str:
    return "a band: neither more nor less" if entry.band else DIRECTIONS[entry.best > entry.worst]


def _minimum(entry: Indicator) -> str:
    what = {"rows": " rows", "each group": f" {entry.counts} in each group"}
    if not entry.minimum:
        return "none: it is known in full"
    people = f"; about {entry.people}, so few of them are held back" if entry.people else ""
    return f"{entry.minimum:g}{what.get(entry.minimum_of, f' {entry.counts}')}{people}"


def _applies(entry: Indicator) -> str:
    if entry.applies is None:
        return "to every organisation"
    said = []
    if entry.applies.body:
        said.append(f"a {entry.applies.body}")
    if entry.applies.category_kind:
        said.append(f"a member group of {entry.applies.category_kind}")
    if entry.applies.categories:
        said.append(f"{entry.applies.categories} or more member groups")
    if entry.applies.elections:
        said.append("elections by members")
    return f"where the constitution has {' and '.join(said)}"


def _serves(entry: Indicator, framework: Framework) -> str:
    """The supporting principle it is under, and the claims it bears on."""
    part = next(p for p in framework.supporting_principles if entry in p.indicators)
    claims = [claim.id for claim in framework.claims if entry.id in claim.indicators]
    told = f"; claims {', '.join(claims)}" if claims else "; none of the nineteen claims"
    return f"supporting principle {part.id}, {part.title}{told}"


def _gate(gate: Gate) -> str:
    source = " ".join(gate.source.split()).rstrip(".")
    return f"- **{gate.id} {gate.title}.** {' '.join(gate.rule.split())} Source: {source}."


def _claim(claim: Claim) -> str:
    note = f" {claim.note}" if claim.note else ""
    return f"- **{claim.id}** {claim.text} Indicators: {', '.join(claim.indicators)}.{note}"


def method_page(framework: Framework) -> str:
    """The method as a page that opens anywhere."""
    import mistune
    from markupsafe import Markup

    from assess import report

    opening, *sections = method_document(framework).split("\n## ")
    render = mistune.create_markdown(escape=True, plugins=["table"])
    words = Words("en")
    shown = []
    for number, text in enumerate(sections, 1):
        title, _, body = text.partition("\n")
        section = report.Section(f"s{number}", Markup.escape(title))
        section.pieces.append(Markup(render(body).replace("<table>", '<table class="plain">')))
        shown.append(section)
    title = opening.partition("\n")[0].lstrip("# ")
    page = report._page_of(words, title, Markup(render(opening)), shown, "")
    return report._from_template(page)


# Versions


def numbers_of(framework: Framework) -> dict[str, str]:
    """A short fingerprint of the numbers of every part: id -> eight hexadecimal digits."""
    every = (*framework.indicators, *framework.gates, *framework.claims)
    prints = {part.id: _fingerprint(part.model_dump(mode="json")) for part in every}
    above = (*framework.principles, *framework.supporting_principles)
    prints["structure"] = _fingerprint(
        {part.id: [part.weight, [child.id for child in _children(part)]] for part in above}
    )
    prints["shared"] = _fingerprint(SHARED)
    return prints


def _children(part: Any) -> tuple[Any, ...]:
    return part.indicators if hasattr(part, "indicators") else part.supporting


def _fingerprint(part: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in part.items() if key not in PROSE}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:8]


def recorded_versions() -> dict[str, dict[str, str]]:
    """Method version -> the fingerprints of its numbers."""
    return yaml.safe_load(VERSIONS.read_text(encoding="utf-8")) or {}


def changed_numbers(framework: Framework) -> list[str]:
    """The parts whose numbers differ from what is recorded for this method version."""
    recorded = recorded_versions().get(framework.method_version, {})
    now = numbers_of(framework)
    return [key for key in now | recorded if now.get(key) != recorded.get(key)]


def record_version(framework: Framework) -> None:
    """Record the numbers of a new method version.

    Raises AssessError where the version is recorded already with other numbers.
    """
    versions = recorded_versions()
    changed = changed_numbers(framework)
    if framework.method_version in versions:
        if changed:
            raise AssessError(
                f"Numbers changed at {', '.join(changed)}, and the method version is still "
                f"{framework.method_version}. Give the framework file a new method_version, and "
                "say in CHANGELOG.md which scores change."
            )
        return
    versions[framework.method_version] = numbers_of(framework)
    text = HEAD + yaml.safe_dump(versions, sort_keys=False)
    write_whole(VERSIONS, text)


HEAD = """\
# What the numbers of each method version were, as a fingerprint of each part of the framework.
# `make method` adds a line for a new version. A version that has been used is never edited.
"""


def main() -> None:
    """Write docs/method.md, and record the version if it is new."""
    framework = load_framework()
    record_version(framework)
    write_whole(DOCUMENT, method_document(framework))
    print(f"{DOCUMENT.name}: method version {framework.method_version}")


if __name__ == "__main__":
    main()

"""The framework: principles, indicators, gates and claims, read from a file and checked whole."""

import difflib
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assess.offices import WORKED_OUT
from assess.records import AssessError, Records
from assess.schemas import CONTRACTS
from assess.schemas.organisation import Organisation

SHIPPED = Path(__file__).with_name("six_principles.yaml")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times faster

Text = Annotated[str, Field(min_length=1)]
Weight = Annotated[float, Field(gt=0)]
Parameter = float | str | bool
Fact = Literal[
    "charitable",
    "has_council",
    "several_categories",
    "users_are_members",
    "staff_are_members",
    "community_are_members",
    "users_have_seats",
    "staff_have_seats",
    "community_have_seats",
    "members_elect_council",
    "members_elect_board",
    "council_appoints_board",
    "council_can_remove_board",
    "others_can_remove_board",
    "council_approves_strategy",
    "council_can_call_in",
    "council_has_reserved_matters",
    "general_meeting_required",
    "skills_required",
    "skills_checked",
    "values_checked",
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Applies(_Part):
    """What an organisation must have for an indicator to be about it."""

    body: str | None = None
    category_kind: Literal["users", "staff"] | None = None
    categories: int | None = Field(None, ge=2)  # at least this many member groups
    elections: bool = False  # members elect someone

    def obstacle(self, organisation: Organisation) -> str:
        """ "" where the indicator applies, else "no body", "no category" or "no elections"."""
        if self.body and self.body not in organisation.bodies:
            return "no body"
        if self.category_kind and not organisation.categories_of(self.category_kind):
            return "no category"
        if self.categories and len(organisation.member_categories) < self.categories:
            return "no category"
        if self.elections and _nobody_is_elected(organisation):
            return "no elections"
        return ""


def _nobody_is_elected(organisation: Organisation) -> bool:
    """Whether board and council are stated to be filled by others than members. Unstated: False."""
    by = {code: body.appointed_by for code, body in organisation.bodies.items()}
    governing = [by[code] for code in ("board", "council") if code in by]
    return bool(governing) and None not in governing and "members" not in by.values()


class Indicator(_Part):
    """One definition: what is observed, and how it scores."""

    id: str = Field(pattern=r"^\d\.\d[a-z]$")
    name: str = Field(pattern=r"^[a-z][a-z_]*$")  # also the name of its function
    title: Text
    definition: Text
    unit: Literal["%", "ratio", "days", "index", "0-1"]
    formula: str = ""  # of the measure, where its unit does not say it
    worst: float | None = None
    best: float | None = None
    band: tuple[float, float, float, float] | None = None  # 0 at the ends, 100 between the middle
    goalpost_source: Text
    minimum: float = Field(ge=0)  # below it, shown as "k of n" and not scored
    minimum_of: Literal["denominator", "rows", "each group"] = "denominator"
    counts: Text  # what the denominator counts, in the plural
    people: Literal["members", "role-holders"] | None = None
    years: int = Field(1, ge=1)  # how many years are pooled
    range: Literal["wilson", "meetings", "exact"] = "wilson"
    tier: Literal["A", "B"]
    needs: tuple[str, ...] = ()  # "table.column", each of them
    needs_one_of: tuple[str, ...] = ()  # "table.column", at least one of them
    needs_rows: dict[str, str] = {}  # "table.column": a word found in it at least once
    dated_by: dict[str, str] = {}  # table: the column that says which period a row is in
    applies: Applies | None = None
    parameters: dict[str, Parameter] = {}
    rationale: Text
    pitfalls: Text
    missing: Text  # what an empty cell means here
    cannot_show: Text
    seed: tuple[str, ...] = ()  # the claims it bears on
    remedy: Text
    weight: Weight = 1

    @property
    def goalposts(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Values of the measure, ascending, and the scores they get, as `numpy.interp` takes."""
        if self.band:
            return self.band, (0.0, 100.0, 100.0, 0.0)
        worst, best = (self.worst, 0.0), (self.best, 100.0)
        (low, low_score), (high, high_score) = sorted([worst, best])
        return (low, high), (low_score, high_score)

    def obstacle(self, organisation: Organisation) -> str:
        """Why the indicator is not about this organisation; "" where it is."""
        return self.applies.obstacle(organisation) if self.applies else ""

    def missing_columns(self, records: Records) -> tuple[str, ...]:
        """The columns it cannot do without that hold nothing, as "table.column"."""
        missing = [place for place in self.needs if not _is_given(records, place)]
        if self.needs_one_of and not any(_is_given(records, p) for p in self.needs_one_of):
            missing += self.needs_one_of
        return tuple(missing)

    def lacks_rows(self, records: Records) -> bool:
        """Whether a word it needs is nowhere in its column: what is never listed is not kept."""
        return not all(_holds(records, place, word) for place, word in self.needs_rows.items())


def _is_given(records: Records, place: str) -> bool:
    table, _, column = place.partition(".")
    return column in records.given.get(table, ())


def _holds(records: Records, place: str, word: str) -> bool:
    table, _, column = place.partition(".")
    return _is_given(records, place) and bool((records.tables[table][column] == word).any())


class SupportingPrinciple(_Part):
    """A statement under a principle."""

    id: str = Field(pattern=r"^\d\.\d$")
    title: Text
    evidence_strength: Literal["strong", "partial", "weak"]  # how far records alone can show it
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    weight: Weight = 1


class Principle(_Part):
    """One of the six."""

    id: str = Field(pattern=r"^\d$")
    title: Text
    supporting: tuple[SupportingPrinciple, ...] = Field(min_length=1)
    weight: Weight = 1


class Gate(_Part):
    """A rule that is kept or not kept, shown beside the scores and never part of them."""

    id: str = Field(pattern=r"^G\d$")
    title: Text
    rule: Text
    source: Text
    remedy: Text
    parameters: dict[str, float | dict[str, float]] = {}


class Constitution(_Part):
    """What the constitution must provide: each of `all_of`, and at least one of `any_of`."""

    all_of: tuple[Fact, ...] = ()
    any_of: tuple[Fact, ...] = ()


class Claim(_Part):
    """What is said of a constitution with several member groups, and what would bear it out."""

    id: str = Field(pattern=r"^\d-(i|ii|iii|iv|v)$")
    principle: str
    text: Text
    constitution: Constitution
    indicators: tuple[str, ...] = Field(min_length=1)
    gates: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()  # supporting principles whose survey questions bear on it
    not_measured_yet: tuple[str, ...] = ()
    empirical: bool = False  # about how people act: no rule can provide it, only records speak
    note: str = ""


class Framework(_Part):
    """Everything a score rests on that is not a record."""

    name: str
    title: Text
    method_version: str
    citation: Text
    principles: tuple[Principle, ...] = Field(min_length=1)
    gates: tuple[Gate, ...] = ()
    claims: tuple[Claim, ...] = ()

    @cached_property
    def supporting_principles(self) -> tuple[SupportingPrinciple, ...]:
        return tuple(part for principle in self.principles for part in principle.supporting)

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        return tuple(entry for part in self.supporting_principles for entry in part.indicators)

    @cached_property
    def _by_word(self) -> dict[str, Indicator]:
        return {word: entry for entry in self.indicators for word in (entry.id, entry.name)}

    def indicator(self, id_or_name: str) -> Indicator:
        """The indicator with this id or name. Raises AssessError where there is none."""
        if id_or_name not in self._by_word:
            near = difflib.get_close_matches(id_or_name, self._by_word, 1)
            raise AssessError(
                f"The framework has no indicator '{id_or_name}'."
                + (f" Did you mean '{near[0]}'?" if near else "")
            )
        return self._by_word[id_or_name]


# Reading the file. Its nodes are walked by hand, to refuse a key written twice (plain YAML readers
# keep the last one silently) and to know the line each fault is on.

Place = tuple[str | int, ...]


@dataclass
class _Written:
    """The file as written: plain values, the line of each, and faults of its form."""

    path: Path
    values: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[tuple[Place, str]] = field(default_factory=list)


def _read(path: Path) -> _Written:
    written = _Written(path)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except UnicodeDecodeError:
        raise AssessError(
            f"The framework file {path.name} is not UTF-8; save it as that."
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or "it is not a YAML file"
        raise AssessError(f"The framework file {path.name}{where}: {what}.") from None
    written.values = _value(node, (), written) if node else {}
    return written


def _value(node: yaml.Node, place: Place, written: _Written) -> Any:
    written.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*place, i), written) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, written)
    return _scalar(node)


def _mapping(node: yaml.MappingNode, place: Place, written: _Written) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in values:
            written.faults.append(((*place, key), "is written twice; keep one of the two"))
        written.lines[(*place, key)] = key_node.start_mark.line + 1
        values[key] = _value(value_node, (*place, key), written)
    return values


def _scalar(node: yaml.ScalarNode) -> Any:
    """A number, true, false, nothing, or text. Words such as `no` and `12:30` stay text."""
    kind, text = node.tag.rpartition(":")[2], node.value
    if kind == "null":
        return None
    if kind == "bool" and text in ("true", "false"):
        return text == "true"
    if kind in ("int", "float"):
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            return text
    return text


# Saying what is wrong. pydantic finds faults of form, the functions below faults of sense.


_MODELS = (Framework, Principle, SupportingPrinciple, Indicator, Applies, Gate, Claim, Constitution)
_KEYS = sorted({key for model in _MODELS for key in model.model_fields})


_MUST_BE = {
    "string_type": "text",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "too_short": "longer",
    "too_long": "shorter",
    "string_too_short": "filled in",
}


def _plain(error: Mapping[str, Any]) -> str:
    """What is wrong in plain words, to follow the name of the place."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _KEYS, 1)
        advice = f"did you mean {near[0]}?" if near else "take it out"
        return f"is not a key this part may have; {advice}"
    if kind == "missing":
        return "is missing; add it"
    if given is None:
        return "is empty; fill it in or take the key out"
    if kind == "string_type" and isinstance(given, int | float):
        return f"is the number {given}; put it in quotes"
    if kind == "literal_error":
        return f"is '{given}'; it must be one of {context['expected']}"
    shown = textwrap.shorten(repr(given), 60, placeholder=" …")
    if kind in _MUST_BE:
        return f"is {shown}; it must be {_MUST_BE[kind]}"
    return f"is {shown}, which cannot stand here: {error['msg'][:1].lower()}{error['msg'][1:]}"


def _is_an_echo(error: Mapping[str, Any]) -> bool:
    """A list called too short only since its own parts, told of already, did not count."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _faults_of_form(values: Any) -> tuple[Framework | None, list[tuple[Place, str]]]:
    try:
        return Framework.model_validate(values), []
    except ValidationError as error:
        errors = [e for e in error.errors(include_url=False) if not _is_an_echo(e)]
        return None, [(e["loc"], _plain(e)) for e in errors]


def _parts(parent: Any, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The entries listed under `key`, as far as they can be read."""
    listed = parent.get(key) if isinstance(parent, dict) else None
    for i, part in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(part, dict):
            yield i, part


def _entries(values: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Each indicator's entry, as far as the file can be read, and its place."""
    for i, principle in _parts(values, "principles"):
        for j, supporting in _parts(principle, "supporting"):
            for k, entry in _parts(supporting, "indicators"):
                yield ("principles", i, "supporting", j, "indicators", k), entry


def _faults_of_goalposts(entry: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    ends = [key for key in ("worst", "best") if entry.get(key) is not None]
    band = entry.get("band")
    if band is not None and ends:
        yield ("band",), "stands beside worst or best; keep the pair or the band"
    elif band is None and len(ends) < 2:
        yield (), "needs worst and best, or a band of four numbers"
    elif band is None and entry["worst"] == entry["best"]:
        yield ("best",), "is the same as worst; a score needs two different goalposts"
    elif isinstance(band, list) and not _rises(band):
        yield ("band",), "must rise from left to right"


def _rises(band: list[Any]) -> bool:
    numbers = [x for x in band if isinstance(x, int | float)]
    return sorted(numbers) == numbers and len(set(numbers)) > 1


def _column_fault(place: str) -> str | None:
    table, _, column = str(place).partition(".")
    if table not in CONTRACTS:
        near = difflib.get_close_matches(table, CONTRACTS, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; the tables are {', '.join(CONTRACTS)}"
        return f"names the table '{table}', which no contract has{hint}"
    columns = [name for name in CONTRACTS[table].__annotations__ if not name.startswith("_")]
    if column in columns:
        return None
    near = difflib.get_close_matches(column, columns, 1)
    hint = f"; did you mean {table}.{near[0]}?" if near else f"; see schemas/{table}.py"
    return f"names '{place}', a column the contract of {table} does not have{hint}"


def _faults_of_columns(entry: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    named: list[tuple[Place, str]] = []
    for key in ("needs", "needs_one_of"):
        listed = entry.get(key)
        named += [((key, i), p) for i, p in enumerate(listed if isinstance(listed, list) else [])]
    for key in ("needs_rows", "dated_by"):
        mapping = entry.get(key) if isinstance(entry.get(key), dict) else {}
        for left, right in mapping.items():
            named.append(((key, left), f"{left}.{right}" if key == "dated_by" else left))
    if not entry.get("needs") and not entry.get("needs_one_of"):
        yield ("needs",), "is missing; name the columns it cannot be observed without"
    for place, name in named:
        if fault := _column_fault(name):
            yield place, fault


def _faults_of_ids(values: Any) -> Iterator[tuple[Place, str]]:
    """Ids and names used twice, and ids that do not stand under their own parent."""
    seen: set[str] = set()
    lists = [((), "principles", ""), ((), "gates", ""), ((), "claims", "")]
    for i, principle in _parts(values, "principles"):
        lists.append((("principles", i), "supporting", f"{principle.get('id')}."))
        for j, part in _parts(principle, "supporting"):
            lists.append((("principles", i, "supporting", j), "indicators", str(part.get("id"))))
    for place, key, prefix in lists:
        for n, part in _parts(_at(values, place), key):
            for word in ("id", "name"):
                name = part.get(word)
                if isinstance(name, str) and name in seen:
                    yield (*place, key, n, word), f"'{name}' is used twice; each needs its own"
                seen.add(str(name)) if name is not None else None
            if not str(part.get("id")).startswith(prefix):
                yield (*place, key, n, "id"), f"'{part.get('id')}' does not begin with '{prefix}'"


def _at(values: Any, place: Place) -> Any:
    for step in place:
        values = values[step]
    return values


def _faults_of_claims(values: Any) -> Iterator[tuple[Place, str]]:
    """A claim and its indicators must name each other."""
    entries = {str(entry.get("id")): (place, entry) for place, entry in _entries(values)}
    gates = {gate.get("id") for _, gate in _parts(values, "gates")}
    claims = {str(claim.get("id")): (i, claim) for i, claim in _parts(values, "claims")}
    principles = {str(principle.get("id")) for _, principle in _parts(values, "principles")}
    for id, (i, claim) in claims.items():
        if str(claim.get("principle")) not in principles:
            yield ("claims", i, "principle"), f"names {claim.get('principle')}, which is none"
        for ref in map(str, claim.get("indicators") or []):
            if ref not in entries:
                yield ("claims", i, "indicators"), f"names {ref}, which is no indicator"
            elif id not in (entries[ref][1].get("seed") or []):
                yield ("claims", i, "indicators"), f"names {ref}, whose seed does not name {id}"
        for ref in claim.get("gates") or []:
            if ref not in gates:
                yield ("claims", i, "gates"), f"names {ref}, which is no gate"
    for ref, (place, entry) in entries.items():
        for id in map(str, entry.get("seed") or []):
            if id not in claims:
                yield (*place, "seed"), f"names {id}, which is no claim"
            elif ref not in (claims[id][1].get("indicators") or []):
                yield (*place, "seed"), f"names {id}, a claim whose indicators leave out {ref}"


def _faults_of_sense(values: Any) -> list[tuple[Place, str]]:
    faults = list(_faults_of_ids(values)) + list(_faults_of_claims(values))
    for place, entry in _entries(values):
        for check in (_faults_of_goalposts, _faults_of_columns):
            faults += [((*place, *rest), what) for rest, what in check(entry)]
    return faults


_KINDS = {
    "principles": "principle",
    "supporting": "supporting principle",
    "indicators": "indicator",
    "gates": "gate",
    "claims": "claim",
}


def _words(place: Place, values: Any) -> str:
    """A place in the file as a person would say it: "indicator 4.1b, needs"."""
    part, rest = "", []
    for step in place:
        try:
            values = values[step]
        except (KeyError, IndexError, TypeError):
            values = None
        if isinstance(step, int) and rest and rest[-1] in _KINDS:
            id = values.get("id") if isinstance(values, dict) else None
            part = f"{_KINDS[rest[-1]]} " + (str(id) if id is not None else f"number {step + 1}")
            rest = []
        elif not isinstance(step, int):
            rest.append(step)
    return ", ".join([part, *rest] if part else rest) or "the file"


def _line(place: Place, written: _Written) -> int:
    while place not in written.lines and place:
        place = place[:-1]
    return written.lines.get(place, 1)


def _refusal(written: _Written, faults: list[tuple[Place, str]]) -> AssessError:
    told = sorted({(_line(p, written), f"{_words(p, written.values)} {w}") for p, w in faults})
    lines = "\n".join(f"  line {line}: {what}" for line, what in told)
    count = f"{len(told)} problem" + ("s" if len(told) > 1 else "")
    return AssessError(f"{count} in the framework file {written.path.name}:\n{lines}")


def load_framework(path: Path | str | None = None) -> Framework:
    """The framework in the file at `path`; without one, the six principles shipped with assess.

    Raises AssessError that lists every fault of the file with its line.
    """
    file = Path(path) if path is not None else SHIPPED
    try:
        return _load(file, file.stat().st_mtime_ns)
    except OSError as error:
        raise AssessError(f"The framework file {file} cannot be read: {error.strerror}.") from None


@cache
def _load(path: Path, changed: int) -> Framework:
    """Read once for each state of the file; `changed` is when it was last written."""
    written = _read(path)
    framework, faults = _faults_of_form(written.values)
    faults = written.faults + faults + _faults_of_sense(written.values)
    if faults or framework is None:
        raise _refusal(written, faults)
    return framework


def check_functions(framework: Framework, functions: Mapping[str, Callable[..., Any]]) -> None:
    """Refuse a framework whose entries and indicator functions do not fit each other.

    Raises AssessError naming every entry without its function, with the lines to write, and
    every parameter that is only in the entry or only in the function.
    """
    faults: list[str] = []
    for entry in framework.indicators:
        if entry.name not in functions:
            faults.append(_stub(entry))
        else:
            faults += _faults_of_parameters(entry, functions[entry.name])
    if faults:
        raise AssessError("\n".join(faults))


def _stub(entry: Indicator) -> str:
    tables = dict.fromkeys(place.partition(".")[0] for place in entry.needs)
    named = (["*", *entry.parameters]) if entry.parameters else []
    return (
        f"The framework defines the indicator '{entry.name}' ({entry.id}), but no function in "
        "src/assess/indicators observes it. Add:\n\n"
        f"    @indicator\n    def {entry.name}({', '.join([*tables, *named])}) -> Observed:\n"
    )


def _faults_of_parameters(entry: Indicator, function: Callable[..., Any]) -> Iterator[str]:
    signature = inspect.signature(function).parameters.values()
    asked = {p.name for p in signature if p.kind is p.KEYWORD_ONLY}
    where = f"Indicator {entry.id} ({entry.name})"
    for name in sorted(set(entry.parameters) - asked):
        yield (
            f"{where}: its entry gives the parameter '{name}', which its function does not take. "
            "Take it out of the entry, or add it to the function after the star."
        )
    for name in sorted(asked - set(entry.parameters)):
        yield (
            f"{where}: its function asks for '{name}', which its entry does not give. "
            f"Add '{name}' to the parameters of the entry, with its source."
        )
    for p in signature:
        known = {*CONTRACTS, *WORKED_OUT, "organisation", "period"}
        if p.kind is not p.KEYWORD_ONLY and p.name not in known:
            yield f"{where}: its function takes '{p.name}', which is no table. Name a table."

"""What may be shown, and to whom: the one place where an assessment becomes a copy to hand on.

`disclose` is applied once, before anything is written, so that pages, notebooks, tables, charts and
their words all rest on the same disclosed numbers. In a copy to publish:

- a number about people needs FLOOR of them behind it, and FLOOR in its count; one about what
  they are or can do, such as the skills on a board, needs FLOOR of them there;
- counts of people are rounded to 5, percentages come from rounded counts and are whole;
- none or all of a group is not shown where the fact is sensitive, nor is a rest under FLOOR;
- one number more is held back where the rest would give a held-back one away (`suppression`);
- scores, ranges, claims and changes are worked out anew from the published numbers alone. An
  indicator that is held back counts as missing, so no score can give it away;
- rows, codes of rows and names of files go no further.

Meetings, decisions and reports are not people. Their counts are shown as they are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from assess.change import JUDGED
from assess.claims import claims_table
from assess.disclosure.suppression import rounded, table_of_groups, to_hold
from assess.framework import Framework, Indicator
from assess.intervals import wilson
from assess.measure import Measures
from assess.observe import Observed
from assess.offices import seats_held
from assess.records import AssessError, Problem, Records
from assess.score import score
from assess.taking_part import people, shares_of
from assess.uncertainty import add_ranges, all_draws, draws

if TYPE_CHECKING:  # only types: an assessment asks for its own disclosure
    from assess.assessment import Assessment

MODES = ("internal", "publish")
FLOOR = 10  # people behind any published number, and people in any published count
HELD = "held back"
WHY = "protects people"
# Columns that say which group a person is in. Being a member because one receives care, or what one
# says of one's gender, is sensitive.
SENSITIVE = frozenset(["category", "seat_category", "gender"])
# Tables whose rows are people, or say something of one person each.
PERSON_ROWS = ("members", "attendance", "roles", "development", "participation", "survey")
OF_PEOPLE = frozenset([*PERSON_ROWS, "elections", "votes"])
OF_A_PERSON = ("moved_by", "seconded_by")  # columns of other tables that name one
ABOUT_PEOPLE = ("G3", "G5")  # gates that count people
TOTALS = {"6.2b": "6.2a"}  # groups, and the indicator that is their total
NUMBERS = ["value", "numerator", "denominator", "low", "high", "worst_value", "best_value"]


def disclose(assessment: "Assessment", mode: str) -> "Assessment":
    """The assessment as it may be seen in this mode. Raises AssessError for an unknown mode."""
    if mode not in MODES:
        raise AssessError(f"The mode '{mode[:20]}' is not known. Write internal or publish.")
    if mode == "internal":
        return _for_the_board(assessment)
    framework = assessment.framework
    groups, table, observed = _published(assessment)
    measures = Measures(table, observed)
    scores = score(measures, framework)
    drawn = all_draws(draws(measures, framework, seed=assessment.seed), scores, framework)
    scores = add_ranges(scores, measures, framework, drawn=drawn)
    scores = levels_held_back(scores, framework)
    records = without_rows(assessment.records)
    claims = claims_table(records.organisation, framework, scores, drawn)
    return replace(
        assessment,
        records=records,
        measures=Measures(table, {}),
        scores=scores,
        draws=drawn,
        gates=_gates(assessment.gates),
        claims=_claims(claims, table),
        groups=groups,
        counts=_counts(assessment.counts, assessment.records),
        previous=assessment.previous and disclose(assessment.previous, mode),
        mode=mode,
    )


def _for_the_board(assessment: "Assessment") -> "Assessment":
    smallest = assessment.organisation.smallest_group
    groups = {
        key: _blanked(shares, (shares["people"] < smallest).to_numpy())
        for key, shares in assessment.groups.items()
    }
    return replace(assessment, groups=groups)


def _blanked(shares: pd.DataFrame, held: np.ndarray) -> pd.DataFrame:
    numbers = [column for column in shares.columns if column != "group"]
    return shares.assign(**{name: shares[name].mask(held) for name in numbers})


# Indicators


@dataclass(frozen=True)
class Count:
    """What stands behind one number: `hits` of `of`, of so many different people."""

    hits: float
    of: float
    people: float
    sensitive: bool = False

    @property
    def may_be_shown(self) -> bool:
        """Enough people, enough of them in the count, and not all or none of a sensitive fact."""
        if self.people < FLOOR or self.of < FLOOR:
            return False
        if self.sensitive:
            return min(self.hits, self.of - self.hits) >= FLOOR
        return self.hits == 0 or self.hits >= FLOOR


def _published(
    assessment: "Assessment",
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, dict[str, Observed]]:
    """Groups, measures and marks, all of them rounded or held back."""
    held = {entry.id for entry in assessment.framework.indicators if _unsafe(assessment, entry)}
    groups = {}
    for key, shares in assessment.groups.items():
        groups[key], more = _published_groups(shares, total_held=TOTALS.get(key) in held)
        if more and key in TOTALS:
            held.add(TOTALS[key])
        if groups[key]["of"].isna().any():
            held.add(key)
    held |= _close_counts(assessment, held)
    rows, observed = {}, {}
    for entry in assessment.framework.indicators:
        row = assessment.measures.table.loc[entry.id].to_dict()
        if entry.id in held or row["state"] == "suppressed":
            rows[entry.id] = _held(row)
        elif entry.id not in assessment.measures.observed:
            rows[entry.id] = row
        else:
            shares = groups.get(entry.id)
            rows[entry.id], observed[entry.id] = _rounded(assessment, entry, row, shares)
    table = pd.DataFrame.from_dict(rows, orient="index")[assessment.measures.table.columns]
    return groups, table, observed


def is_about_people(entry: Indicator) -> bool:
    """Whether it counts people, says what a group does, or rests on what one person declared."""
    declared = any(place.endswith(".conflict_declared") for place in entry.needs)
    return entry.people is not None or is_sensitive(entry) or declared


def _is_of_votes(entry: Indicator) -> bool:
    return any(place.startswith("votes.") for place in entry.needs)


def is_sensitive(entry: Indicator) -> bool:
    """Whether it says what a member group does, or what people say of their gender."""
    columns = {place.partition(".")[2] for place in entry.needs}
    return entry.people == "members" or bool(columns & SENSITIVE)


def _unsafe(assessment: "Assessment", entry: Indicator) -> bool:
    """Whether an indicator about people must be held back for what is behind it alone."""
    seen = assessment.measures.observed.get(entry.id)
    state = assessment.measures.table.loc[entry.id, "state"]
    if seen is None:
        return False
    if not is_about_people(entry):
        return _is_of_a_few(assessment, entry)
    if state == "suppressed":
        return True
    if seen.form == "lowest_to_highest":
        return entry.id not in assessment.groups  # its groups are judged one by one
    if seen.form == "fact":
        return min(_sizes(assessment.records, seen), default=0) < FLOOR
    return not _count(assessment.records, entry, seen).may_be_shown


def _is_of_a_few(assessment: "Assessment", entry: Indicator) -> bool:
    """Whether it counts no people, but rests on what fewer than FLOOR on one body are or can do."""
    if not any(place.startswith("development.") for place in entry.needs):
        return False
    seats = seats_held(assessment.records.tables["roles"], assessment.period.end)
    return seats.groupby("body")["person_id"].nunique().min() < FLOOR


def _count(records: Records, entry: Indicator, seen: Observed) -> Count:
    known = seen.rows[seen.rows["hit"].notna()]
    hits, of = known["hit"].sum(), known["of"].sum()
    sensitive = is_sensitive(entry)
    if _is_of_votes(entry):
        return _count_of_votes(records, known, hits, of)
    count = Count(hits, of, people(records, seen.table, known), sensitive)
    doing = people(records, seen.table, known[known["hit"] > 0])
    if seen.table in ("roles", "attendance") and 0 < doing < FLOOR:
        return replace(count, people=doing)
    return count


def _count_of_votes(records: Records, known: pd.DataFrame, hits: float, of: float) -> Count:
    """A group's votes on decisions: how many voted at once, and the decisions it won or lost."""
    kinds = records.organisation.categories_of("users")
    votes = records.tables["votes"]
    cast = votes[["votes_for", "votes_against", "abstained"]].fillna(0).sum(axis=1)
    decisions = records.tables["decisions"].loc[known.index, "decision_id"]
    among = votes["category"].isin(kinds) & votes["decision_id"].isin(decisions)
    voters = cast[among].groupby(votes.loc[among, "decision_id"]).sum()
    smallest = float(voters.min()) if len(voters) else 0.0
    all_or_none = hits in (0, of)
    return Count(FLOOR, 2 * FLOOR, 0 if all_or_none else smallest, sensitive=True)


def _sizes(records: Records, seen: Observed) -> list[float]:
    """People in each member group that an index compares; 0 for a group that has none."""
    rows = records.tables[seen.table].loc[seen.rows.index]
    column = "seat_category" if "seat_category" in rows else "category"
    person = "person_id" if "person_id" in rows else "member_id"
    sizes = rows.groupby(rows[column].fillna(""))[person].nunique()
    groups = sizes.index.union(list(records.organisation.member_categories))
    return sizes.reindex(groups, fill_value=0).tolist()


def _held(row: Mapping[str, Any]) -> dict[str, Any]:
    nothing = dict.fromkeys((*NUMBERS, "n_missing", "records", "size"), np.nan)
    return dict(row) | nothing | {"state": HELD, "reason": WHY}


def _rounded(
    assessment: "Assessment", entry: Indicator, row: dict[str, Any], shares: pd.DataFrame | None
) -> tuple[dict[str, Any], Observed]:
    """One row as published, and marks that say no more than it does."""
    seen = assessment.measures.observed[entry.id]
    if not is_about_people(entry) or _is_of_votes(entry):
        return row | _whole(row, entry), _without_places(seen)
    if seen.form == "fact":
        value = round(row["value"], 1 if entry.unit == "0-1" else 0)
        ends = dict.fromkeys(("value", "worst_value", "best_value"), value)
        counts = {name: float(rounded(row[name])) for name in ("records", "size")}
        marks = Observed("", _marks([1.0], [1.0]), "fact", value)
        return row | ends | counts | {"n_missing": np.nan}, marks
    if shares is not None:
        return _ratio(assessment, entry, row, shares)
    return _share(entry, row, seen)


def _share(
    entry: Indicator, row: dict[str, Any], seen: Observed
) -> tuple[dict[str, Any], Observed]:
    """A share of people from rounded counts. Who is not known counts as FLOOR where few are."""
    hits, of = float(rounded(row["numerator"])), float(rounded(row["denominator"]))
    hits = min(hits, of)
    missing = row["n_missing"]
    unknown = 0.0 if missing == 0 else max(float(FLOOR), float(rounded(missing)))
    low, high = (100 * float(end) for end in wilson(hits, of))
    few = of < entry.minimum if entry.minimum_of == "denominator" else row["state"] == "raw only"
    records = row["records"]
    row |= {
        "numerator": hits,
        "denominator": of,
        "records": float(rounded(records)) if seen.table in PERSON_ROWS else records,
        "size": of,
        "n_missing": np.nan if 0 < missing < FLOOR else float(rounded(missing)),
        "value": float(round(100 * hits / of)),
        "low": float(round(low)),
        "high": float(round(high)),
        "worst_value": float(round(100 * hits / (of + unknown))),
        "best_value": float(round(100 * (hits + unknown) / (of + unknown))),
        "state": "raw only" if few else "scored",
        "reason": "few" if few else "",
    }
    return row, Observed(seen.table, _marks([hits], [of]), "share")


def _ratio(
    assessment: "Assessment", entry: Indicator, row: dict[str, Any], shares: pd.DataFrame
) -> tuple[dict[str, Any], Observed]:
    """The lowest over the highest group's published share. No group is held back here."""
    marks = _marks_of_groups(shares)
    published = Observed("", marks, "lowest_to_highest")
    value = float(round(shares["share"].min() / shares["share"].max(), 2))
    low, high = _ratio_range(shares)
    size = shares["of"].min()
    few = size < entry.minimum or len(shares) < 2
    row |= {
        "numerator": shares["share"].min(),
        "denominator": shares["share"].max(),
        "records": np.nan,
        "n_missing": np.nan,
        "size": size,
        "value": value,
        "low": low,
        "high": high,
        "worst_value": value,
        "best_value": value,
        "state": "raw only" if few else "scored",
        "reason": "few" if few else "",
    }
    return row, published


def _ratio_range(shares: pd.DataFrame) -> tuple[float, float]:
    """From the ends of the lowest and highest group's ranges: wider than by chance alone."""
    lowest, highest = shares.loc[shares["share"].idxmin()], shares.loc[shares["share"].idxmax()]
    low = lowest["low"] / max(highest["high"], 1)
    return round(float(low), 2), round(min(lowest["high"] / max(highest["low"], 1), 1.0), 2)


def _marks(hits: list[float], of: list[float]) -> pd.DataFrame:
    rows = pd.DataFrame({"hit": hits, "of": of}, dtype="float64")
    return rows.assign(cluster=np.nan, group=np.nan, maybe=np.nan)


def _marks_of_groups(shares: pd.DataFrame) -> pd.DataFrame:
    """As many marks a group as it has people, each of the group's share."""
    parts = []
    for group in shares.itertuples():
        n = int(group.people)
        parts.append(_marks([group.share / 100] * n, [1.0] * n).assign(group=group.group))
    return pd.concat(parts, ignore_index=True)


def _whole(row: Mapping[str, Any], entry: Indicator) -> dict[str, float]:
    """The numbers of what is no person: percentages whole, others as precise as they are worth."""
    digits = {"%": 0, "days": 0, "index": 1}.get(entry.unit, 2)
    names = [name for name in NUMBERS if name not in ("numerator", "denominator")]
    return {name: float(np.round(row[name], digits)) for name in names}


def _without_places(seen: Observed) -> Observed:
    return replace(seen, rows=seen.rows.reset_index(drop=True))


# Groups, and what could be worked out from them


def _published_groups(shares: pd.DataFrame, *, total_held: bool) -> tuple[pd.DataFrame, bool]:
    """Groups rounded or held back, and whether their total must be held back as well."""
    unsafe = {
        at
        for at, row in enumerate(shares.itertuples())
        if not Count(row.hits, row.of, row.people, sensitive=True).may_be_shown
    }
    table = table_of_groups(shares["hits"].tolist(), shares["of"].tolist())
    total = len(shares)
    protected = unsafe | ({total} if total_held else set())
    costs = [*shares["of"].tolist(), shares["of"].sum()]
    held = to_hold(table, protected & set(range(total)), costs)
    if held is None or (total_held and held):
        held = set(range(total + 1))
    table = shares.apply(_rounded_group, axis=1)
    return _blanked(table, np.array([at in held for at in range(total)])), total in held


def _rounded_group(row: pd.Series) -> pd.Series:
    hits, of = float(rounded(row["hits"])), float(rounded(row["of"]))
    behind = float(rounded(row["people"]))
    shown = {"hits": hits, "of": of, "people": behind}
    if of > 0:
        worth = min(of, behind)
        shown |= {key: float(round(x)) for key, x in shares_of(min(hits, of), of, worth).items()}
    return pd.Series(row.to_dict() | shown)


def _close_counts(assessment: "Assessment", held: set[str]) -> set[str]:
    """Indicators whose count of members lies so near another's that the rest is a small group.

    Two counts of members, one often inside the other, whose difference is 1 to 9. The smaller
    number of indicators goes: the one that is compared with most, then the last.
    """
    counts = list(_member_counts(assessment, held))
    close = [
        (a, b)
        for at, (a, kind, n) in enumerate(counts)
        for b, other, m in counts[at + 1 :]
        if a != b and kind == other and 0 < abs(n - m) < FLOOR and rounded(n) != rounded(m)
    ]
    gone: set[str] = set()
    while left := [pair for pair in close if not gone & set(pair)]:
        times = pd.Series([key for pair in left for key in pair]).value_counts()
        gone.add(max(times.index, key=lambda key: (times[key], key)))
    return gone


def _member_counts(assessment: "Assessment", held: set[str]) -> Iterator[tuple[str, str, float]]:
    """Indicator, what is counted, and how many: of members that there are, and that took part."""
    table = assessment.measures.table
    for entry in assessment.framework.indicators:
        if entry.people != "members" or entry.id in held or entry.id in assessment.groups:
            continue
        hits, of = table.loc[entry.id, ["numerator", "denominator"]]
        if pd.notna(of):
            yield entry.id, "there", float(of)
            yield entry.id, "there" if entry.id == "6.3b" else "took part", float(hits)


# Changes, levels, gates, claims and counts of rows


def changes_told(changes: pd.DataFrame, now: "Assessment", before: "Assessment") -> pd.DataFrame:
    """Changes, without a verdict where any of a principle's evidence is about people.

    Such evidence is rounded or held back, which no range allows for: a change that the board is
    told could be chance might look like more. Rests on what the copy shows of states alone.
    """
    states = [year.measures.table["state"] for year in (now, before)]
    there = pd.concat(states, axis=1).isin(["scored", HELD]).any(axis=1)
    rounded = [
        principle.id
        for principle in now.framework.principles
        for part in principle.supporting
        if any(there[entry.id] and is_about_people(entry) for entry in part.indicators)
    ]
    untold = changes.index.isin(rounded) & changes["verdict"].isin(JUDGED)
    ends = {name: changes[name].mask(untold) for name in ("low", "high")}
    return changes.assign(verdict=changes["verdict"].mask(untold, "rounded"), **ends)


def levels_held_back(scores: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Say "held back" of a level that would be scored if its held-back indicators were shown."""
    state, reason = scores["state"].copy(), scores["reason"].copy()
    for principle in framework.principles:
        for part in principle.supporting:
            below = state[[entry.id for entry in part.indicators]]
            if state[part.id] == "not scored" and (below == HELD).any():
                state[part.id], reason[part.id] = HELD, WHY
        below = state[[part.id for part in principle.supporting]]
        known = below.isin(["scored", HELD]).sum()
        applies = (below != "does not apply").sum()
        if state[principle.id] == "not scored" and known * 2 >= applies and (below == HELD).any():
            state[principle.id], reason[principle.id] = HELD, WHY
    return scores.assign(state=state, reason=reason)


def _gates(gates: pd.DataFrame) -> pd.DataFrame:
    """Gates without rows, and without numbers where those are of people."""
    about_people = gates["id"].isin(ABOUT_PEOPLE)
    gates = gates.assign(
        rows=[()] * len(gates),
        detail=gates["detail"].mask(about_people & gates["k"].notna(), HELD),
        remark=gates["remark"].mask(about_people, ""),
    )
    for name in ("k", "n", "limit"):
        gates[name] = gates[name].mask(about_people)
    return gates


def _claims(claims: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    held = set(table.index[table["state"] == HELD])
    lacking = claims["indicators"].map(lambda ids: bool(held & set(ids)))
    lacking &= claims["verdict"] == "not evidenced"
    return claims.assign(verdict=claims["verdict"].mask(lacking, HELD))


def _counts(counts: Mapping[str, Any], records: Records) -> dict[str, Any]:
    """Rows read and used, and problems in them, none of them of tables about people."""
    private = {source for name, source in records.sources.items() if name in OF_PEOPLE}
    told = [each for each in records.problems if each.serious and each.source not in private]
    shown: dict[str, Any] = {"problems": len(told)}
    for name in ("read", "used"):
        rows = counts[name].items()
        shown[name] = {key: None if key in OF_PEOPLE else n for key, n in rows}
    left_out = counts["left_out"]
    shown["left_out"] = None if 0 < left_out < FLOOR else int(rounded(left_out))
    return shown


def one_fingerprint(inputs: Mapping[str, str]) -> dict[str, str]:
    """One SHA-256 for all files: that of a short file is found by trying out what it may hold."""
    return {"all": sha256("".join(sorted(inputs.values())).encode()).hexdigest()}


def without_rows(records: Records) -> Records:
    """Records that say what was kept, and nothing of what was in it.

    Files keep one fingerprint for them all, and lose their names.
    """
    organisation = records.organisation
    groups = {
        code: group.model_copy(update={"could_be_members": None})
        for code, group in organisation.member_categories.items()
    }
    return replace(
        records,
        organisation=organisation.model_copy(update={"member_categories": groups}),
        tables={name: rows.iloc[:0] for name, rows in records.tables.items()},
        sources={name: name for name in records.sources},
        inputs=one_fingerprint(records.inputs),
        problems=(),
        consistency=_kinds_of_findings(records),
        excluded=(),
        unreadable={},
    )


def _kinds_of_findings(records: Records) -> tuple[Problem, ...]:
    """One for each kind of finding in a sheet that is not about people: no row, no word of it.

    How often one was found is not told, nor is anything of who proposed, seconded or came.
    """
    named = {source: name for name, source in records.sources.items()}
    kinds = {
        (named[problem.source], problem.rule): None
        for problem in records.consistency
        if named[problem.source] not in OF_PEOPLE and problem.column not in OF_A_PERSON
    }
    return tuple(Problem(name, None, None, "", serious=False, rule=rule) for name, rule in kinds)

"""The claims table: what a constitution provides, what the records show, and a verdict.

Rules and records stand side by side and are never added together.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from assess.framework import Claim, Constitution, Framework
from assess.intervals import LEVEL, draw_range
from assess.schemas.organisation import Organisation
from assess.uncertainty import combined

ENOUGH = 0.5  # coverage below which a claim is not evidenced
NONE = "does not apply"
MIDDLE = 50.0  # the score a range must clear

Answer = bool | None  # None: the organisation does not state it


def claims_table(
    organisation: Organisation,
    framework: Framework,
    scores: pd.DataFrame,
    indicator_draws: pd.DataFrame,
    *,
    level: float = LEVEL,
) -> pd.DataFrame:
    """One row a claim, indexed by claim id, in the order of the framework.

    principle, text, note
    constitution    the facts the claim asks for: key -> True, False or None (not stated)
    provides        "yes", "no" or "not stated"
    score, low, high    mean of the scored indicators, with equal weights, and its range
    coverage        scored indicators of those that apply; NaN where none applies
    indicators, scored  ids: all that bear on it, and those with a score
    verdict         "supported", "not supported", "mixed", "not evidenced" or "does not apply"
    """
    states, known = scores["state"].to_dict(), scores["score"].to_dict()
    rows = []
    for claim in framework.claims:
        applicable = [id for id in claim.indicators if states.get(id, NONE) != NONE]
        scored = [id for id in applicable if states[id] == "scored"]
        coverage = len(scored) / len(applicable) if applicable else np.nan
        score = {id: known[id] for id in scored}
        found = coverage, *_combined(score, indicator_draws, level)
        rows.append(_row(claim, organisation, tuple(scored), *found))
    return pd.DataFrame(rows, columns=["id", *COLUMNS]).set_index("id")


COLUMNS = [
    *("principle", "text", "constitution", "provides", "score", "low", "high", "coverage"),
    *("verdict", "indicators", "scored", "gates", "empirical", "note"),
]


def _row(
    claim: Claim,
    organisation: Organisation,
    scored: tuple[str, ...],
    coverage: float,
    score: float,
    low: float,
    high: float,
) -> dict[str, object]:
    provided = provides(organisation, claim.constitution)
    return {
        "id": claim.id,
        "constitution": facts_of(organisation, claim.constitution),
        "provides": {True: "yes", False: "no", None: "not stated"}[provided],
        "score": score,
        "low": low,
        "high": high,
        "coverage": coverage,
        "verdict": verdict(provided, low, high, coverage),
        "scored": scored,
        **{key: getattr(claim, key) for key in ("principle", "text", "indicators", "gates")},
        **{key: getattr(claim, key) for key in ("empirical", "note")},
    }


def _combined(
    scores: Mapping[str, float], indicator_draws: pd.DataFrame, level: float
) -> tuple[float, float, float]:
    """Mean score and its range. An indicator without draws is known in full and does not move."""
    if not scores:
        return np.nan, np.nan, np.nan
    known = np.array(list(scores.values()), dtype=float)
    size = len(indicator_draws)
    columns = [
        indicator_draws[id] if id in indicator_draws else np.full(size, np.nan) for id in scores
    ]
    drawn = np.column_stack(columns)
    moved = combined(np.where(np.isnan(drawn), known, drawn), known)
    return known.mean(), *draw_range(moved, known.mean(), level)


def verdict(provided: Answer, low: float, high: float, coverage: float) -> str:
    """The stated rule. A range that touches 50 is mixed; coverage of exactly half is enough."""
    if provided is False or np.isnan(coverage):
        return NONE
    if coverage < ENOUGH or np.isnan(low):
        return "not evidenced"
    if low > MIDDLE:
        return "supported"
    return "not supported" if high < MIDDLE else "mixed"


def provides(organisation: Organisation, constitution: Constitution) -> Answer:
    """Whether the rules provide each of `all_of` and one of `any_of`; None where not stated."""
    answers = [FACTS[fact](organisation) for fact in constitution.all_of]
    if constitution.any_of:
        answers.append(_any([FACTS[fact](organisation) for fact in constitution.any_of]))
    return _all(answers)


def facts_of(organisation: Organisation, constitution: Constitution) -> dict[str, Answer]:
    """What the organisation states about each fact the claim asks for."""
    asked = (*constitution.all_of, *constitution.any_of)
    return {fact: FACTS[fact](organisation) for fact in asked}


def _any(answers: list[Answer]) -> Answer:
    return True if True in answers else (None if None in answers else False)


def _all(answers: list[Answer]) -> Answer:
    return False if False in answers else (None if None in answers else True)


# One function a fact: True, False, or None where the organisation has left it open.


def _charitable(organisation: Organisation) -> Answer:
    if organisation.legal_form in ("charitable_company", "cio"):
        return True
    return organisation.charitable


def _states(organisation: Organisation, key: str) -> bool:
    """Whether the organisation wrote this key, even to say that there is none."""
    return key in organisation.model_fields_set


def _has_body(organisation: Organisation, code: str) -> Answer:
    return code in organisation.bodies if organisation.bodies else None


def _states_groups(organisation: Organisation) -> bool:
    """Whoever describes the bodies and lists no member groups has none."""
    return _states(organisation, "member_categories") or bool(organisation.bodies)


def _several_categories(organisation: Organisation) -> Answer:
    if not _states_groups(organisation):
        return None
    return len(organisation.member_categories) > 1


def _are_members(kind: str) -> Callable[[Organisation], Answer]:
    def answer(organisation: Organisation) -> Answer:
        if not _states_groups(organisation):
            return None
        return bool(organisation.categories_of(kind))

    return answer


def _have_seats(kind: str) -> Callable[[Organisation], Answer]:
    """Whether a seat of the board or council is kept for a group of this kind."""

    def answer(organisation: Organisation) -> Answer:
        codes = organisation.categories_of(kind)
        if not codes:
            return _are_members(kind)(organisation)
        kept = [
            body.seats_by_category
            for code, body in organisation.bodies.items()
            if code in ("board", "council") and body.seats_by_category
        ]
        if not kept:
            return None
        return any(seats.get(code, 0) > 0 for seats in kept for code in codes)

    return answer


def _appoints(appointer: str, code: str, key: str = "appointed_by") -> Callable[..., Answer]:
    """Whether the rules name `appointer` for the seats of body `code` (or their removal)."""

    def answer(organisation: Organisation) -> Answer:
        body = organisation.bodies.get(code)
        if body is None:  # every organisation has a board, described or not
            return None if code == "board" else _has_body(organisation, code)
        named = getattr(body, key)
        return None if named is None else named == appointer

    return answer


def _council_may(power: str) -> Callable[[Organisation], Answer]:
    def answer(organisation: Organisation) -> Answer:
        has_council = _has_body(organisation, "council")
        if not has_council:
            return has_council
        if not _states(organisation, "council_powers"):
            return None
        return power in organisation.council_powers

    return answer


def _either(*answers: Callable[[Organisation], Answer]) -> Callable[[Organisation], Answer]:
    return lambda organisation: _any([answer(organisation) for answer in answers])


def _others_can_remove_board(organisation: Organisation) -> Answer:
    """Anyone but the board itself: members, a council, an owner."""
    board = organisation.bodies.get("board")
    removed_by = board.removed_by if board else None
    return None if removed_by is None else removed_by != "board"


def _council_has_reserved_matters(organisation: Organisation) -> Answer:
    if _has_body(organisation, "council") is False:
        return False
    if not _states(organisation, "reserved_matters"):
        return None
    return "council" in organisation.reserved_matters.values()


def _check_required(check: str) -> Callable[[Organisation], Answer]:
    def answer(organisation: Organisation) -> Answer:
        stated = _states(organisation, "required_checks")
        return check in organisation.required_checks if stated else None

    return answer


def _skills_required(organisation: Organisation) -> Answer:
    stated = _states(organisation, "required_skills")
    return bool(organisation.required_skills) if stated else None


FACTS: dict[str, Callable[[Organisation], Answer]] = {
    "charitable": _charitable,
    "has_council": lambda organisation: _has_body(organisation, "council"),
    "several_categories": _several_categories,
    "users_are_members": _are_members("users"),
    "staff_are_members": _are_members("staff"),
    "community_are_members": _are_members("community"),
    "users_have_seats": _have_seats("users"),
    "staff_have_seats": _have_seats("staff"),
    "community_have_seats": _have_seats("community"),
    "members_elect_council": _appoints("members", "council"),
    "members_elect_board": _appoints("members", "board"),
    "council_appoints_board": _either(_council_may("appoint_board"), _appoints("council", "board")),
    "council_can_remove_board": _either(
        _council_may("remove_board"), _appoints("council", "board", "removed_by")
    ),
    "others_can_remove_board": _others_can_remove_board,
    "council_approves_strategy": _council_may("approve_strategy"),
    "council_can_call_in": _council_may("call_in"),
    "council_has_reserved_matters": _council_has_reserved_matters,
    "general_meeting_required": lambda organisation: organisation.agm_required,
    "skills_required": _skills_required,
    "skills_checked": _check_required("skills"),
    "values_checked": _check_required("values"),
}

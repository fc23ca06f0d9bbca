"""Checks what is written of the organisation itself, and drops what cannot be used of it."""

import re
import unicodedata
from typing import Any

from pydantic import BaseModel, ValidationError

from assess.load.raw import near
from assess.records import Problem
from assess.schemas.organisation import Body, MemberCategory, Organisation
from assess.validate.cells import NO, YES

ANSWERS = dict.fromkeys(YES, "true") | dict.fromkeys(NO, "false")
LISTS = ("council_powers", "key_bodies", "required_skills", "required_checks")
YES_OR_NO = ("charitable", "agm_required", "synthetic")
NEEDED = ("id", "name", "legal_form", "governance_model", "member_categories", "bodies")
MODELS: dict[str, type[BaseModel]] = {"member_categories": MemberCategory, "bodies": Body}

WORDS = {
    "missing": ("is missing", "add it"),
    "literal_error": ("is not one of {expected}", "write one of these words"),
    "int_parsing": ("is not a whole number", "write a whole number, such as 12"),
    "int_type": ("is not a whole number", "write a whole number, such as 12"),
    "int_from_float": ("is not a whole number", "write a whole number, such as 12"),
    "float_parsing": ("is not a number", "write a number, such as 0.5"),
    "float_type": ("is not a number", "write a number, such as 0.5"),
    "bool_parsing": ("is neither yes nor no", "write yes or no"),
    "bool_type": ("is neither yes nor no", "write yes or no"),
    "greater_than": ("must be more than {gt}", "correct it"),
    "greater_than_equal": ("must be {ge} or more", "correct it"),
    "less_than_equal": ("must be {le} or less", "correct it"),
    "string_pattern_mismatch": (
        "is not a code",
        "use small letters, digits and underscores, and begin with a letter, such as 'staff'",
    ),
    "string_too_long": ("is longer than {max_length} letters", "shorten it"),
    "dict_type": ("must hold names and values of its own", "see the template"),
    "model_type": ("must hold names and values of its own", "see the template"),
    "list_type": ("must be a list", "begin each line of it with a hyphen"),
    "string_type": ("must be one text", "see the template"),
}


def read_organisation(
    written: dict[str, Any], source: str
) -> tuple[Organisation | None, list[Problem]]:
    """The organisation, and every fault in what was written of it.

    A fault in a value that may be left out costs that value; None where a value that is needed
    is missing or wrong.
    """
    values = _tidy(written)
    problems = _mend_id(values, source)
    while True:
        try:
            organisation = Organisation.model_validate(values)
            break
        except ValidationError as faults:
            found = faults.errors()
        problems += [_problem(fault, source) for fault in found]
        if any(_is_needed(fault) for fault in found):
            return None, problems
        for fault in found:
            _drop(values, fault["loc"])
        values = _without_blanks(values)
    organisation, more = _drop_unknown_codes(organisation, source)
    return organisation, [*problems, *more, *_unlikely_numbers(organisation, source)]


def _mend_id(values: dict[str, Any], source: str) -> list[Problem]:
    """Make a code of an id that is a name, such as "Tegfan Care", and say so."""
    written = values.get("id")
    if not isinstance(written, str):
        return []
    bare = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")
    if code == written or not code or not re.fullmatch(r"[\w .,'&-]+", written):
        return []
    values["id"] = code
    what = f"'{written[:60]}' was read as {code}"
    return [Problem(source, None, "id", what, serious=False, rule="read as")]


def lists_of(written: dict[str, Any]) -> Organisation | None:
    """The groups and bodies of an organisation that cannot be read otherwise.

    With them its tables can be held against them, so that every fault is said at once.
    """
    stand_in = {"id": "x", "name": "x", "legal_form": "other", "governance_model": "other"}
    return read_organisation(written | stand_in, "")[0] if written else None


def _tidy(written: dict[str, Any]) -> dict[str, Any]:
    """What was written, with empty values left out, lists split and yes or no in English."""
    values = _without_blanks(written)
    for name in LISTS:
        if isinstance(values.get(name), str):
            values[name] = [one.strip() for one in values[name].split(";") if one.strip()]
    for name in YES_OR_NO:
        word = values.get(name)
        if isinstance(word, str):
            values[name] = ANSWERS.get(word.strip().casefold(), word)
    return values


def _without_blanks(value: Any) -> Any:
    """A copy without the values that are empty."""
    if isinstance(value, dict):
        return {k: _without_blanks(v) for k, v in value.items() if v is not None and v != ""}
    if isinstance(value, list):
        return [_without_blanks(one) for one in value if one is not None]
    return value


def _is_needed(fault: dict[str, Any]) -> bool:
    """Whether the organisation cannot be read without the faulty value."""
    path = fault["loc"]
    if fault["type"] == "extra_forbidden":
        return False
    if len(path) == 1:
        return path[0] in NEEDED
    in_group_or_body = path[0] in MODELS
    return in_group_or_body and (len(path) == 2 or path[2] in ("title", "kind", "[key]"))


def _drop(values: dict[str, Any], path: tuple[Any, ...]) -> None:
    *steps, last = (step for step in path if step != "[key]")
    inside: Any = values
    for step in steps:
        inside = inside[step]
    inside[last] = None


def _problem(fault: dict[str, Any], source: str) -> Problem:
    path = ".".join(str(step) for step in fault["loc"] if step != "[key]")
    if fault["type"] == "extra_forbidden":
        meant = near(str(fault["loc"][-1]), _names_beside(fault["loc"]))
        remedy = f"did you mean {meant}?" if meant else "remove it, or see the template for names"
        what = "is not a name used here, and was left out"
        return Problem(source, None, path, what, remedy, rule="unknown name")
    if fault["type"] == "value_error":
        what, remedy = "cannot be used", str(fault["ctx"]["error"])
    else:
        what, remedy = WORDS.get(fault["type"], (f"cannot be used: {fault['msg']}", "correct it"))
        what = what.format(**_allowed(fault))
    if fault["type"] == "literal_error" and (meant := near(str(fault["input"]), _words(fault))):
        remedy = f"did you mean {meant}?"
    shown = (
        f"'{str(fault['input'])[:60]}' " if isinstance(fault["input"], str | float | int) else ""
    )
    shown = "" if fault["type"] == "missing" else shown
    return Problem(source, None, path, shown + what, remedy, rule=fault["type"])


def _words(fault: dict[str, Any]) -> list[str]:
    return fault["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")


def _allowed(fault: dict[str, Any]) -> dict[str, Any]:
    limits = {
        name: f"{value:g}" if isinstance(value, int | float) else value
        for name, value in fault.get("ctx", {}).items()
    }
    return limits | ({"expected": ", ".join(_words(fault))} if "expected" in limits else {})


def _names_beside(path: tuple[Any, ...]) -> list[str]:
    model = Organisation if len(path) == 1 else MODELS.get(path[0], Organisation)
    return list(model.model_fields)


def _drop_unknown_codes(
    organisation: Organisation, source: str
) -> tuple[Organisation, list[Problem]]:
    """The organisation without references to bodies and member groups it does not list."""
    problems = []
    matters = dict(organisation.reserved_matters)
    for matter, body in organisation.reserved_matters.items():
        if body not in organisation.bodies:
            path = f"reserved_matters.{matter}"
            problems.append(_unlisted(source, path, body, "bodies", organisation.bodies))
            del matters[matter]
    bodies = dict(organisation.bodies)
    for name, body in organisation.bodies.items():
        known = organisation.member_categories
        for group in body.seats_by_category:
            if group not in known:
                path = f"bodies.{name}.seats_by_category"
                problems.append(_unlisted(source, path, group, "member_categories", known))
        seats = {group: n for group, n in body.seats_by_category.items() if group in known}
        bodies[name] = body.model_copy(update={"seats_by_category": seats})
    changed = {"reserved_matters": matters, "bodies": bodies}
    return organisation.model_copy(update=changed), problems


def _unlisted(source: str, path: str, code: str, where: str, known: dict[str, Any]) -> Problem:
    meant = near(code, known)
    remedy = f"did you mean {meant}?" if meant else f"add it to {where}, or correct it"
    return Problem(source, None, path, f"'{code}' is not one of {where}", remedy, rule="unlisted")


def _unlikely_numbers(organisation: Organisation, source: str) -> list[Problem]:
    """Numbers that contradict each other; they are used as they stand."""
    found = []
    shares = [group.declared_share or 0 for group in organisation.member_categories.values()]
    if sum(shares) > 1.005:
        found.append(("member_categories", f"have declared shares that add up to {sum(shares):g}"))
    for name, body in organisation.bodies.items():
        if body.seats is not None and (body.quorum or 0) > body.seats:
            found.append((f"bodies.{name}.quorum", f"{body.quorum} is more than its seats"))
        if body.seats is not None and sum(body.seats_by_category.values()) > body.seats:
            found.append((f"bodies.{name}.seats_by_category", "add up to more than its seats"))
        if None not in (body.smallest, body.largest) and body.smallest > body.largest:
            found.append((f"bodies.{name}.smallest", "is more than largest"))
    return [
        Problem(source, None, path, what, "check both numbers", serious=False, rule="numbers")
        for path, what in found
    ]

"""Writes what an importer found as records: names become codes, and the folder appears whole."""

import csv
import io
import os
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assess.importers.found import PEOPLE, Found, Row, squeezed
from assess.load.raw import columns_of
from assess.records import AssessError
from assess.schemas import CONTRACTS
from assess.whole_files import cannot_write

REPORT = "import.txt"
HEAD = """\
# Written by `assess import`. What the source could not say stands as `other` or is left out:
# mend it here. `assess check` says what is missing.
"""


@dataclass(frozen=True)
class ImportReport:
    """What an import wrote, how it read what it read, and what it had to leave."""

    source: str
    folder: Path
    tables: Mapping[str, int]  # table -> rows written; empty: nothing but a mapping was written
    changed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()  # what a person has to say or do next
    guessed: tuple[str, ...] = ()
    mapping: Path | None = None  # the proposed mapping, where one was written

    def lines(self) -> list[str]:
        """The report in lines to print. Holds no name."""
        wrote = ", ".join(f"{name} {number:,}" for name, number in self.tables.items())
        lines = [f"{self.source}: {wrote or 'nothing was written yet'}"]
        for heading, said in (
            ("Guessed:", self.guessed),
            ("Read as something else than written:", self.changed),
            ("Could not be carried over:", self.lost),
            ("To do:", self.needed),
        ):
            lines += [heading, *(f"  {one}" for one in said)] if said else []
        return lines


def write_found(found: Found, folder: Path, *, keep_key: Path | None = None) -> ImportReport:
    """Write records whole or not at all, into a folder that does not exist yet or is empty.

    The key of names and codes is written only to `keep_key`, which must lie outside the folder.
    """
    refuse_folder(folder, keep_key)
    tables = _tables(found)
    if not any(tables.values()):
        lost = "".join(f"\n  {line}" for line in counted(found.lost))
        raise AssessError(f"{found.source}: nothing in it could be carried over.{lost}")
    _refuse_names(found)
    codes = _codes(tables)
    tables = {name: _coded(name, rows, codes, found) for name, rows in tables.items()}
    report = ImportReport(
        source=found.source,
        folder=folder,
        tables={name: len(rows) for name, rows in tables.items()},
        changed=counted(found.changed),
        lost=counted(found.lost),
        needed=_needed(tables, folder),
    )
    files = {f"{name}.csv": table_text(name, rows) for name, rows in tables.items()}
    files["organisation.yaml"] = _organisation(found, folder)
    files[REPORT] = "\n".join(report.lines()) + "\n"
    write_folder(folder, files)
    if keep_key is not None:
        write_alone(
            keep_key, _csv([("code", "name"), *((code, key) for key, code in codes.items())])
        )
    return report


def refuse_folder(folder: Path, keep_key: Path | None = None) -> None:
    """Raise AssessError where records would overwrite something, or the key would lie with them."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AssessError(
            f"{folder} is not empty. Nothing is ever overwritten: give the name of a new folder."
        )
    if keep_key is None:
        return
    if keep_key.resolve().is_relative_to(folder.resolve()):
        raise AssessError(
            f"{keep_key}: the key must not lie with the records, because together they name "
            "people. Give a place outside the folder."
        )
    if keep_key.exists():
        raise AssessError(f"{keep_key} is there already. Give another name for the key.")


def counted(notes: Mapping[str, int]) -> tuple[str, ...]:
    """Notes with their counts, in words: 'votes by proxy: 12'."""
    return tuple(f"{what}: {number:,}" for what, number in sorted(notes.items()))


def _refuse_names(found: Found) -> None:
    """Raise AssessError where a body or group is called as a person is: a column was mistaken."""
    names = {squeezed(name).casefold() for name in found.names}
    for listed, what in ((found.groups, "member group"), (found.bodies, "body")):
        if any(title.casefold() in names for title in listed.values()):
            raise AssessError(
                f"{found.source}: a {what} has the name of a person, so nothing was written. Check "
                "which column the mapping takes for it."
            )


# Names become codes -----------------------------------------------------------------------------


def _tables(found: Found) -> dict[str, list[Row]]:
    tables = {name: found.tables[name] for name in CONTRACTS if found.tables.get(name)}
    if votes := _votes(found):
        tables["votes"] = votes
    return {
        name: _without_twins(rows, found) if name == "attendance" else rows
        for name, rows in tables.items()
    }


def _votes(found: Found) -> list[Row]:
    """Totals by decision and group. Whole votes only; a half is not a vote."""
    totals: dict[tuple[str, str], Counter[str]] = {}
    for (decision, group, option), number in found.ballots.items():
        totals.setdefault((decision, group), Counter())[option] += number
    return [
        {
            "decision_id": decision,
            "category": group,
            "votes_for": str(total["for"]),
            "votes_against": str(total["against"]),
            "abstained": str(total["abstained"]),
        }
        for (decision, group), total in totals.items()
    ]


def _without_twins(rows: list[Row], found: Found) -> list[Row]:
    """One row for a person and meeting: of two, the first that says something."""
    kept: dict[tuple[str, str], Row] = {}
    twins: set[str] = set()
    for row in rows:
        key = (row["meeting_id"], row["person_id"])
        first = kept.get(key)
        if first is not None:
            twins.add(row["person_id"])
        if first is None or not first.get("status"):
            kept[key] = row
        elif row.get("status"):
            same = row["status"] == first["status"]
            what = "second marks of a person for the same meeting"
            found.lose(what if same else f"{what}, which said something else")
    if twins:
        found.change("people who stand twice for one meeting, taken as one person", len(twins))
    return list(kept.values())


def _codes(tables: Mapping[str, list[Row]]) -> dict[str, str]:
    """Each person's key, in the order of the alphabet, with the code made for it."""
    keys = {
        row[column]
        for name, rows in tables.items()
        for column in PEOPLE.get(name, ())
        for row in rows
        if row.get(column)
    }
    ordered = sorted(keys, key=lambda key: (key.casefold(), key))
    digits = max(3, len(str(len(ordered))))
    return {key: f"P{place:0{digits}}" for place, key in enumerate(ordered, 1)}


def _coded(name: str, rows: list[Row], codes: Mapping[str, str], found: Found) -> list[Row]:
    people = PEOPLE.get(name, ())
    words = _name_words({*codes, *found.names})
    coded = []
    for row in rows:
        row = row | {column: codes[row[column]] for column in people if row.get(column)}
        if row.get("title"):
            row["title"] = _without_names(row["title"], words)
        coded.append(row)
    columns = columns_of(name)
    return sorted(coded, key=lambda row: _order(name, row, columns))


def _order(name: str, row: Row, columns: list[str]) -> tuple:
    """Meetings by day; the rest by their first column, numbers in codes as numbers."""
    if name == "meetings":
        return (row["held_on"], row["meeting_id"])
    return tuple(_by_number(row.get(column, "")) for column in columns[:2])


def _by_number(code: str) -> tuple[str, int, str]:
    """A key that puts D2 before D10."""
    found = re.fullmatch(r"([A-Z]+)([0-9]{1,9})", code)
    return (found[1], int(found[2]), code) if found else (code, 0, code)


def _name_words(names: Iterable[str]) -> frozenset[str]:
    words = {word.casefold() for name in names for word in re.findall(r"[^\W\d_]{3,}", name)}
    return frozenset(words - {"the", "and", "for", "councillor", "ward", "mayor"})


def _without_names(text: str, words: frozenset[str]) -> str:
    """A title in which each word of a person's name is replaced by dots, at most 300 letters.

    A spreadsheet takes text that begins with one of a few signs for a formula, so they go.
    """
    text = squeezed(text)[:300].lstrip("=+-@ ")
    return re.sub(
        r"[^\W\d_]{3,}", lambda one: "…" if one.group().casefold() in words else one.group(), text
    )


# Files ------------------------------------------------------------------------------------------


def table_text(name: str, rows: list[Row]) -> str:
    """A table as CSV: the contract's columns that hold something, and those it asks for."""
    about = CONTRACTS[name].get_metadata()[name]["columns"]
    columns = [
        column
        for column in columns_of(name)
        if "blank" not in about[column] or any(row.get(column) for row in rows)
    ]
    return _csv([columns, *([row.get(column, "") for column in columns] for row in rows)])


def _csv(lines: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _organisation(found: Found, folder: Path) -> str:
    """organisation.yaml: what the source or the mapping said, and the bodies and groups met."""
    given = dict(found.organisation)
    bodies = {code: {"title": title} for code, title in found.bodies.items()}
    groups = {code: {"title": title, "kind": "other"} for code, title in found.groups.items()}
    written: dict[str, Any] = {
        "id": id_of(folder.resolve().name),
        "name": folder.resolve().name[:400] or "Organisation",
        "legal_form": "other",
        "governance_model": "other",
    }
    written |= {
        key: value for key, value in given.items() if key not in ("bodies", "member_categories")
    }
    for key, met in (("member_categories", groups), ("bodies", bodies)):
        mine = given.get(key) if isinstance(given.get(key), dict) else {}
        if met or mine:
            written[key] = met | mine
    return HEAD + yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=100)


def id_of(name: str) -> str:
    """A short code for an organisation: small letters, digits and single hyphens."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:60].strip("-") or "organisation"


def _needed(tables: Mapping[str, list[Row]], folder: Path) -> tuple[str, ...]:
    absent = [name for name in ("members", "meetings", "decisions") if name not in tables]
    said = ["Complete organisation.yaml: what could not be known stands as 'other'."]
    if absent:
        said.append(f"The source holds no {' and no '.join(absent)}: add them from elsewhere.")
    return (*said, f"Run `assess check {folder}`.")


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write a folder of files whole or not at all, after holding its records against the contracts.

    Raises AssessError where the records could not be assessed, or the disk refuses them.
    """
    folder = folder.resolve()
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
        for name, content in files.items():
            text = content.encode(errors="replace") if isinstance(content, str) else content
            (part / name).write_bytes(text)
        _refuse_unusable(part, folder)
        if folder.exists():
            folder.rmdir()  # it is empty
        os.replace(part, folder)
    except OSError as fault:
        raise cannot_write(folder.parent, fault) from fault
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _refuse_unusable(part: Path, folder: Path) -> None:
    from assess.validate import read_records

    try:
        read_records(part)
    except AssessError as fault:
        said = str(fault).replace(part.name, folder.name)
        raise AssessError(f"What was read makes no usable records. {said}") from None


def write_alone(path: Path, text: str) -> None:
    """Write a file that was not there, for its owner's eyes only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(opened, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except FileExistsError:
        raise AssessError(f"{path} is there already. Give another name.") from None
    except OSError as fault:
        with suppress(OSError):
            path.unlink()
        raise cannot_write(path.parent, fault) from fault

"""Organisations written as folders: organisation.yaml and one CSV file a table."""

import csv
from datetime import date
from pathlib import Path

import yaml

from assess.records import AssessError
from assess.schemas import CONTRACTS
from assess.synth.character import VARIATION, Character, characters, find_character, vary
from assess.synth.dealings import answer_survey, engage, recommend, register
from assess.synth.decisions import decide
from assess.synth.dice import Dice
from assess.synth.meetings import hold_meetings, list_items
from assess.synth.people import (
    Row,
    develop,
    enrol,
    fill_seats,
    hold_elections,
    seat_rows,
    take_part,
)

SAMPLES_SEED = 1
REQUIRED = ("members", "meetings", "decisions")
YES_NO = {True: "yes", False: "no"}


def write_samples(folder: Path) -> list[Character]:
    """Write the twelve sample organisations of data/, one folder each."""
    return write_organisations(len(characters()), folder, seed=SAMPLES_SEED)


def write_organisations(number: int, folder: Path, *, seed: int) -> list[Character]:
    """Write `number` organisations, one folder each, and give their characters with true rates.

    The first twelve are the characters as characters.yaml has them; after them each character
    comes round again with its rates and sizes varied.
    """
    written = []
    kinds = list(characters().values())
    for place in range(number):
        round_number, kind = divmod(place, len(kinds))
        character = kinds[kind]
        if round_number:
            character = vary(character, round_number + 1, Dice(seed, place, VARIATION))
        write_organisation(
            character, Path(folder) / character.organisation.id, seed=seed, place=place
        )
        written.append(character)
    return written


def write_organisation(
    character: Character | str, folder: Path, *, seed: int, place: int = 0
) -> Path:
    """Write one organisation of a character, or of a character's key, into `folder`.

    The same seed and place in a batch give the same bytes on every machine.
    """
    if isinstance(character, str):
        character = find_character(character)
    folder = Path(folder)
    _clear(folder)
    _write_organisation_yaml(character, folder / "organisation.yaml")
    for table, rows in make_tables(character, seed=seed, place=place).items():
        columns = _kept_columns(character, table)
        if columns and (rows or table in REQUIRED):
            _write_table(folder / f"{table}.csv", columns, rows)
    return folder


def _clear(folder: Path) -> None:
    """An empty place to write in. Only tables of an invented organisation are ever removed."""
    folder.mkdir(parents=True, exist_ok=True)
    about = folder / "organisation.yaml"
    if about.exists() and "\nsynthetic: true\n" not in about.read_text(encoding="utf-8"):
        raise AssessError(
            f"{folder}: holds an organisation that is not marked as invented, and writing here "
            "would replace its records. Choose another folder."
        )
    for table in CONTRACTS:
        (folder / f"{table}.csv").unlink(missing_ok=True)


def make_tables(character: Character, *, seed: int, place: int = 0) -> dict[str, list[Row]]:
    """Every table's rows, kept or not. Tables have dice of their own and do not disturb others."""
    dice = [Dice(seed, place, part) for part in range(20)]
    seats = fill_seats(character, dice[0])
    members = enrol(character, seats, dice[1])
    elections, acts = hold_elections(character, seats, members, dice[2])
    meetings, attendance, coming = hold_meetings(character, seats, members, dice[3])
    decisions, votes = decide(character, meetings, dice[4], dice[5])
    engagements = engage(character, dice[6])
    acts += coming + take_part(character, members, dice[7])
    return {
        "members": members.rows,
        "meetings": [meeting.row for meeting in meetings],
        "decisions": decisions,
        "attendance": attendance,
        "roles": seat_rows(seats),
        "development": develop(character, seats, dice[8]),
        "elections": elections,
        "votes": votes,
        "recommendations": recommend(character, meetings, dice[9]),
        "engagements": engagements,
        "register": register(character, engagements, dice[10]),
        "agenda_items": list_items(character, meetings, dice[11]),
        "participation": sorted(acts, key=lambda act: (act["done_on"], act["member_id"])),
        "survey": answer_survey(character, seats, dice[12]),
    }


def _kept_columns(character: Character, table: str) -> list[str]:
    """The contract's columns in their order, without those this organisation does not keep."""
    if table in character.lacks:
        return []
    columns = list(CONTRACTS[table].to_schema().columns)
    return [name for name in columns if f"{table}.{name}" not in character.lacks]


def _write_table(path: Path, columns: list[str], rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(_cells(name, rows) for name in columns), strict=True))


def _cells(name: str, rows: list[Row]) -> list[str | int | date | None]:
    """A column as a spreadsheet would export it. The writer leaves an empty cell for None."""
    cells = [row.get(name) for row in rows]
    if any(isinstance(cell, bool) for cell in cells):
        return [YES_NO.get(cell) for cell in cells]
    return cells


def _write_organisation_yaml(character: Character, path: Path) -> None:
    written = character.organisation.model_dump(exclude_unset=True)
    text = yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, encoding="utf-8", newline="\n")

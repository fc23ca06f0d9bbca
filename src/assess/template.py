"""Writes an empty set of records to fill in, generated from the contracts: a workbook, or CSV.

With records given, the same workbook holds them instead of its examples, and reading it back
loses nothing.
"""

import csv
import datetime
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from assess.load.organisation_sheets import (
    CODE,
    MODELS,
    PARTS,
    is_yes_no,
    labels,
    shown,
    words_of,
)
from assess.load.raw import REQUIRED, columns_of
from assess.records import AssessError
from assess.schemas import CONTRACTS, about_columns, fields_of
from assess.schemas.organisation import Organisation
from assess.validate.headings import unique_together
from assess.words import Words

FILE = "records.xlsx"
# Dropdowns, limits and colours reach so far down; rows below are read all the same.
ROWS = 2000
EXAMPLE_ROW, FIRST_ROW = 1, 2  # from 0, under the headings
LONGEST_LIST = 255  # letters that a dropdown's own words may have in Excel
FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2199, 12, 31)
NO_DAY = datetime.datetime(2000, 1, 1)  # so that the same contracts give the same bytes

# One worked example a table. What is not here is drawn from the column's kind.
EXAMPLE_DAYS = {
    "joined_on": "2021-05-03",
    "start": "2023-10-01",
    "term_end": "2026-09-30",
    "notice_on": "2025-03-17",
    "papers_on": "2025-03-24",
    "record_issued_on": "2025-04-07",
    "minutes_draft_on": "2025-04-04",
    "minutes_approved_on": "2025-05-12",
    "advice_on": "2025-03-10",
    "staff_consulted_on": "2025-03-12",
    "published_on": "2025-04-03",
    "review_due": "2026-03-31",
    "closed_on": "2025-04-30",
    "feedback_on": "2025-05-30",
    "answered_on": "2025-04-30",
    "original_due_on": "2025-06-30",
}
EXAMPLE_BLANK = {"left_on", "end", "reviewed_on", "due_on", "tabled_on", "conflict_action"}
EXAMPLE_TEXTS = {
    "person_id": "P1",
    "member_id": "P1",
    "meeting_id": "B1",
    "decision_id": "D1",
    "moved_by": "P1",
    "seconded_by": "P2",
    "item": "1.1-1",
    "item_id": "1",
    "audience": "staff",
}


def new(folder: Path, *, lang: str = "en", as_csv: bool = False) -> list[str]:
    """Write an empty set of records into a folder that holds none. Gives what to do next.

    Raises AssessError where a file of that name is there already, or the disk refuses it.
    """
    words = Words(lang)
    files = csv_files(words) if as_csv else {FILE: workbook(words)}
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        raise AssessError(f"{folder / taken[0]} is there already. Give another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as fault:
        raise AssessError(f"{folder} cannot be written: {fault.strerror}.") from None
    first = folder if as_csv else folder / FILE
    return [
        words.say("{path} is ready to fill in.", path=first),
        words.say("When some of it is filled in: assess check {path}", path=first),
    ]


# The workbook -----------------------------------------------------------------------------------


def workbook(
    words: Words,
    organisation: Organisation | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> bytes:
    """The template's bytes, or with records those records in it."""
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "dd/mm/yyyy",
    }
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"created": NO_DAY, "title": words.say("Governance records")})
    _Writing(book, words, organisation, tables or {}).write()
    book.close()
    return file.getvalue()


class _Writing:
    """One workbook while it is written: its formats, its language and what goes into it."""

    def __init__(
        self,
        book: xlsxwriter.Workbook,
        words: Words,
        organisation: Organisation | None,
        tables: Mapping[str, pd.DataFrame],
    ) -> None:
        self.book = book
        self.words = words
        self.organisation = organisation
        self.tables = tables
        self.formats = {
            "needed": book.add_format({"bold": True, "bg_color": "#0B5394", "color": "#FFFFFF"}),
            "heading": book.add_format({"bold": True, "bg_color": "#D9E4F0"}),
            "example": book.add_format({"italic": True, "color": "#595959"}),
            "example_day": book.add_format(
                {"italic": True, "color": "#595959", "num_format": "dd/mm/yyyy"}
            ),
            "day": book.add_format({"num_format": "dd/mm/yyyy", "align": "left"}),
            "text": book.add_format({"num_format": "@"}),
            "number": book.add_format({"align": "left"}),
            "twice": book.add_format({"bg_color": "#FCE4D6", "color": "#9C0006"}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }

    def sheet(self, title: str) -> Any:
        """A new sheet under its title in the workbook's language."""
        return self.book.add_worksheet(self.title(title))

    def title(self, title: str) -> str:
        return self.words.translate(title)[:31]  # Excel allows no longer title

    def write(self) -> None:
        """Every sheet, those to fill in first at the front."""
        self._start()
        self._organisation()
        self._lines("member_categories")
        self._lines("bodies")
        for name in CONTRACTS:
            self._table(name)

    # Sheets about the organisation

    def _start(self) -> None:
        sheet = self.sheet(PARTS["start"])
        sheet.set_column(0, 0, 100, self.formats["wrap"])
        sheet.write_string(0, 0, self.words.say("Governance records"), self.formats["title"])
        for row, line in enumerate(_instructions(self.words), 1):
            sheet.write_string(row, 0, line, self.formats["wrap"])
        sheet.hide_gridlines(2)

    def _organisation(self) -> None:
        sheet = self.sheet(PARTS["organisation"])
        sheet.set_column(0, 0, 48, self.formats["heading"])
        sheet.set_column(1, 1, 40, self.formats["text"])
        sheet.set_column(2, 2, 80, self.formats["wrap"])
        for row, (name, title) in enumerate(labels("organisation").items()):
            field = MODELS["organisation"].model_fields[name]
            style = self.formats["needed" if field.is_required() else "heading"]
            sheet.write_string(row, 0, self.words.translate(title), style)
            value = getattr(self.organisation, name, None)
            if self.organisation is not None:
                self._put(sheet, row, 1, self._said("organisation", name, value), "text")
            sheet.write_string(row, 2, self._advice("organisation", name), self.formats["wrap"])
            self._choices(sheet, (row, 1, row, 1), "organisation", name)
        sheet.freeze_panes(0, 1)

    def _lines(self, part: str) -> None:
        """A sheet of member groups or bodies, a line each."""
        sheet = self.sheet(PARTS[part])
        names = labels(part)
        sheet.write_string(0, 0, self.words.translate(CODE), self.formats["needed"])
        sheet.write_comment(0, 0, self.words.say("Small letters, such as staff or board."))
        sheet.set_column(0, 0, 18, self.formats["text"])
        for place, (name, title) in enumerate(names.items(), 1):
            needed = MODELS[part].model_fields[name].is_required()
            style = self.formats["needed" if needed else "heading"]
            sheet.write_string(0, place, self.words.translate(title), style)
            sheet.write_comment(0, place, self._advice(part, name) or self.words.translate(title))
            sheet.set_column(place, place, 24, self.formats["text"])
            self._choices(sheet, (1, place, 200, place), part, name)
        lines = _given_lines(self.organisation, part, self.words)
        for row, (code, values) in enumerate(lines.items(), EXAMPLE_ROW):
            style = "example" if row == EXAMPLE_ROW and self.organisation is None else "text"
            self._put(sheet, row, 0, code, style)
            for place, name in enumerate(names, 1):
                self._put(sheet, row, place, self._said(part, name, values.get(name)), style)
        sheet.freeze_panes(1, 1)

    def _said(self, part: str, name: str, value: Any) -> str:
        """A value of the organisation as its cell holds it."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return self._yes_no(value)
        if isinstance(value, Mapping):
            return "; ".join(f"{key}: {one}" for key, one in value.items())
        if isinstance(value, list | tuple):
            return "; ".join(self._said(part, name, one) for one in value)
        if isinstance(value, str) and value in words_of(part, name):
            return self.words.translate(shown(value))
        return f"{value:.15g}" if isinstance(value, float) else str(value)

    def _advice(self, part: str, name: str) -> str:
        """What to write, in a sentence or two."""
        field = MODELS[part].model_fields[name]
        advice = [self.words.translate(field.description)] if field.description else []
        if chosen := words_of(part, name):
            listed = "; ".join(self.words.translate(shown(word)) for word in chosen)
            if "list" in str(field.annotation):
                advice.append(
                    self.words.say("Any of these, with semicolons between: {words}.", words=listed)
                )
        elif "list" in str(field.annotation):
            advice.append(self.words.say("Codes with semicolons between, such as law; money."))
        elif "dict" in str(field.annotation):
            advice.append(
                self.words.say("Pairs with semicolons between, such as staff: 2; users: 3.")
            )
        return " ".join(advice)

    def _choices(self, sheet: Any, cells: tuple[int, ...], part: str, name: str) -> None:
        """A dropdown on cells whose value is one word of a list."""
        if "list" in str(MODELS[part].model_fields[name].annotation):
            return
        chosen = [self.words.translate(shown(word)) for word in words_of(part, name)]
        chosen = [self._yes_no(True), self._yes_no(False)] if is_yes_no(part, name) else chosen
        if chosen:
            self._dropdown(sheet, cells, chosen)

    # Sheets of records

    def _table(self, name: str) -> None:
        sheet = self.sheet(CONTRACTS[name].Config.title)
        sheet.set_tab_color("#0B5394" if name in REQUIRED else "#BFBFBF")
        fields = fields_of(name)
        for place, (column, about) in enumerate(about_columns(name).items()):
            needed = "blank" not in about
            title = self.words.translate(fields[column].title)
            sheet.write_string(0, place, title, self.formats["needed" if needed else "heading"])
            sheet.write_comment(0, place, self._note(fields[column], about), {"x_scale": 2})
            style = {"date": "day", "number": "number", "whole": "number"}.get(
                about["kind"], "text"
            )
            sheet.set_column(place, place, max(14, len(title) + 2), self.formats[style])
            self._limits(sheet, place, about)
        self._twice(sheet, name)
        sheet.freeze_panes(1, 1)
        if name in self.tables:
            self._rows(sheet, name, self.tables[name])
        elif self.organisation is None:
            self._example(sheet, name)

    def _note(self, field: Any, about: Mapping[str, Any]) -> str:
        """What stands on a heading: what to write, the words allowed, and what a blank means."""
        parts = [self.words.translate(field.description)]
        for code, meaning in about.get("codes", {}).items():
            parts.append(f"{self.words.translate(code)}: {self.words.translate(meaning)}")
        if "blank" in about:
            blank = self.words.translate(about["blank"])
            parts.append(self.words.say("Empty means: {meaning}.", meaning=blank))
        else:
            parts.append(self.words.say("Must be filled in."))
        return "\n".join(parts)

    def _limits(self, sheet: Any, place: int, about: Mapping[str, Any]) -> None:
        """What a column's cells may hold, as far as a spreadsheet can ask for it."""
        cells = (FIRST_ROW, place, ROWS, place)
        kind = about["kind"]
        if kind == "choice":
            self._dropdown(sheet, cells, [self.words.translate(code) for code in about["codes"]])
        elif kind == "yes_no":
            self._dropdown(sheet, cells, [self._yes_no(True), self._yes_no(False)])
        elif kind == "date":
            limits = {"validate": "date", "criteria": "between"}
            limits |= {"minimum": FIRST_DAY, "maximum": LAST_DAY}
            message = self.words.say("Write a date, day first, such as 31/03/2025.")
            sheet.data_validation(*cells, limits | {"error_message": message})
        elif kind in ("whole", "number"):
            limits = {"validate": "decimal" if kind == "number" else "integer"}
            limits |= {"criteria": ">=", "value": 0}
            message = self.words.say("Write a number, 0 or more.")
            sheet.data_validation(*cells, limits | {"error_message": message})
        elif "one_of" in about:
            part = {"categories": "member_categories", "bodies": "bodies"}[about["one_of"]]
            self._listed_on(sheet, cells, PARTS[part], 1)
        elif "refers_to" in about:
            other, _, column = about["refers_to"].partition(".")
            self._listed_on(
                sheet, cells, CONTRACTS[other].Config.title, columns_of(other).index(column)
            )

    def _dropdown(self, sheet: Any, cells: tuple[int, ...], chosen: list[str]) -> None:
        if len(",".join(chosen)) > LONGEST_LIST:
            return
        message = self.words.say("Choose one of the words in the list, or leave the cell empty.")
        sheet.data_validation(
            *cells, {"validate": "list", "source": chosen, "error_message": message}
        )

    def _listed_on(self, sheet: Any, cells: tuple[int, ...], title: str, place: int) -> None:
        """A dropdown of what stands on another sheet. Anything else may be written all the same."""
        quoted = "'" + self.title(title).replace("'", "''") + "'"
        letters = xl_col_to_name(place, col_abs=True)
        last = 200 if title in PARTS.values() else ROWS
        first = EXAMPLE_ROW if self.organisation is not None else FIRST_ROW
        source = f"={quoted}!{letters}${first + 1}:{letters}${last + 1}"
        message = self.words.say("This is not on the sheet {sheet} yet.", sheet=self.title(title))
        sheet.data_validation(
            *cells,
            {"validate": "list", "source": source, "error_type": "warning"}
            | {"error_message": message},
        )

    def _twice(self, sheet: Any, name: str) -> None:
        """Colour rows whose code, or codes taken together, stand in another row too."""
        places = [columns_of(name).index(column) for column in unique_together(name)]
        if not places:
            return
        counted = []
        for place in places:
            letters = xl_col_to_name(place, col_abs=True)
            span = f"{letters}${FIRST_ROW + 1}:{letters}${ROWS + 1}"
            cell = xl_rowcol_to_cell(FIRST_ROW, place, col_abs=True)
            counted.append(f"{span},{cell}")
        first = xl_rowcol_to_cell(FIRST_ROW, places[0], col_abs=True)
        rule = f'=AND({first}<>"",COUNTIFS({",".join(counted)})>1)'
        about = {"type": "formula", "criteria": rule, "format": self.formats["twice"]}
        sheet.conditional_format(FIRST_ROW, min(places), ROWS, max(places), about)

    def _example(self, sheet: Any, name: str) -> None:
        for place, (column, about) in enumerate(about_columns(name).items()):
            if place == 0:
                self._put(sheet, EXAMPLE_ROW, 0, self.words.say("EXAMPLE-1"), "example")
                continue
            value = example(name, column, about)
            style = "example_day" if about["kind"] == "date" else "example"
            self._put(sheet, EXAMPLE_ROW, place, self._cell(value, about), style)

    def _rows(self, sheet: Any, name: str, rows: pd.DataFrame) -> None:
        for place, (column, about) in enumerate(about_columns(name).items()):
            style = {"date": "day", "number": "number", "whole": "number"}.get(
                about["kind"], "text"
            )
            cells = rows[column].astype(object).where(rows[column].notna(), None)
            for row, value in enumerate(cells, EXAMPLE_ROW):
                self._put(sheet, row, place, self._cell(value, about), style)

    def _cell(self, value: Any, about: Mapping[str, Any]) -> Any:
        """A value as the workbook holds it: a choice by its word in the workbook's language."""
        if value is None:
            return ""
        if about["kind"] == "yes_no":
            return self._yes_no(bool(value))
        if about["kind"] == "choice":
            return self.words.translate(str(value))
        if about["kind"] == "list":
            return "; ".join(self.words.translate(code) for code in str(value).split(";"))
        if about["kind"] == "code" and about.get("one_of") and self.organisation is None:
            return self.words.translate(str(value))
        return value

    def _yes_no(self, value: bool) -> str:
        return self.words.say("yes") if value else self.words.say("no")

    def _put(self, sheet: Any, row: int, place: int, value: Any, style: str) -> None:
        """One cell. Text is written as text, whatever sign it begins with."""
        if value == "" or value is None:
            return
        form = self.formats[style]
        if isinstance(value, datetime.datetime):
            sheet.write_datetime(row, place, value, form)
        elif isinstance(value, int | float):
            sheet.write_number(row, place, value, form)
        else:
            sheet.write_string(row, place, str(value), form)


def _instructions(words: Words) -> list[str]:
    return [
        words.say("1. Fill in the sheets Organisation, Member groups and Bodies. Once is enough."),
        words.say("2. Then fill in Members, Meetings and Decisions: a row for each."),
        words.say("3. Fill in any other sheet you have records for. Leave the rest as they are."),
        words.say("Dark blue headings must be filled in. Any other cell may stay empty."),
        words.say("An empty cell has a meaning. Point at a heading to read it."),
        words.say("Write codes that only you can tell apart. Never write names or addresses here."),
        words.say("Write dates with the day first, such as 31/03/2025."),
        words.say("Grey rows are examples. They are not read: write under them, or over them."),
        words.say("A cell turns orange where a code is used twice."),
        words.say("You may change the order of the columns. Keep their headings."),
    ]


def _given_lines(
    organisation: Organisation | None, part: str, words: Words
) -> dict[str, dict[str, Any]]:
    """The lines of a sheet of groups or bodies: those given, or an example and a start."""
    if organisation is not None:
        return {code: one.model_dump() for code, one in getattr(organisation, part).items()}
    mark = words.say("EXAMPLE-1")
    if part == "member_categories":
        return {
            mark: {"title": words.say("Staff"), "kind": "staff", "could_be_members": 40},
            "staff": {"title": words.say("Staff"), "kind": "staff"},
        }
    return {
        mark: {
            "title": words.say("Council"),
            "seats": 9,
            "seats_by_category": {"staff": 3},
            "quorum": 5,
            "decision_share": 0.5,
            "appointed_by": "members",
        },
        "board": {"title": words.say("Board")},
        "general_meeting": {"title": words.say("General meeting")},
    }


def example(table: str, column: str, about: Mapping[str, Any]) -> Any:
    """A cell of a table's worked example; None where it is left empty."""
    kind = about["kind"]
    if column in EXAMPLE_BLANK:
        return None
    if kind == "date":
        return datetime.datetime.fromisoformat(EXAMPLE_DAYS.get(column, "2025-03-31"))
    if kind in ("choice", "list"):
        return next(iter(about["codes"]))
    if kind == "yes_no":
        return True
    if kind in ("number", "whole"):
        return 3
    if about.get("one_of"):
        return {"categories": "Staff", "bodies": "Board"}[about["one_of"]]
    if kind == "text":
        return "12.3" if column.endswith("_ref") else None
    return EXAMPLE_TEXTS.get(column)


# CSV --------------------------------------------------------------------------------------------


def csv_files(words: Words) -> dict[str, bytes]:
    """An organisation.yaml to complete, and a CSV file with headings for each table."""
    files = {"organisation.yaml": _yaml(words).encode()}
    for name in CONTRACTS:
        titles = [words.translate(field.title) for field in fields_of(name).values()]
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(titles)
        writer.writerow(_csv_example(name, words))
        files[f"{name}.csv"] = b"\xef\xbb\xbf" + text.getvalue().encode()  # so Excel sees UTF-8
    return files


def _csv_example(name: str, words: Words) -> list[str]:
    cells = [words.say("EXAMPLE-1")]
    for column, about in list(about_columns(name).items())[1:]:
        value = example(name, column, about)
        if isinstance(value, datetime.datetime):
            value = f"{value:%Y-%m-%d}"
        elif isinstance(value, bool):
            value = words.say("yes")
        elif isinstance(value, str):
            value = words.translate(value)
        cells.append("" if value is None else str(value))
    return cells


def _yaml(words: Words) -> str:
    """organisation.yaml with a line for each value; those that may stay empty are comments."""
    lines = [f"# {words.say('Complete this file. Take the # away where you fill in a line.')}"]
    for name, title in labels("organisation").items():
        chosen = [*words_of("organisation", name), *_any_yes_no(name)]
        shown_words = f" ({', '.join(chosen)})" if chosen else ""
        lines += ["", f"# {words.translate(title)}{shown_words}"]
        needed = MODELS["organisation"].model_fields[name].is_required()
        lines.append(f"{name}:" if needed else f"# {name}:")
    for part in ("member_categories", "bodies"):
        lines += ["", f"# {words.translate(PARTS[part])}", f"{part}:"]
        first = {"member_categories": "staff", "bodies": "board"}[part]
        lines.append(f"  {first}:")
        for name, title in labels(part).items():
            mark = "" if MODELS[part].model_fields[name].is_required() else "# "
            chosen = words_of(part, name)
            value = {"title": first.capitalize(), "kind": "staff"}.get(name, "")
            shown_words = f" ({', '.join(chosen)})" if chosen else ""
            lines.append(f"    {mark}{name}: {value}  # {words.translate(title)}{shown_words}")
    return "\n".join(lines) + "\n"


def _any_yes_no(name: str) -> list[str]:
    return ["yes", "no"] if is_yes_no("organisation", name) else []

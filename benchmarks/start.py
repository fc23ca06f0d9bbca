"""How long the commands take to answer, start included, and how that compares with bare Python.

    python benchmarks/start.py

Prints seconds and, because machines differ, how many times as long as `python -c pass` takes.
"""

import datetime
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import xlsxwriter

RUNS = 5
ROWS = 1000
PYTHON = [sys.executable]
ASSESS = [*PYTHON, "-m", "assess.cli"]


def write_workbook(path: Path) -> None:
    """Three sheets of a thousand rows and the organisation, as a spreadsheet would save them."""
    book = xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"})
    about = book.add_worksheet("Organisation")
    answers = {
        "id": "bench",
        "name": "Bench",
        "legal_form": "other",
        "governance_model": "other",
        "member_categories.staff.title": "Staff",
        "member_categories.staff.kind": "staff",
        "bodies.board.title": "Board",
    }
    for row, pair in enumerate(answers.items()):
        about.write_row(row, 0, pair)
    day = datetime.date(2024, 1, 1)
    days = [day + datetime.timedelta(days=number % 365) for number in range(ROWS)]
    sheets = {
        "Members": (("Member code", "Member group", "Joined on"), ("M", "Staff")),
        "Meetings": (("Meeting code", "Body", "Held on"), ("B", "Board")),
        "Decisions": (("Decision code", "Body", "Decided on"), ("D", "Board")),
    }
    for title, (headings, (letter, code)) in sheets.items():
        sheet = book.add_worksheet(title)
        sheet.write_row(0, 0, headings)
        for number, day in enumerate(days, 1):
            sheet.write_row(number, 0, (f"{letter}{number}", code))
            sheet.write_datetime(number, 2, datetime.datetime.combine(day, datetime.time()))
    book.close()


def seconds(command: list[str]) -> float:
    """The shortest of several runs, which other programs have disturbed least."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.xlsx"
        write_workbook(path)
        bare = seconds([*PYTHON, "-c", "pass"])
        print(f"{'python -c pass':40} {bare:6.2f} s")
        for name, command, limit in (
            ("assess --help", [*ASSESS, "--help"], 0.3),
            ("assess check, 3 sheets of 1,000 rows", [*ASSESS, "check", str(path)], 1.5),
        ):
            took = seconds(command)
            print(f"{name:40} {took:6.2f} s, {took / bare:5.1f} times bare, limit {limit} s")


if __name__ == "__main__":
    main()

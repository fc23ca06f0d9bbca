"""Small records that several tests share, and a way to write them as a secretary would."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from assess.records import AssessError
from assess.report.pdf import find_browser

ORGANISATION = """\
id: tegfan-care
name: Tegfan Care
legal_form: cooperative_society
governance_model: multi_stakeholder
member_categories:
  staff: {title: Staff, kind: staff, could_be_members: 20}
  supported: {title: People we support, kind: users, could_be_members: 30}
  community: {title: Community, kind: community}
bodies:
  board: {title: Board, seats: 5, quorum: 2}
  council: {title: Council, seats: 6}
  general_meeting: {title: General meeting}
reserved_matters:
  merger: general_meeting
"""

MEMBERS = [
    {"member_id": "M1", "category": "staff", "joined_on": "2020-01-01", "eligible_to_vote": "yes"},
    {"member_id": "M2", "category": "supported", "joined_on": "2021-05-03", "left_on": ""},
    {"member_id": "M3", "category": "community", "joined_on": "", "left_on": "2024-06-30"},
]
MEETINGS = [
    {"meeting_id": "B1", "body": "board", "held_on": "2024-02-01", "notice_on": "2024-01-20"},
    {"meeting_id": "C1", "body": "council", "held_on": "2024-03-05", "notice_on": "2024-02-20"},
]
DECISIONS = [
    {"decision_id": "D1", "meeting_id": "B1", "body": "board", "decided_on": "2024-02-01"},
    {"decision_id": "D2", "meeting_id": "C1", "body": "council", "decided_on": "2024-03-05"},
]
TABLES = {"members": MEMBERS, "meetings": MEETINGS, "decisions": DECISIONS}

Rows = list[dict[str, object]]


@pytest.fixture(autouse=True, scope="session")
def keys_of_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keys, and what was published, are kept in a folder of the tests, never in the user's own."""
    os.environ["ASSESS_KEYS"] = str(tmp_path_factory.mktemp("keys"))


def write_csv(path: Path, rows: Rows) -> None:
    """Write rows as CSV in UTF-8; columns in the order in which they first appear."""
    columns = dict.fromkeys(column for row in rows for column in row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), restval="")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def write_records(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a small valid organisation and gives its folder.

    Tables are given as lists of rows, or as the text or bytes of their file; None leaves the file
    out. `members`, `meetings`, `decisions` and `organisation` have valid contents unless given.
    """

    def write(**tables: Rows | str | bytes | None) -> Path:
        folder = tmp_path / "tegfan-care"
        folder.mkdir(exist_ok=True)
        for name, content in ({"organisation": ORGANISATION} | TABLES | tables).items():
            path = folder / f"{name}{'.yaml' if name == 'organisation' else '.csv'}"
            path.unlink(missing_ok=True)
            if isinstance(content, list):
                write_csv(path, content)
            elif content is not None:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write


# A browser that asks its maker for news would make a request that is not the page's.
BROWSER = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
BROWSER += ["--disable-sync"]


@pytest.fixture(scope="module")
def browser():
    """A real browser; a test that asks for it is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    try:
        command = find_browser()
    except AssessError:
        pytest.skip("no browser found; get one with: apt install chromium")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=command, args=BROWSER)
        yield running
        running.close()

"""Whatever an import is given, it ends well or in one sentence, and leaves nothing half-written."""

import json
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assess.importers import FORMATS, import_records
from assess.records import AssessError

CALM = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
CELLS = st.sampled_from(
    ["", "", "P", "A", "Ap", "X", "1", "0", "-", "n/a", "Yes", "No", "Absent", "Ann Lee", "Bob",
     "2024-01-09", "12/09/24", "24.01.09", "240109", "7-Oct-18", "99/99/9999", "13/15 = 87%",
     "Passed (6 - 0 - 2)", "94.79%", "Carried", "744", "-5", "1e999", "Total", "=1+1", "|", '"',
     "ŵŷ", "\u202e", "٣", "9" * 400]
)  # fmt: skip
GRIDS = st.lists(st.lists(CELLS, min_size=1, max_size=7), min_size=1, max_size=9)


def attempt(format: str, name: str, content: bytes, mapping: str = "") -> str:
    """What the import says: an empty text where it ended well.

    Also holds that the folder is there whole, or is not there, and that no part of it is left.
    """
    with tempfile.TemporaryDirectory() as place:
        source, folder, said = (Path(place) / one for one in (name, "records", "said.yaml"))
        source.write_bytes(content)
        said.write_text(mapping, encoding="utf-8")
        try:
            report = import_records(format, source, folder, mapping=said if mapping else None)
        except AssessError as fault:
            assert not folder.exists()
            answer = str(fault)
            assert answer
        else:
            assert folder.exists() == (report.mapping is None)
            answer = ""
        assert not [path.name for path in Path(place).iterdir() if path.name.endswith(".part")]
        return answer


def as_csv(grid: list[list[str]]) -> bytes:
    quoted = ([f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line] for line in grid)
    return "\n".join(",".join(line) for line in quoted).encode()


def as_page(grid: list[list[str]]) -> bytes:
    rows = ("".join(f'<td rowspan="2">{cell}' for cell in line) for line in grid)
    return ("<table>" + "".join(f"<tr>{row}</tr>" for row in rows)).encode()


def as_markdown(grid: list[list[str]]) -> bytes:
    return "\n".join("|" + "|".join(line) + "|" for line in grid).encode()


FILES = {"sheet.csv": as_csv, "page.html": as_page, "page.md": as_markdown}


@CALM
@given(GRIDS, st.sampled_from(sorted(FILES)))
def test_a_proposal_for_any_table_ends_well_or_in_a_sentence(grid, name):
    attempt("wide", name, FILES[name](grid))


PLACES = st.sampled_from(["A", "B", "C", "1", "2", "3", "9", "ZZ", "99", ""])
BLOCKS = st.fixed_dictionaries(
    {
        "holds": st.sampled_from(["attendance", "votes", "decisions", "totals"]),
        "people": st.sampled_from(["rows", "columns", "list"]),
        "rows": st.sampled_from(["", "2-", "1-3", "2", "9-"]),
        "columns": st.sampled_from(["", "B-", "A-C", "B", "Z-"]),
        "blank": st.sampled_from(["absent", "not expected", "not known", "ask"]),
        "dates": st.sampled_from([[], ["dd/mm/yy"], ["yy.mm.dd", "yymmdd"], ["d-mmm-yy"]]),
        "codes": st.sampled_from([{}, {"P": "present", "X": "absent"}, {"Yes": "for"}]),
    }
    | {what: PLACES for what in ("name", "group", "date", "title", "outcome", "votes_for", "total")}
)


@CALM
@given(GRIDS, BLOCKS, st.sampled_from(sorted(FILES)))
def test_any_table_with_any_mapping_ends_well_or_in_a_sentence(grid, block, name):
    mapping = json.dumps({"titles": "keep", "blocks": [block]}, ensure_ascii=False)
    attempt("wide", name, FILES[name](grid), mapping)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["id", "name", "persons", "votes", "vote_events", "memberships", "counts", "option",
             "value", "start_date", "person_id", "organization_id", "motion", "items", "content",
             "present", "datetime", "table", "record", "poll_id", "closed_at", "resources", "path",
             "organisation", "group", "result", "string", "__class__", "vote", "rows"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip


@CALM
@given(VALUES, st.sampled_from(["popolo", "escribe", "frictionless", "loomio"]))
def test_any_json_ends_well_or_in_a_sentence(value, format):
    attempt(format, "export.json", json.dumps(value).encode(), "titles: keep\n")


DOCUMENTS = {
    "popolo": {
        "persons": [{"id": "p1", "name": "Ann Lee", "gender": "female"}],
        "organizations": [{"id": "o1", "name": "Council"}],
        "memberships": [{"person_id": "p1", "organization_id": "o1", "start_date": "2023-05-01"}],
        "vote_events": [
            {"id": "v1", "start_date": "2024-02-01", "organization_id": "o1", "result": "pass",
             "motion": {"text": "Thank Ann"}, "counts": [{"option": "yes", "value": 1}],
             "votes": [{"voter_id": "p1", "option": "yes", "group": {"name": "Reds"}}]},
        ],
    },
    "escribe": {
        "datetime": "2025-02-12 12:00:00", "meeting_type": "Audit", "present": ["A. Lee"],
        "items": {"1": {"title": "One", "items": {}, "content": [
            {"__class__": "Motion", "result": {"string": "Motion Passed"},
             "moved_by": {"string": "A. Lee"},
             "vote": {"rows": [{"option": "Yes", "names": ["A"]}]}}
        ]}},
    },
    "frictionless": {
        "organisation": {
            "id": "a", "name": "A", "legal_form": "other", "governance_model": "other"
        },
        "resources": [{"name": "members", "path": "export.json"}],
    },
}  # fmt: skip


@st.composite
def spoilt(draw):
    """A format, and a good document of it in which a few values stand that should not."""
    format = draw(st.sampled_from(sorted(DOCUMENTS)))
    document = json.loads(json.dumps(DOCUMENTS[format]))
    for _ in range(draw(st.integers(0, 3))):
        inside, key = None, None
        while isinstance(value := inside[key] if inside is not None else document, dict | list):
            keys = sorted(value) if isinstance(value, dict) else range(len(value))
            if not keys or (inside is not None and draw(st.integers(0, 3)) == 0):
                break
            inside, key = value, draw(st.sampled_from(keys))
        if inside is not None:
            inside[key] = draw(VALUES)
    return format, document


@CALM
@given(spoilt())
def test_a_good_export_with_a_few_wrong_values_ends_well_or_in_a_sentence(case):
    format, document = case
    attempt(format, "export.json", json.dumps(document).encode(), "titles: keep\n")


LEAVES = st.sampled_from(
    ["Meeting_ID", "MeetingDate", "Results_Result", "VotesTotalFor", "Vote_Result_English",
     "councillor", "councillorid", "fullusername", "politicalpartytitle"]
)  # fmt: skip


@CALM
@given(st.lists(st.lists(st.tuples(LEAVES, CELLS), max_size=6), max_size=5))
def test_any_xml_ends_well_or_in_a_sentence(records):
    from xml.sax.saxutils import escape

    text = "".join(
        "<councillor>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for tag, cell in record)
        + "</councillor>" for record in records
    )  # fmt: skip
    attempt("moderngov", "export.xml", f"<root>{text}</root>".encode())


@CALM
@given(
    st.binary(max_size=300),
    st.sampled_from(sorted(FORMATS)),
    st.sampled_from(["x.csv", "x.json", "x.xml", "x.html", "x.md", "x.xlsx", "x.pdf"]),
)
def test_any_bytes_under_any_name_end_in_a_sentence_or_well(content, format, name):
    attempt(format, name, content)


HEADINGS = {
    "civicrm": ["Contact ID", "Membership Status", "Membership Type", "Member Since", "End Date"],
    "loomio": ["poll", "id", "poll_options", "votes", "name"],
    "moderngov": ["Councillor", "Expected", "Present", "Apologies", "Absent"],
    "popolo": ["id", "name", "vote_event_id", "option", "date"],
}


@CALM
@given(GRIDS, st.sampled_from(sorted(HEADINGS)))
def test_any_rows_under_the_right_headings_end_well_or_in_a_sentence(grid, format):
    attempt(format, "vote_events.csv", as_csv([HEADINGS[format], *grid]))


# Files made to harm -----------------------------------------------------------------------------

LAUGHS = """<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<l><councillor><fullusername>&b;</fullusername></councillor></l>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<l><councillor><fullusername>&a;</fullusername></councillor></l>"""


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE], ids=["entities that grow", "outside files"])
def test_xml_with_entities_is_refused(text):
    assert "may be harmful" in attempt("moderngov", "votes.xml", text.encode())


def test_a_workbook_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path):
    """A cell in column XFD makes the reader lay out every cell before it."""
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        cell = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        packed.writestr("xl/worksheets/sheet1.xml", f"<worksheet>{cell}</worksheet>")
    assert attempt("wide", "book.xlsx", path.read_bytes())


def test_deeply_nested_files_are_refused_soon():
    """A million brackets, and a page of 100,000 tables inside each other."""
    began = time.monotonic()
    assert "cannot be read as JSON" in attempt("popolo", "a.json", b"[" * 1_000_000)
    assert "tables" in attempt("wide", "a.html", b"<table>" * 100_000)
    assert time.monotonic() - began < 20


def test_a_cell_that_claims_a_million_columns_is_cut(tmp_path):
    page = b'<table><tr><td colspan="999999">a</td><td rowspan="999999">b</td></tr></table>'
    assert attempt("wide", "a.html", page)


def test_a_mapping_cannot_hold_code_or_aliases():
    for text in ("blocks: !!python/object/apply:os.system [ls]", "a: &a [1]\nblocks: *a"):
        assert attempt("wide", "sheet.csv", b"a,b\n1,2\n", text)

"""The notebooks: thin, with parameters papermill can read, stored with their outputs."""

import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from assess import report

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
LONGEST = 8  # lines of code in a cell: what is longer belongs in a module
MOST = 1_000_000  # bytes


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def stored(request) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_there_are_notebooks():
    assert {path.stem for path in NOTEBOOKS} >= {"assessment", "comparison"}


def test_parameters_are_one_plain_assignment_a_line(stored):
    """papermill reads this cell line by line and warns about anything else."""
    cells = [cell for cell in stored.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(cells) == 1
    lines = cells[0].source.splitlines()
    assert lines
    assert [line for line in lines if not re.fullmatch(r'[a-z]+ = ("[^"]*"|\d+)', line)] == []


def test_both_notebooks_share_their_parameters():
    """Language, mode and seed are given to a whole run at once."""
    for path in NOTEBOOKS:
        cell = nbformat.read(path, as_version=4).cells[1].source
        assert {"lang", "mode", "seed"} <= set(re.findall(r"^(\w+) =", cell, re.MULTILINE)), path


def test_cells_are_short(stored):
    code = [cell.source for cell in stored.cells if cell.cell_type == "code"]
    assert code
    lines = [source for source in code if len(source.splitlines()) > LONGEST]
    assert lines == []


def test_every_cell_that_shows_something_is_stored_with_it(stored):
    shows = [c for c in stored.cells if c.cell_type == "code"][1:]
    assert [cell.source for cell in shows if not cell.outputs] == []
    kinds = {output.output_type for cell in shows for output in cell.outputs}
    assert kinds == {"execute_result"}


def test_no_trace_of_a_run_is_stored(stored):
    assert report.clean(stored) == stored


def test_the_page_of_a_stored_notebook_is_small_and_needs_nothing(stored):
    html = report.to_html(stored)
    assert len(html.encode()) < MOST
    assert re.findall(r'(?:src|href)="https?:', html) == []
    assert html.count("<h1>") == 1
    assert "No description has been provided" not in html
    images = re.findall(r"<img [^>]*>", html)
    assert images
    assert [image[:80] for image in images if not re.search(r'alt="[^"]{20,300}"', image)] == []


def test_every_heading_follows_the_one_above_it(stored):
    """h1, then h2, then h3: no level is left out."""
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", report.to_html(stored))]
    assert levels[0] == 1
    assert [pair for pair in pairwise(levels) if pair[1] - pair[0] > 1] == []

"""A printed page says nothing of when, where or by what it was printed."""

import shutil

import pytest

from assess.report import pdf

HEAD = rb"1 0 obj<</Title (A report)/Creator (Mozilla/5.0 \(X11; Linux\) Chrome/156)"
DATES = rb"/Producer (Skia/PDF m156)/CreationDate (D:20261126112525+00'00')/ModDate (D:20261126)>>"
PAGE = '<!doctype html><html lang="en"><title>A page</title><h1>A page</h1>'


def test_no_time_and_no_browser_stay_in_a_print():
    untold = pdf.without_traces(HEAD + DATES)
    assert untold.startswith(rb"1 0 obj<</Title (A report)/Creator (assess  ")
    assert b"/CreationDate (D:19800101000000+00'00')/ModDate (D:19800101)>>" in untold
    for trace in (b"2026", b"Linux", b"Chrome", b"Skia"):
        assert trace not in untold


def test_what_is_written_instead_is_as_long():
    """Places in a PDF are counted in bytes from its start."""
    assert len(pdf.without_traces(HEAD + DATES)) == len(HEAD + DATES)


@pytest.mark.slow
@pytest.mark.skipif(
    not any(map(shutil.which, pdf.BROWSERS)), reason="no browser here: apt install chromium"
)
def test_a_page_printed_twice_in_two_places_has_the_same_bytes(tmp_path):
    found = []
    for name in ("one", "another"):
        page = tmp_path / name / "page.html"
        page.parent.mkdir()
        page.write_text(PAGE)
        found.append(pdf.print_page(page, pdf.find_browser()).read_bytes())
    assert found[0] == found[1]
    assert b"Skia" not in found[0]
    assert str(tmp_path).encode() not in found[0]

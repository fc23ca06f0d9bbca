"""The page: what it holds, what it leaves out, and that it needs nothing from elsewhere."""

import re
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from assess import report
from assess.report.figure import Html, heading

HOSTILE = "<script>alert(1)</script>"
VOID = {"meta", "img", "br", "hr", "input", "link"}


def shown(piece: Html) -> nbformat.NotebookNode:
    bundle = piece._repr_mimebundle_()
    data, about = bundle if isinstance(bundle, tuple) else (bundle, {})
    return new_output("execute_result", data=data, metadata=about, execution_count=1)


def notebook(lang: str = "en", *cells) -> nbformat.NotebookNode:
    """A made-up executed notebook, with the traces papermill leaves."""
    opening = Html(heading(1, "Tegfan Care"), {"lang": lang, "title": "Tegfan Care & others"})
    made = new_notebook(
        metadata={"papermill": {"input_path": "/elsewhere/private", "parameters": {"a": 1}}}
    )
    made.cells = [
        new_markdown_cell("# For notebook readers", metadata={"tags": ["notebook"]}),
        new_code_cell("secret = 1", metadata={"tags": ["parameters"]}),
        new_code_cell("opening()", outputs=[shown(opening)]),
        new_markdown_cell(
            "## Summary\n\nThese are yes or no, so they stand beside\nthe scores "
            "and never change them."
        ),
        *cells,
    ]
    for cell in made.cells:
        cell.metadata["papermill"] = {"start_time": "2026-01-01T10:00:00"}
        cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01T10:00:00"}
    return made


class Page(HTMLParser):
    """What a page is made of, and whether each element that opens also closes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict]:
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture
def html() -> str:
    return report.to_html(notebook())


def test_the_page_has_the_parts_a_screen_reader_looks_for(html):
    page = Page(html)
    assert page.open == []
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert page.all("a")[0] == {"class": "skip", "href": "#main"}
    assert page.all("main")[0]["id"] == "main"
    labels = [attrs["aria-labelledby"] for attrs in page.all("section")]
    assert labels == [attrs["id"] for attrs in page.all("h2")] == ["s1"]


def test_the_title_is_escaped(html):
    assert "<title>Tegfan Care &amp; others</title>" in html


def test_code_parameters_and_notes_to_notebook_readers_are_left_out(html):
    assert "secret" not in html
    assert "For notebook readers" not in html


def test_no_trace_of_the_run_is_left():
    cleaned = report.clean(notebook())
    text = nbformat.writes(cleaned)
    assert "papermill" not in text
    assert "someone" not in text
    assert "2026-01-01" not in text


def test_cleaning_leaves_the_notebook_it_was_given_alone():
    given = notebook()
    report.clean(given)
    assert "papermill" in given.metadata


def test_the_page_is_the_same_twice_and_cleaning_first_changes_nothing(html):
    assert report.to_html(notebook()) == html
    assert report.to_html(report.clean(notebook())) == html


def test_the_page_asks_for_nothing_from_elsewhere(html):
    assert re.findall(r"https?://", html) == []
    assert Page(html).all("script") == Page(html).all("link") == []


def test_no_image_has_the_placeholder_text_for_its_description(html):
    assert "No description has been provided" not in html


def test_a_welsh_notebook_has_its_own_text_in_welsh():
    page = report.to_html(notebook("cy"))
    assert Page(page).all("html") == [{"lang": "cy"}]
    assert ">Crynodeb</h2>" in page
    assert "Ie neu na yw&#39;r rhain" in page or "Ie neu na yw'r rhain" in page
    assert report.clean(notebook("cy")).cells[3].source.startswith("## Crynodeb\n\nIe neu na")


def test_a_link_leads_to_the_other_language():
    link = Page(report.to_html(notebook("cy"), other="assessment.html")).all("a")[1]
    assert link == {"href": "assessment.html", "hreflang": "en", "lang": "en"}


def test_without_another_language_there_is_no_link(html):
    assert [a["href"] for a in Page(html).all("a")] == ["#main", "#s1"]


@pytest.mark.parametrize(
    "output",
    [
        new_output("stream", name="stdout", text=HOSTILE),
        new_output("error", ename="AssessError", evalue=HOSTILE, traceback=["secret trace"]),
        new_output("display_data", data={"text/plain": HOSTILE}),
    ],
    ids=["printed", "an error", "plain text"],
)
def test_what_a_cell_prints_is_escaped(output):
    page = report.to_html(notebook("en", new_code_cell("x", outputs=[output])))
    assert "&lt;script" in page
    assert Page(page).all("script") == []
    assert "secret trace" not in page


def test_html_in_markdown_is_escaped():
    page = report.to_html(notebook("en", new_markdown_cell(HOSTILE)))
    assert Page(page).all("script") == []


def status(**row: str) -> pd.DataFrame:
    given = {"organisation": "a", "name": "A", "state": "assessed", "period": "", "message": ""}
    return pd.DataFrame([given | {"folder": ""} | row])


def test_the_index_links_each_report_in_each_language():
    rows = status(folder="a/2025", period="2025-01-01/2025-12-31")
    page = report.index_page(rows, reports={"en": "assessment.html", "cy": "asesiad.html"})
    links = [(a["href"], a["lang"]) for a in Page(page).all("a") if "lang" in a]
    assert links == [("a/2025/assessment.html", "en"), ("a/2025/asesiad.html", "cy")]
    assert "1 January 2025 to 31 December 2025" in page


def test_the_index_says_why_an_organisation_could_not_be_assessed():
    page = report.index_page(
        status(state="failed", name=HOSTILE, message=f"Why {HOSTILE}"), reports={"en": "x.html"}
    )
    assert "0 organisations assessed, 1 not." in page
    assert "Why &lt;script" in page
    assert Page(page).all("script") == []
    assert [a["href"] for a in Page(page).all("a")] == ["#main", "#s1"]


def test_the_index_leads_to_the_comparison():
    page = report.index_page(
        status(), reports={"en": "assessment.html"}, comparisons={"en": "comparison.html"}
    )
    assert "comparison.html" in [a["href"] for a in Page(page).all("a")]


def test_words_on_the_page_are_18_pixels():
    style = (report.TEMPLATES / "report" / "page.css").read_text(encoding="utf-8")
    screen = style.partition("@media print")[0]
    assert "html { font: 18px" in screen
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)rem", screen)]
    assert min(sizes) >= 1


def test_details_are_open_on_paper():
    style = (report.TEMPLATES / "report" / "page.css").read_text(encoding="utf-8")
    paper = style.partition("@media print")[2]
    assert "details::details-content { content-visibility: visible; display: block; }" in paper

"""The pages a run writes, opened offline in a real browser.

Needs Debian's chromium (or another Chromium or Chrome): apt install chromium. Where there is none,
these tests are skipped and say so.
"""

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hostile import write_extreme, write_hostile

from assess import batch
from assess.report.pdf import find_browser, print_page

pytestmark = pytest.mark.slow
DATA = Path(__file__).parents[1] / "data"
SAMPLES = ("gofal-elwedd", "undeb-glanmelynog", "clwb-rhosycwsg")  # a survey; captured; two sheets
WIDTHS = (1280, 320)
PAIRS = {
    "assessment": "asesiad",
    "comparison": "cymhariaeth",
    "easy-read": "hawdd-ei-ddeall",
}


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    """Three samples assessed and compared in both languages, with copies for each."""
    folder = tmp_path_factory.mktemp("pages")
    records = folder / "records"
    for name in SAMPLES:
        shutil.copytree(DATA / name, records / name)
    status = batch.run([records], folder / "out", langs=("en", "cy"), quiet=True, copies=True)
    assert status.exit_code == 0, status
    return folder / "out"


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> list[Path]:
    """Pages of organisations that attack, do everything and do nothing, compared with a sample."""
    folder = tmp_path_factory.mktemp("odd")
    write_hostile(folder / "records" / "hostile")
    write_extreme(folder / "records" / "all", 1.0)
    write_extreme(folder / "records" / "none", 0.0)
    status = batch.run(
        [folder / "records"], folder / "out", langs=("en", "cy"), quiet=True, copies=True
    )
    assert status.exit_code == 0, status
    found = sorted((folder / "out").rglob("*.html"))
    assert len(found) == len(PAIRS) * 2 * 3 + 3
    return found


@pytest.fixture
def pages(out) -> list[Path]:
    found = sorted(out.rglob("*.html"))
    each = len(PAIRS) * 2
    assert len(found) == each * len(SAMPLES) + len(("index", "comparison", "cymhariaeth"))
    return found


def opened(browser, page: Path, *, width: int) -> tuple:
    """A tab with the page in it, and the requests it made beyond the page's own file."""
    tab = browser.new_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(page.as_uri())
    return tab, [url for url in asked if not url.startswith(("file:", "data:"))]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_asks_the_network_or_scrolls_sideways(browser, pages, odd, width):
    wide, asked = [], []
    for page in (*pages, *odd):
        tab, requests = opened(browser, page, width=width)
        asked += requests
        if tab.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(page)
        assert tab.evaluate("document.scripts.length") == 0
        tab.close()
    assert asked == []
    assert wide == []


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_any_page(browser, pages, odd, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    faults = {}
    for page in (*pages, *odd):
        tab, _ = opened(browser, page, width=width)
        found = axe.run(tab).response
        assert len(found["passes"]) > 10
        if found["violations"]:
            faults[page.name] = [
                (rule["id"], rule["nodes"][0]["html"][:200]) for rule in found["violations"]
            ]
        tab.close()
    assert faults == {}


def test_the_first_page_leads_to_a_report_and_on_to_the_other_language(browser, out):
    tab, _ = opened(browser, out / "index.html", width=1280)
    tab.click("a[hreflang=en][href*='gofal-elwedd'][href*=assessment]")
    assert tab.evaluate("document.documentElement.lang") == "en"
    first = tab.inner_text("h1")
    tab.click("header a[hreflang=cy]")
    assert tab.evaluate("document.documentElement.lang") == "cy"
    assert tab.inner_text("h1") != first
    tab.click("header a[hreflang=en]")
    assert tab.inner_text("h1") == first
    tab.close()


def test_every_link_leads_somewhere(pages):
    lost = []
    for page in pages:
        for href in re.findall(r'href="([^"#]+)"', page.read_text(encoding="utf-8")):
            if not (page.parent / href).is_file():
                lost.append((page.name, href))
    assert lost == []


def test_the_keyboard_reaches_every_link_and_every_box_that_scrolls(browser, out):
    """The first key leads past the contents; each later stop shows where it is."""
    tab, _ = opened(browser, out / "gofal-elwedd" / "2025" / "assessment.html", width=320)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    wanted = tab.evaluate(
        "[...document.querySelectorAll('a, summary, .scroll')].filter(e => e.checkVisibility()"
        " && !e.closest('details:not([open]) > :not(summary)')).length"
    )
    assert wanted > 30
    reached, hidden = 1, []
    for _ in range(wanted - 1):
        tab.keyboard.press("Tab")
        seen = tab.evaluate(
            "(() => {const e = document.activeElement; const s = getComputedStyle(e);"
            "return [e.tagName, s.outlineStyle, e.textContent.slice(0, 30)]})()"
        )
        reached += seen[0] != "BODY"
        if seen[1] == "none":
            hidden.append(seen)
    assert reached == wanted
    assert hidden == []
    tab.close()


def test_no_picture_has_the_alternative_text_of_a_program(pages):
    texts = [
        alt
        for page in pages
        for alt in re.findall(r'<img [^>]*alt="([^"]*)"', page.read_text(encoding="utf-8"))
    ]
    assert len(texts) > 20
    assert [alt for alt in texts if not 20 < len(alt) <= 300] == []
    assert [p for p in pages if "No description has been provided" in p.read_text("utf-8")] == []


class _Numbers(HTMLParser):
    """Every number a reader sees or hears on a page, section by section."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[list[str]] = [[]]
        self.inside_style = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "section":
            self.found.append([])
        self.inside_style = tag == "style"
        for name, value in attrs:
            if name == "alt":
                self.handle_data(value)

    def handle_data(self, text):
        if not self.inside_style:
            self.found[-1] += re.findall(r"\d+(?:[.,]\d+)*", text)


def numbers(page: Path) -> Iterator[list[str]]:
    return [sorted(part) for part in _Numbers(page.read_text(encoding="utf-8")).found]


def test_both_languages_hold_the_same_numbers(pages):
    """Section by section, in text, tables and descriptions; order within a sentence is free."""
    compared, differing = 0, []
    for page in pages:
        if page.stem in PAIRS:
            compared += 1
            if numbers(page) != numbers(page.with_stem(PAIRS[page.stem])):
                differing.append(page)
    assert compared == len(SAMPLES) * len(PAIRS) + 1
    assert differing == []


def test_an_own_copy_names_only_its_own(out):
    names = {
        "gofal-elwedd": "Gofal Dyffryn Elwedd",
        "undeb-glanmelynog": "Glanmelynog",
        "clwb-rhosycwsg": "Rhosycwsg",
    }
    for own in names:
        for stem in ("comparison", "cymhariaeth"):
            copy = (out / own / "2025" / f"{stem}.html").read_text(encoding="utf-8")
            assert names[own] in copy
            told = [name for org, name in names.items() if org != own and name in copy]
            assert told == []
            assert [org for org in names if org != own and org in copy] == []


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    ("stem", "lang", "last_of_summary", "next_section"),
    [
        ("assessment", "en", "6 Stakeholders and accountability", "What changed"),
        ("asesiad", "cy", "6 Rhanddeiliaid ac atebolrwydd", "Beth a newidiodd"),
    ],
)
def test_a_report_prints_to_a_tagged_pdf_with_the_summary_alone_on_its_first_page(
    out, name, stem, lang, last_of_summary, next_section
):
    """Four to eight pages, at 10.5 points: the fullest reports, and the emptiest."""
    pypdf = pytest.importorskip("pypdf")
    printed = pypdf.PdfReader(print_page(out / name / "2025" / f"{stem}.html", find_browser()))
    assert printed.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert printed.trailer["/Root"]["/Lang"] == lang
    assert 4 <= len(printed.pages) <= 8
    first, second, *_, last = (page.extract_text() for page in printed.pages)
    assert last_of_summary in first  # the last line of the scorecard's table
    assert next_section not in first
    assert next_section in second
    assert len(last.split()) > 20  # no page for a left-over line


SMALL_PRINT = """() => [...document.querySelectorAll('main *, footer *')]
    .filter(e => e.checkVisibility())
    .filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
    .map(e => [parseFloat(getComputedStyle(e).fontSize), e.tagName, e.textContent.slice(0, 40)])"""


def test_every_word_on_paper_is_ten_and_a_half_points_or_more(browser, pages):
    """10.5 points are 14 px on paper."""
    small, words = [], 0
    for page in pages:
        tab, _ = opened(browser, page, width=703)  # what an A4 page is wide between its margins
        tab.emulate_media(media="print")
        sizes = tab.evaluate(SMALL_PRINT)
        words += len(sizes)
        small += [(page.name, *size) for size in sizes if size[0] < 13.99]
        tab.close()
    assert words > 5000
    assert small == []


def test_the_reports_of_odd_organisations_print_in_eight_pages_too(odd):
    pypdf = pytest.importorskip("pypdf")
    reports = [page for page in odd if page.stem in ("assessment", "asesiad")]
    assert len(reports) == 6
    lengths = {
        f"{page.parent.parent.name} {page.stem}": len(
            pypdf.PdfReader(print_page(page, find_browser())).pages
        )
        for page in reports
    }
    assert {name: pages for name, pages in lengths.items() if not 4 <= pages <= 8} == {}


def test_the_easy_read_page_is_one_page(browser, out):
    pypdf = pytest.importorskip("pypdf")
    for name in ("easy-read", "hawdd-ei-ddeall"):
        page = out / "gofal-elwedd" / "2025" / f"{name}.html"
        assert len(pypdf.PdfReader(print_page(page, find_browser())).pages) == 1

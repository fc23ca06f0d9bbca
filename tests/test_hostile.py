"""Records that attack a page change nothing but the text of pages, notebooks and pictures."""

import json
import re
from html.parser import HTMLParser

import pytest
from hostile import HOSTILE, write_extreme, write_hostile

from assess import batch
from assess.assessment import assess_records
from assess.report import charts, sections
from assess.words import Words, isolated

OUR_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "a", "header", "p", "main", "nav", "ul"),
    *("li", "section", "h1", "h2", "h3", "div", "table", "caption", "thead", "tbody", "tr", "th"),
    *(
        "span",
        "td",
        "figure",
        "figcaption",
        "img",
        "details",
        "summary",
        "strong",
        "dl",
        "dt",
        "dd",
    ),
    *("footer", "code"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One member, no meetings, all or nothing; hostile names and titles; assessed in both."""
    place = tmp_path_factory.mktemp("hostile")
    records = write_hostile(place / "records")
    status = batch.run([records], place / "out", langs=("en", "cy"), quiet=True)
    assert status.exit_code == 0, status
    return next((place / "out" / "hostile").iterdir())


class _Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_pages_are_made_of_our_own_elements_only(folder):
    pages = sorted(folder.glob("*.html"))
    assert len(pages) == 4
    for page in pages:
        read = _Tags(page.read_text(encoding="utf-8"))
        assert read.tags - OUR_TAGS == set(), page.name
        assert read.handlers == read.open == []


def test_the_hostile_name_is_there_to_be_read(folder):
    for page in folder.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert HOSTILE[0] not in text


def test_a_notebook_shows_no_markup_of_records(folder):
    for path in folder.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        shown = [
            "".join(output["data"].get("text/html", []))
            for cell in notebook["cells"]
            for output in cell.get("outputs", [])
        ]
        assert len(shown) > 8
        assert [html for html in shown if "<script" in html] == []


def test_no_cell_of_a_table_begins_like_a_formula(folder):
    tables = sorted(folder.glob("*.csv"))
    assert len(tables) == 3
    for table in tables:
        cells = re.split(r"[,\n]", table.read_text(encoding="utf-8"))
        assert [cell for cell in cells if re.match(r'"?[=@]', cell)] == []


def test_text_that_runs_from_right_to_left_turns_nothing_round_but_itself():
    assert isolated("Cyngor") == "Cyngor"
    assert isolated("مجلس") == "\u2068مجلس\u2069"
    said = Words("en").say("{group}: {seats}.", group=HOSTILE[3], seats=3)
    assert said == f"\u2068{HOSTILE[3]}\u2069: 3."


def test_braces_and_percent_signs_in_names_are_only_text():
    assert Words("en").say("{group}.", group=HOSTILE[4]) == f"{HOSTILE[4]}."


def test_a_chart_draws_hostile_names_as_text():
    import pandas as pd

    rows = pd.DataFrame(
        {"group": HOSTILE, "hits": 1.0, "of": 2.0, "share": 50.0, "low": 10.0, "high": 90.0}
    )
    figure = charts.groups(rows, Words("en"), title="t", axis="a", counted="c", caption="k")
    assert "<script" not in figure.svg
    assert "<script" not in figure.markup
    assert len(figure.alt) <= 300


# Nothing but 100, and nothing but 0


def scorecard(records) -> tuple[list[str], str]:
    """The scores a report prints for the six principles, and the picture of them."""
    page = str(sections.in_short(assess_records(records, seed=1), Words("en")).markup)
    table = re.search(r"<table.*?</table>", page, re.DOTALL)[0]
    return re.findall(r"</th><td[^>]*>([^<]*)</td>", table), page


def test_an_organisation_that_does_everything_scores_100_and_is_told_what_is_left(tmp_path):
    """Only turnover of the board (99) and the balance of women and men (98) are not 100."""
    scores, page = scorecard(write_extreme(tmp_path / "records", 1.0))
    assert scores == ["100"] * 6
    assert "Keep recording as you do now." in page
    assert "so the order could be chance" in page


def test_an_organisation_that_never_does_anything_is_not_called_missing_or_bad(tmp_path):
    scores, page = scorecard(write_extreme(tmp_path / "records", 0.0))
    assert "0" in scores
    assert "Most useful next step" in page
    assert "fail" not in page


@pytest.mark.parametrize("score", [0.0, 100.0])
def test_dots_at_either_end_stay_inside_their_picture(score):
    """Circles reach 8 px beyond the end of the axis; nothing may be cut off at the edge."""
    import pandas as pd

    ends = pd.DataFrame(
        {
            "title": list("ABCDEF"),
            "score": score,
            "low": score,
            "high": score,
            "found": 1,
            "needed": 1,
            "state": "scored",
        },
        index=list("123456"),
    )
    same = pd.Series(score, index=ends.index)
    card = charts.scorecard(ends, Words("en"), when="2025", before=same, medians=same, peers=10)
    changes = ends.assign(before=score, now=score, verdict="could be chance")
    slope = charts.slope(changes, Words("en"), before="2024", now="2025")
    for figure in (card, slope):
        width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', figure.svg).groups())
        placed = _places(figure.svg)
        assert len(placed) >= 12
        inside = [8 <= x <= width - 8 and 8 <= y <= height - 8 for x, y in placed]
        assert all(inside), placed


def _places(svg: str) -> list[tuple[float, float]]:
    """Where each mark stands, the translations of all it is in added up."""
    from xml.etree import ElementTree

    found = []

    def walk(element, x, y):
        moved = re.match(r"translate\(([-\d.e]+),([-\d.e]+)\)", element.get("transform", ""))
        if moved:
            x, y = x + float(moved[1]), y + float(moved[2])
        if element.tag.endswith("}path") and moved:
            found.append((x, y))
        for child in element:
            walk(child, x, y)

    walk(ElementTree.fromstring(svg), 0, 0)
    return found

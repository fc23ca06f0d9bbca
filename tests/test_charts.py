"""Charts: what a reader sees, and what a reader who sees nothing is told."""

import base64
import os
import re
from html.parser import HTMLParser

import altair as alt
import numpy as np
import pandas as pd
import pytest

from assess.report import charts, drawing
from assess.report.figure import Figure, Html, heading, listed, paragraphs, table
from assess.words import Words

EN = Words("en")
HOSTILE = '</text><script>alert(1)</script>"& \u202eabc 🙂'


def scores() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "title": ["Purpose", "Roles", "Values"],
            "score": [71.2, 64.0, np.nan],
            "low": [60.0, 55.0, np.nan],
            "high": [80.0, 72.0, np.nan],
            "found": [7, 6, 2],
            "needed": [9, 6, 8],
            "state": ["scored", "scored", "not scored"],
        },
        index=["1", "2", "3"],
    )


def shares() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": ["Staff", "Users"],
            "hits": [41.0, np.nan],
            "of": [67.0, np.nan],
            "share": [61.2, np.nan],
            "low": [51.0, np.nan],
            "high": [70.0, np.nan],
        }
    )


def changes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "title": ["Purpose", "Roles", "Values"],
            "before": [50.0, 65.0, 40.0],
            "now": [71.0, 64.0, np.nan],
            "low": [5.0, -9.0, np.nan],
            "high": [33.0, 8.0, np.nan],
            "verdict": ["rose", "could be chance", "not scored"],
        },
        index=["1", "2", "3"],
    )


def ranks(names=("A", "B", "C")) -> pd.DataFrame:
    n = len(names)
    return pd.DataFrame(
        {"name": names, "low": range(1, n + 1), "middle": range(1, n + 1), "high": [n] * n}
    )


def years() -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples([("1", "Purpose"), ("2", "Roles")])
    return pd.DataFrame([[50, 55, 60], [50, np.nan, 70]], index=index, columns=[2023, 2024, 2025])


def all_charts() -> dict[str, Figure]:
    said = {"title": "Who came", "axis": "Share", "counted": "Attendances", "caption": "By group"}
    return {
        "scorecard": charts.scorecard(
            scores(), EN, when="2026", before=pd.Series({"1": 66.0}), medians=scores()["score"] - 3
        ),
        "small multiples": charts.small_multiples(years(), EN),
        "slope": charts.slope(changes(), EN, before="2025", now="2026"),
        "groups": charts.groups(shares(), EN, **said),
        "ranks": charts.rank_ranges(ranks(), EN, title="Ranks", caption="Ranks", you="B"),
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, Figure]:
    return all_charts()


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


# Every chart


def test_charts_come_out_the_same_twice(drawn):
    again = all_charts()
    assert {name: figure.svg for name, figure in drawn.items()} == {
        name: figure.svg for name, figure in again.items()
    }


def test_alternative_text_says_the_kind_and_that_a_table_follows(drawn):
    assert [n for n, f in drawn.items() if "chart" not in f.alt.lower()] == []
    assert [n for n, f in drawn.items() if not f.alt.endswith("Table follows.")] == []
    assert [n for n, f in drawn.items() if len(f.alt) >= 300] == []


def test_no_chart_asks_for_anything_from_elsewhere(drawn):
    addresses = {
        name: set(re.findall(r"(?:href|src|url)\W{1,3}(https?:[^\"')]*)", figure.svg))
        for name, figure in drawn.items()
    }
    assert {name: found for name, found in addresses.items() if found} == {}
    assert [name for name, figure in drawn.items() if "<script" in figure.svg] == []


def test_words_in_charts_are_13_pixels_or_more(drawn):
    sizes = {
        name: min(float(size) for size in re.findall(r'font-size="([\d.]+)px"', figure.svg))
        for name, figure in drawn.items()
    }
    assert {name: size for name, size in sizes.items() if size < 13} == {}


def test_marks_stand_out_from_what_lies_behind_them():
    """3 to 1 for marks, 4.5 to 1 for words, against the row's track and against white."""
    for behind in (charts.TRACK, "#FFFFFF"):
        for mark in (charts.BLUE, charts.ORANGE, charts.GREY):
            assert contrast(mark, behind) >= 3, (mark, behind)
        assert contrast(charts.INK, behind) >= 4.5


def test_at_most_four_colours_carry_anything(drawn):
    quiet = {charts.INK, charts.TRACK, charts.GRID, "#ffffff", "white", "none", "black"}
    for name, figure in drawn.items():
        used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', figure.svg)) - quiet
        assert len(used - {"transparent", "#000"}) <= 4, name


# Each chart


def test_the_scorecard_says_highest_lowest_and_what_is_missing(drawn):
    assert drawn["scorecard"].alt == (
        "Dot chart of the principles. Highest: 1 Purpose, 71. Lowest: 2 Roles, 64. "
        "Not scored: 3 Values. Table follows."
    )


def test_one_score_alone_is_neither_highest_nor_lowest():
    alone = scores().assign(score=[71.2, np.nan, np.nan])
    assert charts.scorecard(alone, EN, when="2026").alt == (
        "Dot chart of the principles. Only one has a score: 1 Purpose, 71. Table follows."
    )


def test_a_score_held_back_is_not_called_not_scored():
    principles = scores().assign(state=["scored", "scored", "held back"])
    figure = charts.scorecard(principles, EN, when="2026")
    assert "Not scored: too little evidence" not in figure.svg
    assert "Held back to protect people" in figure.svg
    assert "Not scored or held back: 3 Values." in figure.alt
    assert figure.table["Score"].tolist() == ["71", "64", "held back"]


def test_the_scorecard_writes_not_scored_instead_of_a_mark(drawn):
    svg = drawn["scorecard"].svg
    assert svg.count("Not scored: too little evidence") == 1
    numbers = drawn["scorecard"].table.set_index("Principle")
    assert numbers.loc["3 Values"].to_dict() == {
        "Score": "not scored",
        "90% range": "–",
        "Evidence found": "2 of 8",
        "Year before": "–",
        "Middle of similar organisations": "–",
    }


def test_the_scorecard_explains_only_the_marks_it_has():
    plain = charts.scorecard(scores(), EN, when="2026")
    assert "Diamond" not in plain.svg
    assert "Bar =" not in plain.svg
    assert list(plain.table) == ["Principle", "Score", "90% range", "Evidence found"]


def test_a_year_without_a_score_breaks_the_line(drawn):
    """Principle 1 has three years in one stroke. Principle 2 lacks 2024: two strokes begin."""
    lines = re.findall(
        r'stroke-width="2.5"[^>]*d="([^"]+)"|d="([^"]+)"[^>]*stroke-width="2.5"',
        drawn["small multiples"].svg,
    )
    strokes = sorted("".join(line).count("M") for line in lines)
    assert strokes == [1, 2]
    assert drawn["small multiples"].table["2024"].tolist() == ["55", "–"]


def test_only_a_change_beyond_chance_is_drawn_thick(drawn):
    widths = re.findall(r'<path[^>]*stroke-width="(1\.5|4)"', drawn["slope"].svg)
    assert widths.count("4") == 1
    assert drawn["slope"].table["What it means"].tolist() == [
        "rose, by more than chance would explain",
        "could be chance",
        "not scored in both years",
    ]
    assert drawn["slope"].table["Range of the change"].tolist() == ["+5 to +33", "-9 to +8", "–"]


def test_labels_that_would_collide_are_moved_apart():
    """50 and 51 need 6 between them: each moves 2.5. 80 stays."""
    placed = charts._spread(pd.Series([51.0, 80.0, 50.0]), apart=6.0)
    assert placed.round(6).tolist() == [53.5, 80.0, 47.5]


def test_labels_of_six_scores_of_100_or_of_0_stay_on_the_chart():
    """Six at 100, each 8 from the next: 100, 92, 84, 76, 68, 60. Six at 0: 0 to 40."""
    at_most = charts._spread(pd.Series([100.0] * 6), apart=8.0)
    assert sorted(at_most.round(6)) == [60, 68, 76, 84, 92, 100]
    at_least = charts._spread(pd.Series([0.0] * 6), apart=8.0)
    assert sorted(at_least.round(6)) == [0, 8, 16, 24, 32, 40]


def test_of_very_many_organisations_thirty_are_drawn_and_yours_is_one_of_them():
    """61 ranks: every other one has room; yours, the 58th, takes the place of a neighbour."""
    names = [f"O{n:02}" for n in range(61)]
    figure = charts.rank_ranges(ranks(names), EN, title="Ranks", caption="Ranks", you="O57")
    drawn = re.findall(r">(O\d\d)<", figure.svg)
    assert len(drawn) == charts.MOST_RANKS
    assert {"O00", "O57", "O60"} <= set(drawn)
    assert "30 of 61" in figure.svg
    assert len(figure.table) == 61


def test_a_group_held_back_has_no_numbers(drawn):
    numbers = drawn["groups"].table.set_index("Group")
    assert numbers.loc["Users"].tolist() == ["held back", "–", "–"]
    assert numbers.loc["Staff"].tolist() == ["41 of 67", "61%", "51% to 70%"]


def test_groups_with_one_title_stay_two_rows():
    twins = shares().assign(group="Members")
    figure = charts.groups(twins, EN, title="", axis="", counted="Votes", caption="Twins")
    assert figure.svg.count(">Members<") == 2


def test_your_own_row_has_another_shape(drawn):
    """B is a diamond, drawn with straight sides; A and C are circles, drawn with arcs (A)."""
    paths = re.findall(r"<path [^>]*>", drawn["ranks"].svg)
    shapes = {
        colour: ["A" in re.search(r' d="([^"]+)"', path)[1] for path in paths if fill in path]
        for colour in (charts.ORANGE, charts.GREY)
        for fill in [f'fill="{colour}"']
    }
    assert shapes == {charts.ORANGE: [False], charts.GREY: [True, True]}


def test_a_heat_table_has_a_number_in_every_cell():
    shaded = charts.heat_table(
        pd.DataFrame([[0.0, 99.6], [np.nan, 100.0]], index=["A", "B"], columns=["2024", "2025"]),
        EN,
        caption="Scores",
        corner="Organisation",
    )
    cells = re.findall(r'<td class="number (shade-\w+)">([^<]*)</td>', shaded.markup)
    assert cells == [
        ("shade-0", "0"),
        ("shade-4", "100"),
        ("shade-none", "–"),
        ("shade-4", "100"),
    ]


# Words from records


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def test_hostile_words_change_only_the_words():
    figure = charts.groups(
        shares().assign(group=[HOSTILE, "x" * 400]),
        EN,
        title="t",
        axis="a",
        counted="c",
        caption=HOSTILE,
    )
    html = figure._repr_mimebundle_()["text/html"]
    plain = charts.groups(shares(), EN, title="t", axis="a", counted="c", caption="b")
    tags = [tag for tag, _ in Elements(html).seen]
    assert tags == [tag for tag, _ in Elements(plain._repr_mimebundle_()["text/html"]).seen]
    assert "<script" not in figure.svg
    assert [tag for tag, _ in Elements(figure.svg).seen if tag == "script"] == []


def test_every_builder_escapes_what_it_is_given():
    pieces = [
        heading(2, HOSTILE),
        paragraphs(HOSTILE),
        listed([(HOSTILE, HOSTILE)]),
        table(pd.DataFrame({HOSTILE: [HOSTILE], "b": [HOSTILE]}), HOSTILE),
    ]
    assert [piece for piece in pieces if "<script" in piece] == []
    assert all("&lt;script" in piece for piece in pieces)


def test_a_figure_is_an_image_with_its_table():
    figure = Figure("<svg width='5'/>", "What it shows", "Caption", pd.DataFrame({"a": ["b"]}))
    shown = figure._repr_mimebundle_()
    seen = Elements(shown["text/html"]).seen
    image = next(attrs for tag, attrs in seen if tag == "img")
    assert image["alt"] == shown["text/plain"] == "What it shows"
    assert base64.b64decode(image["src"].split(",")[1]) == b"<svg width='5'/>"
    assert [attrs["scope"] for tag, attrs in seen if tag == "th"] == ["col", "row"]
    assert "details" in [tag for tag, _ in seen]


def test_what_the_page_needs_to_know_travels_with_the_output():
    shown, about = Html(heading(1, "A & B"), {"lang": "cy"})._repr_mimebundle_()
    assert shown["text/plain"] == "A & B"
    assert about == {"assess": {"lang": "cy"}}


@pytest.mark.parametrize(
    ("most", "written"),
    [
        pytest.param(2, [1, 2], id="two organisations"),
        pytest.param(12, [1, 5, 12], id="10 would touch 12"),
        pytest.param(30, [1, 5, 10, 15, 20, 25, 30], id="thirty"),
        pytest.param(328, [1, 50, 100, 150, 200, 250, 328], id="300 would touch 328"),
    ],
)
def test_ranks_under_a_chart_are_few_and_apart(most, written):
    assert charts._steps(most) == written


@pytest.mark.parametrize(
    ("columns", "written"),
    [
        pytest.param(["2023", "2024", "2025"], ["2023", "2024", "2025"], id="room for all"),
        pytest.param(
            ["2021–22", "2022–23", "2023–24", "2024–25"],
            ["2021–22", "2024–25"],
            id="the first and the last, where all would overlap",
        ),
    ],
)
def test_years_under_a_panel_do_not_overlap(columns, written):
    scores = pd.DataFrame(
        [[50.0] * len(columns)],
        index=pd.MultiIndex.from_tuples([("1", "Purpose")]),
        columns=columns,
    )
    svg = charts.small_multiples(scores, EN).svg
    assert re.findall(r">(20\d\d(?:–\d\d)?)</text>", svg) == written


def written_in(font: str) -> drawing.Spec:
    look = {"font": font, "fontSize": 40, "align": "left"}
    words = alt.Chart(alt.NamedData("rows")).mark_text(**look).encode(text="words:N")
    return drawing.compiled(words.properties(width=10, height=10))


def test_a_chart_is_the_same_whatever_fonts_the_machine_has():
    """Words in a font the machine has, and the converter does not bring, are measured as in one
    that nobody has."""
    rows = pd.DataFrame({"words": ["Milwaukee, Illinois"]})
    machine, nowhere = (
        drawing.drawn(written_in(font), {"rows": rows}).replace(font, "a font")
        for font in ("DejaVu Sans", "No Such Font")
    )
    assert machine == nowhere
    assert int(re.search(r'width="(\d+)', machine)[1]) > 200  # they were measured


@pytest.mark.parametrize("given", [None, "/etc/fonts/fonts.conf"])
def test_starting_the_converter_leaves_the_environment_as_it_was(given, monkeypatch):
    monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    if given:
        monkeypatch.setenv("FONTCONFIG_FILE", given)
    drawing._converter.__wrapped__()
    assert os.environ.get("FONTCONFIG_FILE") == given


def test_a_compiled_chart_is_drawn_with_the_rows_it_is_given():
    spec = written_in("Arial")
    first, second = (
        drawing.drawn(spec, {"rows": pd.DataFrame({"words": [word]})}) for word in ("one", "two")
    )
    assert (">one<" in first, ">two<" in first) == (True, False)
    assert (">one<" in second, ">two<" in second) == (False, True)

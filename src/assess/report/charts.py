"""One function for each chart. Every chart comes back as a `Figure`, never bare.

Shape and position carry the meaning; colour repeats it. At most four colours, each at least
3 to 1 against what lies behind it. Words of a chart are 13 px or more.
"""

import json
import textwrap
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from assess.change import MOVED
from assess.report.drawing import Spec, compiled, drawn
from assess.report.figure import Figure, Html, shaded_table
from assess.words import DASH, Words, change_verdict, evidence, principle_name, whole

BLUE, ORANGE, GREY, INK = "#0B5394", "#B45309", "#595959", "#1A1A1A"
TRACK, GRID = "#EFEFEF", "#C8C8C8"
PLOT = 430  # px, the width of a plot from 0 to 100
ROW, THIN_ROW, RANK_ROW = 46, 38, 19  # px
SLOPE = 200  # px, the height of the chart of two years
LEADER = (8, 30)  # px from the line of a year to where a leader starts and ends
LONG_LABEL = 36  # letters; to cut a label to a width costs a measurement, so others are not
MOST_RANKS = 30  # rows in a chart of ranks
MOST_OF_YEARS = 20  # letters under a small panel, in all
MOST_STEPS = 8  # numbers under a chart of ranks
ROUND = tuple(n * 10**power for power in range(7) for n in (5, 10, 20))
MOST_PROFILES = 30  # panels in a chart of profiles
ROWS = alt.NamedData("rows")  # the data of a chart that is described before there are any

LOOK = {
    "font": "Arial, Helvetica, Liberation Sans, sans-serif",
    "background": "white",
    "padding": 4,
    "view": {"stroke": None},
    "concat": {"spacing": 14},
    "axis": {
        "labelFontSize": 14,
        "titleFontSize": 14,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelColor": INK,
        "titleColor": INK,
        "labelLimit": 0,
        "labelOverlap": False,
        "gridColor": GRID,
        "domainColor": GREY,
        "tickColor": GREY,
        "aria": False,
    },
    "title": {
        "fontSize": 18,
        "subtitleFontSize": 14,
        "color": INK,
        "subtitleColor": INK,
        "anchor": "start",
        "frame": "bounds",
        "offset": 14,
        "subtitlePadding": 6,
    },
    "text": {"fontSize": 14, "color": INK},
    "header": {"labelFontSize": 14, "labelFontWeight": "bold", "labelColor": INK, "title": None},
}


# One organisation's charts are like another's but for the numbers, and to describe one takes much
# longer than to draw it. So they are described once, by functions that remember, for rows to come.
described = lru_cache(maxsize=256)


def _figure(
    spec: Spec, alt_text: str, caption: str, numbers: pd.DataFrame, words: Words, **rows: Any
) -> Figure:
    """`spec` drawn with the tables it calls by name."""
    svg = drawn(spec, rows)
    return Figure(svg, alt_text, caption, numbers, words.say("Show the numbers"))


def _spec(chart: alt.TopLevelMixin) -> Spec:
    return compiled(chart.configure(**LOOK))


def _title(text: str, *lines: str) -> alt.TitleParams:
    return alt.TitleParams(text, subtitle=[line for line in lines if line])


def _rows(labels: Sequence[str], *, shown: bool = True, bold: int = -1) -> alt.Y:
    """The vertical place of rows 0, 1, 2, ... with a label beside each; row `bold` in bold.

    Rows are numbered, so that two groups with the same title stay two rows.
    """
    weight = {"condition": {"test": f"datum.value === {bold}", "value": "bold"}, "value": "normal"}
    axis = alt.Axis(
        title=None,
        ticks=False,
        domain=False,
        labelPadding=14,
        labelLimit=300 if max(map(len, labels), default=0) > LONG_LABEL else 0,
        labelExpr=f"{json.dumps(list(labels))}[datum.value]",
        labelFontWeight=weight if bold >= 0 else alt.Undefined,
    )
    return alt.Y(
        "row:O",
        axis=axis if shown else None,
        scale=alt.Scale(domain=list(range(len(labels))), paddingInner=0.26, paddingOuter=0.13),
    )


def _across(field: str, axis: alt.Axis | None, domain: tuple[float, float] = (0, 100)) -> alt.X:
    scale = alt.Scale(domain=list(domain), nice=False, zero=False)
    return alt.X(f"{field}:Q", axis=axis, scale=scale)


def _score_axis(title: str, unit: str = "") -> alt.Axis:
    return alt.Axis(
        values=[0, 25, 50, 75, 100],
        title=title,
        labelFlush=True,
        zindex=0,
        labelExpr=f"datum.label + {json.dumps(unit)}",
    )


def _written(
    labels: Sequence[str], field: str, title: str, width: int, height: int, **look: object
):
    """A column of words to the right of a plot."""
    heading = alt.TitleParams(
        title, fontSize=14, fontWeight="normal", anchor="middle", frame="bounds", offset=6
    )
    return (
        alt.Chart(ROWS, title=heading)
        .mark_text(aria=False, align="center", **look)
        .encode(_rows(labels, shown=False), text=f"{field}:N")
        .properties(width=width, height=height)
    )


def _dot_on_range(base: alt.Chart, place: alt.Y, across: Callable, *, up: int) -> list[alt.Chart]:
    """A line for the range and a dot on it, `up` pixels above the middle of the row."""
    line = base.mark_rule(aria=False, color=BLUE, strokeWidth=5, yOffset=-up).encode(
        place, across("low"), x2="high:Q"
    )
    dot = base.mark_point(
        aria=False,
        filled=True,
        fill=BLUE,
        opacity=1,
        size=200,
        stroke="white",
        strokeWidth=2,
        yOffset=-up,
    ).encode(place, across("score"))
    return [line, dot]


def scorecard(
    principles: pd.DataFrame,
    words: Words,
    *,
    when: str,
    before: pd.Series | None = None,
    medians: pd.Series | None = None,
    peers: int = 0,
) -> Figure:
    """The six principles with their ranges. `before` and `medians` are scores by principle."""
    rows = pd.DataFrame(
        {
            "row": range(len(principles)),
            "label": [principle_name(words, *pair) for pair in principles["title"].items()],
            "score": principles["score"].to_numpy(),
            "low": principles["low"].to_numpy(),
            "high": principles["high"].to_numpy(),
            "before": _beside(principles, before),
            "gap": [_gap(words, state) for state in principles["state"]],
            "state": principles["state"].to_numpy(),
            "median": _beside(principles, medians),
            "shown": [whole(score) for score in principles["score"]],
            "evidence": [evidence(words, row) for _, row in principles.iterrows()],
        }
    )
    key = [words.say("Dot = this year. Line = 90% range.")]
    if rows["before"].notna().any():
        key.append(words.say("Diamond = the year before."))
    if rows["median"].notna().any():
        key.append(words.say("Bar = middle of {n} similar organisations.", n=peers))
    title = words.say("Our scores on the six principles, {when}", when=when)
    spec = _scorecard(
        title,
        " ".join(key),
        tuple(rows["label"]),
        words.say("Score from 0 to 100"),
        words.say("Score"),
        words.say("Evidence found"),
    )
    caption = words.say("Scores on the six principles, with their ranges")
    alt_text = _score_alt(rows, words)
    return _figure(spec, alt_text, caption, _score_numbers(rows, words), words, rows=rows)


@described
def _scorecard(
    title: str, key: str, labels: tuple[str, ...], axis: str, score: str, evidence: str
) -> Spec:
    height = ROW * len(labels)
    columns = alt.hconcat(
        _score_plot(labels, axis).properties(width=PLOT, height=height),
        _written(labels, "shown", score, 60, height, fontWeight="bold", fontSize=15),
        _written(labels, "evidence", evidence, 100, height),
    )
    return _spec(columns.resolve_scale(y="independent").properties(title=_title(title, key)))


def _beside(principles: pd.DataFrame, others: pd.Series | None) -> np.ndarray:
    if others is None:
        return np.full(len(principles), np.nan)
    return others.reindex(principles.index).to_numpy(dtype=float)


def _gap(words: Words, state: str) -> str:
    """What stands in place of a score."""
    if state == "held back":
        return words.say("Held back to protect people")
    return words.say("Not scored: too little evidence")


def _no_score(words: Words, state: str) -> str:
    return words.say("held back") if state == "held back" else words.say("not scored")


def _score_plot(labels: Sequence[str], axis: str) -> alt.LayerChart:
    place = _rows(labels)
    across = partial(_across, axis=_score_axis(axis))
    base = alt.Chart(ROWS)
    track = (
        base.transform_calculate(from_0="0", to_100="100")
        .mark_bar(aria=False, color=TRACK)
        .encode(place, across("from_0"), x2="to_100:Q")
    )
    middle = (
        base.transform_filter("isValid(datum.median)")
        .mark_tick(aria=False, color=GREY, opacity=1, thickness=5, size=34)
        .encode(place, across("median"))
    )
    earlier = (
        base.transform_filter("isValid(datum.before)")
        .mark_point(
            aria=False,
            shape="diamond",
            filled=True,
            fill="white",
            stroke=ORANGE,
            strokeWidth=2.5,
            opacity=1,
            size=110,
            yOffset=10,
        )
        .encode(place, across("before"))
    )
    held = base.transform_filter("isValid(datum.score)")
    gap = (
        base.transform_filter("!isValid(datum.score)")
        .transform_calculate(at="1.5")
        .mark_text(aria=False, align="left", fontStyle="italic", yOffset=-6)
        .encode(
            place,
            across("at"),
            text="gap:N",
        )
    )
    return alt.layer(track, middle, *_dot_on_range(held, place, across, up=4), earlier, gap)


def _score_alt(rows: pd.DataFrame, words: Words) -> str:
    scored = rows.dropna(subset=["score"])
    if scored.empty:
        return words.say("Dot chart of the principles. None is scored. Table follows.")
    if len(scored) == 1:
        only = scored.iloc[0]
        return words.say(
            "Dot chart of the principles. Only one has a score: {principle}, {score}. "
            "Table follows.",
            principle=only["label"],
            score=only["shown"],
        )
    highest, lowest = scored.loc[scored["score"].idxmax()], scored.loc[scored["score"].idxmin()]
    fields = {
        "highest": highest["label"],
        "high": highest["shown"],
        "lowest": lowest["label"],
        "low": lowest["shown"],
    }
    gaps = rows.loc[rows["score"].isna(), "label"]
    if gaps.empty:
        return words.say(
            "Dot chart of the principles. Highest: {highest}, {high}. Lowest: {lowest}, {low}. "
            "All are scored. Table follows.",
            **fields,
        )
    fields["gaps"] = words.listed(gaps)
    if (rows["state"] == "held back").any():
        return words.say(
            "Dot chart of the principles. Highest: {highest}, {high}. Lowest: {lowest}, {low}. "
            "Not scored or held back: {gaps}. Table follows.",
            **fields,
        )
    return words.say(
        "Dot chart of the principles. Highest: {highest}, {high}. Lowest: {lowest}, {low}. "
        "Not scored: {gaps}. Table follows.",
        **fields,
    )


def _score_numbers(rows: pd.DataFrame, words: Words) -> pd.DataFrame:
    numbers = {
        words.say("Principle"): rows["label"],
        words.say("Score"): [
            _no_score(words, row.state) if pd.isna(row.score) else whole(row.score)
            for row in rows.itertuples()
        ],
        words.say("90% range"): _spans(rows, words),
        words.say("Evidence found"): rows["evidence"],
    }
    if rows["before"].notna().any():
        numbers[words.say("Year before")] = rows["before"].map(whole)
    if rows["median"].notna().any():
        numbers[words.say("Middle of similar organisations")] = rows["median"].map(whole)
    return pd.DataFrame(numbers)


def _spans(rows: pd.DataFrame, words: Words, unit: str = "") -> list[str]:
    return [
        DASH
        if pd.isna(row.low)
        else words.say(
            "{low} to {high}", low=f"{whole(row.low)}{unit}", high=f"{whole(row.high)}{unit}"
        )
        for row in rows.itertuples()
    ]


def small_multiples(scores: pd.DataFrame, words: Words) -> Figure:
    """One panel for each principle over the years. `scores`: a row a principle, a column a year.

    A year without a score is a gap in the line.
    """
    years = [str(year) for year in scores.columns]
    panels = [
        _panel(words, principle_name(words, key, title), row.to_numpy(dtype=float), years)
        for (key, title), row in scores.iterrows()
    ]
    first, last = years[0], years[-1]
    chart = alt.concat(*panels, columns=3).properties(
        title=_title(
            words.say("Change since {year}, by principle", year=first),
            words.say("A gap means the principle was not scored that year."),
        )
    )
    alt_text = words.say(
        "Six small line charts of scores from {first} to {last}. "
        "A gap is a year not scored. Table follows.",
        first=first,
        last=last,
    )
    caption = words.say("Scores since {year}", year=first)
    numbers = scores.map(whole).set_axis(years, axis="columns")
    labels = [principle_name(words, *key) for key in scores.index]
    numbers.insert(0, words.say("Principle"), labels)
    return _figure(_spec(chart), alt_text, caption, numbers, words)


def _panel(words: Words, label: str, scores: np.ndarray, years: list[str]) -> alt.LayerChart:
    rows = pd.DataFrame({"year": years, "score": scores, "shown": [whole(s) for s in scores]})
    has_room = sum(map(len, years)) <= MOST_OF_YEARS
    named = years if has_room else [years[0], years[-1]]
    axis = alt.Axis(title=None, labelAngle=0, grid=False, values=named)
    across = alt.X("year:O", axis=axis)
    up = alt.Y(
        "score:Q",
        axis=alt.Axis(values=[0, 50, 100], title=None, domain=False, ticks=False),
        scale=alt.Scale(domain=[0, 100], nice=False),
    )
    base = alt.Chart(rows, title=alt.TitleParams(label, fontSize=14, offset=8)).encode(across, up)
    line = base.mark_line(
        aria=False, color=BLUE, strokeWidth=2.5, invalid="break-paths-show-domains"
    )
    dots = base.mark_point(
        aria=False, filled=True, color=BLUE, size=50, opacity=1, invalid="break-paths-show-domains"
    )
    end = (
        base.transform_filter(f"datum.year === {json.dumps(years[-1])} && isValid(datum.score)")
        .mark_text(aria=False, align="left", dx=8, fontWeight="bold")
        .encode(text="shown:N")
    )
    return alt.layer(line, dots, end).properties(width=190, height=110)


def slope(changes: pd.DataFrame, words: Words, *, before: str, now: str) -> Figure:
    """Two years side by side. `changes` has title, before, now and verdict for each principle.

    Only changes beyond chance are dark and thick; a principle scored once is a lone dot.
    """
    moved = changes["verdict"].isin(MOVED).to_numpy()
    rows = pd.DataFrame(
        {
            "label": [words.translate(title) for title in changes["title"]],
            "before": changes["before"].to_numpy(dtype=float),
            "now": changes["now"].to_numpy(dtype=float),
            "moved": moved,
        }
    )
    spec = _slope(
        before,
        now,
        words.say("Scores in {before} and {now}", before=before, now=now),
        _slope_key(words, changes),
    )
    count = int(moved.sum())
    alt_text = words.say(
        "Slope chart of scores in {before} and {now}. "
        "Principles that moved by more than chance would explain: {count}. Table follows.",
        before=before,
        now=now,
        count=count,
    )
    caption = words.say("Scores in {before} and {now}", before=before, now=now)
    numbers = change_numbers(changes, words, before=before, now=now)
    return _figure(spec, alt_text, caption, numbers, words, rows=_slope_ends(rows))


def change_numbers(changes: pd.DataFrame, words: Words, *, before: str, now: str) -> pd.DataFrame:
    """The changes of two years as they are to be read, a row for each principle."""
    return pd.DataFrame(
        {
            words.say("Principle"): [
                principle_name(words, *pair) for pair in changes["title"].items()
            ],
            before: changes["before"].map(whole),
            now: changes["now"].map(whole),
            words.say("Range of the change"): [
                DASH
                if pd.isna(low)
                else words.say("{low} to {high}", low=f"{low:+.0f}", high=f"{high:+.0f}")
                for low, high in zip(changes["low"], changes["high"], strict=True)
            ],
            words.say("What it means"): [
                change_verdict(words, verdict) for verdict in changes["verdict"]
            ],
        }
    )


def _slope_key(words: Words, changes: pd.DataFrame) -> str:
    if (changes["verdict"] == "rounded").any():
        return words.say(
            "Thick line = more than chance would explain. Thin = could be chance, or not judged."
        )
    return words.say("Thick line = more than chance would explain. Thin = could be chance.")


def _slope_ends(rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each end of each line: where it is, what is written beside it, and how high."""
    lines = rows.reset_index().melt(
        ["index", "label", "moved"], ["before", "now"], var_name="when", value_name="score"
    )
    lines["at"] = lines["when"].map({"before": 0, "now": 1})
    lines = lines.dropna(subset=["score"])
    once = lines.groupby("index")["at"].transform("max") == 0
    lines["text"] = [
        f"{whole(row.score)} {row.label}" if row.at or only_before else whole(row.score)
        for row, only_before in zip(lines.itertuples(), once, strict=True)
    ]
    lines["place"] = lines.groupby("at")["score"].transform(_spread, apart=16 * 100 / SLOPE)
    return lines


@described
def _slope(before: str, now: str, title: str, key: str) -> Spec:
    across = alt.X(
        "at:Q",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(
            values=[0, 1],
            title=None,
            orient="top",
            domain=False,
            ticks=False,
            gridColor=GREY,
            labelFontWeight="bold",
            labelFlush=False,
            labelPadding=12,
            labelExpr=f"{json.dumps([before, now])}[datum.value]",
        ),
    )
    scale = alt.Scale(domain=[0, 100], nice=False)
    up = alt.Y("score:Q", axis=None, scale=scale)
    base = alt.Chart(ROWS)
    marks = []
    for moved, colour, width in ((False, GREY, 1.5), (True, BLUE, 4)):
        some = base.transform_filter(f"datum.moved === {json.dumps(moved)}").encode(across, up)
        marks.append(
            some.mark_line(aria=False, color=colour, strokeWidth=width).encode(detail="index:N")
        )
        marks.append(some.mark_point(aria=False, filled=True, color=colour, opacity=1, size=80))
    label = alt.Y("place:Q", axis=None, scale=scale)
    for at, align, side in ((0, "right", -1), (1, "left", 1)):
        ends = base.transform_filter(f"datum.at === {at}")
        start, end = (side * px for px in LEADER)
        leader = ends.mark_rule(aria=False, color=GREY, strokeWidth=1, xOffset=start, x2Offset=end)
        marks.append(leader.encode(across, up, x2="at:Q", y2="place:Q"))
        for moved, weight in ((False, "normal"), (True, "bold")):
            marks.append(
                ends.transform_filter(f"datum.moved === {json.dumps(moved)}")
                .mark_text(aria=False, align=align, dx=end + 4 * side, fontWeight=weight)
                .encode(across, label, text="text:N")
            )
    chart = alt.layer(*marks).properties(width=300, height=SLOPE, title=_title(title, key))
    return _spec(chart)


def _spread(scores: pd.Series, *, apart: float) -> pd.Series:
    """Heights for labels at `scores`: each `apart` from the next, none above 100 or under 0.

    They are moved as little as that needs.
    """
    places = scores.sort_values(kind="stable")
    heights = places.to_numpy(dtype=float).copy()
    for _ in range(100):
        gaps = np.diff(heights)
        tight = gaps < apart - 1e-6
        if not tight.any():
            break
        push = np.where(tight, (apart - gaps) / 2, 0)
        heights[:-1] -= push
        heights[1:] += push
    above = apart * np.arange(len(heights))[::-1]  # what the labels above one need
    heights = np.maximum(np.minimum(heights, 100 - above), above[::-1])
    return pd.Series(heights, index=places.index).reindex(scores.index)


def groups(
    shares: pd.DataFrame, words: Words, *, title: str, axis: str, counted: str, caption: str
) -> Figure:
    """The share of each group with its range. `shares`: group, hits, of, share, low, high (in %).

    A group held back to protect people has no numbers and says so.
    """
    rows = shares.reset_index(drop=True).assign(
        row=range(len(shares)),
        label=shares["group"].to_numpy(),
        score=shares["share"].to_numpy(),
        counts=[
            words.say("held back")
            if pd.isna(row.share)
            else words.say("{n} of {total}", n=whole(row.hits), total=whole(row.of))
            for row in shares.itertuples()
        ],
    )
    key = words.say("Dot = share. Line = 90% range.")
    spec = _groups(title, key, tuple(rows["label"]), axis, counted)
    numbers = pd.DataFrame(
        {
            words.say("Group"): rows["label"],
            counted: rows["counts"],
            words.say("Share"): [
                DASH if pd.isna(share) else f"{share:.0f}%" for share in rows["share"]
            ],
            words.say("90% range"): _spans(rows, words, "%"),
        }
    )
    return _figure(spec, _groups_alt(rows, words), caption, numbers, words, rows=rows)


@described
def _groups(title: str, key: str, labels: tuple[str, ...], axis: str, counted: str) -> Spec:
    place = _rows(labels)
    across = partial(_across, axis=_score_axis(axis, "%"))
    held = alt.Chart(ROWS).transform_filter("isValid(datum.score)")
    size = {"width": PLOT, "height": THIN_ROW * len(labels)}
    plot = alt.layer(*_dot_on_range(held, place, across, up=0)).properties(**size)
    chart = alt.hconcat(plot, _written(labels, "counts", counted, 110, size["height"]))
    return _spec(chart.resolve_scale(y="independent").properties(title=_title(title, key)))


def _groups_alt(rows: pd.DataFrame, words: Words) -> str:
    known = rows.dropna(subset=["share"])
    if known.empty:
        return words.say("Dot chart by group. All numbers are held back. Table follows.")
    highest, lowest = known.loc[known["share"].idxmax()], known.loc[known["share"].idxmin()]
    return words.say(
        "Dot chart by group. Highest: {highest}, {high}%. Lowest: {lowest}, {low}%. Table follows.",
        highest=highest["label"][:80],
        high=whole(highest["share"]),
        lowest=lowest["label"][:80],
        low=whole(lowest["share"]),
    )


def rank_ranges(
    ranks: pd.DataFrame, words: Words, *, title: str, caption: str, you: str = ""
) -> Figure:
    """Where each organisation could stand. `ranks`: name, low, middle, high; 1 is the highest.

    `you` is the name whose own copy this is: another shape and colour.
    """
    ordered = ranks.sort_values(["middle", "low", "name"]).reset_index(drop=True)
    rows = _drawn(ordered, you).assign(
        row=lambda kept: range(len(kept)), score=lambda k: k["middle"]
    )
    own = np.flatnonzero(rows["name"] == you)
    place = _rows(rows["name"], bold=int(own[0]) if len(own) else -1)
    most = max(len(ranks), 2)
    axis = alt.Axis(
        values=_steps(most),
        title=words.say("Rank out of {n} (1 = highest score). Line = 90% of the draws", n=most),
        format="d",
    )
    across = partial(_across, axis=axis, domain=(0.5, most + 0.5))
    marks = []
    for mine, colour, shape, size, thick in (
        (False, GREY, "circle", 120, 4),
        (True, ORANGE, "diamond", 260, 7),
    ):
        some = alt.Chart(rows).transform_filter(
            f"(datum.name === {json.dumps(you)}) === {json.dumps(mine)}"
        )
        marks.append(
            some.mark_rule(aria=False, color=colour, strokeWidth=thick).encode(
                place, across("low"), x2="high:Q"
            )
        )
        marks.append(
            some.mark_point(
                aria=False,
                filled=True,
                fill=colour,
                stroke="white",
                strokeWidth=1.5,
                shape=shape,
                opacity=1,
                size=size,
            ).encode(place, across("score"))
        )
    notes = [words.say("Lines that overlap mean the order could easily be different.")]
    if len(own):
        notes[0] += " " + words.say("Diamond = your organisation.")
    if len(rows) < len(ordered):
        notes.append(
            words.say(
                "{n} of {total}, evenly spread. All are in the table.", n=len(rows), total=most
            )
        )
    chart = alt.layer(*marks).properties(
        width=PLOT, height=max(RANK_ROW * len(rows), 60), title=_title(title, *notes)
    )
    numbers = pd.DataFrame(
        {
            words.say("Organisation"): ordered["name"],
            words.say("Middle rank"): ordered["middle"].map(whole),
            words.say("90% range of ranks"): _spans(ordered, words),
        }
    )
    alt_text = words.say(
        "Chart of the ranks {n} organisations could have. A longer line is a less certain rank. "
        "Table follows.",
        n=len(ordered),
    )
    return _figure(_spec(chart), alt_text, caption, numbers, words)


def _steps(most: int) -> list[int]:
    """The ranks written under a chart: the first, the last, and a few round ones, well apart."""
    apart = next(each for each in ROUND if most <= MOST_STEPS * each)
    return [1, *range(apart, most - 3 * apart // 4, apart), most]


def _drawn(ordered: pd.DataFrame, you: str) -> pd.DataFrame:
    """The rows a chart of ranks has room for, evenly spread, and always `you`."""
    if len(ordered) <= MOST_RANKS:
        return ordered
    places = np.linspace(0, len(ordered) - 1, MOST_RANKS).round().astype(int)
    mine = np.flatnonzero(ordered["name"] == you)
    for place in mine:
        places[np.abs(places - place).argmin()] = place
    return ordered.iloc[places].reset_index(drop=True)


def profiles(scores: pd.DataFrame, words: Words, *, you: str = "") -> Figure:
    """A small panel for each organisation: its six scores with their ranges, on one scale.

    `scores`: name, id, title, score, low, high; a row for each organisation and principle. `you`
    is the name whose own copy this is: its panel has diamonds.
    """
    panels = [
        _profile(rows, str(name), mine=name == you)
        for name, rows in scores.groupby("name", sort=False)
    ]
    chart = alt.concat(*panels, columns=4, spacing=18).properties(
        title=_title(
            words.say("The six principles in each organisation"),
            words.say("Dot = score from 0 to 100. Line = 90% range. No dot = not scored."),
            words.say("Diamond = your organisation.") if you in set(scores["name"]) else "",
        )
    )
    several = scores.dropna(subset=["score"])
    alt_text = words.say(
        "{n} small dot charts of six scores each. {scored} of {total} scores are known. "
        "Table follows.",
        n=len(panels),
        scored=len(several),
        total=len(scores),
    )
    numbers = pd.DataFrame(
        {
            words.say("Organisation"): scores["name"],
            words.say("Principle"): scores["title"],
            words.say("Score"): scores["score"].map(whole),
            words.say("90% range"): _spans(scores, words),
        }
    )
    caption = words.say("The six principles in each organisation")
    return _figure(_spec(chart), alt_text, caption, numbers, words)


def _profile(rows: pd.DataFrame, name: str, *, mine: bool) -> alt.LayerChart:
    base = alt.Chart(rows[["id", "score", "low", "high"]])
    place = alt.Y(
        "id:O",
        axis=alt.Axis(title=None, ticks=False, domain=False, grid=False, labelPadding=10),
        scale=alt.Scale(domain=[str(n) for n in range(1, 7)]),
    )
    axis = alt.Axis(values=[0, 50, 100], title=None, labelFlush=True)
    across = partial(_across, axis=axis)
    held = base.transform_filter("isValid(datum.score)")
    colour, shape = (ORANGE, "diamond") if mine else (BLUE, "circle")
    line = held.mark_rule(aria=False, color=colour, strokeWidth=3).encode(
        place, across("low"), x2="high:Q"
    )
    dot = held.mark_point(
        aria=False, filled=True, color=colour, shape=shape, opacity=1, size=90
    ).encode(place, across("score"))
    empty = base.mark_point(opacity=0, aria=False).encode(place)
    heading = alt.TitleParams(_wrapped(name), fontSize=13, offset=6, anchor="start", frame="group")
    return alt.layer(empty, line, dot).properties(width=160, height=108, title=heading)


def _wrapped(name: str, wide: int = 22, lines: int = 2) -> list[str]:
    """A name on as many lines as a panel has room for."""
    return textwrap.wrap(name, wide, max_lines=lines, placeholder=" …") or [""]


def opinions_beside_records(beside: pd.DataFrame, words: Words) -> Figure:
    """Two axes: the records' score across, the mean opinion up; a panel for each group.

    `beside`: group, id, title, score, opinion (0 to 100). A principle without a score is not drawn.
    """
    names = {
        "board": words.say("Board"),
        "council": words.say("Council"),
        "members": words.say("Members"),
    }
    rows = {
        group: _labelled(part.dropna(subset=["score"]))
        for group, part in beside.groupby("group", sort=False)
    }
    spec = _opinions(
        words.say("What the records show and what people think"),
        words.say("Each number is a principle. On the slanted line both say the same."),
        tuple((group, names[group]) for group in rows),
        words.say("Records"),
        words.say("Opinions"),
    )
    apart = (beside["opinion"] - beside["score"]).abs()
    if apart.notna().any():
        most = beside.loc[apart.idxmax()]
        alt_text = words.say(
            "Plot of scores from records against opinions. Furthest apart: {group} on {principle}, "
            "records {score}, opinion {opinion}. Table follows.",
            group=names[most["group"]],
            principle=principle_name(words, most["id"], most["title"])[:80],
            score=whole(most["score"]),
            opinion=whole(most["opinion"]),
        )
    else:
        alt_text = words.say("Plot of scores against opinions. None is scored. Table follows.")
    caption = words.say("Records and opinions on the six principles")
    numbers = _opinion_numbers(beside, words, names)
    return _figure(spec, alt_text, caption, numbers, words, **rows)


def _labelled(rows: pd.DataFrame) -> pd.DataFrame:
    """Where each principle's number stands: right of all dots, in one line, kept apart."""
    named = rows.assign(
        at=rows["score"].max() + 12, place=_spread(rows["opinion"].clip(26, 74), apart=8.0)
    )
    return named[["id", "score", "opinion", "at", "place"]]


@described
def _opinions(
    title: str, key: str, groups: tuple[tuple[str, str], ...], records: str, opinions: str
) -> Spec:
    panels = [
        _two_axes(*group, records, opinions, first=place == 0) for place, group in enumerate(groups)
    ]
    return _spec(alt.hconcat(*panels, spacing=36).properties(title=_title(title, key)))


def _two_axes(group: str, name: str, records: str, opinions: str, *, first: bool) -> alt.LayerChart:
    ticks = {"values": [0, 50, 100], "labelFlush": True}
    scale = alt.Scale(domain=[0, 100], nice=False)
    across = alt.Axis(title=records, **ticks)
    # Labels that cannot be seen keep the headings of all panels at one height.
    up = alt.Axis(title=opinions if first else None, labelOpacity=1 if first else 0, **ticks)
    same = (
        alt.Chart(pd.DataFrame({"score": [0, 100], "opinion": [0, 100]}))
        .mark_line(aria=False, color=GREY, strokeDash=[4, 4], strokeWidth=1)
        .encode(alt.X("score:Q", scale=scale), alt.Y("opinion:Q", scale=scale))
    )
    base = alt.Chart(alt.NamedData(group))
    x, y = partial(alt.X, axis=across, scale=scale), partial(alt.Y, axis=up, scale=scale)
    leaders = base.mark_rule(aria=False, color=GREY, strokeWidth=1).encode(
        x("score:Q"), y("opinion:Q"), x2="at:Q", y2="place:Q"
    )
    dots = base.mark_point(aria=False, filled=True, color=BLUE, opacity=1, size=70).encode(
        x("score:Q"), y("opinion:Q")
    )
    labels = base.mark_text(aria=False, fontWeight="bold", align="left", dx=3).encode(
        x("at:Q"), y("place:Q"), text="id:N"
    )
    heading = alt.TitleParams(name, fontSize=14, offset=10, anchor="start", frame="group")
    marks = (same, leaders, dots, labels)
    return alt.layer(*marks).properties(width=200, height=200, title=heading)


def _opinion_numbers(beside: pd.DataFrame, words: Words, names: dict[str, str]) -> pd.DataFrame:
    wide = beside.pivot_table("opinion", index="id", columns="group")
    first = beside.drop_duplicates("id").set_index("id").reindex(wide.index)
    numbers = {
        words.say("Principle"): [
            principle_name(words, key, title) for key, title in first["title"].items()
        ],
        words.say("Score from records"): first["score"].map(whole),
    }
    numbers |= {names[group]: wide[group].map(whole) for group in names if group in wide}
    return pd.DataFrame(numbers)


def heat_table(scores: pd.DataFrame, words: Words, *, caption: str, corner: str) -> Html:
    """Scores as a table with a number in every cell; the shade only repeats it.

    `scores`: a row for each thing named by its index, a column for each time or organisation.
    """
    shown = scores.map(whole)
    shown.insert(0, corner, [str(label) for label in scores.index])
    return Html(shaded_table(shown, scores, caption))


def drivers(shares: pd.DataFrame, words: Words, *, title: str, caption: str) -> Figure:
    """What makes a score move. `shares`: name, alone, together; parts of 100 of its spread.

    `alone` is what a thing does by itself, `together` what it does in all, at least as much.
    """
    rows = shares.sort_values("together", ascending=False, kind="stable").reset_index(drop=True)
    rows = rows.assign(row=range(len(rows)), alone=rows["alone"].clip(0, 100))
    rows["together"] = rows["together"].clip(lower=rows["alone"], upper=100)
    base, place = alt.Chart(rows), _rows(rows["name"])
    axis = _score_axis(words.say("Share of the spread"), "%")
    alone = base.mark_bar(aria=False, color=BLUE, size=16).encode(place, _across("alone", axis))
    rest = base.mark_bar(aria=False, color=ORANGE, size=6).encode(
        place, _across("alone", axis), x2="together:Q"
    )
    chart = alt.layer(rest, alone).properties(
        width=PLOT,
        height=THIN_ROW * len(rows),
        title=_title(
            title,
            words.say("Thick, blue: by itself. Thin, orange: together with the others."),
        ),
    )
    numbers = pd.DataFrame(
        {
            words.say("What is varied"): rows["name"],
            words.say("By itself"): [f"{whole(n)}%" for n in rows["alone"]],
            words.say("In all"): [f"{whole(n)}%" for n in rows["together"]],
        }
    )
    alt_text = words.say(
        "Bar chart of what makes the scores move. Most: {most}, {share}% in all. Table follows.",
        most=rows["name"].iloc[0],
        share=whole(rows["together"].iloc[0]),
    )
    return _figure(_spec(chart), alt_text, caption, numbers, words)

"""Pieces of a page: text, tables and figures as HTML that needs no script and no network.

Whatever comes from records is escaped here, once, by `markupsafe`.
"""

import base64
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd
from markupsafe import Markup, escape

TABLE = Markup(
    '<div class="scroll" role="group" aria-label="{caption}" tabindex="0">'
    '<table class="{kind}"><caption>{caption}</caption>'
    "<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
)
FIGURE = Markup(
    '<figure><div class="scroll" role="group" aria-label="{caption}" tabindex="0">'
    '<img alt="{alt}" width="{width}" src="data:image/svg+xml;base64,{image}"></div>'
    "<figcaption>{caption}</figcaption>"
    "<details><summary>{fold}</summary>{table}</details></figure>"
)


@dataclass(frozen=True)
class Html:
    """A piece of a page, ready to show in a notebook."""

    markup: Markup
    about: Mapping[str, str] = field(default_factory=dict)  # kept with the output, for `report`

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, object]]:
        plain = re.sub(r"\s*\n\s*", "\n", re.sub("<[^>]*>", "\n", self.markup)).strip()
        shown = {"text/html": str(self.markup), "text/plain": str(Markup(plain).unescape())}
        return shown, {"assess": dict(self.about)} if self.about else {}


@dataclass(frozen=True)
class Figure:
    """A chart with what it says in words and in numbers."""

    svg: str
    alt: str  # kind of chart, highest, lowest, what is missing
    caption: str
    table: pd.DataFrame  # the numbers, as they are to be read; first column names the row
    fold: str = "Show the numbers"

    @property
    def markup(self) -> Markup:
        width = re.search(r'<svg[^>]* width="(\d+)', self.svg)
        return FIGURE.format(
            alt=self.alt,
            width=width[1] if width else "",
            image=base64.b64encode(self.svg.encode()).decode(),
            caption=self.caption,
            fold=self.fold,
            table=table(self.table, self.caption),
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": str(self.markup), "text/plain": self.alt}


def joined(pieces: Iterable[object]) -> Markup:
    return Markup("").join(pieces)


def table(
    rows: pd.DataFrame, caption: str, *, numbers: Collection[str] = (), kind: str = "plain"
) -> Markup:
    """`rows` as a table whose first column heads each row. Columns in `numbers` align right.

    `kind` is the name its look has in the page's style sheet.
    """
    number = [Markup(' class="number"') if name in numbers else "" for name in rows.columns]
    heads = joined(
        Markup('<th scope="col"{}>{}</th>').format(*pair)
        for pair in zip(number, rows.columns, strict=True)
    )
    cells = joined(Markup("<td{}>{{}}</td>").format(each) for each in number[1:])
    row = Markup('<tr><th scope="row">{{}}</th>{}</tr>').format(cells)
    body = joined(row.format(*each) for each in rows.itertuples(index=False, name=None))
    return TABLE.format(kind=kind, caption=caption, head=heads, body=body)


def shaded_table(rows: pd.DataFrame, scores: pd.DataFrame, caption: str) -> Markup:
    """`rows` as a table whose cells are shaded, in five steps, by `scores` from 0 to 100."""
    head = joined(Markup('<th scope="col">{}</th>').format(name) for name in rows.columns)
    lines = []
    for cells, values in zip(rows.to_numpy(), scores.to_numpy(dtype=float), strict=True):
        line = Markup('<th scope="row">{}</th>').format(cells[0])
        for cell, value in zip(cells[1:], values, strict=True):
            shade = "none" if pd.isna(value) else min(int(value // 20), 4)
            line += Markup('<td class="number shade-{}">{}</td>').format(shade, cell)
        lines.append(Markup("<tr>{}</tr>").format(line))
    return TABLE.format(kind="shaded", caption=caption, head=head, body=joined(lines))


def heading(level: int, text: str) -> Markup:
    return Markup("<h{level}>{text}</h{level}>").format(level=level, text=text)


def paragraphs(*texts: str, kind: str = "") -> Markup:
    """One paragraph for each text that is not empty."""
    opening = Markup('<p class="{}">').format(kind) if kind else Markup("<p>")
    return joined(opening + escape(text) + Markup("</p>") for text in texts if text)


def listed(items: Iterable[tuple[str, str]]) -> Markup:
    """A list whose items begin with a word in bold."""
    lines = joined(Markup("<li><strong>{}</strong> {}</li>").format(*item) for item in items)
    return Markup("<ul>{}</ul>").format(lines)


def sentences_listed(sentences: Iterable[str]) -> Markup:
    """Sentences of one kind: a line each on screen, run on where paper is short."""
    lines = joined(Markup("<li>{} </li>").format(sentence) for sentence in sentences)
    return Markup('<ul class="sentences">{}</ul>').format(lines)


def folded(summary: str, body: Markup) -> Markup:
    """What opens at a click on screen, and is left out on paper."""
    return Markup('<details class="screen"><summary>{}</summary>{}</details>').format(summary, body)


def on_screen(text: str) -> Markup:
    """Words after others that are left out on paper."""
    return Markup('<span class="screen"> {}</span>').format(text) if text else Markup()


def terms_listed(terms: Iterable[tuple[str, str]]) -> Markup:
    """Words and what they mean."""
    pairs = joined(Markup("<dt>{}</dt><dd>{}</dd>").format(*term) for term in terms)
    return Markup("<dl>{}</dl>").format(pairs)

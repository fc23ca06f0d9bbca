"""An executed notebook becomes a page that opens anywhere: no script, no network, no code shown.

Nothing is executed here. The page's words come from the notebook; its language from the output
that opens it.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from markupsafe import Markup, escape

from assess import __version__
from assess.records import Period
from assess.report.figure import heading, paragraphs, table
from assess.words import LANGUAGES, Words

if TYPE_CHECKING:
    import jinja2
    from nbconvert.exporters.templateexporter import TemplateExporter
    from nbformat import NotebookNode

TEMPLATES = Path(__file__).parents[1].joinpath("templates")
RUN_TRACES = ("papermill", "execution", "widgets")  # times, paths and parameters of a run
FOR_NOTEBOOK_READERS = "notebook"  # tag of cells that are no part of the page


@dataclass
class Section:
    """What stands under one second-level heading."""

    id: str
    title: Markup
    pieces: list[Markup] = field(default_factory=list)

    @property
    def body(self) -> Markup:
        return Markup("\n").join(self.pieces)


def clean(notebook: "NotebookNode") -> "NotebookNode":
    """A copy without traces of the run (times, paths, parameters), its text in its language."""
    cleaned = copy.deepcopy(notebook)
    words = Words(_about(notebook).get("lang", "en"))
    for trace in RUN_TRACES:
        cleaned.metadata.pop(trace, None)
    for cell in cleaned.cells:
        for trace in RUN_TRACES:
            cell.metadata.pop(trace, None)
        if cell.cell_type == "markdown":
            cell.source = "\n\n".join(_translated(block, words) for block in blocks(cell.source))
    return cleaned


def blocks(source: str) -> list[str]:
    """The paragraphs and headings of a markdown cell: what the catalogue translates as one."""
    return [block.strip() for block in source.split("\n\n") if block.strip()]


def block_text(block: str) -> tuple[str, str]:
    """The marks that make a block a heading, and its words on one line."""
    marks = block[: len(block) - len(block.lstrip("#"))]
    return marks, " ".join(block[len(marks) :].split())


def _translated(block: str, words: Words) -> str:
    marks, text = block_text(block)
    return f"{marks} {words.translate(text)}" if marks else words.translate(text)


def to_html(notebook: "NotebookNode", *, other: str = "") -> str:
    """The page of an executed notebook. `other`: address of the same page in the other language."""
    html, _ = _exporter().from_notebook_node(clean(notebook), resources={"other": other})
    return html


@cache
def _exporter() -> "TemplateExporter":
    from nbconvert.exporters.templateexporter import TemplateExporter

    return TemplateExporter(
        template_name="report",
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATES)],
        default_preprocessors=[],  # none of them has anything to do here
        filters={"page": lambda nb, resources: _page(nb, resources["other"])},
    )


def _about(notebook: "NotebookNode") -> dict[str, str]:
    """What the opening output says of the page: its language and its title."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if about := output.get("metadata", {}).get("assess"):
                return about
    return {}


def _page(notebook: "NotebookNode", other: str) -> dict[str, object]:
    about = _about(notebook)
    opening, sections = _sections(notebook)
    words = Words(about.get("lang", "en"))
    return _page_of(words, about.get("title", "assess"), opening, sections, other)


def _page_of(
    words: Words, title: str, opening: Markup, sections: list[Section], other: str
) -> dict[str, object]:
    other_words = Words("cy" if words.lang == "en" else "en")
    return {
        "lang": words.lang,
        "title": title,
        "skip": words.say("Skip to the report"),
        "contents": words.say("Contents"),
        "opening": opening,
        "sections": sections,
        "other": other,
        "other_lang": other_words.lang,
        "other_words": other_words.say("Read this in English"),
        "made_by": words.say("Made by assess {version}.", version=__version__),
    }


def page_of(
    words: Words, title: str, opening: Markup, sections: list[Section], other: str, *, kind: str
) -> str:
    """A page that no notebook stands behind. `kind` is the name of its look."""
    return _from_template({**_page_of(words, title, opening, sections, other), "kind": kind})


def _sections(notebook: "NotebookNode") -> tuple[Markup, list[Section]]:
    """What comes before the first second-level heading, and what stands under each.

    A heading with nothing under it, such as that of a survey nobody was asked, is left out.
    """
    opening, sections = Section("top", Markup()), []
    for is_heading, piece in _pieces(notebook):
        if is_heading:
            sections.append(Section(f"s{len(sections) + 1}", piece))
        else:
            (sections[-1] if sections else opening).pieces.append(piece)
    return opening.body, [section for section in sections if section.body.strip()]


def _pieces(notebook: "NotebookNode") -> Iterator[tuple[bool, Markup]]:
    for cell in notebook.cells:
        if FOR_NOTEBOOK_READERS in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            for block in blocks(cell.source):
                marks, text = block_text(block)
                yield marks == "##", escape(text) if marks == "##" else _rendered(block)
        for output in cell.get("outputs", []):
            yield False, _shown(output)


def _rendered(block: str) -> Markup:
    import mistune

    return Markup(mistune.create_markdown(escape=True, plugins=["table"])(block).strip())


def _shown(output: "NotebookNode") -> Markup:
    """One output as HTML. HTML of ours and of pandas is escaped where it is made."""
    if output.output_type == "error":
        return Markup("<pre>{}: {}</pre>").format(output.ename, output.evalue)
    if output.output_type == "stream":
        return Markup("<pre>{}</pre>").format(output.text)
    if "text/html" in output.data:
        return Markup(output.data["text/html"])
    return Markup("<pre>{}</pre>").format(output.data.get("text/plain", ""))


# The page that leads to the others


def index_page(
    status: pd.DataFrame,
    *,
    reports: Mapping[str, str],
    easy: Mapping[str, str] | None = None,
    comparisons: Mapping[str, str] | None = None,
    lang: str = "en",
) -> str:
    """What was run, what became of each organisation and why, with links to the reports.

    `status` has a row for each organisation: organisation, name, state, period, message, folder.
    `reports` gives the file of a report in each language, beneath an organisation's folder, and
    `easy` that of its one-page version; `comparisons` the comparison's files.
    """
    words = Words(lang)
    title = words.say("Governance self-assessments")
    counts = words.say(
        "{done} organisations assessed, {failed} not.",
        done=int((status["state"] != "failed").sum()),
        failed=int((status["state"] == "failed").sum()),
    )
    lines = [
        {
            words.say("Organisation"): row.name or row.organisation,
            words.say("Report"): _links(row.folder, reports) if row.folder else "",
            words.say("Easy Read"): _links(row.folder, easy) if row.folder and easy else "",
            words.say("Period"): row.period and words.period(Period.parse(row.period)),
            words.say("To note"): row.message,
        }
        for row in status.itertuples(index=False)
    ]
    rows = pd.DataFrame(lines, dtype="object")  # a column of str would make the links plain text
    section = Section("s1", escape(words.say("Reports")))
    section.pieces.append(table(rows, words.say("Reports")))
    sections = [section]
    if comparisons:
        sections.append(Section("s2", escape(words.say("Comparison"))))
        sections[1].pieces.append(Markup("<p>{}</p>").format(_links("", comparisons)))
    opening = heading(1, title) + paragraphs(counts)
    return _from_template(_page_of(words, title, opening, sections, ""))


def _links(folder: str, files: Mapping[str, str]) -> Markup:
    """A link for each language, under the language's own name."""
    link = Markup('<a href="{href}" hreflang="{lang}" lang="{lang}">{name}</a>')
    links = [
        link.format(href="/".join(filter(None, (folder, file))), lang=lang, name=LANGUAGES[lang])
        for lang, file in files.items()
    ]
    return Markup(" ").join(links)


def _from_template(page: Mapping[str, object]) -> str:
    return _template().render(nb=None, resources=page)


@cache
def _template() -> "jinja2.Template":
    import jinja2

    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(loader=loader, autoescape=False)  # the template escapes
    environment.filters["page"] = lambda _, page: page
    return environment.get_template("report/index.html.j2")

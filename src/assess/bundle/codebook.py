"""The codebook: every variable of the records and of the results, in both languages.

Its fields are those of the Data Documentation Initiative (DDI): name, label, question, type, valid
range, codes and labels, what a missing value means, universe and source.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from assess import report
from assess.bundle.data_package import TYPES, limits_of, result_tables
from assess.report.figure import heading, joined, paragraphs
from assess.schemas import CONTRACTS, about_columns, fields_of
from assess.words import LANGUAGES, Words

NAMES = {"en": "codebook", "cy": "llyfr-codau"}
COLUMNS = [
    *("table", "name", "label_en", "label_cy", "question_en", "question_cy", "type"),
    *("valid_range", "codes_en", "codes_cy", "missing_en", "missing_cy"),
    *("universe_en", "universe_cy", "source"),
]
RECORDS = "kept by the organisation"
RESULTS = "worked out by assess"
SAID = {
    "en": {
        "title": "Codebook",
        "opening": "Every variable of this bundle: the records that results rest on, and the "
        "results. A cell that could not be read is empty, as if nothing had been written.",
        "draft": "",
        "heads": ("Name", "Label", "Question", "Type", "Valid range", "Codes", "Empty means"),
        "where": {RECORDS: "Kept by the organisation.", RESULTS: "Worked out by assess."},
        "other": "Darllenwch hwn yn Gymraeg",
    },
    "cy": {
        "title": "Llyfr codau",
        "opening": "Pob newidyn yn y bwndel hwn: y cofnodion y mae canlyniadau'n gorffwys arnynt, "
        "a'r canlyniadau. Mae cell na ellid ei darllen yn wag, fel pe na bai dim wedi'i "
        "ysgrifennu.",
        "draft": "Drafft yw'r Gymraeg. Lle nad oes cyfieithiad eto, mae'r Saesneg yn sefyll.",
        "heads": ("Enw", "Label", "Cwestiwn", "Math", "Gwerthoedd dilys", "Codau", "Ystyr gwag"),
        "where": {RECORDS: "Cedwir gan y sefydliad.", RESULTS: "Cyfrifir gan assess."},
        "other": "Read this in English",
    },
}
KINDS = {
    "cy": {
        **{"string": "testun", "date": "dyddiad", "boolean": "ie neu na", "number": "rhif"},
        "integer": "rhif cyfan",
    },
    "en": {
        **{"string": "text", "date": "day", "boolean": "yes or no", "number": "number"},
        "integer": "whole number",
    },
}


def codebook() -> pd.DataFrame:
    """A row for every variable. Welsh is empty where there is no translation yet."""
    rows = [*_results(), *_records()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _results() -> Iterator[dict[str, str]]:
    for table, about in result_tables().items():
        for name, said in about["columns"].items():
            row = {"table": table, "name": name, "type": said["type"], "source": RESULTS}
            if "least" in said:
                row["valid_range"] = _range(said["least"], said["most"])
            for lang in LANGUAGES:
                row[f"label_{lang}"] = said["title"][lang]
                row[f"question_{lang}"] = said["about"][lang]
                row[f"missing_{lang}"] = said.get("empty", {}).get(lang, "")
                row[f"universe_{lang}"] = about["row"][lang]
                codes = {code: label[lang] for code, label in said.get("codes", {}).items()}
                row[f"codes_{lang}"] = _codes(codes)
            yield row


def _records() -> Iterator[dict[str, str]]:
    for table, contract in CONTRACTS.items():
        fields = fields_of(table)
        for name, about in about_columns(table).items():
            row = {
                "table": table,
                "name": name,
                "type": TYPES[about["kind"]],
                "valid_range": _valid(about, fields[name]),
                "source": RECORDS,
            }
            texts = {
                "label": fields[name].title,
                "question": fields[name].description,
                "missing": about.get("blank", ""),
                "universe": contract.__doc__ or "",
            }
            for lang in LANGUAGES:
                row |= {f"{key}_{lang}": _in(lang, text) for key, text in texts.items()}
                labels = {code: _in(lang, label) for code, label in about.get("codes", {}).items()}
                row[f"codes_{lang}"] = _codes(labels) if all(labels.values()) else ""
            yield row


def _in(lang: str, text: str) -> str:
    """A text in a language; empty where it has not been translated."""
    if lang == "en":
        return text
    translated = Words(lang).translate(text)
    return "" if translated == text else translated


def _codes(codes: Mapping[str, str]) -> str:
    return "; ".join(f"{code} = {label}" for code, label in codes.items())


def _range(least: float | None, most: float | None) -> str:
    return f"{'' if least is None else f'{least:g}'}..{'' if most is None else f'{most:g}'}"


def _valid(about: Mapping[str, Any], field: Any) -> str:
    """What the contract allows: a range, a code of another table, a code of the organisation."""
    if "refers_to" in about:
        return f"in {about['refers_to']}"
    if "one_of" in about:
        return f"in {about['one_of']} of organisation.yaml"
    if about["kind"] == "date":
        return "YYYY-MM-DD"
    limits = limits_of(field) if about["kind"] in ("whole", "number") else {}
    return _range(limits.get("minimum"), limits.get("maximum")) if limits else ""


# The pages


def codebook_page(rows: pd.DataFrame, lang: str) -> str:
    """The codebook as a page in one language, with English marked as such where it stands in."""
    words, said = Words(lang), SAID[lang]
    other = next(each for each in LANGUAGES if each != lang)
    opening = heading(1, said["title"]) + paragraphs(said["opening"], said["draft"])
    sections = []
    for number, (table, variables) in enumerate(rows.groupby("table", sort=False), 1):
        section = report.Section(f"s{number}", escape(_title(table, words)))
        universe = _either(variables.iloc[0], "universe", lang)
        source = said["where"][variables.iloc[0]["source"]]
        section.pieces.append(Markup("<p>{} {}</p>").format(universe, source))
        section.pieces.append(_table(variables, lang, _title(table, words)))
        sections.append(section)
    page = report._page_of(words, said["title"], opening, sections, f"{NAMES[other]}.html")
    return report._from_template(page)


def _title(table: str, words: Words) -> str:
    if table in CONTRACTS:
        return f"{words.translate(CONTRACTS[table].Config.title)} ({table})"
    return f"{result_tables()[table]['title'][words.lang]} ({table})"


def _table(variables: pd.DataFrame, lang: str, caption: str) -> Markup:
    head = joined(Markup('<th scope="col">{}</th>').format(name) for name in SAID[lang]["heads"])
    body = joined(_line(row, lang) for row in variables.to_dict("records"))
    return Markup(
        '<div class="scroll" role="group" aria-label="{caption}" tabindex="0"><table>'
        "<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        "</div>"
    ).format(caption=caption, head=head, body=body)


def _line(row: Mapping[str, Any], lang: str) -> Markup:
    cells = [
        _either(row, "label", lang),
        _either(row, "question", lang),
        KINDS[lang][row["type"]],
        row["valid_range"] if isinstance(row["valid_range"], str) else "",
        _either(row, "codes", lang),
        _either(row, "missing", lang),
    ]
    line = joined(Markup("<td>{}</td>").format(cell) for cell in cells)
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(row["name"], line)


def _either(row: Mapping[str, Any], key: str, lang: str) -> str | Markup:
    """The text in the language, or in English and marked so."""
    text = row[f"{key}_{lang}"] or ""
    if text or not row[f"{key}_en"]:
        return text
    return Markup('<span lang="en">{}</span>').format(row[f"{key}_en"])

"""The catalogue of messages: what there is to translate, and the files that hold it.

`make words` runs this: new messages join each language's .po file, unused ones leave it, and the
.mo file the program reads is compiled. It needs Babel, which comes with JupyterLab.
"""

import ast
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from assess.framework import Framework, load_framework
from assess.load.organisation_sheets import CODE, MODELS, PARTS, labels, shown, words_of
from assess.report import block_text, blocks
from assess.schemas import CONTRACTS
from assess.words import LANGUAGES, MONTHS

HERE = Path(__file__).parents[1]
NOTEBOOKS = HERE.parents[1] / "notebooks"
SPEAKING = (
    "words.py",
    "report/charts.py",
    "report/sections.py",
    "report/voice_page.py",
    "report/consistency_page.py",
    "report/survey_page.py",
    "report/easy_read.py",
    "report/side_by_side.py",
    "report/how_sure.py",
    "report/__init__.py",
    "template.py",
)
TRANSLATED = [lang for lang in LANGUAGES if lang != "en"]  # the messages themselves are English
NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # so that compiling twice gives the same bytes
HEADER = """\
# Welsh for the messages of assess. A draft: no translator has checked it yet.
# `make words` keeps this file in step with the messages; fill in each empty msgstr."""


def sentences() -> Iterator[tuple[str, str]]:
    """Every message passed to `say` as a literal, and the file it is in."""
    for name in SPEAKING:
        for node in ast.walk(ast.parse((HERE / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "say":
                yield ast.literal_eval(node.args[0]), name
    for month in MONTHS:
        yield month, "words.py"


def framework_texts(framework: Framework) -> Iterator[tuple[str, str]]:
    """The words of the framework that reports print."""
    place = f"{framework.name}.yaml"
    yield framework.title, place
    for part in (*framework.principles, *framework.supporting_principles):
        yield part.title, place
    for entry in framework.indicators:
        for text in (entry.title, entry.definition, entry.counts, entry.missing):
            yield text, place
        for text in (entry.cannot_show, entry.remedy, entry.goalpost_source):
            yield text, place
    for gate in framework.gates:
        yield gate.title, place
        yield gate.remedy, place
    for claim in framework.claims:
        yield claim.text, place
        if claim.note:
            yield claim.note, place


def contract_texts() -> Iterator[tuple[str, str]]:
    """The titles of sheets and columns, what stands on them as notes, and the words of choices."""
    for name, contract in CONTRACTS.items():
        place = f"schemas/{name}.py"
        yield contract.Config.title, place
        for column in contract.to_schema().columns.values():
            yield column.title, place
            yield column.description, place
            codes = column.metadata.get("codes", {})
            for text in (*codes, *codes.values(), column.metadata.get("blank")):
                if text and not text.isdigit():
                    yield text, place


def organisation_texts() -> Iterator[tuple[str, str]]:
    """The titles, notes and words of the sheets about the organisation."""
    place = "schemas/organisation.py"
    yield CODE, place
    for title in PARTS.values():
        yield title, place
    for part, model in MODELS.items():
        for name, title in labels(part).items():
            yield title, place
            if model.model_fields[name].description:
                yield model.model_fields[name].description, place
            for word in words_of(part, name):
                yield shown(word), place


def notebook_texts() -> Iterator[tuple[str, str]]:
    """The paragraphs and headings of the notebooks."""
    import nbformat

    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                yield from ((block_text(block)[1], path.name) for block in blocks(cell.source))


def messages() -> dict[str, tuple[str, ...]]:
    """Everything there is to translate, and the files it comes from."""
    found: dict[str, dict[str, None]] = {}
    contracts = (contract_texts(), organisation_texts())
    sources = (sentences(), framework_texts(load_framework()), *contracts, notebook_texts())
    for source in sources:
        for text, place in source:
            found.setdefault(text, {})[place] = None
    return {text: tuple(places) for text, places in found.items()}


def po_path(lang: str) -> Path:
    return HERE / "locale" / lang / "LC_MESSAGES" / "assess.po"


def read(lang: str) -> Catalog:
    """The catalogue of a language as its .po file holds it."""
    with po_path(lang).open("rb") as file:
        return read_po(file, locale=lang)


def renewed(lang: str) -> Catalog:
    """The catalogue with exactly today's messages, each with the translation it had."""
    old = read(lang)
    new = Catalog(locale=lang, header_comment=HEADER, fuzzy=False)
    for text, places in messages().items():
        known = old.get(text)
        translation = known.string if known else ""
        new.add(text, translation, locations=[(place, None) for place in places])
    return new


def po_bytes(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    write_po(file, catalog, width=100, omit_header=True)
    header = f'{HEADER}\nmsgid ""\nmsgstr ""\n"Language: {catalog.locale}\\n"\n'
    plain = '"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return header.encode() + plain.encode() + file.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """The compiled catalogue: the same on every run."""
    file = io.BytesIO()
    bare = Catalog(locale=catalog.locale, creation_date=NO_DAY, revision_date=NO_DAY)
    for message in catalog:
        if message.id and message.string:
            bare.add(message.id, message.string)
    write_mo(file, bare)
    return file.getvalue()


def main() -> None:
    for lang in TRANSLATED:
        catalog = renewed(lang)
        po_path(lang).write_bytes(po_bytes(catalog))
        po_path(lang).with_suffix(".mo").write_bytes(mo_bytes(catalog))
        empty = sum(not message.string for message in catalog if message.id)
        print(f"{lang}: {len(catalog)} messages, {empty} without a translation")


if __name__ == "__main__":
    main()

"""Gives the large tables of an organisation their codes over shared lists: see `codes`."""

from collections.abc import Iterable, Mapping

import pandas as pd

from assess.load import codes
from assess.load.raw import LargeTable, RawTable, plain
from assess.load.synonyms import OwnWords, known_headings, without_examples
from assess.load.texts import Texts, texts_of
from assess.schemas import about_columns, fields_of

PEOPLE = ("member_id", "person_id", "moved_by", "seconded_by")

Tables = Mapping[str, RawTable | LargeTable]


def with_shared_lists(tables: Tables, own: OwnWords) -> dict[str, RawTable]:
    """The tables, with codes in place of texts in those that have very many rows."""
    texts: dict[tuple[str, str], Texts] = {}
    kinds: dict[tuple[str, str], str] = {}
    for name, table in tables.items():
        if not _is_large(table):
            continue
        columns = table.columns if isinstance(table, LargeTable) else table.rows
        for heading, kind in kinds_of_codes(name, columns, own).items():
            if _is_text(columns[heading]):
                texts[name, heading] = _texts(columns[heading])
                kinds[name, heading] = kind
    found = codes.share_lists(texts, kinds)
    return {
        name: _put_together(table, {h: codes for (of, h), codes in found.items() if of == name})
        for name, table in tables.items()
    }


def kinds_of_codes(table: str, headings: Iterable[str], own: OwnWords) -> dict[str, str]:
    """For each heading that is known, the kind of thing its codes name; "" for texts of its own.

    A body stays text: there are few of them, and they are compared with words.
    """
    known, about, kinds = known_headings(table, own), about_columns(table), {}
    fields = fields_of(table)
    headings = list(headings)
    for heading in headings:
        column = known.get(plain(heading))
        if column not in about or column == "body" or headings.count(heading) > 1:
            continue
        own_key = f"{table}.{column}" if fields[column].unique else ""
        kinds[heading] = "people" if column in PEOPLE else about[column].get("refers_to", own_key)
    return kinds


def _is_large(table: RawTable | LargeTable) -> bool:
    return isinstance(table, LargeTable) or len(table.rows) > codes.MANY_ROWS


def _is_text(column: pd.Series | Texts) -> bool:
    return isinstance(column, Texts) or column.dtype == "str"


def _texts(column: pd.Series | Texts) -> Texts:
    return column if isinstance(column, Texts) else texts_of(column.array._pa_array.chunks)


def _put_together(table: RawTable | LargeTable, coded: Mapping[str, pd.Categorical]) -> RawTable:
    if isinstance(table, RawTable):
        return RawTable(table.source, table.rows.assign(**coded) if coded else table.rows)
    cells = {
        heading: coded[heading]
        if heading in coded
        else codes.written_out(column)
        if isinstance(column, Texts)
        else column
        for heading, column in table.columns.items()
    }
    rows = pd.DataFrame(cells, index=table.index, copy=False)
    return RawTable(table.source, without_examples(rows))

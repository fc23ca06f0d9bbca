"""Names where codes belong: said, and what stands there is never repeated.

Records ask for codes that mean nothing outside the organisation. Columns that are of names by their
heading are refused where headings are matched.
"""

import re
from dataclasses import replace

import pandas as pd

from assess.load.codes import is_coded, is_ordinary
from assess.records import Problem, Records
from assess.schemas import about_columns

REMEDY = "use a code that you make up, and keep the list of who is who elsewhere"

# Two or more words of letters, as in "Jane Jones", "Jones, Jane" or "Siân ap Huw".
_TWO_WORDS = (
    r"^\s*[^\W\d_][\w’'-]*\.?(?:,\s*|\s+)[^\W\d_][\w’'-]*\.?(?:\s+[^\W\d_][\w’'-]*\.?)*\s*$"
)


def looks_like_names(cells: pd.Series) -> pd.Series:
    """Which cells hold two words or more, and no digit."""
    if is_coded(cells) and is_ordinary(cells.cat.categories):
        return pd.Series(False, index=cells.index)
    different = pd.Series(cells.dropna().unique(), dtype="str")
    named = different[different.str.fullmatch(_TWO_WORDS, flags=re.UNICODE)]
    return cells.isin(named) if len(named) else pd.Series(False, index=cells.index)


def warn_of_names(records: Records) -> Records:
    """The records with a problem for each column of codes in which something looks like a name."""
    problems = list(records.problems)
    for table, rows in records.tables.items():
        for column, about in about_columns(table).items():
            if about["kind"] != "code" or "one_of" in about or rows.empty:
                continue
            found = rows.index[looks_like_names(rows[column])]
            if len(found):
                what = f"has {len(found):,} cells of two words, which look like names"
                problems.append(
                    Problem(
                        records.sources[table],
                        int(found[0]),
                        column,
                        what,
                        REMEDY,
                        serious=False,
                        rule="name",
                    )
                )
    return replace(records, problems=tuple(problems))

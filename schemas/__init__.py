"""The data contracts: what one row of each table is, and what each of its columns means.

`CONTRACTS` lists them in the order a secretary would fill them in: the three required tables
first, then by how many indicators each adds.
"""

import functools
import importlib
import sys
from typing import Any

import pandera.pandas as pa

from assess.schemas.agenda_items import AgendaItems
from assess.schemas.attendance import Attendance
from assess.schemas.decisions import Decisions
from assess.schemas.development import Development
from assess.schemas.elections import Elections
from assess.schemas.engagements import Engagements
from assess.schemas.meetings import Meetings
from assess.schemas.members import Members
from assess.schemas.participation import Participation
from assess.schemas.recommendations import Recommendations
from assess.schemas.register import Register
from assess.schemas.roles import Roles
from assess.schemas.survey import Survey
from assess.schemas.votes import Votes

CONTRACTS: dict[str, type[pa.DataFrameModel]] = {
    "members": Members,
    "meetings": Meetings,
    "decisions": Decisions,
    "attendance": Attendance,
    "roles": Roles,
    "development": Development,
    "elections": Elections,
    "votes": Votes,
    "recommendations": Recommendations,
    "engagements": Engagements,
    "register": Register,
    "agenda_items": AgendaItems,
    "participation": Participation,
    "survey": Survey,
}

__all__ = ["CONTRACTS", "about_columns", "fields_of", "schema_of"]


@functools.cache
def about_columns(table: str) -> dict[str, dict[str, Any]]:
    """What each column of a contract says of itself: kind, blank, codes, refers_to, one_of."""
    return CONTRACTS[table].get_metadata()[table]["columns"]


def fields_of(table: str) -> dict[str, Any]:
    """Each column's pandera field, without building the schema: its title, whether it is unique."""
    return {column: field for column, (_, field) in CONTRACTS[table].__fields__.items()}


@functools.cache
def schema_of(table: str) -> pa.DataFrameSchema:
    """The pandera schema of a contract. Building one takes a moment, so it is kept."""
    _spare_pandera_needless_imports()
    return CONTRACTS[table].to_schema()


def _spare_pandera_needless_imports() -> None:
    """Keep pandera from loading all of dask and hypothesis (1.2 s), which no contract uses.

    It does so wherever they are installed. Both are there again for whoever asks for them.
    """
    hidden = [name for name in ("dask", "dask.dataframe", "hypothesis") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        importlib.import_module("pandera.typing.dask")
        importlib.import_module("pandera.backends.pandas.builtin_checks")
    finally:
        for name in hidden:
            del sys.modules[name]

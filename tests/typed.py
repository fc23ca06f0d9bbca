"""Small typed tables for tests, as `validate` would hand them on."""

import numpy as np
import pandas as pd

from assess.records import Period, Records
from assess.schemas import CONTRACTS
from assess.schemas.organisation import Organisation

YEAR = Period.parse("2025")
DTYPES = {"date": "datetime64[ns]", "yes_no": "boolean", "number": "float64", "whole": "float64"}


def table(name: str, *rows: dict) -> pd.DataFrame:
    """Rows of one table; columns left out are empty. Row labels start at 2, as in a sheet."""
    columns = CONTRACTS[name].to_schema().columns
    for row in rows:
        assert set(row) <= set(columns), f"{name} has no column {set(row) - set(columns)}"
    return pd.DataFrame(
        {
            column: pd.Series(
                [row.get(column) for row in rows],
                dtype=DTYPES.get(field.metadata["kind"], "str"),
                index=pd.RangeIndex(2, 2 + len(rows), name="row"),
            )
            for column, field in columns.items()
        }
    )


def each(name: str, column: str, values: list, **same: object) -> pd.DataFrame:
    """One row for each value of `column`, otherwise alike."""
    return table(name, *({column: value} | same for value in values))


def organisation(**given: object) -> Organisation:
    """An organisation of which only `given` is known."""
    plain = {
        "id": "tegfan",
        "name": "Tegfan",
        "legal_form": "company",
        "governance_model": "multi_stakeholder",
    }
    return Organisation.model_validate(plain | given)


def records(given: Organisation | None = None, **tables: pd.DataFrame) -> Records:
    """Records holding `tables`, every other table empty."""
    whole = {name: tables.get(name, table(name)) for name in CONTRACTS}
    return Records(
        organisation=given or organisation(),
        tables=whole,
        given={name: frozenset(rows.columns[rows.notna().any()]) for name, rows in whole.items()},
        sources={name: f"{name}.csv" for name in whole},
        inputs={},
    )


def counts(observed) -> tuple[float, float, int]:
    """Hits, denominator and number not known, added up by hand's rule: NaN is not known."""
    known = observed.rows[observed.rows["hit"].notna()]
    return known["hit"].sum(), known["of"].sum(), len(observed.rows) - len(known)


POOLS = {
    "meeting_id": [f"M{n}" for n in range(60)],
    "person_id": [f"p{n}" for n in range(60)],
    "member_id": [f"p{n}" for n in range(60)],
    "decision_id": [f"D{n}" for n in range(300)],
    "item_id": [f"I{n}" for n in range(300)],
    "engagement_id": [f"E{n}" for n in range(300)],
    "recommendation_id": [f"R{n}" for n in range(300)],
    "body": ["board", "council", "general_meeting", "audit"],
    "bodies": ["board", "council", "general_meeting", "audit"],
    "categories": ["staff", "users", "local"],
    "appointed_by": ["members", "council", "board", "bishop"],
    "type": ["annual budget", "paint"],
    "audience": ["regulator", "health_board", "staff"],
    "detail": ["eligibility", "declarations", "money", "law"],
    "scrutiny_body": ["council", "board"],
}
EVERYTHING_STATED = organisation(
    member_categories={
        "staff": {"title": "S", "kind": "staff", "could_be_members": 12, "declared_share": 0.5},
        "users": {"title": "U", "kind": "users", "declared_share": 0.25},
        "local": {"title": "L", "kind": "community", "declared_share": 0.25},
    },
    bodies={
        "board": {
            "title": "Board",
            "appointed_by": "council",
            "term_years": 3,
            "quorum_share": 0.5,
            "tenure_limit_years": 6,
        },
        "council": {"title": "Council", "appointed_by": "members", "quorum": 2},
        "general_meeting": {"title": "General meeting", "quorum": 3},
    },
    reserved_matters={"annual budget": "board"},
    key_bodies=["regulator", "health_board"],
    required_skills=["money", "law"],
    required_checks=["eligibility", "declarations"],
)


def random_table(name: str, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Rows drawn from few values, one cell in ten empty; keys as the contract has them."""
    contract = CONTRACTS[name].to_schema()
    drawn = pd.DataFrame(
        {column: _cells(column, field, rows, rng) for column, field in contract.columns.items()},
        index=pd.RangeIndex(2, 2 + rows, name="row"),
    )
    keys = [[column] for column, field in contract.columns.items() if field.unique]
    for key in [*keys, *([contract.unique] if contract.unique else [])]:
        drawn = drawn.drop_duplicates(key)
    return drawn


def _cells(column: str, field: object, rows: int, rng: np.random.Generator) -> pd.Series:
    kind = field.metadata["kind"]
    dtype = DTYPES.get(kind, "str")
    if kind == "date":
        cells = pd.Timestamp("2022-06-01") + pd.to_timedelta(rng.integers(0, 1500, rows), unit="D")
    elif kind in ("number", "whole"):
        cells = rng.integers(0, 12, rows)
    elif kind == "yes_no":
        cells = rng.integers(0, 2, rows).astype(bool)
    else:
        pool = POOLS.get(column) or POOLS.get(field.metadata.get("one_of"), ["x1", "x2"])
        codes = list(field.metadata.get("codes", pool))
        cells = np.array(codes, dtype=object)[rng.integers(0, len(codes), rows)]
    cells = pd.Series(cells, index=pd.RangeIndex(2, 2 + rows, name="row"), dtype=dtype)
    return cells.mask(rng.random(rows) < 0.1)

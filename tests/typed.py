"""Small typed tables for tests, as `validate` would hand them on."""

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

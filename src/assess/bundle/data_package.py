"""A Data Package (version 2) made from the contracts: tables as CSV, and what they mean as JSON.

Records as written differ from one organisation to the next: other headings, other ways to write a
day, columns of their own. Here they are written in one way, with the contracts' columns alone, and
read back as the same records.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from assess.csv_cells import as_csv
from assess.records import Records
from assess.schemas import CONTRACTS, about_columns, fields_of
from assess.schemas.organisation import Organisation
from assess.validate.headings import unique_together

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
DESCRIPTOR = "datapackage.json"
ORGANISATION = "organisation.yaml"
RESULT_TABLES = Path(__file__).parents[1].joinpath("result_tables.yaml")
TYPES = {
    "code": "string",
    "text": "string",
    "list": "string",
    "choice": "string",
    "date": "date",
    "yes_no": "boolean",
    "number": "number",
    "whole": "integer",
}
# No indicator reads them. A title may name someone; the codes of movers are no pseudonyms.
LEFT_OUT = {("decisions", "title"), ("decisions", "moved_by"), ("decisions", "seconded_by")}
# Indicators ask only whether these hold something; their words may tell of someone.
ONLY_WHETHER = {
    "decisions": (
        *("fund_source", "objective_ref", "reasons_ref", "comparator_ref", "user_impact_ref"),
        *("risk_ref", "scrutiny_outcome"),
    ),
    "engagements": ("response",),
}
RECORDED = "recorded"


@cache
def result_tables() -> dict[str, dict[str, Any]]:
    """What `result_tables.yaml` says of the tables of results: title, row, key and columns."""
    return yaml.safe_load(RESULT_TABLES.read_text(encoding="utf-8"))


def package(name: str, title: str, resources: list[dict[str, Any]], **more: Any) -> str:
    """The text of a datapackage.json."""
    described = {"$schema": PROFILE, "name": name, "title": title, **more, "resources": resources}
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _resource(name: str, path: str, title: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "type": "table",
        "path": path,
        "title": title,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {"missingValues": [""], **schema},
    }


# Records


def records_files(records: Records) -> dict[str, str]:
    """An organisation's records as a Data Package of its own: file name -> text.

    Rows that were left out are left out here; cells that could not be used are empty. Titles of
    decisions stay behind, and who moved them; of references and remarks, only that there is one.
    """
    tables = {name: rows for name, rows in records.tables.items() if len(rows)}
    written = {name: _columns_written(name, rows) for name, rows in tables.items()}
    files = {f"{name}.csv": _csv(name, tables[name][columns]) for name, columns in written.items()}
    files[ORGANISATION] = organisation_text(records.organisation)
    resources = [
        records_resource(name, columns, _complete(tables[name]), written)
        for name, columns in written.items()
    ]
    files[DESCRIPTOR] = records_descriptor(yaml.safe_load(files[ORGANISATION]), resources)
    return files


def _complete(rows: pd.DataFrame) -> list[str]:
    return [column for column in rows if rows[column].notna().all()]


def records_descriptor(organisation: dict[str, Any], resources: list[dict[str, Any]]) -> str:
    """The datapackage.json of one organisation's records, for any that writes such a package.

    What organisation.yaml says stands in it too, as a property of ours that others pass over.
    """
    name, title = (str(organisation.get(key, "")) for key in ("id", "name"))
    resources = [*resources, _organisation_resource()]
    return package(name or "records", title, resources, organisation=organisation)


def organisation_text(organisation: Organisation) -> str:
    """organisation.yaml, with what differs from the contract's own values."""
    said = organisation.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100)


def _organisation_resource() -> dict[str, Any]:
    return {
        "name": "organisation",
        "path": ORGANISATION,
        "title": "The organisation",
        "format": "yaml",
        "mediatype": "application/yaml",
        "encoding": "utf-8",
    }


def _columns_written(name: str, rows: pd.DataFrame) -> list[str]:
    """The columns that hold something, and those the contract asks for."""
    about = about_columns(name)
    return [
        column
        for column in rows.columns
        if (name, column) not in LEFT_OUT
        and (rows[column].notna().any() or "blank" not in about[column])
    ]


def _csv(name: str, rows: pd.DataFrame) -> str:
    about = about_columns(name)
    cells = {column: _as_text(rows[column], about[column]["kind"]) for column in rows}
    for column in cells.keys() & set(ONLY_WHETHER.get(name, ())):
        cells[column] = cells[column].mask(cells[column].notna(), RECORDED)
    return as_csv(pd.DataFrame(cells))


def _as_text(cells: pd.Series, kind: str) -> pd.Series:
    if kind == "date":
        return cells.dt.strftime("%Y-%m-%d")
    if kind == "yes_no":
        return cells.map({True: "yes", False: "no"}).astype("str")
    if kind == "whole":
        return cells.astype("Int64")
    return cells


def records_resource(
    name: str,
    columns: Iterable[str],
    complete: Collection[str],
    tables: Mapping[str, Iterable[str]],
) -> dict[str, Any]:
    """A table of records as a resource. `tables` gives the columns of each table of the package.

    `complete`: the columns without an empty cell. What a contract demands and these records lack
    is not demanded here: the package describes what is in it.
    """
    about, fields, columns = about_columns(name), fields_of(name), list(columns)
    schema: dict[str, Any] = {
        "fields": [
            _field(column, about[column], fields[column], complete=column in complete)
            for column in columns
        ]
    }
    if key := unique_together(name):
        schema["primaryKey"] = key
    foreign = [
        _foreign_key(column, about[column]["refers_to"], name)
        for column in columns
        if _refers_to_a_table_here(about[column], tables)
    ]
    if foreign:
        schema["foreignKeys"] = foreign
    contract = CONTRACTS[name]
    described = {"description": contract.__doc__ or ""}
    return _resource(name, f"{name}.csv", contract.Config.title, schema) | described


def _refers_to_a_table_here(about: Mapping[str, Any], tables: Mapping[str, Iterable[str]]) -> bool:
    table, _, column = about.get("refers_to", "").partition(".")
    return column in tables.get(table, ())


def _foreign_key(column: str, refers_to: str, name: str) -> dict[str, Any]:
    table, _, other = refers_to.partition(".")
    reference = {"fields": [other]} if table == name else {"resource": table, "fields": [other]}
    return {"fields": [column], "reference": reference}


def _field(column: str, about: Mapping[str, Any], field: Any, *, complete: bool) -> dict[str, Any]:
    blank = about.get("blank")
    described: dict[str, Any] = {
        "name": column,
        "title": field.title,
        "description": field.description + (f" Empty: {blank}." if blank else ""),
        "type": TYPES[about["kind"]],
    }
    if about["kind"] == "yes_no":
        described |= {"trueValues": ["yes"], "falseValues": ["no"]}
    limits = {"required": True} if blank is None and complete else {}
    if field.unique:
        limits["unique"] = True
    if about["kind"] == "choice":
        limits["enum"] = list(about["codes"])
        described["categories"] = [
            {"value": value, "label": label} for value, label in about["codes"].items()
        ]
    if about["kind"] in ("whole", "number"):
        limits |= limits_of(field)
    return described | ({"constraints": limits} if limits else {})


def limits_of(field: Any) -> dict[str, float]:
    """The least and most a number may be, as its contract's field says; nothing where unlimited."""
    statistics = {
        key: value for check in field.checks or [] for key, value in check.statistics.items()
    }
    known = {"minimum": "min_value", "maximum": "max_value"}
    return {name: statistics[key] for name, key in known.items() if key in statistics}


# Results


def result_resource(name: str, tables: Iterable[str], folder: str) -> dict[str, Any]:
    """A table of results as a resource. `tables` are those the package holds."""
    about = result_tables()[name]
    schema: dict[str, Any] = {
        "fields": [_result_field(column, said) for column, said in about["columns"].items()],
        "primaryKey": about["key"],
    }
    foreign = [
        {"fields": key, "reference": {"resource": other, "fields": key}}
        for other, key in (("organisations", ["organisation", "period"]), ("indicators", ["id"]))
        if other in tables and name in _REFERS.get(other, ())
    ]
    if foreign:
        schema["foreignKeys"] = foreign
    return _resource(name, f"{folder}/{name}.csv", about["title"]["en"], schema) | {
        "description": about["row"]["en"]
    }


_REFERS = {"organisations": ("measures", "scores"), "indicators": ("measures",)}


def _result_field(column: str, said: Mapping[str, Any]) -> dict[str, Any]:
    empty = f" Empty: {said['empty']['en']}." if "empty" in said else ""
    described: dict[str, Any] = {
        "name": column,
        "title": said["title"]["en"],
        "description": said["about"]["en"] + empty,
        "type": said["type"],
    }
    if said["type"] == "boolean":
        described |= {"trueValues": ["yes"], "falseValues": ["no"]}
    limits = {} if "empty" in said else {"required": True}
    if "codes" in said:
        limits["enum"] = list(said["codes"])
        described["categories"] = [
            {"value": value, "label": label["en"]} for value, label in said["codes"].items()
        ]
    if "least" in said:
        limits |= {"minimum": said["least"], "maximum": said["most"]}
    return described | ({"constraints": limits} if limits else {})

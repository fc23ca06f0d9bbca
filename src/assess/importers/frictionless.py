"""Our own Data Package: the tables of one organisation as CSV, and what each column means.

Written and read without loss: every row and cell of a contract's table, and organisation.yaml.
"""

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from assess import parse
from assess.importers.found import Row
from assess.importers.sources import json_of, records_of, rows_of, word
from assess.importers.write import ImportReport, counted, refuse_folder, table_text, write_folder
from assess.load import load
from assess.raw import columns_of, near, plain
from assess.records import AssessError
from assess.schemas import CONTRACTS

DESCRIPTOR = "datapackage.json"
ORGANISATION = "organisation"  # a property of ours, which other readers pass over
TYPES = {"date": "date", "whole": "integer", "number": "number", "yes_no": "boolean"}
PROFILE = "tabular-data-package"


def pack(source: Path, folder: Path) -> Path:
    """Write the records of one organisation as a Data Package into a new folder.

    Days, numbers, yes and no are written in one way; a cell that cannot be read stands as it was.
    Raises AssessError where there are no records.
    """
    refuse_folder(folder)
    raw = load(source)
    if not raw.tables or raw.organisation is None:
        raise AssessError(f"{source}: holds no records that can be packed.")
    tables = {
        name: _contract_rows(name, raw.tables[name].rows)
        for name in CONTRACTS
        if name in raw.tables
    }
    files: dict[str, str | bytes] = {
        f"{name}.csv": table_text(name, rows) for name, rows in tables.items()
    }
    resources = [resource_of(name, f"{name}.csv", str(files[f"{name}.csv"])) for name in tables]
    descriptor = {
        "profile": PROFILE,
        "name": str(raw.organisation.get("id", "records")),
        "title": str(raw.organisation.get("name", "")),
        ORGANISATION: raw.organisation,
        "resources": resources,
    }
    files[DESCRIPTOR] = json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
    files["organisation.yaml"] = _yaml(raw.organisation)
    write_folder(folder, files)
    return folder / DESCRIPTOR


def _contract_rows(name: str, rows: Any) -> list[Row]:
    """The columns the contract knows, under the contract's names; rows without a cell are left."""
    known = {plain(column): column for column in columns_of(name)}
    fields = CONTRACTS[name].__fields__
    known |= {plain(field.title): column for column, (_, field) in fields.items()}
    headings = [known.get(plain(heading), "") for heading in rows.columns]
    about = CONTRACTS[name].get_metadata()[name]["columns"]
    written = [
        {
            heading: _plainly(cell.strip(), about[heading]["kind"])
            for heading, cell in zip(headings, line, strict=True)
            if heading
        }
        for line in rows.to_numpy().tolist()
    ]
    return [row for row in written if any(cell.strip() for cell in row.values())]


@functools.lru_cache(maxsize=100_000)
def _plainly(cell: str, kind: str) -> str:
    """A cell as other readers of packages expect it: 2025-03-31, 1250, yes."""
    if not cell or kind not in TYPES:
        return cell
    read = {"date": parse.date, "yes_no": parse.yes_no}.get(kind, parse.number)(cell)
    if isinstance(read, parse.Fault):
        return cell
    if kind == "date":
        return f"{read:%Y-%m-%d}"
    if kind == "yes_no":
        return "yes" if read else "no"
    return np.format_float_positional(read, trim="-")


def resource_of(name: str, path: str, text: str) -> dict[str, Any]:
    """A table's entry in the descriptor: its columns, keys, and the hash of its bytes."""
    content = text.encode()
    return {
        "name": name,
        "path": path,
        "profile": "tabular-data-resource",
        "title": CONTRACTS[name].Config.title,
        "description": CONTRACTS[name].__doc__ or "",
        "format": "csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": _schema(name, text.partition("\n")[0].split(",")),
    }


def _schema(name: str, columns: list[str]) -> dict[str, Any]:
    about = CONTRACTS[name].get_metadata()[name]["columns"]
    fields = {column: field for column, (_, field) in CONTRACTS[name].__fields__.items()}
    described = []
    for column in columns:
        field: dict[str, Any] = {
            "name": column,
            "type": TYPES.get(about[column]["kind"], "string"),
            "title": fields[column].title,
            "description": fields[column].description,
        }
        if about[column]["kind"] == "yes_no":
            field |= {"trueValues": ["yes"], "falseValues": ["no"]}
        constraints = {"required": True} if "blank" not in about[column] else {}
        if about[column]["kind"] == "choice":
            constraints["enum"] = list(about[column]["codes"])
        described.append(field | ({"constraints": constraints} if constraints else {}))
    alone = [column for column in columns if fields[column].unique]
    key = alone or CONTRACTS[name].Config.__dict__.get("unique", [])
    schema: dict[str, Any] = {"fields": described, "missingValues": [""]}
    return schema | ({"primaryKey": key} if key else {})


def _yaml(organisation: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(organisation, sort_keys=False, allow_unicode=True, width=100)


def unpack(source: Path, folder: Path) -> ImportReport:
    """Write the records of a Data Package of ours into a new folder. Its codes stay as they are."""
    refuse_folder(folder)
    path = source / DESCRIPTOR if source.is_dir() else source
    descriptor = json_of(path)
    organisation = descriptor.get(ORGANISATION) if isinstance(descriptor, dict) else None
    if not isinstance(organisation, dict):
        raise AssessError(
            f"{path.name}: does not say what organisation it describes, so it is not a package of "
            "ours. Other tables can be read as `wide`, with a mapping."
        )
    lost: dict[str, int] = {}
    tables: dict[str, list[Row]] = {}
    for resource in records_of(descriptor, "resources", path.name):
        _unpack_table(resource, path, tables, lost)
    if not tables:
        raise AssessError(f"{path.name}: holds none of the tables of records.")
    files: dict[str, str | bytes] = {
        f"{name}.csv": table_text(name, rows) for name, rows in tables.items()
    }
    write_folder(folder, files | {"organisation.yaml": _yaml(organisation)})
    return ImportReport(
        source=source.name,
        folder=folder,
        tables={name: len(rows) for name, rows in tables.items()},
        lost=counted(lost),
    )


def _unpack_table(
    resource: dict[str, Any], path: Path, tables: dict[str, list[Row]], lost: dict[str, int]
) -> None:
    name = word(resource, "name")
    written = word(resource, "path")
    if name not in CONTRACTS or name in tables:
        meant = near(word(resource, "name"), CONTRACTS)
        what = f"resources that are no table of records{f', such as {meant}' if meant else ''}"
        lost[what] = lost.get(what, 0) + 1
        return
    if (
        not written
        or Path(written).is_absolute()
        or "://" in written
        or ".." in Path(written).parts
    ):
        raise AssessError(
            f"{path.name}: the file of {name} is not beside it. Only files of the package itself "
            "are read."
        )
    rows = rows_of(path.parent / written, inside=path.parent)
    known = set(columns_of(name))
    strange = {heading for row in rows for heading in row} - known
    if strange:
        lost["columns that no table of records has"] = len(strange)
    tables[name] = [{key: cell for key, cell in row.items() if key in known} for row in rows]

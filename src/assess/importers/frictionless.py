"""Our own Data Package: the tables of one organisation as CSV, and what each column means.

Written and read without loss: every row and cell of a contract's table, and organisation.yaml.
"""

import functools
import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from assess.bundle.data_package import DESCRIPTOR, records_descriptor, records_resource
from assess.importers.found import Row
from assess.importers.sources import json_of, records_of, rows_of, word
from assess.importers.write import ImportReport, counted, refuse_folder, table_text, write_folder
from assess.load import load
from assess.load.raw import columns_of, near, plain
from assess.records import AssessError
from assess.schemas import CONTRACTS
from assess.validate import cells

ORGANISATION = "organisation"  # a property of ours, which other readers pass over


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
    columns = {name: str(files[f"{name}.csv"]).partition("\n")[0].split(",") for name in tables}
    resources = [
        records_resource(name, columns[name], _complete(tables[name]), columns)
        | _hash_of(str(files[f"{name}.csv"]))
        for name in tables
    ]
    files[DESCRIPTOR] = records_descriptor(raw.organisation, resources)
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
    if not cell or kind not in ("date", "yes_no", "whole", "number"):
        return cell
    read = {"date": cells.date, "yes_no": cells.yes_no}.get(kind, cells.number)(cell)
    if isinstance(read, cells.Fault):
        return cell
    if kind == "date":
        return f"{read:%Y-%m-%d}"
    if kind == "yes_no":
        return "yes" if read else "no"
    return np.format_float_positional(read, trim="-")


def _complete(rows: list[Row]) -> set[str]:
    """The columns that no row leaves empty."""
    filled = [{column for column, cell in row.items() if cell.strip()} for row in rows]
    return set.intersection(*filled) if filled else set()


def _hash_of(text: str) -> dict[str, Any]:
    content = text.encode()
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}


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
        if word(resource, "name") != ORGANISATION:
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

"""Records from other systems: each importer reads one format, and one way of writing serves all.

`import_records("popolo", source, folder)` writes contract CSV files and organisation.yaml. Names of
people never go into them.
"""

import importlib
from pathlib import Path

from assess.importers.found import Found
from assess.importers.mapping import Mapping, read_mapping
from assess.importers.write import ImportReport, refuse_folder, write_found
from assess.load.raw import near
from assess.records import AssessError

FORMATS = {
    "popolo": "votes and memberships as Popolo JSON, or as a folder of its CSV form",
    "loomio": "a poll as CSV, or a group as CSV or JSON",
    "moderngov": "recorded votes, councillors or an attendance summary, as XML, CSV or a page",
    "escribe": "one meeting's minutes as JSON",
    "civicrm": "an export of memberships as CSV",
    "frictionless": "the Data Package that assess writes",
    "wide": "any sheet of attendance, votes or decisions, with a mapping file",
}

__all__ = ["FORMATS", "ImportReport", "import_records"]


def import_records(
    format: str,
    source: Path | str,
    folder: Path | str,
    *,
    mapping: Path | str | None = None,
    keep_key: Path | str | None = None,
) -> ImportReport:
    """Write the records of another system into a new folder, and say what was lost.

    Without a mapping, `wide` writes a proposed one beside the folder and nothing else.
    """
    if format not in FORMATS:
        meant = near(format, FORMATS)
        hint = f"Did you mean {meant}?" if meant else f"Known are {', '.join(FORMATS)}."
        raise AssessError(f"There is no format '{format[:40]}'. {hint}")
    try:
        return _import(format, Path(source), Path(folder), mapping, keep_key)
    except OSError as fault:  # a folder without leave, or a name too long for any file
        raise AssessError(f"{source} cannot be imported: {fault.strerror or fault}.") from None


def _import(
    format: str,
    source: Path,
    folder: Path,
    mapping: Path | str | None,
    keep_key: Path | str | None,
) -> ImportReport:
    if not source.exists():
        raise AssessError(f"{source}: there is no such file or folder. Check the spelling.")
    key = Path(keep_key) if keep_key else None
    refuse_folder(folder, key)
    said = read_mapping(Path(mapping)) if mapping else None
    module = importlib.import_module(f"assess.importers.{format}")
    if format == "frictionless":
        return module.unpack(source, folder)
    if format == "wide" and said is None:
        return importlib.import_module("assess.importers.propose").propose(source, folder)
    said = said or Mapping()
    found = Found(
        source=source.name,
        body_codes=said.bodies,
        group_codes=said.groups,
        keep_titles=said.titles == "keep",
        organisation=dict(said.organisation),
    )
    module.read(source, found, *([said] if format == "wide" else []))
    return write_found(found, folder, keep_key=key)

"""Reads one organisation's records as they were written: every cell text, every row numbered.

Nothing is interpreted here but the files themselves. What the cells mean is for `validate`.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from assess.load.raw import (
    MAX_TABLE_BYTES,
    REQUIRED,
    LargeTable,
    RawRecords,
    RawTable,
    UnreadableError,
    near,
    plain,
    read_bytes,
    second_table,
    stray,
)
from assess.load.shared_lists import with_shared_lists
from assess.load.synonyms import (
    OWN_FILES,
    OwnWords,
    known_headings,
    read_own,
    sheet_names,
    without_examples,
)
from assess.load.text_files import read_csv, read_yaml
from assess.load.workbooks import load_workbook
from assess.records import AssessError, Problem

# The longest constitution met so far fills 6 kB.
MAX_ORGANISATION_BYTES = 1_000_000
# data/region/year/organisation, and no deeper.
MAX_DEPTH = 3

ORGANISATION_FILES = ("organisation.yaml", "organisation.yml")
TABLE_ENDINGS = (".csv", ".tsv", ".parquet")
WORKBOOK_ENDINGS = (".xlsx", ".xlsm")
OTHER_SPREADSHEETS = (".xls", ".xlsb", ".ods", ".numbers")


def find_organisations(paths: Iterable[Path | str]) -> list[Path]:
    """Each folder or workbook that holds one organisation, under any of `paths`, in order.

    Raises AssessError for a path that does not exist, and where no organisation is found.
    """
    paths = [Path(path) for path in paths]
    if len(paths) > 1:  # `assess check data/*` names every file that lies there
        paths = [path for path in paths if not path.is_file() or _is_spreadsheet(path)]
    found = [one for path in paths for one in _organisations_in(path, depth=0)]
    if not found:
        raise AssessError(
            f"No organisation was found in {', '.join(map(str, paths)) or 'nothing'}. Each needs a "
            "folder with organisation.yaml and members.csv, meetings.csv and decisions.csv, or one "
            "workbook. `assess new FOLDER` makes a set to fill in."
        )
    return list(dict.fromkeys(found))


def _organisations_in(path: Path, depth: int) -> Iterator[Path]:
    if depth == 0:
        _check_path(path)
    if path.is_file():
        if depth == 0 or _is_workbook(path):
            yield path
        return
    if not _can_be_read(path):
        yield path  # loading it will say so
        return
    entries = [entry for entry in sorted(path.iterdir()) if not entry.name.startswith((".", "~"))]
    if any(_marks_an_organisation(entry) for entry in entries):
        yield path
    elif depth < MAX_DEPTH:
        for entry in entries:
            if not entry.is_symlink() and (entry.is_dir() or _is_workbook(entry)):
                yield from _organisations_in(entry, depth + 1)


def _check_path(path: Path) -> None:
    if not _can_be_read(path):
        parent = path.parent
        near_name = near(path.name, os.listdir(parent)) if _can_be_read(parent) else None
        advice = f"Did you mean {path.parent / near_name}?" if near_name else "Check the spelling."
        raise AssessError(f"{path}: there is no such file or folder that can be read. {advice}")


def _can_be_read(path: Path) -> bool:
    try:
        return path.is_file() or (path.is_dir() and os.access(path, os.R_OK | os.X_OK))
    except OSError:  # a name too long for any file
        return False


def _is_workbook(path: Path) -> bool:
    hidden = path.name.startswith((".", "~"))  # Excel leaves a ~$ file beside an open workbook
    return path.suffix.lower() in WORKBOOK_ENDINGS and not hidden and path.is_file()


def _is_spreadsheet(path: Path) -> bool:
    return path.suffix.lower() in (*WORKBOOK_ENDINGS, *OTHER_SPREADSHEETS)


def _marks_an_organisation(path: Path) -> bool:
    if path.name.lower() in ORGANISATION_FILES:
        return True
    table = sheet_names().get(plain(path.stem)) if path.suffix.lower() in TABLE_ENDINGS else None
    return table in REQUIRED


def load(path: Path | str) -> RawRecords:
    """An organisation's records as written, from a folder of CSV files or one workbook.

    Raises AssessError where `path` does not exist or is neither.
    """
    path = Path(path)
    _check_path(path)
    if path.is_dir():
        return _load_folder(path)
    if path.suffix.lower() in WORKBOOK_ENDINGS:
        own, problems, inputs = _own_words(path.parent)
        raw = load_workbook(path, inside=path.resolve().parent, own=own)
        return _with(raw, problems, inputs)
    if path.suffix.lower() in OTHER_SPREADSHEETS:
        raise AssessError(f"{path}: this kind of file is not read. Save it as an .xlsx workbook.")
    raise AssessError(
        f"{path}: is neither a folder nor a workbook. Give the folder that holds "
        "organisation.yaml, or a file that ends in .xlsx."
    )


def _load_folder(folder: Path) -> RawRecords:
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "~"))]
    given = [path for path in files if path.suffix.lower() in TABLE_ENDINGS]
    given.sort(key=lambda path: path.suffix.lower())  # members.csv before members.tsv
    described = [path for path in files if path.name.lower() in ORGANISATION_FILES]
    workbooks = [path for path in files if _is_workbook(path)]
    own, problems, inputs = _own_words(folder)
    if len(workbooks) == 1 and not given and not described:
        return _with(load_workbook(workbooks[0], inside=folder, own=own), problems, inputs)
    reading = _Reading(folder, own)
    reading.add_strays(workbooks)
    for path in described[:1]:
        reading.add_organisation(path)
    for path in given:
        reading.add_table(path)
    return _with(reading.finish(), problems, inputs)


def _with(raw: RawRecords, problems: list[Problem], inputs: dict[str, str]) -> RawRecords:
    return replace(raw, problems=(*problems, *raw.problems), inputs=raw.inputs | inputs)


def _own_words(folder: Path) -> tuple[OwnWords, list[Problem], dict[str, str]]:
    """What the headings.yaml of a folder says, what is wrong with it, and its fingerprint."""
    path = next((folder / name for name in OWN_FILES if (folder / name).is_file()), None)
    if path is None:
        return OwnWords(), [], {}
    try:
        content = read_bytes(path, inside=folder, limit=MAX_ORGANISATION_BYTES)
        own, problems = read_own(read_yaml(content, path.name), path.name)
    except UnreadableError as fault:
        return OwnWords(), [fault.problem], {}
    return own, problems, {path.name: hashlib.sha256(content).hexdigest()}


class _Reading:
    """What has been read of one folder so far."""

    def __init__(self, folder: Path, own: OwnWords) -> None:
        self.folder = folder
        self.own = own
        self.organisation: dict[str, Any] | None = None
        self.tables: dict[str, RawTable | LargeTable] = {}
        self.problems: list[Problem] = []
        self.inputs: dict[str, str] = {}
        self.broken: set[str] = set()

    def content(self, path: Path, limit: int) -> bytes:
        content = read_bytes(path, inside=self.folder, limit=limit)
        self.inputs[path.name] = hashlib.sha256(content).hexdigest()
        return content

    def add_organisation(self, path: Path) -> None:
        try:
            content = self.content(path, MAX_ORGANISATION_BYTES)
            self.organisation = read_yaml(content, path.name)
        except UnreadableError as fault:
            self.problems.append(fault.problem)
            self.broken.add("organisation")

    def add_table(self, path: Path) -> None:
        name = sheet_names().get(plain(path.stem))
        if name is None:
            self.problems.append(stray(path.name, path.stem, path.suffix))
            return
        if name in self.tables:
            first = self.tables[name].source
            self.problems.append(second_table(path.name, first))
            return
        try:
            content = self.content(path, MAX_TABLE_BYTES)
            table, problems = self.table_in(content, path, name)
        except UnreadableError as fault:
            self.problems.append(fault.problem)
            self.broken.add(name)
            return
        if isinstance(table, RawTable):
            rows = without_examples(table.rows)
            if rows.empty and len(table.rows) and name not in REQUIRED:
                return  # as the template left it
            table = replace(table, rows=rows)
        self.problems += problems
        if table is not None:
            self.tables[name] = table

    def table_in(
        self, content: bytes, path: Path, name: str
    ) -> tuple[RawTable | LargeTable | None, list[Problem]]:
        if path.suffix.lower() != ".parquet":
            return read_csv(content, path.name, name, self.own)
        from assess.load.parquet_files import read_parquet

        return read_parquet(content, path.name, name, known_headings(name, self.own))

    def add_strays(self, workbooks: list[Path]) -> None:
        for path in workbooks:
            what = "is a workbook in a folder of CSV files, and was left out"
            remedy = "keep one or the other; give the workbook's own path to read it instead"
            self.problems.append(Problem(path.name, None, None, what, remedy, rule="stray file"))

    def finish(self) -> RawRecords:
        return RawRecords(
            path=self.folder,
            organisation=self.organisation,
            tables=with_shared_lists(self.tables, self.own),
            problems=tuple(self.problems),
            inputs=self.inputs,
            broken=frozenset(self.broken),
            own_words=self.own,
        )

"""A bundle: the results of a run with what others need to read them and to work them out again.

What a bundle holds depends on the run. One made to publish holds no rows: its scores can be worked
out again from its measures. One with records can be worked out again from them.
"""

import ast
import datetime
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from string import Template
from typing import Any

import pandas as pd
import yaml

from assess import __version__
from assess.batch.job import COMPARISON_NAMES, EASY_NAMES, RECORD, REPORT_NAMES, as_csv, source_rows
from assess.bundle import crate, software
from assess.bundle.codebook import NAMES, codebook, codebook_page
from assess.bundle.data_package import (
    DESCRIPTOR,
    package,
    records_files,
    result_resource,
    result_tables,
)
from assess.bundle.method import method_page
from assess.bundle.rerun import again_from_records, differences, of_run, split
from assess.disclosure import one_fingerprint
from assess.framework import SHIPPED, Framework, load_framework
from assess.load import find_organisations
from assess.pseudonyms import key_of, pseudonymise
from assess.records import AssessError, Records
from assess.validate import read_records
from assess.whole_files import cannot_write, write_whole

TEMPLATES = Path(__file__).parents[1].joinpath("templates")
SUMS = "SHA256SUMS"
TABLES = ("organisations", "indicators", "measures", "scores")
LEAST_PEOPLE = 10  # behind any number that leaves the organisation
KEPT_IN_NOTEBOOK = ("kernelspec", "language_info")
NOT_HERE = "not in this bundle"


@dataclass(frozen=True)
class Bundled:
    """What was made."""

    path: Path
    runs: int
    files: int
    with_records: bool


@dataclass(frozen=True)
class Run:
    """One organisation and period in a folder of results."""

    folder: Path
    record: Mapping[str, Any]
    records: Records | None = None

    @property
    def organisation(self) -> str:
        return str(self.record["organisation"])

    @property
    def place(self) -> str:
        """Its folder in the bundle."""
        return f"reports/{self.organisation}/{self.folder.name}"


def bundle(
    reports: Path | str,
    out: Path | str,
    *,
    records: Sequence[Path | str] = (),
    title: str = "",
    authors: Sequence[str] = (),
    licence: str = "",
    date: str = "",
) -> Bundled:
    """Make a bundle of a folder of results: a new folder, or a file where `out` ends in .zip.

    `records`: the folders the run was made from, where the bundle is to hold them. `date`: the day
    of publication (empty: today). Raises AssessError where the results are not of this version of
    assess, or where what is asked for may not leave the organisation.
    """
    reports, out = Path(reports), Path(out)
    _refuse_taken(out)
    framework = load_framework()
    runs = _with_records(_runs(reports), records)
    about = _about(runs, title, authors, licence, date)
    with tempfile.TemporaryDirectory(prefix="assess-") as temporary:
        folder = Path(temporary) / "bundle"
        _write(folder, reports, runs, about, framework)
        files = sum(path.is_file() for path in folder.rglob("*"))
        _deliver(folder, out)
    return Bundled(out, len(runs), files, runs[0].records is not None)


def _refuse_taken(out: Path) -> None:
    taken = out.exists() if out.suffix == ".zip" else out.is_dir() and any(out.iterdir())
    if taken or (out.exists() and out.suffix != ".zip" and not out.is_dir()):
        raise AssessError(f"{out} is there already. Nothing is overwritten: give another --out.")


# What goes in


def _runs(reports: Path) -> list[Run]:
    """Every run in a folder of results, all of one mode and of this version of the method."""
    paths = sorted(reports.glob(f"*/*/{RECORD}"))
    if not paths:
        raise AssessError(f"{reports}: holds no results. Make them with `assess run`.")
    runs = [Run(path.parent, json.loads(path.read_text(encoding="utf-8"))) for path in paths]
    now = hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    stale = [
        run.organisation
        for run in runs
        if run.record.get("framework_sha256") != now
        or run.record["versions"]["assess"] != __version__
    ]
    if stale:
        raise AssessError(
            f"The results of {', '.join(stale)} were made by another version of assess or of its "
            "framework. Make them again with `assess run --force`, then bundle."
        )
    modes = {mode_of(run.record) for run in runs}
    if len(modes) > 1:
        raise AssessError(
            f"{reports}: some results were made for the board and some to publish. Make them again "
            "in one mode."
        )
    return runs


def mode_of(record: Mapping[str, Any]) -> str:
    return str(record["parameters"]["mode"])


def _with_records(runs: list[Run], paths: Sequence[Path | str]) -> list[Run]:
    """The runs, each with the very records it was made from, where `paths` are given."""
    if not paths:
        return runs
    found = {each.organisation.id: each for each in map(read_records, find_organisations(paths))}
    together = []
    for run in runs:
        records = found.get(run.organisation)
        if records is None:
            raise AssessError(f"The records of {run.organisation} are not under --records.")
        same = dict(records.inputs), one_fingerprint(records.inputs)  # the second, to publish
        if run.record["inputs_sha256"] not in same:
            raise AssessError(
                f"The records of {run.organisation} have changed since they were assessed. Run "
                "`assess run` again, then bundle."
            )
        if mode_of(run.record) == "publish" and not records.organisation.synthetic:
            raise AssessError(
                f"Rows of {run.organisation} may not go into a bundle made to publish. Leave out "
                "--records; or, to hand rows to someone under an agreement, bundle results made "
                "in internal mode."
            )
        if not records.organisation.synthetic:
            records = pseudonymise(records, key_of(run.organisation))
        together.append(Run(run.folder, run.record, records))
    return together


def _about(
    runs: Sequence[Run], title: str, authors: Sequence[str], licence: str, date: str
) -> crate.About:
    names = list(dict.fromkeys(str(run.record["name"]) for run in runs))
    try:
        day = datetime.date.fromisoformat(date) if date else datetime.date.today()
    except ValueError:
        raise AssessError(f"The date '{date}' cannot be read. Write it like 2026-05-31.") from None
    return crate.About(
        title=title or f"Governance self-assessment: {_in_short(names)}",
        authors=tuple(authors) or tuple(names),  # whose results they are
        licence=licence,
        date=day.isoformat(),
    )


def _in_short(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} organisations"


def shown(scores: pd.DataFrame, mode: str, framework: Framework) -> pd.DataFrame:
    """A run's table as it may leave: the one place where a bundle asks for disclosure control.

    A run in publish mode wrote its table under that control. Here it is only held against the
    least number of people, so that a mistake cannot leave the house.
    """
    if mode != "publish":
        return scores
    people = {entry.id for entry in framework.indicators if entry.people and entry.unit == "%"}
    about_people = scores["id"].isin(people)
    few = about_people & scores["denominator"].between(0, LEAST_PEOPLE, inclusive="neither")
    held = scores["state"].isin(["suppressed", "held back"]) & scores[
        ["value", "numerator"]
    ].notna().any(axis=1)
    if (few | held).any():
        places = sorted(set(scores.loc[few | held, "id"]))
        raise AssessError(
            f"The results of {scores['organisation'].iloc[0]} show numbers with fewer than "
            f"{LEAST_PEOPLE} people behind them ({', '.join(places)}), so nothing was bundled. "
            "Make them again with `assess run --mode publish --force`."
        )
    return scores


# Writing it


def _write(
    folder: Path, reports: Path, runs: Sequence[Run], about: crate.About, framework: Framework
) -> None:
    tables = _tables(runs, framework)
    for name, table in tables.items():
        write_whole(folder / "tables" / f"{name}.csv", as_csv(_yes_no(table)))
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False)
    _write_codebook(folder)
    write_whole(folder / "framework" / SHIPPED.name, SHIPPED.read_bytes())
    write_whole(folder / "framework" / "METHOD.html", method_page(framework))
    write_whole(folder / "software" / software.WHEEL, software.wheel())
    write_whole(folder / "software" / "versions.txt", software.versions_used())
    if software.LOCK.exists():
        write_whole(folder / "software" / software.LOCK.name, software.LOCK.read_bytes())
    for run in runs:
        _write_records(folder, run)
        _write_run(folder, run, tables, framework)
    for name in COMPARISON_NAMES.values():
        _copy_report(reports, folder / "reports", name, NOT_HERE)
    _describe(folder, runs, about, framework)


def _tables(runs: Sequence[Run], framework: Framework) -> dict[str, pd.DataFrame]:
    whole = pd.concat([_scores(run, framework) for run in runs], ignore_index=True)
    measures, scores = split(whole)
    tables = {"measures": measures, "scores": scores}
    tables |= {"organisations": _organisations(runs), "indicators": _indicators(framework)}
    return {name: tables[name][list(result_tables()[name]["columns"])] for name in TABLES}


def _scores(run: Run, framework: Framework) -> pd.DataFrame:
    table = pd.read_csv(run.folder / "scores.csv", dtype={"id": "str", "parent": "str"})
    return shown(table, mode_of(run.record), framework)


def _organisations(runs: Iterable[Run]) -> pd.DataFrame:
    rows = [
        {
            **{key: run.record[key] for key in ("organisation", "period", "name")},
            "mode": mode_of(run.record),
            "method_version": run.record["method_version"],
            "seed": run.record["parameters"]["seed"],
            "records_included": run.records is not None,
        }
        for run in runs
    ]
    return pd.DataFrame(rows)


def _indicators(framework: Framework) -> pd.DataFrame:
    rows = []
    ends = ("band_start", "band_full_from", "band_full_to", "band_end")
    for part in framework.supporting_principles:
        for entry in part.indicators:
            said = {key: getattr(entry, key) for key in ("id", "name", "title", "unit", "range")}
            said |= {key: getattr(entry, key) for key in ("worst", "best", "minimum", "weight")}
            said |= dict(zip(ends, entry.band or (None,) * 4, strict=True))
            rows.append(said | {"supporting_principle": part.id, "principle": part.id[0]})
    table = pd.DataFrame(rows)
    numbers = ["worst", "best", "minimum", "weight", *ends]
    return table.astype(dict.fromkeys(numbers, "float64"))


def _yes_no(table: pd.DataFrame) -> pd.DataFrame:
    """Yes and no in words, as in the records."""
    flags = table.select_dtypes("bool").columns
    return table.assign(**{name: table[name].map({True: "yes", False: "no"}) for name in flags})


def _write_codebook(folder: Path) -> None:
    rows = codebook()
    write_whole(folder / "codebook" / "codebook.csv", as_csv(rows))
    for lang, name in NAMES.items():
        write_whole(folder / "codebook" / f"{name}.html", codebook_page(rows, lang))


def _write_records(folder: Path, run: Run) -> None:
    if run.records is not None:
        for name, text in records_files(run.records).items():
            write_whole(folder / "records" / run.organisation / name, text)


def _write_run(
    folder: Path, run: Run, tables: Mapping[str, pd.DataFrame], framework: Framework
) -> None:
    """A run's reports and record; with records, also the rows behind each of its numbers.

    Raises AssessError where the records in the bundle do not give the numbers in it.
    """
    place = folder / run.place
    records = f"../../../records/{run.organisation}" if run.records else NOT_HERE
    for name in (*REPORT_NAMES.values(), *EASY_NAMES.values()):
        _copy_report(run.folder, place, name, records)
    write_whole(place / RECORD, _run_text(run.record))
    if run.records is None:
        return
    again = again_from_records(folder / "records" / run.organisation, run.record, framework)
    write_whole(place / "source_rows.csv", as_csv(source_rows(again.assessment)))
    mine = {name: of_run(tables[name], run.record) for name in ("measures", "scores")}
    if different := differences(mine, again):
        raise AssessError(
            f"{run.organisation}: {len(different)} numbers differ between the results and the "
            f"records, the first being {different[0]}. Run `assess run --force`, then bundle."
        )


def _run_text(record: Mapping[str, Any]) -> str:
    """The run record, without where things lay on the machine it ran on."""
    parameters = {key: without_place(value) for key, value in record["parameters"].items()}
    return json.dumps({**record, "parameters": parameters}, indent=1, ensure_ascii=False) + "\n"


def without_place(value: Any) -> Any:
    """A value that is the place of a file, without its folders; any other as it is."""
    if not isinstance(value, str):
        return value
    absolute = PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute()
    return re.split(r"[/\\]", value)[-1] if absolute else value


def _copy_report(source: Path, folder: Path, name: str, records: str) -> None:
    page, notebook = source / f"{name}.html", source / f"{name}.ipynb"
    if page.exists():
        write_whole(folder / page.name, page.read_bytes())
    if notebook.exists():
        text = public_notebook(notebook.read_text(encoding="utf-8"), records)
        write_whole(folder / notebook.name, text)


def public_notebook(text: str, records: str) -> str:
    """An executed notebook without traces of the machine it ran on.

    `records` takes the place of where its records lay.
    """
    notebook = json.loads(text)
    kept = notebook["metadata"]
    notebook["metadata"] = {key: kept[key] for key in KEPT_IN_NOTEBOOK if key in kept}
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        cell["metadata"] = {"tags": tags} if tags else {}
        if "injected-parameters" in tags:
            lines = "".join(cell["source"]).splitlines()
            cell["source"] = "\n".join(_moved(line, records) for line in lines)
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _moved(line: str, records: str) -> str:
    name, _, value = line.partition(" = ")
    if name in ("records", "source"):
        return f"{name} = {json.dumps(records)}"
    try:
        given = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return line
    bare = without_place(given)
    return line if bare == given else f"{name} = {json.dumps(bare)}"


# What describes it


def _describe(folder: Path, runs: Sequence[Run], about: crate.About, framework: Framework) -> None:
    write_whole(folder / "CITATION.cff", crate.citation(about, framework.method_version))
    for name, text in _readmes(runs, about, framework):
        write_whole(folder / name, text)
    write_whole(folder / DESCRIPTOR, _descriptor(runs, about))
    runs_said = [_said_of(folder, run) for run in runs]
    text = crate.crate(about, folder, runs_said, framework=f"framework/{SHIPPED.name}")
    write_whole(folder / crate.CRATE, text)
    write_whole(folder / SUMS, sums(folder))


def _said_of(folder: Path, run: Run) -> dict[str, Any]:
    """A run as the crate describes it: what went in, and what came out."""
    inputs, results = folder / "records" / run.organisation, folder / run.place
    return {
        "organisation": run.organisation,
        "period": str(run.record["period"]),
        "inputs": _names(inputs, folder) if run.records is not None else [],
        "results": _names(results, folder),
    }


def _names(place: Path, folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in place.iterdir())


def _descriptor(runs: Sequence[Run], about: crate.About) -> str:
    name = runs[0].organisation if len({run.organisation for run in runs}) == 1 else "assessments"
    more: dict[str, Any] = {
        "version": str(runs[0].record["method_version"]),
        "created": f"{about.date}T00:00:00Z",
    }
    more["contributors"] = [{"title": author, "roles": ["author"]} for author in about.authors]
    if about.licence:
        more["licenses"] = [{"name": about.licence}]
    return package(
        f"{name}-results",
        about.title,
        [result_resource(name, TABLES, "tables") for name in TABLES],
        **more,
    )


def _readmes(
    runs: Sequence[Run], about: crate.About, framework: Framework
) -> Iterator[tuple[str, str]]:
    """The read-me file in each language: its name, and its text."""
    held = "without" if runs[0].records is None else "with"
    invented = all(run.records and run.records.organisation.synthetic for run in runs)
    locked = "--require-hashes -r software/requirements.lock"
    said = yaml.safe_load(TEMPLATES.joinpath("bundle_readme.yaml").read_text(encoding="utf-8"))
    for lang, phrases in said.items():
        template = TEMPLATES.joinpath(f"bundle_readme_{lang}.md").read_text(encoding="utf-8")
        yield (
            phrases["file"],
            Template(template).substitute(
                title=about.title,
                version=__version__,
                count=len(runs),
                method_version=framework.method_version,
                date=about.date,
                mode=phrases["mode"]["synthetic" if invented else mode_of(runs[0].record)],
                records=phrases["records"][held],
                licence=about.licence or phrases["licence"],
                rerun=phrases["rerun"][held],
                install=locked if software.LOCK.exists() else "-r software/versions.txt",
                wheel=software.WHEEL,
            ),
        )


def sums(folder: Path) -> str:
    """SHA-256 of every file but the list itself, as `sha256sum -c` reads it."""
    paths = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    lines = [
        f"{hashlib.sha256((folder / path).read_bytes()).hexdigest()}  {path}\n"
        for path in paths
        if path != SUMS
    ]
    return "".join(lines)


def _deliver(folder: Path, out: Path) -> None:
    """Put the finished bundle in its place: whole or not at all."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix == ".zip":
            paths = sorted(path for path in folder.rglob("*") if path.is_file())
            with open(part, "wb") as file:
                software.zipped(
                    ((path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths),
                    file,
                )
        else:
            shutil.copytree(folder, part)
            if out.exists():
                out.rmdir()  # it is empty
        os.replace(part, out)
    except OSError as fault:
        raise cannot_write(out.parent, fault) from fault
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)

"""One organisation's results, made in a worker: notebook, page, scores and what they rest on."""

import gc
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import metadata
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

from assess.csv_cells import as_csv
from assess.records import AssessError
from assess.whole_files import DiskError, write_whole

ENGINES = {"warm": "assess", "kernel": None}  # our names, papermill's names
RECORD = "run.json"  # written last: where it is, everything else is
CLAIMS = ".claims"
# Those that decide what is counted and how it looks; the rest is in requirements.lock.
PACKAGES = ("altair", "ipython", "nbconvert", "numpy", "pandas", "pandera", "papermill", "scipy")
PACKAGES += ("vl-convert-python",)
REPORT_NAMES = {"en": "assessment", "cy": "asesiad"}
EASY_NAMES = {"en": "easy-read", "cy": "hawdd-ei-ddeall"}
COMPARISON_NAMES = {"en": "comparison", "cy": "cymhariaeth"}
COMPARISON_RECORD = "comparison.json"


@dataclass(frozen=True)
class Job:
    """What to do for one organisation, or to compare all. It travels, so it holds plain values."""

    source: Path  # a folder of CSV files or a workbook; to compare, the folder of results
    out: Path
    notebook: Path
    fingerprint: str  # of everything the results depend on
    langs: tuple[str, ...] = ("en",)
    engine: str = "warm"
    parameters: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of one organisation."""

    source: Path
    state: str  # "assessed", "unchanged", "failed"
    organisation: str = ""  # its id; empty where the records do not say
    name: str = ""
    period: str = ""
    folder: str = ""  # beneath the folder of results; empty where nothing was written
    problems: int = 0  # in the records; bad cells count as missing and the rest is assessed
    message: str = ""  # why it failed
    disk: bool = False  # nothing more can be written, so no other organisation can be done either


@dataclass(frozen=True)
class Made:
    """One organisation's results before anything of them is written. It travels, too."""

    outcome: Outcome
    files: Mapping[str, str]  # their content by name
    people: Mapping[str, float | None] | None = None  # see `releases.counts_of_people`; to publish
    keep_rows_days: int = 0


# Starting a worker


def warm_up(memory: int | None) -> None:
    """Do once in a worker what every notebook would otherwise do: imports, a chart, a page.

    `memory` is the most a worker may take, in bytes; a notebook that needs more fails alone.
    """
    for library in ("OMP", "OPENBLAS", "MKL"):  # two workers, two cores; and sums in one order
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    _end_with_parent()
    _keep_quiet()
    if memory:
        _limit_memory(memory)
    import nbformat

    from assess import report
    from assess.report import drawing, sections  # noqa: F401

    chart = nbformat.v4.new_code_cell("import altair; altair.Chart().mark_point()")
    report.to_html(nbformat.v4.new_notebook(cells=[chart]))
    drawing.make_ready()
    gc.collect()
    gc.freeze()  # what every notebook shares is not looked through again after each
    gc.set_threshold(20_000, 50, 50)  # and what one has made is let go at its end, at the latest


@cache
def _settle() -> None:
    """After a worker's first organisation: what it loaded is not looked through again either."""
    if parent_process() is not None:
        gc.collect()
        gc.freeze()


def _end_with_parent() -> None:
    """A worker whose parent was killed would go on by itself; a hanging notebook, for ever."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def _keep_quiet() -> None:
    """What libraries and kernels print by themselves is not for the person who waits."""
    if parent_process() is None:
        return
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silence, stream)


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    # Not RLIMIT_AS: the chart converter reserves far more address space than it uses.
    resource.setrlimit(resource.RLIMIT_DATA, (size, resource.RLIM_INFINITY))


# Doing one organisation


def assess_one(job: Job) -> Outcome:
    """Make and write every file of one organisation."""
    made = make_one(job)
    return keep_one(job, made) if isinstance(made, Made) else made


def make_one(job: Job) -> Made | Outcome:
    """Everything of one organisation, or what went wrong. Writes nothing to the results."""
    seen: dict[str, Any] = {}
    made = _or_failed(job, seen, lambda: _made(job, seen))
    _settle()
    return made


def keep_one(job: Job, made: Made) -> Outcome:
    """Write what was made of one organisation; or what went wrong."""
    told = made.outcome
    seen = {"organisation": told.organisation, "name": told.name, "period": told.period}
    return _or_failed(job, seen, lambda: _kept(job, made))


def _or_failed(job: Job, seen: Mapping[str, str], do: Callable[[], Any]) -> Any:
    """What `do` gives. Nothing it raises is the fault of another organisation."""
    try:
        return do()
    except DiskError as fault:
        return Outcome(job.source, "failed", message=str(fault), disk=True, **seen)
    except AssessError as fault:
        return Outcome(job.source, "failed", message=_told(job, fault), **seen)
    except MemoryError:
        return Outcome(job.source, "failed", message=TOO_LITTLE_MEMORY, **seen)
    except Exception as fault:  # a fault of ours must not stop the others
        return Outcome(job.source, "failed", message=fault_of_ours(fault), **seen)


def _told(job: Job, fault: AssessError) -> str:
    """A fault's own words; to publish, without those that stood in the records."""
    if job.parameters["mode"] != "publish" or not hasattr(fault, "problems"):
        return str(fault)
    return "The records cannot be assessed as they are. Run `assess check` on them to see why."


TOO_LITTLE_MEMORY = (
    "The records need more memory than a worker may take. Run it again with fewer workers (-j 1)."
)


def fault_of_ours(fault: BaseException) -> str:
    """Kind and place of a fault. Not its text, which may hold a row's content."""
    frame = fault.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = ""
    if frame is not None:
        place = f" in {Path(frame.tb_frame.f_code.co_filename).name}, line {frame.tb_lineno}"
    return (
        f"assess itself failed ({type(fault).__name__}{place}). The records may be in order; "
        "please report this line."
    )


def _made(job: Job, seen: dict[str, Any]) -> Made:
    from assess.assessment import assess_records
    from assess.disclosure import releases

    parameters = job.parameters
    assessment = assess_records(
        job.source,
        period=parameters["period"],
        previous=parameters["previous"],
        seed=parameters["seed"],
        mode=parameters["mode"],  # from here on, only what this mode lets be seen
    )
    organisation, period = assessment.organisation, assessment.period
    seen |= {"organisation": organisation.id, "name": organisation.name, "period": str(period)}
    folder = Path(organisation.id, period.slug)
    files = _tables(assessment, mode=str(parameters["mode"]))
    files |= _pages(job, REPORT_NAMES, job.out / folder, "records")
    files |= _easy_pages(assessment, job.langs)
    files[RECORD] = _run_record(job, assessment)
    problems = assessment.counts["problems"]
    outcome = Outcome(job.source, "assessed", folder=folder.as_posix(), problems=problems, **seen)
    people = releases.counts_of_people(assessment) if assessment.mode == "publish" else None
    return Made(outcome, files, people, organisation.keep_rows_days)


def _kept(job: Job, made: Made) -> Outcome:
    from assess.disclosure import releases

    place = Path(made.outcome.folder)
    claim(job.out, place, job.source)
    if made.people is not None:
        releases.agree_on(made.outcome.organisation, place.name, made.people)
        releases.clear_board_copy(job.out / place, made.keep_rows_days)
    for name, content in made.files.items():
        write_whole(job.out / place / name, content)
    return made.outcome


def claim(out: Path, folder: Path, source: Path) -> None:
    """Make sure that no other organisation of this run writes to the same folder.

    Raises AssessError where one does: two organisations have the same id.
    """
    mark = out / CLAIMS / "--".join(folder.parts)
    mark.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(mark, "x", encoding="utf-8") as first:
            first.write(str(source))
    except FileExistsError:
        other = mark.read_text(encoding="utf-8")
        if other != str(source):
            raise AssessError(
                f"{source} and {other} have the same id, '{folder.parts[0]}', for the same "
                "period. Give one of them another id in its organisation.yaml."
            ) from None


def _easy_pages(assessment: Any, langs: tuple[str, ...]) -> dict[str, str]:
    """The one-page version in each language, with a link to the other."""
    from assess.report.easy_read import page

    names = {lang: f"{EASY_NAMES[lang]}.html" for lang in langs}
    others = {lang: "".join(names[each] for each in langs if each != lang) for lang in langs}
    return {names[lang]: page(assessment, lang, other=others[lang]) for lang in langs}


def copy_for_one(job: Job) -> Outcome:
    """The comparison as one organisation may see it, beside its own report, as a page only."""
    try:
        files = _pages(job, COMPARISON_NAMES, job.out, "source")
        for name, content in files.items():
            if name.endswith(".html"):
                write_whole(job.out / name, content)
    except AssessError as fault:
        return Outcome(job.source, "failed", message=str(fault))
    except Exception as fault:
        return Outcome(job.source, "failed", message=fault_of_ours(fault))
    return Outcome(job.source, "assessed")


def compare_all(job: Job) -> Outcome:
    """Make the comparison of everything that `status.csv` lists, with its table."""
    try:
        record = {"fingerprint": job.fingerprint} | _release(job)
        files = _pages(job, COMPARISON_NAMES, job.out, "source")
        files["comparison.csv"] = as_csv(_comparison_table(job.out, str(job.parameters["mode"])))
        files[COMPARISON_RECORD] = json.dumps(record) + "\n"
        for name, content in files.items():
            write_whole(job.out / name, content)
    except AssessError as fault:
        return Outcome(job.source, "failed", message=str(fault))
    except Exception as fault:
        return Outcome(job.source, "failed", message=fault_of_ours(fault))
    return Outcome(job.source, "assessed")


def _release(job: Job) -> dict[str, object]:
    """What is said of the organisations a published comparison is of, once they are frozen."""
    if job.parameters["mode"] != "publish":
        return {}
    from assess import compare
    from assess.disclosure import peers, releases

    results = compare.gather(job.out)
    scores = results.scores[results.scores["level"] == "principle"]
    few = scores["organisation"].nunique() < peers.FEWEST  # then no number is shown
    return {} if few else releases.freeze_peers(scores, results.traits)


def _comparison_table(out: Path, mode: str) -> Any:
    """The principles of every organisation, with coverage and range, a row each.

    To publish: the middles of the principles.
    """
    from assess import compare

    results = compare.gather(out, mode=mode)
    if results.peers is not None:
        return results.peers.reset_index()
    names = results.status.drop_duplicates("organisation").set_index("organisation")["name"]
    scores = results.scores[results.scores["level"] == "principle"]
    table = scores[["organisation", "period", "id", "title", "score", "low", "high", "coverage"]]
    table.insert(1, "name", table["organisation"].map(names))
    return table


def _pages(job: Job, names: Mapping[str, str], folder: Path, place: str) -> dict[str, str]:
    """The executed notebook and its page in each language. `place` is the parameter that says
    where the records are."""
    import nbformat

    from assess import report

    files = {}
    for lang in job.langs:
        parameters = {**job.parameters, place: str(job.source), "lang": lang}
        executed = execute(job.notebook, parameters, engine=job.engine)
        public = job.parameters["mode"] == "publish"
        _say_where(executed, str(job.source), "" if public else os.path.relpath(job.source, folder))
        if peers := str(job.parameters.get("peers", "")):
            _say_where(executed, peers, "" if public else os.path.relpath(peers, folder))
        others = [f"{names[each]}.html" for each in job.langs if each != lang]
        files[f"{names[lang]}.ipynb"] = nbformat.writes(report.clean(executed)) + "\n"
        files[f"{names[lang]}.html"] = report.to_html(executed, other="".join(others[:1]))
    return files


def _say_where(notebook: Any, source: str, place: str) -> None:
    """Write the records' place as seen from the notebook, so that it runs again where it lies."""
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace(source, place)
            cell.id = "injected-parameters"  # papermill's is another each time


def execute(notebook: Path, parameters: Mapping[str, Any], *, engine: str) -> Any:
    """The notebook, executed with these values for its own parameters.

    Raises AssessError where a cell fails; its own message if it is one of ours.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    given, own = _notebook(notebook, notebook.stat().st_mtime_ns)
    try:
        return papermill.execute_notebook(
            given,  # papermill works on a copy
            None,
            parameters=known_parameters(own, parameters, notebook.name),
            engine_name=ENGINES[engine],
            cwd=notebook.parent,
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
        )
    except PapermillExecutionError as fault:
        raise _notebook_fault(fault, notebook.name) from None
    except DeadKernelError:
        raise AssessError(f"{notebook.name}: its kernel died. Try --engine warm.") from None


@lru_cache(maxsize=8)
def _notebook(path: Path, stamp: int) -> tuple[Any, frozenset[str]]:
    """A notebook and the names of its own parameters, read once for every organisation."""
    import nbformat
    import papermill

    notebook = nbformat.read(path, as_version=4)
    return notebook, frozenset(papermill.inspect_notebook(notebook))


def known_parameters(
    own: Collection[str], parameters: Mapping[str, Any], name: str
) -> dict[str, Any]:
    """`parameters`, checked before papermill sees them. `own`: the names the notebook has.

    papermill writes names and values into the notebook as code. Raises AssessError for a name
    that is not the notebook's own, and for a value that is more than text, number or a list.
    """
    unknown = sorted(set(parameters) - set(own))
    if unknown:
        raise AssessError(
            f"{name} has no parameter {', '.join(unknown)}. Add a line for it to the cell that is "
            "tagged 'parameters'."
        )
    for key, value in parameters.items():
        if not _is_plain(value):
            raise AssessError(f"{name}: the value of {key} must be text, a number or a list.")
    return dict(parameters)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return value is None or type(value) in (str, int, float, bool)


def _notebook_fault(fault: Any, name: str) -> AssessError:
    """What stopped a notebook. The text of an error not ours may hold a row's content."""
    if fault.ename == "MemoryError":
        return AssessError(TOO_LITTLE_MEMORY)
    if "AssessError" in fault.ename or _is_ours(fault.ename):
        return AssessError(fault.evalue)
    return AssessError(
        f"{name} stopped at cell {fault.exec_count} with {fault.ename}. Open it in JupyterLab "
        "with these records to see why (make lab)."
    )


def _is_ours(name: str) -> bool:
    found: Iterable[type] = AssessError.__subclasses__()
    return any(name == kind.__name__ for kind in found)


# What is kept beside the report


def _tables(assessment: Any, *, mode: str) -> dict[str, str]:
    tables = {"scores.csv": scores_table(assessment)}
    if mode == "internal":  # rows are for the organisation's own eyes
        tables["source_rows.csv"] = source_rows(assessment)
        tables["excluded_rows.csv"] = excluded_rows(assessment.records)
    return {name: as_csv(table) for name, table in tables.items()}


def scores_table(assessment: Any) -> Any:
    """Every score with what it rests on: a row for each indicator and each level above it."""
    kept = {"low": "value_low", "high": "value_high"}
    same = ("numerator", "denominator", "n_missing", "records", "worst_value", "best_value")
    kept |= {name: name for name in same}
    measures = assessment.measures.table[["value", "unit", *kept]].rename(columns=kept)
    table = assessment.scores.join(measures).rename_axis("id").reset_index()
    table.insert(0, "organisation", assessment.organisation.id)
    table.insert(1, "period", str(assessment.period))
    numbers = table.select_dtypes("number").columns
    table[numbers] = table[numbers].round(6)
    return table


def source_rows(assessment: Any) -> Any:
    """Where each number comes from, by sheet row: for the organisation's own eyes."""
    import pandas as pd

    sources = assessment.records.sources
    rows = [
        {
            "indicator_id": key,
            "source": sources.get(seen.table, seen.table),
            "rows": spans(seen.rows.index),
        }
        for key, seen in assessment.measures.observed.items()
    ]
    return pd.DataFrame(rows, columns=["indicator_id", "source", "rows"])


def spans(rows: Iterable[int | str]) -> str:
    """Row numbers, with runs written as first-last: "2-5 9". Codes as they are, in order."""
    rows = list(rows)
    if any(isinstance(row, str) for row in rows):
        return " ".join(sorted(map(str, rows)))
    runs: list[list[int]] = []
    for row in sorted(set(rows)):
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    return " ".join(f"{a}-{b}" if b > a else f"{a}" for a, b in runs)


def excluded_rows(records: Any) -> Any:
    """Cells and rows that were not used: where, and the rule they broke. Never what they held.

    An empty column means that the whole row was left out; an empty row, the whole table.
    """
    import pandas as pd

    cells = [
        (each.source, each.row, each.column, each.rule) for each in records.problems if each.serious
    ]
    rows = [(source, row, None, rule) for source, row, rule in records.excluded]
    table = pd.DataFrame([*cells, *rows], columns=["source", "row", "column", "rule"])
    table = table.astype({"row": "Int64"}).drop_duplicates()
    return table.sort_values(["source", "row", "column", "rule"])


def _run_record(job: Job, assessment: Any) -> str:
    from assess.compare import traits_of
    from assess.framework import SHIPPED

    records = assessment.records
    record = {
        "organisation": assessment.organisation.id,
        "name": assessment.organisation.name,
        "period": str(assessment.period),
        "traits": traits_of(assessment.organisation),
        "parameters": _parameters_told(job),
        "method_version": assessment.framework.method_version,
        "framework": assessment.framework.name,
        "framework_sha256": hashlib.sha256(SHIPPED.read_bytes()).hexdigest(),
        "inputs_sha256": dict(sorted(records.inputs.items())),
        "notebook_sha256": hashlib.sha256(job.notebook.read_bytes()).hexdigest(),
        "fingerprint": job.fingerprint,
        "versions": versions(),
        "rows": assessment.counts,
    }
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _parameters_told(job: Job) -> dict[str, Any]:
    """The parameters of a run, without the places of files on this machine."""
    told = {**job.parameters, "lang": list(job.langs)}
    return told | {"peers": Path(str(told["peers"])).name} if told.get("peers") else told


@cache
def versions() -> dict[str, str]:
    """assess, Python and the packages that decide what is counted and how it looks."""
    from assess import __version__

    found = {"assess": __version__, "python": ".".join(map(str, sys.version_info[:3]))}
    return found | {name: metadata.version(name) for name in PACKAGES}

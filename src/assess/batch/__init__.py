"""Many organisations: each assessed in a worker, then compared; a run goes on where one stopped.

The pool is pebble's: it ends a task that takes too long and says when a worker died, so one
organisation never costs another its results.
"""

import csv
import hashlib
import io
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assess.batch.job import (
    CLAIMS,
    COMPARISON_NAMES,
    COMPARISON_RECORD,
    EASY_NAMES,
    RECORD,
    REPORT_NAMES,
    Job,
    Outcome,
    assess_one,
    claim,
    compare_all,
    copy_for_one,
    warm_up,
)
from assess.csv_cells import harmless
from assess.records import AssessError, Period
from assess.whole_files import DiskError, only_run, remove_parts, write_whole

if TYPE_CHECKING:
    from assess.batch.cluster import Cluster

STATUS_COLUMNS = ("organisation", "name", "state", "period", "problems", "message", "folder")
TIMEOUT = 300  # seconds for one notebook
SHARE_OF_MEMORY = 0.8  # of the machine's, for all workers together
LEAST_MEMORY = 2_000_000_000  # bytes; a warm worker asks for 0.8 GB and touches a third of that


@dataclass(frozen=True)
class Status:
    """What became of every organisation, in the order they were found."""

    outcomes: tuple[Outcome, ...]
    comparison: str = ""  # why the comparison could not be made; empty where it was, or none is due
    printing: str = ""  # why no PDF could be made; empty where all were, or none was asked for

    @property
    def exit_code(self) -> int:
        """0 all well; 1 some could not be assessed."""
        return int(bool(self.failed or self.comparison or self.printing))

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")

    @property
    def counts(self) -> Counter[str]:
        return Counter(outcome.state for outcome in self.outcomes)


def run(
    paths: Iterable[Path | str],
    out: Path | str,
    *,
    jobs: int = 2,
    langs: Sequence[str] = ("en",),
    mode: str = "internal",
    period: str = "",
    previous: str = "",
    seed: int = 1,
    engine: str = "warm",
    force: bool = False,
    quiet: bool = False,
    timeout: float = TIMEOUT,
    memory: int | None = None,
    notebook: Path | str | None = None,
    comparison: Path | str | None = None,
    copies: bool = False,
    pdf: bool = False,
    peers: Path | str | None = None,
    cluster: "Cluster | None" = None,
) -> Status:
    """Assess every organisation under `paths` into `out`, and compare them.

    What is there already and still holds is left as it is, unless `force`. `timeout` is in seconds
    for one notebook, `memory` in bytes for one worker (None: its share of the machine). With
    `copies` each organisation gets the comparison with only itself named, with `pdf` the reports
    are printed too. `peers` is a table of middles, as a comparison to publish gives.
    Organisations are assessed by the machines of `cluster`, where one is given; see `cluster`.
    """
    from assess.load import find_organisations

    for given in filter(None, (period, previous)):
        Period.parse(given)
    out = Path(out).resolve()
    sources = [source.resolve() for source in find_organisations(paths)]
    notebook = Path(notebook or shipped_notebook("assessment")).resolve()
    comparison = Path(comparison or shipped_notebook("comparison")).resolve()
    parameters = {"period": period, "previous": previous, "mode": mode, "seed": seed}
    if peers:
        parameters["peers"] = str(Path(peers).resolve(strict=False))
    with only_run(out):
        remove_parts(out)
        shutil.rmtree(out / CLAIMS, ignore_errors=True)
        work = [
            Job(source, out, notebook, "", tuple(langs), engine, parameters) for source in sources
        ]
        work = [replace(job, fingerprint=fingerprint(job)) for job in work]
        with (
            _progress(out, len(work), quiet=quiet) as tell,
            Workers(jobs, timeout=timeout * len(langs), memory=memory or _share(jobs)) as workers,
        ):
            outcomes = _finished(work, workers, cluster, force=force, tell=tell)
            status = Status(tuple(outcomes[job.source] for job in work))
            _write_status(out, status)
            told = _compare(work[0], status, workers, comparison, force=force)
            status = replace(status, comparison=told)
            if copies and not told:
                status = replace(status, comparison=_copies(work[0], status, workers, comparison))
            if pdf:
                status = replace(status, printing=_printed(out, status, langs, jobs))
            _write_index(out, status, langs)
        shutil.rmtree(out / CLAIMS, ignore_errors=True)
    return status


def shipped_notebook(name: str) -> Path:
    """A notebook of ours: beside the code where that is installed, else in the checkout."""
    here = Path(__file__).parents[1]
    folders = here / "notebooks", here.parents[1] / "notebooks"
    return next((folder for folder in folders if folder.is_dir()), here) / f"{name}.ipynb"


def _share(jobs: int) -> int | None:
    """A worker's share of the machine's memory, in bytes; None where that is not known."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    return max(int(whole * SHARE_OF_MEMORY / jobs), LEAST_MEMORY)


def _finished(
    work: list[Job],
    workers: "Workers",
    cluster: "Cluster | None",
    *,
    force: bool,
    tell: Callable[[Outcome], None],
) -> dict[Path, Outcome]:
    outcomes: dict[Path, Outcome] = {}
    before = {} if force else earlier(work[0].out)
    for job in work:
        if found := _unchanged(job, before):
            outcomes[job.source] = found
            tell(found)
    left = [job for job in work if job.source not in outcomes]
    results = cluster.each(left, workers.timeout) if cluster else workers.each(assess_one, left)
    for job, result in results:
        outcome = result if isinstance(result, Outcome) else lost(job, result, workers.timeout)
        if outcome.disk:
            raise DiskError(outcome.message)
        outcomes[job.source] = outcome
        tell(outcome)
    return outcomes


def lost(job: Job, fault: BaseException, timeout: float) -> Outcome:
    """What to say of an organisation whose worker was stopped, or died."""
    from pebble import ProcessExpired

    if isinstance(fault, TimeoutError):
        message = f"Stopped after {timeout:g} seconds. Give it longer with --timeout."
    elif isinstance(fault, ProcessExpired | BrokenProcessPool):
        message = (
            "The worker died twice at this organisation, most often for want of memory. Try it "
            "alone with -j 1."
        )
    else:
        message = f"assess itself failed ({type(fault).__name__}); please report this line."
    return Outcome(job.source, "failed", message=message)


def _compare(first: Job, status: Status, workers: "Workers", notebook: Path, *, force: bool) -> str:
    """Compare what is there; give why that was not possible, or nothing.

    Nothing is compared where fewer than two organisations were assessed, and not again where
    nothing has changed since.
    """
    out = first.out
    done = [outcome for outcome in status.outcomes if outcome.folder]
    if len(done) < 2:
        for name in (*COMPARISON_NAMES.values(), Path(COMPARISON_RECORD).stem):
            for path in out.glob(f"{name}.*"):
                path.unlink()
        return ""
    parameters = {key: first.parameters[key] for key in ("period", "mode", "seed")}
    job = replace(first, source=out, notebook=notebook, parameters=parameters)
    job = replace(job, fingerprint=_comparison_print(job, status))
    record = out / COMPARISON_RECORD
    if not force and record.exists() and job.fingerprint in record.read_text(encoding="utf-8"):
        return ""
    for _, result in workers.each(compare_all, [job]):
        outcome = result if isinstance(result, Outcome) else lost(job, result, workers.timeout)
    return outcome.message


def _copies(first: Job, status: Status, workers: "Workers", notebook: Path) -> str:
    """Each organisation's own copy of the comparison; give why one could not be made, or nothing.

    None in a copy to publish, which names nobody, nor where there is nothing to compare.
    """
    done = [outcome for outcome in status.outcomes if outcome.folder]
    if len(done) < 2 or first.parameters["mode"] != "internal":
        return ""
    shared = {key: first.parameters[key] for key in ("period", "mode", "seed")}
    tasks = [
        replace(
            first,
            source=first.out,
            out=first.out / outcome.folder,
            notebook=notebook,
            parameters={**shared, "you": outcome.organisation},
        )
        for outcome in done
    ]
    told = ""
    for job, result in workers.each(copy_for_one, tasks):
        outcome = result if isinstance(result, Outcome) else lost(job, result, workers.timeout)
        told = outcome.message or told
    return told


def _printed(out: Path, status: Status, langs: Sequence[str], jobs: int) -> str:
    """Print the reports and the one-page versions; give why that was not possible, or nothing."""
    from assess.report.pdf import print_pages

    folders = [out / outcome.folder for outcome in status.outcomes if outcome.folder]
    names = [f"{names[lang]}.html" for names in (REPORT_NAMES, EASY_NAMES) for lang in langs]
    try:
        print_pages([folder / name for folder in folders for name in names], jobs=jobs)
    except DiskError:
        raise
    except AssessError as fault:
        return str(fault)
    return ""


def _comparison_print(job: Job, status: Status) -> str:
    """SHA-256 of all that the comparison depends on."""
    scores = [
        (
            outcome.organisation,
            outcome.name,
            outcome.message,
            _sha256(job.out / outcome.folder / "scores.csv") if outcome.folder else "",
        )
        for outcome in status.outcomes
    ]
    parts = [scores, _sha256(job.notebook), dict(job.parameters), sorted(job.langs), code_print()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _write_index(out: Path, status: Status, langs: Sequence[str]) -> None:
    """The page that leads to the others, in the first of the languages."""
    import pandas as pd

    from assess.report import index_page

    compared = {lang: f"{COMPARISON_NAMES[lang]}.html" for lang in langs}
    page = index_page(
        pd.DataFrame(map(_told, status.outcomes), columns=list(STATUS_COLUMNS)),
        reports={lang: f"{REPORT_NAMES[lang]}.html" for lang in langs},
        easy={lang: f"{EASY_NAMES[lang]}.html" for lang in langs},
        comparisons={lang: name for lang, name in compared.items() if (out / name).exists()},
        lang=langs[0],
    )
    write_whole(out / "index.html", page)


# What has been done before


def fingerprint(job: Job) -> str:
    """SHA-256 of all that an organisation's results depend on: records, values, code, packages."""
    parts = {
        "records": {path.name: _sha256(path) for path in record_files(job.source)},
        "notebook": _sha256(job.notebook),
        "parameters": {**job.parameters, "lang": sorted(job.langs)},
        "peers": _sha256(Path(str(job.parameters["peers"]))) if "peers" in job.parameters else "",
        "assess": code_print(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def record_files(source: Path) -> list[Path]:
    """The files one organisation's results depend on: of a workbook, with its own words."""
    from assess.load.synonyms import OWN_FILES

    if source.is_file():
        return [source, *(path for path in map(source.with_name, OWN_FILES) if path.is_file())]
    return [path for path in sorted(source.iterdir()) if path.is_file() and path.name[0] != "."]


def _sha256(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "not readable"  # reading the records will say so in words


_CODE: list[str] = []


def code_print() -> str:
    """SHA-256 of this package (framework, template and catalogue included) and of its versions."""
    if not _CODE:
        import assess.schemas
        from assess.batch.job import versions

        folders = [Path(__file__).parents[1], *map(Path, assess.schemas.__path__)]
        files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
        hashes = [_sha256(path) for path in files if path.suffix not in (".pyc", ".pyo")]
        _CODE.append(hashlib.sha256(json.dumps([hashes, versions()]).encode()).hexdigest())
    return _CODE[0]


def earlier(out: Path) -> dict[str, tuple[Path, Mapping[str, Any]]]:
    """The run records in a folder of results, by fingerprint, each with the folder it lies in."""
    found = {}
    for path in sorted(out.glob(f"*/*/{RECORD}")):
        with suppress(OSError, ValueError, KeyError):
            record = json.loads(path.read_text(encoding="utf-8"))
            found[record["fingerprint"]] = path.parent, record
    return found


def _unchanged(job: Job, before: Mapping[str, tuple[Path, Mapping[str, Any]]]) -> Outcome | None:
    """The outcome of an earlier run that still holds: same fingerprint, and every file there."""
    folder, record = before.get(job.fingerprint, (None, {}))
    if folder is None:
        return None
    expected = [f"{REPORT_NAMES[lang]}.{kind}" for lang in job.langs for kind in ("html", "ipynb")]
    expected += [f"{EASY_NAMES[lang]}.html" for lang in job.langs]
    if not all((folder / name).is_file() for name in [*expected, "scores.csv"]):
        return None
    told = {key: record.get(key, "") for key in ("organisation", "name", "period")}
    place = folder.relative_to(job.out)
    try:
        claim(job.out, place, job.source)
    except AssessError as fault:
        return Outcome(job.source, "failed", message=str(fault), **told)
    problems = record["rows"]["problems"]
    return Outcome(job.source, "unchanged", folder=place.as_posix(), problems=problems, **told)


# The workers


class Workers:
    """Warm processes. A task that takes too long is ended; one whose worker dies is tried again."""

    def __init__(self, count: int, *, timeout: float, memory: int | None) -> None:
        self.count, self.timeout, self.memory = count, timeout, memory
        self.pool: Any = None

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        self._end(now=kind is not None)

    def stop(self) -> None:
        """End the processes, whatever they are doing."""
        self._end(now=True)

    def each(
        self, function: Callable[[Any], Any], tasks: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        """Each task with what the function gave for it, or with what became of its worker."""
        died = yield from self._round(function, tasks)
        died = yield from self._round(function, [task for task, _ in died])
        yield from died

    def _round(
        self, function: Callable[[Any], Any], tasks: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        from pebble import ProcessExpired

        tasks = list(tasks)
        if not tasks:
            return []
        self._start()
        futures = {
            self.pool.schedule(function, args=(task,), timeout=self.timeout): task for task in tasks
        }
        died = []
        for future in as_completed(futures):
            task, fault = futures[future], future.exception()
            if isinstance(fault, ProcessExpired | BrokenProcessPool):
                died.append((task, fault))
            else:
                yield task, fault or future.result()
        return died

    def _start(self) -> None:
        from pebble import ProcessPool

        if self.pool is None or not self.pool.active:
            self._end(now=True)
            self.pool = ProcessPool(
                self.count,
                initializer=warm_up,
                initargs=(self.memory,),
                context=get_context("spawn"),
            )

    def _end(self, *, now: bool) -> None:
        if self.pool is not None:
            self.pool.stop() if now else self.pool.close()
            self.pool.join()


# What people see


@contextmanager
def _progress(out: Path, total: int, *, quiet: bool) -> Iterator[Callable[[Outcome], None]]:
    """A bar on a terminal, lines elsewhere, nothing when quiet; and always a line in the log."""
    from tqdm import tqdm

    log = _Log(out / "run.log")
    log.line(f"{total} to assess")
    failed = 0
    bar = tqdm(
        total=total,
        disable=quiet or not sys.stderr.isatty(),
        leave=False,
        bar_format="{n_fmt} of {total_fmt} done{postfix} |{bar:30}| about {remaining} left",
    )

    def tell(outcome: Outcome) -> None:
        nonlocal failed
        who = outcome.organisation or outcome.source.name
        line = f"{who}: {outcome.state}"
        log.line(f"{line}. {_on_one_line(outcome.message)}" if outcome.message else line)
        failed += outcome.state == "failed"
        bar.set_postfix(failed=failed, refresh=False)
        bar.update()
        tell.done += 1
        if bar.disable and not quiet:
            print(f"{tell.done}/{total} {line}", file=sys.stderr, flush=True)
        elif outcome.state == "failed" and not quiet:
            bar.write(line, file=sys.stderr)

    tell.done = 0
    with bar:
        yield tell
    log.line(f"{tell.done - failed} done, {failed} failed")


class _Log:
    """Lines for a person to read later. A disk without room for them does not stop a run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def line(self, text: str) -> None:
        with suppress(OSError), open(self.path, "a", encoding="utf-8") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _told(outcome: Outcome) -> dict[str, str | int]:
    """What is said of one organisation in the status and on the first page."""
    told = {column: getattr(outcome, column) for column in STATUS_COLUMNS}
    told["organisation"] = outcome.organisation or outcome.source.name
    told["message"] = _on_one_line(outcome.message)
    return told


def _write_status(out: Path, status: Status) -> None:
    table = io.StringIO()
    writer = csv.DictWriter(table, STATUS_COLUMNS, lineterminator="\n")
    writer.writeheader()
    rows = map(_told, status.outcomes)
    writer.writerows({key: harmless(cell) for key, cell in row.items()} for row in rows)
    write_whole(out / "status.csv", table.getvalue())

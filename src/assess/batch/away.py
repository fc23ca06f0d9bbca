"""What a machine of a cluster does for one organisation, and what travels there and back.

A dask worker only carries. The notebook runs in a warm process beside it, as on one machine, which
can be stopped when it takes too long and may die without taking the worker along. Records lie in a
folder that its owner alone may read, and go with it. The keys there are made for the occasion: no
result depends on them, so those of the organisation stay at home.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import current_process
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

from assess.batch import LEAST_MEMORY, SHARE_OF_MEMORY, Workers, code_print, lost, record_files
from assess.batch.job import Job, Made, Outcome, make_one
from assess.records import AssessError

MOST_BYTES = 500_000_000  # of one organisation's files, to travel
NOWHERE = "/nowhere"


@dataclass(frozen=True)
class Parcel:
    """One organisation's job with the files it needs, by where they lie on the sender's machine."""

    job: Job
    code: str  # fingerprint of the sender's assess: another would give other results
    timeout: float  # seconds for the whole organisation
    files: Mapping[Path, bytes | None] = field(default_factory=dict)  # None: not to be read
    shared: Mapping[str, str] | None = None  # SHA-256 of records that are read where they lie

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(len(content or b"") for content in self.files.values())


@dataclass(frozen=True)
class Refusal:
    """Why a machine cannot take part: a fault of its set-up, met by every organisation."""

    message: str


# Sending


def pack(job: Job, timeout: float, *, shared: bool) -> Parcel:
    """The parcel for one organisation. Raises AssessError where its records are too large for one.

    A link that leads out of the records is sent as a link to nowhere: what it leads to is not read
    here either.
    """
    records = [] if shared else record_files(job.source)
    size = sum(path.stat().st_size for path in records if path.exists())
    if size > MOST_BYTES:
        raise AssessError(
            f"The records hold {size / 1e6:,.0f} MB, more than is sent to a cluster. Put them on "
            "storage that all its machines share and run it with --dask-shared, or without --dask."
        )
    peers = job.parameters.get("peers")
    files = {path: _content(path, job.source) for path in records}
    files |= {path: path.read_bytes() for path in (job.notebook, *map(Path, filter(None, [peers])))}
    seen = _hashes(job.source) if shared else None
    return Parcel(job, code_print(), timeout, files, seen)


def _content(path: Path, source: Path) -> bytes | None:
    folder = source if source.is_dir() else source.parent
    if not path.resolve().is_relative_to(folder.resolve()):
        return None
    try:
        return path.read_bytes()
    except OSError:
        return None


def _hashes(source: Path) -> dict[str, str]:
    found = {}
    for path in record_files(source):
        with open(path, "rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


# At the other end


def assess_away(parcel: Parcel) -> Made | Outcome | Refusal:
    """Assess the organisation in a parcel. Called by a dask worker."""
    if parcel.code != code_print():
        return Refusal(
            "A worker of the cluster has another version of assess, of Python or of a package, so "
            "its results would differ. Install the same there, and start its workers again."
        )
    try:
        if parcel.shared is not None and parcel.shared != _hashes(parcel.job.source):
            return Refusal(_not_the_same(parcel.job.source))
        with _unpacked(parcel) as (job, root), _warm_process(parcel.timeout) as workers:
            ((_, result),) = workers.each(_make, [(job, root / "keys")])
    except FileNotFoundError:
        return Refusal(_not_the_same(parcel.job.source))
    except OSError as fault:
        message = (
            f"A worker of the cluster could not keep its records for a while ({fault.strerror})."
        )
        return Outcome(parcel.job.source, "failed", message=f"{message} Look at its disk.")
    if isinstance(result, BaseException):
        result = lost(job, result, parcel.timeout)
    return _as_at_home(result, parcel.job, str(root))


def _not_the_same(source: Path) -> str:
    return (
        f"A worker of the cluster does not see the same records at {source}. Put them on storage "
        "that all machines see under that name, or leave out --dask-shared."
    )


@contextmanager
def _unpacked(parcel: Parcel) -> Iterator[tuple[Job, Path]]:
    """The job, with every path of the sender's beneath a folder that is removed afterwards."""
    with TemporaryDirectory(prefix="assess-", dir=_scratch()) as folder:
        root = Path(folder).resolve()
        for path, content in parcel.files.items():
            _put(_beneath(root, path), content)
        source = parcel.job.source
        _beneath(root, source).parent.mkdir(parents=True, exist_ok=True)
        if parcel.shared is not None:
            _beneath(root, source).symlink_to(source)
        parameters = dict(parcel.job.parameters)
        if "peers" in parameters:
            parameters["peers"] = str(_beneath(root, Path(str(parameters["peers"]))))
        paths = {name: _beneath(root, getattr(parcel.job, name)) for name in ("out", "notebook")}
        yield (
            replace(parcel.job, source=_beneath(root, source), parameters=parameters, **paths),
            root,
        )


def _beneath(root: Path, path: Path) -> Path:
    return root.joinpath(*path.parts[1:])


def _put(path: Path, content: bytes | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        path.symlink_to(NOWHERE)
    else:
        path.write_bytes(content)


def _scratch() -> str | None:
    """Where the dask worker keeps what it must: cleared by dask, should the worker be killed."""
    worker = _dask_worker()
    return worker.local_directory if worker else None


def _dask_worker() -> Any:
    from distributed import get_worker

    try:
        return get_worker()
    except ValueError:  # not in one
        return None


def _make(task: tuple[Job, Path]) -> Made | Outcome:
    job, keys = task
    os.environ["ASSESS_KEYS"] = str(keys)
    return make_one(job)


def _as_at_home(result: Made | Outcome, job: Job, root: str) -> Made | Outcome:
    """What came out, with the sender's paths in place of those beneath `root`."""
    if isinstance(result, Outcome):
        return replace(result, source=job.source, message=result.message.replace(root, ""))
    files = {name: content.replace(root, "") for name, content in result.files.items()}
    return replace(result, outcome=replace(result.outcome, source=job.source), files=files)


# Warm processes, kept from one organisation to the next

_IDLE: SimpleQueue[Workers] = SimpleQueue()


@contextmanager
def _warm_process(timeout: float) -> Iterator[Workers]:
    """A process for one organisation at a time: one that is free, or a new one."""
    # A nanny's worker may have no children, only so that it can be killed without orphans. Ours
    # ends by itself when its parent does (see `job.warm_up`).
    if current_process().daemon:
        current_process().daemon = False
    try:
        workers = _IDLE.get_nowait()
    except Empty:
        workers = Workers(1, timeout=timeout, memory=_memory())
    workers.timeout = timeout
    try:
        yield workers
    finally:
        _IDLE.put(workers)


def _memory() -> int | None:
    """Bytes for one process: a thread's share of what the dask worker may take."""
    worker = _dask_worker()
    if worker is None or not worker.memory_manager.memory_limit:
        return None
    share = worker.memory_manager.memory_limit * SHARE_OF_MEMORY / worker.state.nthreads
    return max(int(share), LEAST_MEMORY)


def rest() -> None:
    """Stop the warm processes of this dask worker that are free."""
    while True:
        try:
            _IDLE.get_nowait().stop()
        except Empty:
            return

"""Files that appear whole or not at all, in a folder that one run at a time may write to."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from assess.records import AssessError

PART = ".part"  # ending of a file that is still being written


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader finds the old one or the new one, never half of one.

    Text is UTF-8. Makes the folder where it is missing. Raises AssessError where the disk is full
    or may not be written to.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as fault:
        with suppress(OSError):
            part.unlink()
        raise cannot_write(path.parent, fault) from fault


class DiskError(AssessError):
    """Nothing more can be written: the disk is full, or the folder may not be written to."""


def cannot_write(folder: Path, fault: OSError) -> DiskError:
    """What to tell a person whose disk refused a file."""
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskError(
            f"The disk that holds {folder} is full. Make room and run the same command again; "
            "what is finished is kept."
        )
    if fault.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DiskError(
            f"{folder} may not be written to. Change who may write there, or choose another "
            "folder with --out."
        )
    return DiskError(f"{folder} cannot be written to ({fault.strerror}). Try another with --out.")


def remove_parts(folder: Path) -> None:
    """Remove what a run that was killed left half-written. Only while holding the lock."""
    for part in folder.rglob(f".*{PART}"):
        part.unlink(missing_ok=True)


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold the folder for one run. Raises AssessError where another holds it.

    The lock goes with the process, however it ends. Without effect on Windows.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / ".lock", "w")  # noqa: SIM115 (held until the run ends)
    except OSError as fault:
        raise cannot_write(folder, fault) from fault
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            raise AssessError(
                f"Another run is writing to {folder}. Wait until it has ended, or choose another "
                "folder with --out."
            ) from fault
        yield

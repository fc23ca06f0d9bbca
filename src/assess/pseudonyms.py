"""People's codes become pseudonyms before anything is counted, and what was written is dropped.

A pseudonym is an HMAC-SHA256 of the code with a key of the organisation's own. The key is made on
first use and lies outside every folder of records and results: without it nobody can try out codes
to see whose they are. Pseudonymised records are still personal data; no output holds a pseudonym.
"""

import base64
import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pandas as pd

from assess.load.codes import coded, is_coded
from assess.records import AssessError, Records

PERSON_COLUMNS = ("person_id", "member_id", "respondent_id")
KEY_BYTES = 32
KEPT_BYTES = 9  # of each HMAC: 72 bits, of which base64 makes 12 letters without padding
LETTERS = KEPT_BYTES * 4 // 3
PIECE = 1 << 16  # codes written out at a time


def private_folder() -> Path:
    """Where keys, and what was published before, are kept: ASSESS_KEYS, or the user's data folder.

    Only the user may look into it.
    """
    if given := os.environ.get("ASSESS_KEYS"):
        folder = Path(given).expanduser()
    elif sys.platform == "win32":
        folder = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "assess"
    else:
        home = os.environ.get("XDG_DATA_HOME")
        folder = (Path(home) if home else Path.home() / ".local" / "share") / "assess"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError:
        raise AssessError(
            f"{folder}: the folder for keys cannot be used. Name one that only you may read in the "
            "environment variable ASSESS_KEYS."
        ) from None
    return folder


def key_of(organisation: str, *, records: Path | None = None) -> bytes:
    """The organisation's key; made where there is none yet, readable by the user alone.

    Raises AssessError where the folder for keys lies in the folder of the records.
    """
    folder = private_folder()
    if records is not None and folder.resolve().is_relative_to(records.resolve()):
        raise AssessError(
            "The folder for keys lies inside the records. Name another place in the environment "
            "variable ASSESS_KEYS: whoever has both could tell whose code is whose."
        )
    path = folder / f"{organisation}.key"
    if not path.exists():
        _make_key(path)
    path.chmod(0o600)
    key = bytes.fromhex(path.read_text(encoding="ascii"))
    if len(key) != KEY_BYTES:
        raise AssessError(
            f"{path.name}, beside the keys, is damaged. Delete it: a new one is made."
        )
    return key


def _make_key(path: Path) -> None:
    """Write a new key whole; where another process was faster, its key stands."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(secrets.token_hex(KEY_BYTES))
    with contextlib.suppress(FileExistsError):
        os.link(part, path)
    part.unlink()


def pseudonymise(records: Records, key: bytes) -> Records:
    """The records with a pseudonym for every code of a person. The same code, the same pseudonym.

    Each different code is hashed once, whatever the number of rows.
    """
    columns = {
        (name, column): rows[column]
        for name, rows in records.tables.items()
        for column in PERSON_COLUMNS
        if column in rows and len(rows)
    }
    named = _pseudonyms(columns, key)
    tables = dict(records.tables)
    for (name, column), codes in named.items():
        tables[name] = tables[name].assign(**{column: codes})
    return replace(records, tables=tables)


def _pseudonyms(
    columns: Mapping[tuple[str, str], pd.Series], key: bytes
) -> dict[tuple[str, str], pd.Series]:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = {place: codes for place, codes in columns.items() if not is_coded(codes)}
    arrays = {place: pa.array(codes, type=pa.large_string()) for place, codes in texts.items()}
    named = _with_new_lists({p: c for p, c in columns.items() if is_coded(c)}, key)
    if not arrays:
        return named
    different = pc.unique(pa.chunked_array(list(arrays.values()))).drop_null()
    written = _hashed(different, key)
    return named | {
        place: pd.Series(
            written.take(pc.index_in(array, value_set=different)),
            index=columns[place].index,
            dtype=columns[place].dtype,
        )
        for place, array in arrays.items()
    }


def _with_new_lists(
    columns: Mapping[tuple[str, str], pd.Series], key: bytes
) -> dict[tuple[str, str], pd.Series]:
    """Columns of a large register with pseudonyms in their lists: no row need be looked at."""
    import pyarrow as pa

    lists: dict[int, pd.Index] = {}
    named = {}
    for place, codes in columns.items():
        texts = codes.cat.categories
        if id(texts) not in lists:
            written = _hashed(pa.array(texts, type=pa.large_string()), key)
            lists[id(texts)] = pd.Index(pd.Series(written, dtype="str"))
        places = coded(codes.cat.codes.to_numpy(), lists[id(texts)])
        named[place] = pd.Series(places, index=codes.index)
    return named


def hmac_of(key: bytes) -> Callable[[bytes], bytes]:
    """HMAC-SHA256 under one key (RFC 2104), with the key's share of the work done once.

    Three times as fast as `hmac.digest`, which does it again for each code.
    """
    padded = key.ljust(64, b"\0")
    inner = sha256(bytes(byte ^ 0x36 for byte in padded))
    outer = sha256(bytes(byte ^ 0x5C for byte in padded))

    def digest(text: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(text)
        second.update(first.digest())
        return second.digest()

    return digest


def _hashed(codes, key: bytes):
    """An Arrow array of pseudonyms: one buffer for all, so that millions need no Python strings."""
    import numpy as np
    import pyarrow as pa

    hmac = hmac_of(key)
    hashes = bytearray()
    for start in range(0, len(codes), PIECE):
        piece = codes.slice(start, PIECE).to_pylist()
        hashes += b"".join([hmac(code.encode())[:KEPT_BYTES] for code in piece])
    letters = base64.urlsafe_b64encode(hashes)
    ends = np.arange(len(codes) + 1, dtype=np.int64) * LETTERS
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(letters)]
    return pa.Array.from_buffers(pa.large_string(), len(codes), buffers)

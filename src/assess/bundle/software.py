"""assess itself, to be carried in a bundle: a wheel of what is running, and the versions it used.

Nothing is built or fetched: the files that are running are put in a zip archive.
"""

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from assess import __version__
from assess.batch import shipped_notebook

HERE = Path(__file__).parents[1]
LOCK = HERE.parents[1] / "requirements.lock"  # in a checkout: every package, with its hash
WHEEL = f"assess-{__version__}-py3-none-any.whl"
NO_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip archive can say
ABOUT_WHEEL = "Wheel-Version: 1.0\nGenerator: assess\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
NOT_CODE = {".pyc", ".pyo"}


def zipped(files: Mapping[str, bytes] | Iterable[tuple[str, bytes]], file: object) -> None:
    """Write files into a zip archive whose bytes depend on them alone: no times, no owners."""
    pairs = files.items() if isinstance(files, Mapping) else files
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in pairs:
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # the same on Windows
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def wheel() -> bytes:
    """A wheel of the assess that is running: its code, contracts, framework and notebooks."""
    files = dict(sorted(_package().items()))
    about = f"assess-{__version__}.dist-info"
    files[f"{about}/METADATA"] = _about("METADATA")
    files[f"{about}/WHEEL"] = ABOUT_WHEEL.encode()
    files[f"{about}/entry_points.txt"] = _about("entry_points.txt")
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[f"{about}/RECORD"] = "\n".join([*lines, f"{about}/RECORD,,", ""]).encode()
    archive = io.BytesIO()
    zipped(files, archive)
    return archive.getvalue()


def _package() -> dict[str, bytes]:
    """The files of the package by their place in a wheel, whether it is installed or a checkout."""
    import assess.schemas

    places = [("assess", HERE), ("assess/schemas", Path(next(iter(assess.schemas.__path__))))]
    places.append(("assess/notebooks", shipped_notebook("assessment").parent))
    files: dict[str, bytes] = {}
    for prefix, folder in places:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and not _is_left_out(inside):
                files[f"{prefix}/{inside.as_posix()}"] = path.read_bytes()
    return files


def _is_left_out(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return hidden or "__pycache__" in path.parts or path.suffix in NOT_CODE


def _about(name: str) -> bytes:
    return (metadata.distribution("assess").read_text(name) or "").encode()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def versions_used() -> str:
    """Every package that assess needs here, directly or not, as `name==version` lines."""
    found: dict[str, str] = {}
    wanted = ["assess"]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # wanted only on another system
            continue
        found[name] = package.version
        wanted += [_name(need) for need in package.requires or [] if "extra ==" not in need]
    return "".join(f"{name}=={found[name]}\n" for name in sorted(found) if name != "assess")


def _name(requirement: str) -> str:
    """The package a requirement names, as package indexes write it: "PyYAML>=6" is pyyaml."""
    bare = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", bare.group() if bare else requirement).lower()

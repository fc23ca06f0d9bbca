"""What an installation is made of: pins, bounds, the conda file, the wheel, the version."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import assess

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))

# conda-forge's name where it is not the one pyproject uses.
CONDA_NAMES = {"SALib": "salib"}

# Written in two halves, or this file would be the first offender.
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "deb.debian" + ".org", "anaconda" + ".org"]
REGISTRY = re.compile("|".join(map(re.escape, HOSTS)))
HOME_FOLDER = re.compile(r"(?<![\w.:/-])/(?:home|root|Users|work)/\w")


def runtime_dependencies() -> list[Requirement]:
    """What the installed package needs."""
    return [Requirement(line) for line in PROJECT["project"]["dependencies"]]


def declared_dependencies() -> list[Requirement]:
    """Everything pyproject.toml names, with the extras and the set-up tools."""
    groups = [
        *PROJECT["project"]["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    ]
    return runtime_dependencies() + [Requirement(line) for group in groups for line in group]


def lock_entries() -> list[str]:
    """The lock's entries, each with its hashes. A package may have one for each Python version."""
    return re.split(r"\n(?=\S)", LOCK.strip())


def locked_versions() -> dict[str, list[str]]:
    versions: dict[str, list[str]] = {}
    for entry in lock_entries():
        name, version = re.match(r"([\w.-]+)==(\S+)", entry).groups()
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Path and text of every file under version control, but pictures and workbooks."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout, so what is tracked is not known")
    # CI may check out as one user and run as another, which git refuses unless told otherwise.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for path in filter(None, listing.stdout.split("\0")):
        try:
            yield path, (ROOT / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue


def test_environment_yml_names_what_pyproject_names():
    """A conda user gets the same packages with the same bounds, and the same oldest Python."""
    python = f"python{PROJECT['project']['requires-python']}"
    declared = {
        f"{CONDA_NAMES.get(dependency.name, dependency.name)}{dependency.specifier}"
        for dependency in runtime_dependencies()
    } | {python, "pip"}
    offered = {line for line in ENVIRONMENT["dependencies"] if isinstance(line, str)}
    assert len(declared) > 10
    assert sorted(declared - offered) == [], "add these to environment.yml"
    assert sorted(offered - declared) == [], "environment.yml has these, pyproject.toml has not"


def test_environment_yml_installs_the_project_itself():
    assert {"pip": ["-e ."]} in ENVIRONMENT["dependencies"]


def test_every_dependency_is_locked_within_its_bounds():
    """`make lock` was run after the last change of pyproject.toml."""
    locked = locked_versions()
    dependencies = declared_dependencies()
    offenders = []
    for dependency in dependencies:
        versions = locked.get(canonicalize_name(dependency.name), [])
        if not versions or not all(map(dependency.specifier.contains, versions)):
            offenders.append(f"{dependency}: locked at {versions}")
    assert len(dependencies) > 20
    assert offenders == [], "run make lock"


def test_every_locked_version_has_a_hash():
    entries = lock_entries()
    assert len(entries) > 100
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_host_and_no_index():
    """Packages come from wherever the reader's own machine gets them."""
    options = [line for line in LOCK.splitlines() if re.match(r"\s*--(?!hash=)|.*://", line)]
    assert options == []


def test_every_package_folder_is_packaged():
    """`packages` in pyproject.toml is a list, so that schemas/ can be part of it."""
    found = {
        ".".join(init.parent.relative_to(ROOT / "src").parts)
        for init in (ROOT / "src").rglob("__init__.py")
    }
    packages = set(PROJECT["tool"]["setuptools"]["packages"])
    assert "assess" in found
    assert sorted(found - packages) == [], "add these to packages in pyproject.toml"


def test_one_version_everywhere():
    """CITATION.cff is read by people and by archives, which take its word."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == assess.__version__


def test_import_assess_loads_nothing_heavy():
    """`assess --help` and every papermill run begin here, so pandas and altair have to wait."""
    code = "import sys, assess; print(*{name.split('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True)
    names = set(loaded.stdout.split())
    assert "assess" in names
    assert names & {"pandas", "numpy", "altair", "pandera", "papermill", "jsonschema"} == set()


def test_make_lists_every_target():
    """`make` alone is how a newcomer learns what there is."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split()
    explained = re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)
    assert len(targets) > 5
    assert sorted(explained) == sorted(targets)


def test_no_tracked_file_names_a_registry_or_a_home_folder():
    """The project is read on other machines, which have neither."""
    texts = dict(tracked_texts())
    offenders = [
        f"{path}: {found.group()}"
        for path, text in texts.items()
        for pattern in (REGISTRY, HOME_FOLDER)
        for found in pattern.finditer(text)
    ]
    assert "pyproject.toml" in texts
    assert offenders == []


@pytest.fixture
def unpacked_wheel(tmp_path):
    """The built wheel's contents. It is built from a copy: setuptools writes where it builds."""
    source, built, unpacked = (tmp_path / name for name in ("source", "built", "unpacked"))
    leave_out = shutil.ignore_patterns("*.egg-info", "__pycache__", ".ipynb_checkpoints")
    for name in ("src", "schemas", "notebooks"):
        shutil.copytree(ROOT / name, source / name, ignore=leave_out)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    built.mkdir()
    code = f"import setuptools.build_meta as backend; backend.build_wheel({str(built)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=source, check=True)
    zipfile.ZipFile(next(built.glob("*.whl"))).extractall(unpacked)
    return unpacked


@pytest.mark.slow
def test_the_wheel_carries_contracts_notebooks_and_data(unpacked_wheel):
    """Every tracked file of src/assess, schemas/ and notebooks/ lands where `assess` looks."""
    places = {"src/assess": "assess", "schemas": "assess/schemas", "notebooks": "assess/notebooks"}
    expected = [
        place + path.removeprefix(folder)
        for path, _ in tracked_texts()
        for folder, place in places.items()
        if path.startswith(f"{folder}/")
    ]
    assert "assess/py.typed" in expected
    assert [path for path in expected if not (unpacked_wheel / path).is_file()] == [], (
        "add these to package-data in pyproject.toml"
    )


@pytest.mark.slow
def test_the_wheel_imports_its_own_contracts(unpacked_wheel):
    """`assess.schemas` comes from the wheel, not from the checkout's schemas/."""
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked_wheel)!r}); "
        "import assess.schemas; print(assess.schemas.__file__)"
    )
    command = [sys.executable, "-c", code]
    imported = subprocess.run(command, capture_output=True, text=True, check=True)
    assert Path(imported.stdout.strip()).is_relative_to(unpacked_wheel)

"""How a bundle is described to others: RO-Crate (Process Run Crate) and CITATION.cff.

Plain JSON and YAML, made without a library. Times of runs are not recorded, so that the same
records give the same bytes; the day of publication is given by whoever makes the bundle.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assess import __version__

CRATE = "ro-crate-metadata.json"
CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
]
PROCESS_RUN = "https://w3id.org/ro/wfrun/process/0.5"
COMPLETED = "http://schema.org/CompletedActionStatus"
SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")  # the name of a licence, such as CC-BY-4.0
MEDIA = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".whl": "application/zip",
    ".yaml": "application/yaml",
    ".cff": "application/yaml",
}


@dataclass(frozen=True)
class About:
    """What whoever makes a bundle says of it."""

    title: str
    authors: tuple[str, ...]  # "Family, Given" for a person; anything else is an organisation
    licence: str  # empty: none is given
    date: str  # YYYY-MM-DD


def citation(about: About, method_version: str) -> str:
    """CITATION.cff 1.2.0 for the data of a bundle, with the software as its reference."""
    said: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below.",
        "type": "dataset",
        "title": about.title,
        "authors": [_cff_author(author) for author in about.authors],
        "version": method_version,
        "date-released": about.date,
    }
    if about.licence:
        said["license"] = about.licence
    said["references"] = [
        {
            "type": "software",
            "title": "assess: governance self-assessment from an organisation's own records",
            "authors": [{"name": "assess contributors"}],
            "version": __version__,
        }
    ]
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100)


def _cff_author(author: str) -> dict[str, str]:
    family, comma, given = author.partition(",")
    if comma and given.strip():
        return {"family-names": family.strip(), "given-names": given.strip()}
    return {"name": author}


def crate(about: About, folder: Path, runs: Sequence[Mapping[str, Any]], *, framework: str) -> str:
    """The text of ro-crate-metadata.json for what lies in `folder`.

    `runs` are the run records, each with `inputs` and `results`: names of files in the folder.
    """
    files = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    people = [_agent(author) for author in about.authors]
    publishers = [person for person in people if person["@type"] == "Organization"]
    licence = _licence(about.licence)
    actions = [entity for run in runs for entity in _run(run, people, framework)]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": PROCESS_RUN},
        "name": about.title,
        "description": "Governance self-assessments from records: measures, scores, reports, and "
        "what is needed to work them out again.",
        "datePublished": about.date,
        "license": {"@id": licence["@id"]},
        "author": _one_or_more(people),
        **({"publisher": _one_or_more(publishers[:1])} if publishers else {}),
        "hasPart": [{"@id": name} for name in files],
        "mentions": _one_or_more([one for one in actions if one["@type"] == "CreateAction"]),
    }
    graph = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        root,
        {
            "@id": PROCESS_RUN,
            "@type": "CreativeWork",
            "name": "Process Run Crate",
            "version": "0.5",
        },
        {
            "@id": "#assess",
            "@type": "SoftwareApplication",
            "name": "assess",
            "softwareVersion": __version__,
        },
        licence,
        *people,
        *actions,
        *(_file(name, folder / name) for name in files),
    ]
    described = {"@context": CONTEXT, "@graph": graph}
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _one_or_more(entities: Sequence[Mapping[str, Any]]) -> Any:
    """References: one alone, as RO-Crate asks, or a list."""
    found = [{"@id": one["@id"]} for one in entities]
    return found[0] if len(found) == 1 else found


def _licence(said: str) -> dict[str, str]:
    """The licence as something that can be pointed to, by its SPDX name where it has one."""
    known = SPDX.fullmatch(said) is not None
    return {
        "@id": f"https://spdx.org/licenses/{said}" if known else "#licence",
        "@type": "CreativeWork",
        "name": said or "No licence is given",
        "description": said or "Ask the authors before you use these data.",
    }


def _agent(author: str) -> dict[str, str]:
    person = "given-names" in _cff_author(author)
    name = hashlib.sha256(author.encode()).hexdigest()[:12]
    kind = "Person" if person else "Organization"
    return {"@id": f"#author-{name}", "@type": kind, "name": author}


def _run(
    run: Mapping[str, Any], people: Sequence[Mapping[str, str]], framework: str
) -> list[dict[str, Any]]:
    name = f"{run['organisation']}-{run['period'].replace('/', '-')}"
    action: dict[str, Any] = {
        "@id": f"#run-{name}",
        "@type": "CreateAction",
        "name": f"Assessment of {run['organisation']}, {run['period']}",
        "description": "Records were measured, scored by the framework, and put into reports.",
        "instrument": {"@id": "#assess"},
        "object": [{"@id": framework}],
        "result": [{"@id": result} for result in run["results"]],
        "actionStatus": COMPLETED,
    }
    if people:
        action["agent"] = {"@id": people[0]["@id"]}
    if run["inputs"]:
        action["object"] += [{"@id": name} for name in run["inputs"]]
        return [action]
    absent = {
        "@id": f"#records-{name}",
        "@type": "CreativeWork",
        "name": f"Records of {run['organisation']}",
        "description": "Not in this bundle. Their SHA-256 hashes are in the run record.",
    }
    action["object"].append({"@id": absent["@id"]})
    return [action, absent]


def _file(name: str, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "@id": name,
        "@type": "File",
        "name": path.name,
        "encodingFormat": MEDIA.get(path.suffix, "text/plain"),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }

"""Two copies to publish must not say together what each holds back.

What was published is remembered with the keys (see `pseudonyms.private_folder`), never in a folder
of results. A second copy for the same period or one that shares days with it, or a second
comparison, is refused where the two would differ by fewer than ten people or organisations: the
difference would be about those few.
"""

import json
import time
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from assess.disclosure import FLOOR, is_about_people
from assess.pseudonyms import hmac_of, key_of, private_folder
from assess.records import AssessError, Period
from assess.whole_files import write_whole

if TYPE_CHECKING:
    from assess.assessment import Assessment

ROW_FILES = ("source_rows.csv", "excluded_rows.csv")
OURS = (".html", ".ipynb", ".pdf", ".csv", ".json")
PEERS = "comparisons.json"
OWN_KEY = "_comparisons"  # no organisation's id: those hold no such sign
DAY = 24 * 60 * 60


def agree(assessment: "Assessment") -> None:
    """Hold a copy to publish against earlier ones that share days with it, then remember it.

    Counts of people must be the same, or differ by ten or more. Raises AssessError otherwise.
    """
    counts = counts_of_people(assessment)
    agree_on(assessment.organisation.id, assessment.period.slug, counts)


def agree_on(organisation: str, period: str, now: Mapping[str, float | None]) -> None:
    """What `agree` does, for counts that were taken elsewhere. `period` as in names of files."""
    folder = private_folder() / "releases"
    for record in sorted(folder.glob(f"{organisation}_*.json")):
        earlier = record.stem.removeprefix(f"{organisation}_")
        if not _overlap(earlier, period):
            continue
        before = json.loads(record.read_text(encoding="utf-8"))
        close = [key for key in now.keys() | before.keys() if _close(before.get(key), now.get(key))]
        if close:
            raise AssessError(
                f"{organisation}: a copy for {earlier} was published before, and {len(close)} of "
                "its numbers about people have changed since by fewer than 10, or were held back. "
                "Both copies together would point to those few. Keep the earlier copy, or publish "
                "a period that shares no day with it. If it never left the organisation, delete "
                f"{record.name} beside the keys and run this again."
            )
    record = folder / f"{organisation}_{period}.json"
    write_whole(record, json.dumps(now, indent=1, sort_keys=True) + "\n")


def _overlap(one: str, other: str) -> bool:
    """Whether two periods share a day. A period moved by a day would tell who came on that day."""
    first, second = (Period.parse(slug.replace("_", "/")) for slug in (one, other))
    return first.start <= second.end and second.start <= first.end


def counts_of_people(assessment: "Assessment") -> dict[str, float | None]:
    """Every published count of people by its place; None where it is held back."""
    counts: dict[str, float | None] = {}
    table = assessment.measures.table
    for entry in assessment.framework.indicators:
        if is_about_people(entry):
            for name in ("numerator", "denominator"):
                counts[f"{entry.id} {name}"] = _number(table.loc[entry.id, name])
    for key, shares in assessment.groups.items():
        for row in shares.itertuples():
            counts[f"{key} {row.group} hits"] = _number(row.hits)
            counts[f"{key} {row.group} of"] = _number(row.of)
    return counts


def _number(count: float) -> float | None:
    return None if pd.isna(count) else float(count)


def _close(before: float | None, now: float | None) -> bool:
    if before is None or now is None:
        return before != now
    return 0 < abs(before - now) < FLOOR


def freeze_peers(scores: pd.DataFrame, traits: pd.DataFrame | None = None) -> dict[str, object]:
    """Hold a set of organisations against those of earlier comparisons, then remember it.

    `scores` has a row for each organisation and principle, `traits` one for each organisation.
    Gives what the comparison may say of
    its own set. Raises AssessError where fewer than ten organisations have joined, left or changed
    since any earlier comparison.
    """
    now = sorted(_entries(scores, traits))
    record = private_folder() / "releases" / PEERS
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else []
    for number, before in enumerate(known, start=1):
        other = len(set(before) ^ set(now))
        if 0 < other < FLOOR:
            raise AssessError(
                f"This comparison differs from number {number}, published before, by {other} "
                "organisations that joined, left or changed. Both together would point to them. "
                "Compare the same organisations as before, or wait until ten or more are "
                f"others. If number {number} never left your hands, delete it from {PEERS} beside "
                "the keys."
            )
    if now not in known:
        known.append(now)
        write_whole(record, json.dumps(known, indent=1) + "\n")
    # With a key: whoever has all scores could else try out which organisations are in the set.
    peer_set = hmac_of(key_of(OWN_KEY))("".join(now).encode()).hex()
    return {"release": known.index(now) + 1, "peer_set": peer_set}


def _entries(scores: pd.DataFrame, traits: pd.DataFrame | None) -> Iterable[str]:
    """One hash for each organisation, of its id, its scores and what it is."""
    for organisation, rows in scores.groupby("organisation"):
        numbers = np.round(rows.sort_values("id")["score"].to_numpy(dtype=float), 6)
        kind = [] if traits is None else traits.loc[[organisation]].fillna("").to_numpy().tolist()
        yield sha256(f"{organisation} {numbers.tolist()} {kind}".encode()).hexdigest()


def clear_board_copy(folder: Path, days: int, now: float | None = None) -> None:
    """Delete what a run for the board left in the folder that a copy to publish goes to.

    Files that point to single rows may stay for `days`; all else goes, so that nobody hands the
    board's own copy on with the folder.
    """
    record = folder / "run.json"
    if record.exists():
        mode = json.loads(record.read_text(encoding="utf-8"))["parameters"]["mode"]
        if mode != "publish":
            for path in folder.iterdir():
                if path.suffix in OURS and path.name not in ROW_FILES:
                    path.unlink()
    forget_rows(folder, days, now)


def forget_rows(folder: Path, days: int, now: float | None = None) -> None:
    """Delete files that point to single rows and are older than so many days; 0: all of them."""
    for name in ROW_FILES:
        path = folder / name
        if path.is_file() and (time.time() if now is None else now) - path.stat().st_mtime >= (
            days * DAY
        ):
            path.unlink()

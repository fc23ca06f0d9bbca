"""How long a very large register takes to load, check and measure, and how much memory.

    python benchmarks/registers.py [--members 10000000] [--kind parquet|csv|both]

At full size 10 million members, 20 million rows of attendance at 200,000 branch meetings,
1.67 million decisions and 5 million votes by group, around the board and council of a sample
organisation. Invented records, the same for the same size. Each run is a process of its own, at a
sixteenth, a quarter and the whole, so that its peak of memory is its own. Ratios compare runs that
stood side by side; `--against FOLDER` runs the same on another checkout of the program.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

HERE = Path(__file__).resolve().parent.parent
SAMPLE = HERE / "data" / "gofal-elwedd"
MEMBERS = 10_000_000
# What there is for each member, as in the register the targets were set for.
PER_MEETING, MEMBERS_PER_MEETING, MEMBERS_PER_DECISION, MEMBERS_PER_ACT = 100, 50, 6, 10
GROUPS = ("staff", "supported", "community")
TARGET_SECONDS, TARGET_GIGABYTES = 15, 3


def make_register(
    folder: Path, members: int, kind: str, *, seed: int = 0, shuffled: bool = False
) -> None:
    """Write the register of `members` members, as Parquet or CSV, into an empty folder."""
    from assess.validate import read_records

    rng = np.random.default_rng(seed)
    sample = read_records(SAMPLE)
    shutil.copy(SAMPLE / "organisation.yaml", folder)
    end = sample.latest_period().end
    tables = {name: rows for name, rows in sample.tables.items() if len(rows)}
    added = _added(members, end, rng)
    for name in tables | added:
        both = pd.concat([part[name] for part in (tables, added) if name in part])
        if shuffled:
            both = both.sample(frac=1, random_state=seed)
        _write(both, folder / name, kind)


def _added(members: int, end: pd.Timestamp, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    meetings, decisions = members // MEMBERS_PER_MEETING, members // MEMBERS_PER_DECISION
    held = _days(end, 730, meetings, rng)
    of = rng.integers(0, meetings, decisions)
    return {
        "members": _members(members, end, rng),
        "meetings": _meetings(held, rng),
        "attendance": _attendance(meetings, members, rng),
        "decisions": _decisions(of, held, rng),
        "votes": _votes(decisions, rng),
        "participation": pd.DataFrame(
            {
                "member_id": _codes("M", rng.integers(0, members, members // MEMBERS_PER_ACT)),
                "act": rng.choice(["voted", "forum", "nominated"], members // MEMBERS_PER_ACT),
                "done_on": _days(end, 365, members // MEMBERS_PER_ACT, rng),
            }
        ),
    }


def _codes(letter: str, numbers: np.ndarray) -> pd.Series:
    """Codes such as M00001234."""
    digits = np.char.zfill(numbers.astype("U8"), 8) if len(numbers) < 100_000 else None
    if digits is None:
        text = pa.compute.utf8_lpad(pa.array(numbers).cast(pa.string()), 8, "0")
        return pd.Series(pa.compute.binary_join_element_wise(letter, text, ""), dtype="str")
    return pd.Series(np.char.add(letter, digits), dtype="str")


def _days(end: pd.Timestamp, before: int, size: int, rng: np.random.Generator) -> pd.Series:
    return pd.Series(end - pd.to_timedelta(rng.integers(0, before, size), unit="D"))


def _some(values: pd.Series, share: float, rng: np.random.Generator) -> pd.Series:
    """The values in about `share` of the rows, and nothing in the others."""
    return values.where(rng.random(len(values)) < share)


def _truth(share: float, size: int, rng: np.random.Generator) -> pd.Series:
    return pd.Series(rng.random(size) < share, dtype="boolean")


def _words(words: list[str], size: int, rng: np.random.Generator) -> pd.Series:
    places = pa.array(rng.integers(0, len(words), size))
    return pd.Series(pa.array(words).take(places)).astype("str")


def _members(size: int, end: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    joined = _days(end, 6000, size, rng)
    left = joined + pd.to_timedelta(rng.integers(1, 6000, size), unit="D")
    return pd.DataFrame(
        {
            "member_id": _codes("M", np.arange(size)),
            "category": _words(list(GROUPS), size, rng),
            "joined_on": joined,
            "left_on": left.where(left <= end),
            "eligible_to_vote": _truth(0.95, size, rng),
        }
    )


def _meetings(held: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    size = len(held)
    ahead = pd.to_timedelta(rng.integers(5, 30, size), unit="D")
    after = pd.to_timedelta(rng.integers(1, 30, size), unit="D")
    return pd.DataFrame(
        {
            "meeting_id": _codes("G", np.arange(size)),
            "body": "general_meeting",
            "type": "general",
            "held_on": held,
            "notice_on": held - ahead - pd.Timedelta(days=3),
            "papers_on": _some(held - ahead, 0.9, rng),
            "late_papers": rng.integers(0, 2, size).astype(float),
            "quorum": 25.0,
            "open_to_members": _truth(0.9, size, rng),
            "minutes_draft_on": _some(held + after, 0.9, rng),
            "formats_requested": _some(_words(["welsh", "easy_read;welsh"], size, rng), 0.3, rng),
            "formats_issued": _some(_words(["welsh", "easy_read;welsh"], size, rng), 0.5, rng),
        }
    )


def _attendance(meetings: int, members: int, rng: np.random.Generator) -> pd.DataFrame:
    """Each meeting lists a hundred different members, drawn from all over the register."""
    first = np.repeat(rng.integers(0, members, meetings), PER_MEETING)
    step = np.tile(np.arange(PER_MEETING), meetings) * max(members // 101, 1)
    size = meetings * PER_MEETING
    statuses = ["present", "present", "remote", "apology", "absent", "leave"]
    return pd.DataFrame(
        {
            "meeting_id": _codes("G", np.repeat(np.arange(meetings), PER_MEETING)),
            "person_id": _codes("M", (first + step) % members),
            "status": _some(_words(statuses, size, rng), 0.97, rng),
            "capacity": _some(_words(["member", "member", "in attendance"], size, rng), 0.5, rng),
        }
    )


def _decisions(of: np.ndarray, held: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    size = len(of)
    day = held.iloc[of].reset_index(drop=True)
    after = pd.to_timedelta(rng.integers(0, 60, size), unit="D")
    minute = [f"minute {number}" for number in range(1000)]
    truths = ("major", "affects_users", "affects_staff", "spend", "affordable", "confidential")
    truths += ("scrutiny_eligible", "conflict_declared")
    references = ("objective_ref", "reasons_ref", "comparator_ref", "user_impact_ref", "risk_ref")
    references += ("fund_source", "scrutiny_outcome", "title")
    return pd.DataFrame(
        {
            "decision_id": _codes("D", np.arange(size)),
            "meeting_id": _codes("G", of),
            "body": "general_meeting",
            "decided_on": day,
            "type": _words(["strategy", "yearly budget", "borrowing", "other"], size, rng),
            "outcome": _words(["carried", "carried", "lost", "deferred"], size, rng),
            "cost": _some(pd.Series(rng.integers(1, 90_000, size) / 1.0), 0.4, rng),
            "options_considered": _some(pd.Series(rng.integers(1, 5, size) / 1.0), 0.7, rng),
            "advice_on": _some(day - after, 0.5, rng),
            "staff_consulted_on": _some(day - after, 0.5, rng),
            "scrutiny_body": _some(_words(["council", "board"], size, rng), 0.5, rng),
            "conflict_action": _some(_words(["withdrew", "abstained"], size, rng), 0.3, rng),
            "published_on": _some(day + after, 0.8, rng),
            "review_due": _some(day + after, 0.5, rng),
            "reviewed_on": _some(day + after * 2, 0.4, rng),
        }
        | {name: _truth(0.4, size, rng) for name in truths}
        | {name: _some(_words(minute, size, rng), 0.7, rng) for name in references}
    )


def _votes(decisions: int, rng: np.random.Generator) -> pd.DataFrame:
    """A row for each group and decision."""
    size = decisions * len(GROUPS)
    groups = np.tile(np.arange(len(GROUPS)), decisions)
    return pd.DataFrame(
        {
            "decision_id": _codes("D", np.repeat(np.arange(decisions), len(GROUPS))),
            "category": pd.Series(pa.array(GROUPS).take(pa.array(groups))).astype("str"),
            "votes_for": rng.integers(0, 40, size) / 1.0,
            "votes_against": rng.integers(0, 40, size) / 1.0,
            "abstained": rng.integers(0, 9, size) / 1.0,
        }
    )


def _write(rows: pd.DataFrame, path: Path, kind: str) -> None:
    table = pa.Table.from_pandas(rows, preserve_index=False)
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.date32()))
    if kind == "parquet":
        pa.parquet.write_table(table, path.with_suffix(".parquet"))
    else:
        pa.csv.write_csv(table, path.with_suffix(".csv"))


# One run in a process of its own -------------------------------------------------------------


def run(folder: str) -> None:
    """Load, check and measure; print seconds, processor seconds and the peak of memory."""
    from assess.framework import load_framework
    from assess.load import load
    from assess.measure import measure
    from assess.validate import validate
    from assess.validate.names import warn_of_names

    steps, at = {}, (time.perf_counter(), time.process_time())

    def lap(step: str) -> None:
        nonlocal at
        now = (time.perf_counter(), time.process_time())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        steps[step] = [round(now[0] - at[0], 2), round(now[1] - at[1], 2), round(peak, 2)]
        at = now

    framework = load_framework()
    lap("imports")
    raw = load(folder)
    lap("load")
    records = validate(raw)
    del raw
    lap("validate")
    records = warn_of_names(records)
    lap("names")
    measures = measure(records, framework, records.latest_period()).table
    lap("measure")
    states = measures["state"].value_counts().to_dict()
    fingerprint = float(measures["value"].sum())
    print(json.dumps({"steps": steps, "states": states, "sum of values": fingerprint}))


def measured(folder: Path, checkout: Path) -> dict:
    """What `run` prints for `folder`, by the program in `checkout`."""
    path = os.pathsep.join(map(str, (checkout / "src", checkout)))
    command = [sys.executable, __file__, "--run", str(folder)]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--members", type=int, default=MEMBERS)
    asked.add_argument("--kind", choices=["parquet", "csv", "both"], default="parquet")
    asked.add_argument("--against", type=Path)
    asked.add_argument("--make", type=Path, help="only write the register into this folder")
    asked.add_argument("--run", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        run(given.run)
    elif given.make:
        given.make.mkdir(parents=True)
        make_register(given.make, given.members, given.kind)
    else:
        compare(given.members, given.kind, given.against)


def compare(members: int, kind: str, against: Path | None) -> None:
    """Print every run, and how it stands to the target, to the smaller one and to `against`."""
    before = None
    for form in ("parquet", "csv") if kind == "both" else (kind,):
        for part in (16, 4, 1):
            with tempfile.TemporaryDirectory() as place:
                make_register(Path(place), members // part, form)
                found = {"here": measured(Path(place), HERE)}
                if against:
                    found["against"] = measured(Path(place), against)
            for where, one in found.items():
                print(f"{members // part:>10,} members, {form}, {where}: {json.dumps(one)}")
            seconds, cpu = (
                sum(step[which] for step in found["here"]["steps"].values()) for which in (0, 1)
            )
            peak = max(step[2] for step in found["here"]["steps"].values())
            growth = f"; {seconds / before:.1f} times the last" if before else ""
            print(
                f"{'':>10} {seconds:.1f} s ({cpu:.1f} of the processor), {peak:.2f} GB: "
                f"{seconds / TARGET_SECONDS:.2f} and {peak / TARGET_GIGABYTES:.2f} of what is "
                f"allowed at full size{growth}"
            )
            before = seconds


if __name__ == "__main__":
    main()

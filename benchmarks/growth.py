"""How time and memory grow with the number of organisations: they should not, for each of them.

python benchmarks/growth.py                12, 48 and 192 invented organisations
python benchmarks/growth.py 1000 --small   1,000 with almost no records
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click

SMALL = Path(__file__).parents[1] / "data" / "clwb-rhosycwsg"


def copies(number: int, folder: Path) -> None:
    """The sample organisation with the fewest records, under many ids."""
    about = (SMALL / "organisation.yaml").read_text(encoding="utf-8")
    for place in range(number):
        one = folder / f"organisation-{place:05}"
        shutil.copytree(SMALL, one)
        text = about.replace(f"id: {SMALL.name}", f"id: {one.name}")
        (one / "organisation.yaml").write_text(text, encoding="utf-8")


def memory(pid: int) -> int:
    """Resident memory of a process in MB; 0 where it is gone, or where there is no /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").split()
        return int(status[status.index("VmRSS:") + 1]) // 1000
    except (OSError, ValueError):
        return 0


def workers(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def watched(records: Path, out: Path) -> tuple[float, list[tuple[int, int, int]]]:
    """Seconds of a whole run; and, as it went on: organisations done, MB of the command, and of
    the largest of its workers."""
    command = [sys.executable, "-m", "assess.cli", "run", records, "--out", out, "--quiet"]
    started, seen = time.perf_counter(), []
    running = subprocess.Popen(command)
    while running.poll() is None:
        time.sleep(1)
        done = len(list(out.glob("*/*/run.json")))
        largest = max(map(memory, workers(running.pid)), default=0)
        seen.append((done, memory(running.pid), largest))
    assert running.returncode == 0, "the run failed"
    return time.perf_counter() - started, seen


@click.command()
@click.argument("numbers", nargs=-1, type=int)
@click.option("--small", is_flag=True, help="Copies of one with almost no records.")
def main(numbers: tuple[int, ...], small: bool) -> None:
    """Seconds for each organisation, and memory early and late in the run."""
    from assess.synth import write_organisations

    print("organisations  seconds each  command MB: early, late  worker MB: early, late")
    for number in numbers or (12, 48, 192):
        with TemporaryDirectory() as folder:
            records, out = Path(folder) / "records", Path(folder) / "reports"
            if small:
                copies(number, records)
            else:
                write_organisations(number, records, seed=1)
            seconds, seen = watched(records, out)
            early = next(row for row in seen if row[0] >= number / 10)
            late = next(row for row in seen if row[0] >= number * 9 / 10)
            print(
                f"{number:13} {seconds / number:13.2f} {early[1]:18} {late[1]:5}"
                f" {early[2]:16} {late[2]:5}",
                flush=True,
            )


if __name__ == "__main__":
    main()

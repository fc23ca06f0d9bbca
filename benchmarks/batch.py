"""A batch of reports, five ways, side by side in one run.

    python benchmarks/batch.py                 40 organisations, the command loop on 12 of them
    python benchmarks/batch.py -n 400 --loop 12

Every way makes the same notebooks and pages from the same invented organisations. Times include
the start of whatever has to start; the processor's time is given beside them, for machines that
have other things to do. What is quoted are ratios: they hold from machine to machine.
ploomber-engine is measured where it is installed (pip install ploomber-engine).
"""

import ast
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from assess.batch import shipped_notebook

NOTEBOOK = shipped_notebook("assessment")
PYTHON = (sys.executable, "-m")


def command_loop(sources: list[Path], out: Path) -> None:
    """What a shell script does: papermill, then nbconvert, for one organisation after another."""
    for source in sources:
        notebook = out / f"{source.name}.ipynb"
        parameters = ["-p", "records", source, "-p", "seed", "1"]
        papermill = [*PYTHON, "papermill", NOTEBOOK, notebook, *parameters, "--no-progress-bar"]
        convert = [*PYTHON, "nbconvert", "--to", "html", notebook]
        for command in (papermill, convert):
            subprocess.run(command, cwd=NOTEBOOK.parent, check=True, capture_output=True)


def with_engine(source: Path, out: Path, engine: str | None) -> None:
    """One notebook with one of papermill's engines, and its page."""
    import papermill

    from assess import report

    executed = papermill.execute_notebook(
        NOTEBOOK,
        out / f"{source.name}.ipynb",
        parameters={"records": str(source), "seed": 1},
        engine_name=engine,
        progress_bar=False,
        cwd=NOTEBOOK.parent,
    )
    (out / f"{source.name}.html").write_text(report.to_html(executed), encoding="utf-8")


def two_processes(sources: list[Path], out: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(with_engine, sources, [out] * len(sources), [None] * len(sources)))


def ploomber_alone(sources: list[Path], out: Path) -> None:
    _one_after_another([sources], out)


def ploomber_in_two(sources: list[Path], out: Path) -> None:
    _one_after_another([sources[::2], sources[1::2]], out)


def _one_after_another(shares: list[list[Path]], out: Path) -> None:
    """Each share in a process. Not in a pool: the engine puts a module of its own in the place of
    `__main__`, and a pool's worker then cannot find its second task."""
    spawn = get_context("spawn")
    processes = [spawn.Process(target=_share, args=(share, out)) for share in shares]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError("it stopped")


def _share(sources: list[Path], out: Path) -> None:
    for source in sources:
        with_engine(source, out, "embedded")


def assess_run(sources: list[Path], out: Path) -> None:
    """The whole command: notebooks, pages, tables, comparison, first page."""
    command = [*PYTHON, "assess.cli", "run", *sources, "--out", out, "--quiet"]
    subprocess.run(command, check=True)


def plain_functions(sources: list[Path], out: Path) -> None:
    """The floor: the same page from the same functions, with no notebook executed at all."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(plain, sources, [out] * len(sources)))


def plain(source: Path, out: Path) -> None:
    """What the notebook's cells call, called by Python; their values put where outputs go."""
    import nbformat
    from nbformat.v4 import new_output

    from assess import report

    notebook = nbformat.read(NOTEBOOK, 4)
    names: dict = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            value = _value(cell.source, names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= {"records": str(source), "seed": 1}
            if value is not None:
                html, about = _shown(value)
                cell.outputs = [new_output("display_data", {"text/html": html}, metadata=about)]
    (out / f"{source.name}.html").write_text(report.to_html(notebook), encoding="utf-8")


def _value(code: str, names: dict) -> object:
    """Run code as a cell and give its last expression's value."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return last and eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def _shown(value: object) -> tuple[str, dict]:
    if hasattr(value, "_repr_mimebundle_"):
        shown = value._repr_mimebundle_()
        data, about = shown if isinstance(shown, tuple) else (shown, {})
        return data["text/html"], about
    shown = value._repr_html_()
    return shown if isinstance(shown, tuple) else (shown, {})


def ways() -> Iterator[tuple[str, Callable[[list[Path], Path], None], bool]]:
    """Name, function, and whether it is so slow that a few organisations must do."""
    yield "papermill and nbconvert, a command each", command_loop, True
    yield "papermill in two processes", two_processes, True
    if find_spec("ploomber_engine"):
        yield "ploomber-engine in one process", ploomber_alone, False
        yield "ploomber-engine in two processes", ploomber_in_two, False
    yield "assess run, two workers", assess_run, False
    yield "plain functions in two processes", plain_functions, False


def pages(out: Path) -> int:
    return len([path for path in out.rglob("*.html") if path.stem not in ("index", "comparison")])


@click.command()
@click.option("-n", "--number", default=40, show_default=True, help="Organisations.")
@click.option("--loop", default=12, show_default=True, help="Of them, for the slow ways.")
def main(number: int, loop: int) -> None:
    """Seconds for each organisation, and how they compare with `assess run`."""
    from assess.synth import write_organisations

    with TemporaryDirectory() as folder:
        records = Path(folder) / "records"
        write_organisations(number, records, seed=1)
        sources = sorted(path for path in records.iterdir() if path.is_dir())
        spread = sources[:: max(1, number // loop)][:loop]
        print(f"{'seconds for each organisation':42}   time processor")
        slow = [(name, way) for name, way, is_slow in ways() if is_slow]
        quick = [(name, way) for name, way, is_slow in ways() if not is_slow]
        taken: dict[str, list[tuple[float, float, int]]] = {}
        # The slow ways before and after the others: the machine may be quicker at one time.
        rounds = [(slow, spread[::2]), (quick, sources), (slow, spread[1::2])]
        for round_, (chosen, some) in enumerate(one for one in rounds if one[1]):
            for name, way in chosen:
                out = Path(folder) / f"{way.__name__}-{round_}"
                out.mkdir()
                try:
                    part = (*timed(way, some, out), len(some))
                except Exception as fault:
                    print(f"{name:42} failed: {type(fault).__name__}", flush=True)
                else:
                    taken.setdefault(name, []).append(part)
                    told = _told(each([part]))
                    print(f"{name:42} {told}   {pages(out)} pages", flush=True)
        print("\ntimes as long as assess run")
        ours = each(taken["assess run, two workers"])
        for name, parts in taken.items():
            ratios = [a / b for a, b in zip(each(parts), ours, strict=True)]
            print(f"{name:42} {_told(ratios)}")


def each(parts: list[tuple[float, float, int]]) -> list[float]:
    """Seconds for one organisation, on the clock and of the processor, over all rounds."""
    whole, busy, count = map(sum, zip(*parts, strict=True))
    return [whole / count, busy / count]


def _told(numbers: list[float]) -> str:
    return "  ".join(f"{number:6.2f}" for number in numbers)


def timed(way: Callable[[list[Path], Path], None], sources: list[Path], out: Path):
    """Seconds on the clock, and of the processor in every process that was started."""
    busy, started = children(), time.perf_counter()
    way(sources, out)
    return time.perf_counter() - started, children() - busy


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()

"""Runs the notebooks with their own parameters and stores them with their outputs.

`make notebooks` does this after a change that shows in them; nbval then holds them to it.
"""

from pathlib import Path

from assess import report

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


def store(path: Path) -> None:
    """Run one notebook and write it back, without traces of the run."""
    import nbformat
    import papermill

    executed = papermill.execute_notebook(
        nbformat.read(path, as_version=4), None, cwd=path.parent, progress_bar=False
    )
    path.write_text(nbformat.writes(report.clean(executed)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        print(notebook.name)
        store(notebook)

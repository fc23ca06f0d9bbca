"""The engine papermill finds under the name `assess`: cells run in the calling process.

papermill imports every engine it finds whenever it is imported itself, so this module is light and
the work is in `in_process`, loaded when a notebook is run.
"""

from typing import Any

from nbformat import NotebookNode


class WarmEngine:
    """papermill's three questions to an engine. `papermill --engine assess` asks them here."""

    @staticmethod
    def execute_notebook(notebook: NotebookNode, kernel_name: str, **options: Any) -> NotebookNode:
        from assess.batch.in_process import InProcessEngine

        return InProcessEngine.execute_notebook(notebook, kernel_name, **options)

    @staticmethod
    def nb_kernel_name(nb: NotebookNode, name: str | None = None) -> str:
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @staticmethod
    def nb_language(nb: NotebookNode, language: str | None = None) -> str:
        from papermill.utils import nb_language

        return nb_language(nb, language)

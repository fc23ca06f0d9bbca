"""Runs a notebook's cells in the process it is called from, without a kernel.

A kernel's start and imports are most of what a short notebook costs. Here the cells run in a shell
of ipykernel's own kind, made anew for each notebook, and nbclient turns its messages into outputs,
as it does for a kernel; only the process in between is left out. `fresh_state` puts back what a
notebook may have changed. What a cell sends past Python's own `print` (a child process, C code) is
not kept, and a cell that crashes the interpreter takes the process along: run it in a worker.
"""

import atexit
import builtins
import gc
import getpass
import io
import linecache
import logging
import os
import random
import signal
import sys
import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from ipykernel.ipkernel import IPythonKernel
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.compilerop import CachingCompiler
from IPython.core.error import StdinNotImplementedError
from jupyter_client.session import Session
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.utils import merge_kwargs, remove_args
from traitlets import Any as Anything
from traitlets.config import Config


class InProcessEngine(NBClientEngine):
    """What `assess.batch.engine` stands for."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        execution_timeout: int | None = None,
        **options: Any,
    ) -> None:
        """Execute the cells; `execution_timeout` is in seconds for each cell, None for no limit."""
        limit = execution_timeout or options.get("timeout")
        options = remove_args(
            ["input_path", "timeout", "startup_timeout", "start_timeout"], **options
        )
        _Client(nb_man, **merge_kwargs(options, kernel_name=kernel_name, timeout=limit)).execute()


class _Client(PapermillNotebookClient):
    """papermill's client, with the kernel's place taken by a shell in this process."""

    def execute(self) -> NotebookNode:
        self.reset_execution_trackers()
        with fresh_state():
            with _fresh_shell(self._receive) as (self.shell, self.streams):
                self.papermill_execute_cells()
            del self.shell, self.streams  # or the notebook's objects would outlive it
        self.nb.metadata["language_info"] = dict(IPythonKernel.language_info)
        self.set_widgets_metadata()
        return self.nb

    def execute_cell(self, cell: NotebookNode, cell_index: int, **_: Any) -> NotebookNode:
        """Run one cell and keep its outputs in it.

        Raises CellExecutionError where it failed and was not allowed to, CellTimeoutError late.
        """
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or not cell.source.strip() or self.skip_cells_with_tag in tags:
            return cell
        self.running = cell, cell_index
        cell.outputs = []
        self.clear_before_next_output = False
        with _time_limit(self._get_timeout(cell), cell):
            result = self.shell.run_cell(cell.source, store_history=True)
        for stream in self.streams:
            stream.flush()
        self.code_cells_executed += 1
        cell.execution_count = self.shell.execution_count - 1
        failed = not result.success or self.shell._last_traceback_during_displayhook
        if failed and not (self.allow_errors or "raises-exception" in tags):
            error = result.error_before_exec or result.error_in_exec
            told = {"traceback": self.shell._last_traceback, "ename": type(error).__name__}
            raise CellExecutionError.from_cell_and_msg(cell, {**told, "evalue": str(error)})
        return cell

    def _receive(self, message: dict) -> None:
        self.process_message(message, *self.running)


class _Compiler(CachingCompiler):
    """Names a cell's code by its number; a kernel's names hold its process id, and so vary."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        return f"/notebook/cell-{number}.py"


class _Courier(Session):
    """Hands a shell's messages to `receive`, where a session would send them to a socket."""

    receive = Anything()

    def send(self, stream, msg_or_type, content=None, parent=None, **_: Any) -> None:
        known = isinstance(msg_or_type, dict)
        self.receive(msg_or_type if known else self.msg(msg_or_type, content, parent=parent))


class _Stream(io.TextIOBase):
    """Standard output or error of a notebook; its text is handed on in one piece when flushed."""

    encoding = "UTF-8"

    def __init__(self, name: str, courier: _Courier) -> None:
        self.name, self.courier, self.waiting = name, courier, io.StringIO()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return self.waiting.write(text)

    def flush(self) -> None:
        text = self.waiting.getvalue()
        self.waiting = io.StringIO()
        if text:
            self.courier.send(None, "stream", {"name": self.name, "text": text})


@contextmanager
def _fresh_shell(
    receive: Callable[[dict], None],
) -> Iterator[tuple[ZMQInteractiveShell, tuple[_Stream, _Stream]]]:
    """A shell with an empty namespace, the one `display` finds, and its streams. Then gone."""
    family = list(ZMQInteractiveShell._walk_mro())
    before = [shell_class._instance for shell_class in family]
    for shell_class in family:
        shell_class._instance = None
    config = Config({"HistoryManager": {"enabled": False}})
    shell = ZMQInteractiveShell.instance(config=config, compiler_class=_Compiler)
    shell.history_manager.outputs = defaultdict(list)  # else one for all shells, for ever
    courier = _Courier(receive=receive, key=b"")
    shell.displayhook.session = shell.display_pub.session = courier
    streams = _Stream("stdout", courier), _Stream("stderr", courier)
    try:
        with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            yield shell, streams
    finally:
        shell.restore_sys_module_state()
        atexit.unregister(shell.atexit_operations)
        for shell_class, instance in zip(family, before, strict=True):
            shell_class._instance = instance


@contextmanager
def fresh_state() -> Iterator[None]:
    """Put back what a notebook may change outside its namespace, so that none feels the last one.

    Packages stay imported, which is why a warm worker is fast; modules found through the
    notebook's own folder are forgotten, since another folder may hold others of the same name.
    """
    with ExitStack() as afterwards:
        afterwards.enter_context(warnings.catch_warnings())
        for mapping in (os.environ, vars(builtins)):
            afterwards.callback(_put_back, mapping, dict(mapping))
        for items in (sys.path, sys.argv, logging.root.handlers):
            afterwards.callback(items.__setitem__, slice(None), list(items))
        afterwards.callback(_forget_modules, set(sys.modules), list(sys.path), Path.cwd())
        afterwards.callback(os.chdir, Path.cwd())
        afterwards.callback(logging.root.setLevel, logging.root.level)
        afterwards.callback(random.setstate, random.getstate())
        afterwards.callback(setattr, getpass, "getpass", getpass.getpass)
        sys.path.insert(0, "")  # the folder a notebook runs in, as in a kernel
        builtins.input = getpass.getpass = _refuse_to_ask
        _put_back_options(afterwards)
        yield
    linecache.clearcache()
    for trace in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(trace, None)  # they hold on to the notebook's namespace
    gc.collect()


def _put_back(mapping, before: dict) -> None:
    for key in set(mapping) - set(before):
        del mapping[key]
    mapping.update(before)


def _forget_modules(before: set[str], path: list[str], folder: Path) -> None:
    """Drop the modules imported since that came from `folder`, or from a path added since."""
    local = {str(folder), *map(os.path.abspath, set(sys.path) - set(path))}
    added = set(sys.modules) - before
    tops = {name.partition(".")[0] for name in added}
    stale = {top for top in tops if str(_home(sys.modules.get(top))) in local}
    for name in added:
        if name.partition(".")[0] in stale:
            del sys.modules[name]


def _home(module: ModuleType | None) -> Path | None:
    """The folder a top-level module or package was found in; None for a built-in one."""
    file = getattr(module, "__file__", None)
    if not file:
        return None
    return Path(file).parent.parent if Path(file).stem == "__init__" else Path(file).parent


def _put_back_options(afterwards: ExitStack) -> None:
    """numpy's random state and settings; pandas' and altair's options as freshly imported."""
    if numpy := sys.modules.get("numpy"):
        afterwards.callback(numpy.random.set_state, numpy.random.get_state())
        afterwards.enter_context(numpy.errstate())
        afterwards.enter_context(numpy.printoptions())
    afterwards.callback(_reset_options)


def _reset_options() -> None:
    if pandas := sys.modules.get("pandas"):
        with warnings.catch_warnings(action="ignore"):  # some options are on their way out
            pandas.reset_option("all")
    if altair := sys.modules.get("altair"):
        for registry in (altair.renderers, altair.data_transformers, altair.theme):
            registry.enable("default")


def _refuse_to_ask(*_: Any, **__: Any) -> NoReturn:
    raise StdinNotImplementedError(
        "raw_input was called, but this frontend does not support input requests."
    )


@contextmanager
def _time_limit(seconds: int | None, cell: NotebookNode) -> Iterator[None]:
    """Raise CellTimeoutError after `seconds`. Without effect outside the main thread."""
    if not seconds or threading.current_thread() is not threading.main_thread():
        yield
        return
    late = CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", seconds, cell)
    passed = threading.Event()

    def interrupt(*_: Any) -> NoReturn:
        passed.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if passed.is_set():
            cell.outputs = [output for output in cell.outputs if output.output_type != "error"]
            raise late

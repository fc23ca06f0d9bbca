"""The in-process engine gives a kernel's outputs, and leaves nothing behind."""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"

# One entry a cell, in one notebook, in this order: later cells may use what earlier ones made.
# "raises" cells carry the tag that lets a notebook go on after an error.
CELLS = {
    "last expression": "1 + 1",
    "an assignment shows nothing": "a = 3",
    "a semicolon hides the value": "a;",
    "None shows nothing": "None",
    "only the last of several values": "a\na + 1",
    "history": "_, Out[1], In[2], _1",
    "print": "print('one')\nprint('two', end='')\nprint(' three', flush=True)",
    "standard output and error are kept apart": (
        "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')"
    ),
    "display between prints": (
        "from IPython.display import HTML, JSON, SVG, Image, Latex, Markdown\n"
        "from IPython.display import clear_output, display\n"
        "print('before')\ndisplay(HTML('<b>bold</b>'))\nprint('after')\n'value'"
    ),
    "kinds of display": (
        "display(JSON({'a': [1, 2]}), Markdown('*m*'), Latex('$x$'))\n"
        "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>'))\n"
        "display(Image(data=bytes.fromhex('89504e470d0a1a0a') + b'rest', format='png'))"
    ),
    "raw display with metadata": (
        "display({'text/plain': 'p', 'application/json': {'k': 1}}, raw=True,\n"
        "        metadata={'application/json': {'expanded': True}})"
    ),
    "a mime bundle": (
        "class Bundle:\n"
        "    def _repr_mimebundle_(self, include=None, exclude=None):\n"
        "        return {'text/html': '<i>x</i>', 'text/plain': 'x'}, {'text/html': {'w': 1}}\n"
        "Bundle()"
    ),
    "an html repr": "class Page:\n    def _repr_html_(self): return '<p>ŵ ŷ £</p>'\nPage()",
    "a repr of its own": "class Word:\n    def __repr__(self): return 'a word'\n[Word()] * 3",
    "a long list is wrapped": "list(range(60))",
    "a data frame": (
        "import pandas as pd\n"
        "pd.DataFrame({'body': ['board', None], 'held_on': pd.to_datetime(['2025-01-31', None])})"
    ),
    "a styled data frame": "pd.DataFrame({'a': [1.0]}).style.set_uuid('fixed').format('{:.2f}')",
    "display with an id": "handle = display(HTML('first'), display_id='later'); print('x')",
    "and its update from another cell": "handle.update(HTML('second'))",
    "clear output": "print('gone')\nclear_output()\nprint('kept')",
    "clear output when the next comes": "print('gone')\nclear_output(wait=True)\ndisplay(1)",
    "carriage return": "print('10%\\r20%\\r')",
    "capture": "%%capture seen\nprint('hidden')\n7",
    "captured": "seen.stdout",
    "a cell magic": "%%html\n<hr>",
    "a line magic": "%who_ls str",
    "a shell command": "!echo from the shell",
    "await": "import asyncio\nawait asyncio.sleep(0, result='waited')",
    "a thread prints": (
        "import threading\n"
        "thread = threading.Thread(target=print, args=('from a thread',))\n"
        "thread.start(); thread.join()"
    ),
    "a warning": "import warnings\nwarnings.warn('look out')",
    "a deprecation warning": "warnings.warn('old', DeprecationWarning)",
    "the shell is a kernel's": "type(get_ipython()).__name__, __name__, sys.stdout.encoding",
    "help goes to a pager": "len?",
    "a blank cell": "  ",
    "an empty display": "display()",
    "logging": "import logging\nlogging.warning('logged')",
    "nothing to ask raises": "input('name? ')",
    "division raises": "def divide(x):\n    return x / 0\n\n\nprint('first')\ndivide(1)",
    "a chain raises": "try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('v') from e",
    "syntax raises": "1 +",
    "an unknown magic raises": "%no_such_magic",
    "a name raises": "unknown",
    "a group raises": "raise ExceptionGroup('several', [ValueError('a'), TypeError('b')])",
    "a repr raises": "class Bad:\n    def __repr__(self): raise ValueError('no repr')\nBad()",
    "leaving raises": "sys.exit('bye')",
    "an interrupt raises": "raise KeyboardInterrupt",
    "and on": "print('still here')",
}
NAMES = list(CELLS)


def notebook(*sources, **tagged):
    cells = [new_code_cell(source) for source in sources]
    cells += [new_code_cell(source, metadata={"tags": [tag]}) for tag, source in tagged.items()]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def zoo():
    cells = [
        new_code_cell(source, metadata={"tags": ["raises-exception"] if "raises" in name else []})
        for name, source in CELLS.items()
    ]
    return new_notebook(cells=[*cells, new_markdown_cell("The end.")], metadata=notebook().metadata)


def execute(cells, folder, engine, **options):
    """The executed notebook, or as much of it as was done, and the name of what stopped it."""
    stopped = None
    nbformat.write(cells, folder / "in.ipynb")
    try:
        papermill.execute_notebook(
            folder / "in.ipynb",
            folder / "out.ipynb",
            engine_name=engine,
            progress_bar=False,
            **{"cwd": folder, **options},
        )
    except Exception as error:
        stopped = type(error).__name__
    return nbformat.read(folder / "out.ipynb", 4), stopped


def comparable(output):
    """Without what differs from kernel to kernel: a cell's temporary file, addresses.

    One traceback shows the inside of the kernel; there the message is enough.
    """
    if output.get("ename") == "StdinNotImplementedError":
        output = {**output, "traceback": "VARIES"}
    cell_file = r"(/tmp/ipykernel_\d+/)?\b\d+\.py|(/notebook/)?\bcell-\d+\.py"
    return re.sub(rf"{cell_file}|0x[0-9a-f]+", "VARIES", str(output))


def outputs(executed):
    """Execution count and outputs of each cell, without the ones papermill adds at an error."""
    return [
        (cell.get("execution_count"), [comparable(output) for output in cell.get("outputs", [])])
        for cell in executed.cells
        if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]


@pytest.fixture(scope="module")
def worker():
    """A process of its own: pytest changes warnings and standard output in this one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield lambda *args, **options: pool.submit(execute, *args, **options).result()


@pytest.fixture(scope="module")
def zoos(worker, tmp_path_factory):
    """The zoo as a kernel leaves it, and as the engine does, the second time it sees it."""
    folder = tmp_path_factory.mktemp("zoo")
    by_kernel, _ = worker(zoo(), folder, None)
    worker(zoo(), folder, "assess")
    in_process, _ = worker(zoo(), folder, "assess")
    return by_kernel, in_process


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_has_the_outputs_of_a_kernel(zoos, name):
    expected, found = (outputs(executed)[NAMES.index(name)] for executed in zoos)
    assert found == expected


def test_the_zoo_was_run_to_its_end(zoos):
    """Otherwise every cell would agree by being empty."""
    for executed in zoos:
        (last,) = executed.cells[-2].outputs
        assert last.text == "still here\n"


def test_the_notebook_says_what_a_kernel_says_of_its_language(zoos):
    by_kernel, in_process = zoos
    assert in_process.metadata.language_info == by_kernel.metadata.language_info


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")))
def test_our_notebooks_have_the_outputs_of_a_kernel(worker, tmp_path, name):
    """Every cell of every notebook that ships, with its own parameters."""
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4)
    expected, stopped = worker(cells, tmp_path, None, cwd=NOTEBOOKS)
    found, stopped_too = worker(cells, tmp_path, "assess", cwd=NOTEBOOKS)
    assert stopped is None
    assert stopped_too is None
    shown = [cell for cell in outputs(expected) if cell[1]]
    assert len(shown) > 3
    assert outputs(found) == outputs(expected)


@pytest.mark.parametrize(
    "last",
    [
        pytest.param("1 / 0", id="an error stops the notebook"),
        pytest.param("import sys; sys.exit()", id="leaving without a reason is not an error"),
        pytest.param("import sys; sys.exit(3)", id="leaving with a number is one"),
        pytest.param("class Bad:\n    def __repr__(self): 1 / 0\nBad()", id="a repr that fails"),
    ],
)
def test_a_notebook_stops_where_a_kernel_stops(worker, tmp_path, last):
    cells = notebook("print('before')", last, "print('never')")
    expected, stopped = worker(cells, tmp_path, None)
    found, stopped_too = worker(cells, tmp_path, "assess")
    assert outputs(found) == outputs(expected)
    assert stopped_too == stopped


def test_a_cell_that_takes_too_long_is_stopped(worker, tmp_path):
    cells = notebook("print('before')\nwhile True: pass", "print('never')")
    started = time.monotonic()
    found, stopped = worker(cells, tmp_path, "assess", execution_timeout=1)
    assert stopped == "CellTimeoutError"
    assert time.monotonic() - started < 5
    assert [output.get("text") for output in found.cells[0].outputs] == ["before\n"]
    assert worker(notebook("1"), tmp_path, "assess")[1] is None


def test_parameters_are_given_as_papermill_gives_them(worker, tmp_path):
    cells = notebook(parameters='period = "2024"')
    cells.cells.append(new_code_cell("period"))
    found, _ = worker(cells, tmp_path, "assess", parameters={"period": "2025"})
    assert found.cells[-1].outputs[0].data["text/plain"] == "'2025'"


LITTER = """
import builtins, getpass, logging, os, random, sys, warnings
import altair, numpy, pandas
left = 'a name'
builtins.left_in_builtins = 1
os.environ['LEFT'] = '1'; os.environ.pop('PATH')
os.chdir('/')
sys.path.insert(0, '/left'); sys.argv.append('left')
warnings.simplefilter('error')
logging.root.setLevel(10); logging.root.addHandler(logging.StreamHandler())
random.seed(1); numpy.random.seed(1); numpy.seterr(all='raise'); numpy.set_printoptions(precision=1)
pandas.set_option('display.max_rows', 2)
altair.data_transformers.disable_max_rows(); altair.renderers.enable('json')
sys.stdout = None; sys.displayhook = print
"""
LOOK = """
import builtins, logging, os, random, sys, warnings
import altair, numpy, pandas
{
    'names': sorted(name for name in dir() if name.startswith('left')),
    'builtins': hasattr(builtins, 'left_in_builtins'),
    'environ': sorted(os.environ.items()),
    'folder': os.getcwd(),
    'path': sys.path, 'argv': sys.argv,
    'filters': warnings.filters,
    'logging': (logging.root.level, logging.root.handlers),
    'random': random.getstate()[1][:3] == before[0],
    'numpy': (numpy.geterr(), numpy.get_printoptions()),
    'numpy random': numpy.random.get_state()[1][:3].tolist() == before[1],
    'pandas': pandas.get_option('display.max_rows'),
    'altair': (altair.data_transformers.active, altair.renderers.active),
}
"""


def test_nothing_is_left_for_the_next_notebook(worker, tmp_path):
    """What a notebook sees is the same before and after another has littered."""
    states = "import random, numpy\nbefore = [(0,) * 3, [0] * 3]"
    look = notebook(states, LOOK)
    before, _ = worker(look, tmp_path, "assess")
    littered, stopped = worker(notebook(LITTER), tmp_path, "assess")
    assert stopped is None
    assert not littered.cells[0].outputs
    after, _ = worker(look, tmp_path, "assess")
    assert before.cells[1].outputs
    assert outputs(after) == outputs(before)


def test_random_numbers_go_on_from_where_they_were(worker, tmp_path):
    """A seed set in one notebook is not the seed of the next."""
    draw = "import random, numpy\nrandom.random(), numpy.random.random()"
    seeded = "random.seed(1); numpy.random.seed(1)\n"
    worker(notebook("import random, numpy\n" + seeded), tmp_path, "assess")
    first, _ = worker(notebook(draw), tmp_path, "assess")
    worker(notebook("import random, numpy\n" + seeded), tmp_path, "assess")
    again, _ = worker(notebook("import random, numpy\n" + seeded + draw), tmp_path, "assess")
    assert outputs(first) != outputs(again)


def test_modules_beside_a_notebook_are_its_own(worker, tmp_path):
    """Two folders with a `helpers.py` each: neither notebook sees the other's."""
    told = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "helpers.py").write_text(f"WHO = {name!r}\n")
        found, _ = worker(notebook("import helpers\nhelpers.WHO"), tmp_path / name, "assess")
        told.append(found.cells[0].outputs[0].data["text/plain"])
    assert told == ["'one'", "'two'"]


def test_a_kept_package_is_imported_once(worker, tmp_path):
    ask = notebook("import colorsys\nid(colorsys)")
    first, _ = worker(ask, tmp_path, "assess")
    second, _ = worker(ask, tmp_path, "assess")
    assert outputs(first) == outputs(second)


def memory_kept(folder):
    """How many of the objects that ten notebooks made are still there afterwards."""
    import gc

    source = "class Big(list): pass\nbig = Big([0] * 100_000)\nbig\ndef f(): return big"
    for _ in range(10):
        execute(notebook(source, "1 / 0"), folder, "assess")
    kinds = [type(item).__name__ for item in gc.get_objects()]
    return {name: kinds.count(name) for name in ("Big", "HistoryOutput", "ZMQInteractiveShell")}


def test_a_notebooks_objects_go_with_it(tmp_path):
    """Its variables, its outputs and its shell; the outputs are the pictures of a report."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        kept = pool.submit(memory_kept, tmp_path).result()
    assert kept == {"Big": 0, "HistoryOutput": 0, "ZMQInteractiveShell": 0}


def test_papermill_finds_the_engine_by_its_entry_point():
    """Through the package's own metadata, and without loading the shell until it is needed."""
    from importlib.metadata import entry_points

    from assess.batch.engine import WarmEngine

    (found,) = entry_points(group="papermill.engine", name="assess")
    assert found.load() is WarmEngine


def test_the_papermill_command_takes_the_engine(tmp_path):
    cells = notebook(parameters="number = 1")
    cells.cells.append(new_code_cell("number * 6"))
    nbformat.write(cells, tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "--engine", "assess", "in.ipynb", "out.ipynb"]
    subprocess.run([*command, "-p", "number", "7"], cwd=tmp_path, check=True, capture_output=True)
    found = nbformat.read(tmp_path / "out.ipynb", 4)
    assert found.cells[-1].outputs[0].data["text/plain"] == "42"


def test_a_notebook_in_a_notebook_gives_the_outer_shell_back(worker, tmp_path):
    """papermill called from a cell, as researchers do, ends with the caller's shell in place."""
    (tmp_path / "inner").mkdir()
    nbformat.write(notebook("print('inner')"), tmp_path / "inner" / "in.ipynb")
    source = (
        "import papermill\n"
        "papermill.execute_notebook('inner/in.ipynb', None, engine_name='assess',"
        " progress_bar=False);\n"
        "print('outer')"
    )
    found, stopped = worker(notebook(source, "6 * 7"), tmp_path, "assess")
    assert stopped is None
    assert [output.get("text") for output in found.cells[0].outputs] == ["outer\n"]
    assert found.cells[1].outputs[0].data["text/plain"] == "42"
    assert os.environ.get("FORCE_COLOR") is None

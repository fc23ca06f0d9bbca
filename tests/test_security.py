"""Attacks by whoever writes the records. docs/security.md names these tests."""

import ast
import base64
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import openpyxl
import pandas as pd
import pytest
from papermill import inspect_notebook

from assess import report
from assess.assessment import assess_records
from assess.batch.job import known_parameters
from assess.csv_cells import as_csv, harmless
from assess.framework import load_framework
from assess.load import load, raw, workbooks
from assess.records import AssessError
from assess.report import sections
from assess.validate import read_records
from assess.words import Words

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "gofal-elwedd"
SMALLEST = ROOT / "data" / "clwb-rhosycwsg"
SCRIPT = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def organisation(folder, old="", new="", *, sample=SMALLEST):
    """A copy of a sample in which its organisation.yaml says something else."""
    shutil.copytree(sample, folder)
    about = folder / "organisation.yaml"
    text = about.read_text(encoding="utf-8")
    assert old in text
    about.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
    return folder


# Identifiers


@pytest.mark.parametrize(
    "id",
    [
        "../../etc",
        "..",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "C:con",
        "a\0b",
        "~root",
        "x" * 61,
    ],
)
def test_an_id_that_could_name_another_folder_is_refused(tmp_path, id):
    folder = organisation(tmp_path / "one", f"id: {SMALLEST.name}", f'id: "{id}"')
    with pytest.raises(AssessError):
        read_records(folder)


@pytest.mark.parametrize(("id", "read"), [("-rf", "rf"), ("A b", "a-b")])
def test_an_id_that_is_nearly_right_is_read_as_one_that_names_no_folder(tmp_path, id, read):
    folder = organisation(tmp_path / "one", f"id: {SMALLEST.name}", f'id: "{id}"')
    assert read_records(folder).organisation.id == read


def test_the_key_of_an_organisation_stays_among_the_keys(tmp_path, monkeypatch):
    """Only an id that was read from records names a key: letters, digits and hyphens."""
    monkeypatch.setenv("ASSESS_KEYS", str(tmp_path / "keys"))
    assess_records(SMALLEST, look_back=False, seed=99)
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [f"{SMALLEST.name}.key"]


# Pages


@pytest.fixture(scope="module")
def scripted(tmp_path_factory):
    """A sample whose name and groups hold a script."""
    folder = tmp_path_factory.mktemp("scripted") / "one"
    organisation(folder, sample=SAMPLE)
    about = folder / "organisation.yaml"
    text = about.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^name: .*$", f"name: '{SCRIPT}'", text)
    text, found = re.subn(r"(?m)^(\s+title: )(?!.*[{}]).*$", rf"\1'{SCRIPT}'", text)
    assert found >= 4
    about.write_text(text, encoding="utf-8")
    return assess_records(folder, look_back=False)


def test_a_script_in_the_records_is_text_on_the_page(scripted):
    words = Words("en")
    parts = [sections.opening, sections.in_short, sections.by_principle, sections.who_took_part]
    parts += [sections.claims, sections.gates, sections.actions, sections.method]
    page = "".join(part(scripted, words).markup for part in parts)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert "<img src=x" not in page
    drawings = [base64.b64decode(one).decode() for one in re.findall(r"base64,([^\"]+)", page)]
    assert any("alert(1)" in drawing for drawing in drawings)  # it is in a label of a chart
    assert not [drawing for drawing in drawings if "<script" in drawing or "<img" in drawing]


def test_a_script_in_a_name_is_text_on_the_first_page():
    row = {"organisation": "one", "name": SCRIPT, "state": "failed", "period": ""}
    status = pd.DataFrame([row | {"problems": 0, "message": SCRIPT, "folder": ""}])
    page = report.index_page(status, reports={})
    assert "alert(1)" in page
    assert "<script>alert" not in page


def test_a_page_lets_no_script_run_and_fetches_nothing():
    """Were something to slip through unescaped, the browser would still refuse it."""
    status = pd.DataFrame(columns=["organisation", "name", "state", "period", "problems"])
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
    for page in (report.index_page(status, reports={}), report.to_html(notebook)):
        head = page.partition("</head>")[0]
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', head)
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules.pop("default-src") == "'none'"
        assert rules.pop("img-src") == "data:"
        assert rules.pop("style-src") == "'unsafe-inline'"
        assert set(rules.values()) == {"'none'"}


# Spreadsheets


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+44 20", "'+44 20"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        (" =1+1", "' =1+1"),
        ("-5", "-5"),
        ("+1.5", "+1.5"),
        ("Tegfan = Care", "Tegfan = Care"),
        (-5.0, -5.0),
        (None, None),
    ],
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(cell, written):
    assert harmless(cell) == written


def test_every_table_we_write_as_csv_goes_through_it():
    table = pd.DataFrame({"=a": ["=1+1", "x"], "n": [-1.5, 2.0]})
    assert as_csv(table) == "'=a,n\n'=1+1,-1.5\nx,2.0\n"


def test_no_other_module_writes_csv_of_results():
    """Records that are written to be read again (imports, bundles, samples, templates) are not
    results; each has a reason here."""
    records = {
        "csv_cells.py",
        "template.py",
        "synth/write.py",
        "importers/write.py",
        "bundle/data_package.py",
        "bundle/validity.py",
    }
    writing = {
        path.relative_to(ROOT / "src" / "assess").as_posix()
        for path in (ROOT / "src" / "assess").rglob("*.py")
        if re.search(r"\.to_csv\(|csv\.(writer|DictWriter)\(", path.read_text(encoding="utf-8"))
    }
    assert "csv_cells.py" in writing
    assert writing - records <= {"batch/__init__.py"}
    assert "harmless(cell)" in (ROOT / "src" / "assess" / "batch" / "__init__.py").read_text(
        encoding="utf-8"
    )


def test_an_excel_file_of_ours_holds_no_formula_from_records():
    from assess.template import workbook

    records = read_records(SMALLEST)
    about = records.organisation.model_copy(update={"name": "=1+1"})
    book = openpyxl.load_workbook(io.BytesIO(workbook(Words("en"), about, records.tables)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell for cell in cells if cell.value == "=1+1" and cell.data_type != "f"]
    assert not [cell for cell in cells if cell.value == "=1+1" and cell.data_type == "f"]


# YAML


@pytest.mark.parametrize(
    "text",
    [
        "id: !!python/object/apply:os.system ['touch owned']\n",
        "id: !!python/name:os.system ''\n",
        "id: &a [x]\nname: *a\n",
        "id: a\nid: b\n",
    ],
)
def test_yaml_that_would_run_or_unfold_or_contradict_itself_is_refused(tmp_path, text, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = organisation(tmp_path / "one")
    (folder / "organisation.yaml").write_text(text)
    with pytest.raises(AssessError):
        read_records(folder)
    framework = tmp_path / "framework.yaml"
    framework.write_text(text.replace("id:", "name:"))
    with pytest.raises(AssessError):
        load_framework(framework)
    assert not (tmp_path / "owned").exists()


def test_an_alias_is_refused_where_all_else_is_in_order(tmp_path):
    """Ten lines of aliases of aliases are gigabytes."""
    folder = organisation(tmp_path / "one", f"id: {SMALLEST.name}", f"id: &a {SMALLEST.name}")
    about = folder / "organisation.yaml"
    text = re.sub(r"(?m)^name: .*$", "name: *a", about.read_text(encoding="utf-8"))
    about.write_text(text, encoding="utf-8")
    with pytest.raises(AssessError, match="alias"):
        read_records(folder)


# Notebooks

KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}
PARAMETERS = 'records = ""\nperiod = ""'


@pytest.fixture
def notebook():
    cell = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    return nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": KERNEL})


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"x = 1; import os  #": 1}, id="code as a name"),
        pytest.param(
            {"period": (1, "__import__('os')")}, id="a tuple, which papermill writes as code"
        ),
        pytest.param({"period": Path(".")}, id="an object"),
        pytest.param({"period": {1: "a"}}, id="a key that is not text"),
    ],
)
def test_a_parameter_that_papermill_would_write_as_code_is_refused(notebook, parameters):
    with pytest.raises(AssessError):
        known_parameters(inspect_notebook(notebook), parameters, "assessment.ipynb")


@pytest.mark.parametrize(
    "value",
    [
        '"; import os; os.system("touch owned") #',
        "\n__import__('os')\n",
        '\\"+str(1)+"',
        "{records}",
    ],
)
def test_a_value_is_a_value_whatever_it_looks_like(notebook, value, tmp_path, monkeypatch):
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    monkeypatch.chdir(tmp_path)
    nbformat.write(notebook, tmp_path / "in.ipynb")
    loaded = load_notebook_node(str(tmp_path / "in.ipynb"))
    known = known_parameters(inspect_notebook(loaded), {"period": value}, "assessment.ipynb")
    filled = parameterize_notebook(loaded, known)
    names = {}
    exec(filled.cells[-1].source, names)
    assert names["period"] == value
    assert not (tmp_path / "owned").exists()


# Files that are not what they seem


def packed(parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return file.getvalue()


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_does(tmp_path, monkeypatch):
    """50 MB of zeros pack into 50 kB; the limit is set to 10 MB here and is 2 GB in use."""
    monkeypatch.setattr(workbooks, "MAX_UNPACKED_BYTES", 10_000_000)
    bomb = packed({"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": b"0" * 50_000_000})
    assert len(bomb) < 100_000
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(bomb)
    found = load(path)
    assert "workbook" in found.broken
    assert "unpacks to more than" in str(found.problems[0])


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {n} "{f"&{p};" * 10}">' for p, n in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)


def test_xml_that_unfolds_to_gigabytes_does_not(tmp_path):
    """Ten entities, each ten of the one before: 2 GB of text if anything read them."""
    book = openpyxl.Workbook()
    book.active.title = "members"
    book.active.append(["member_id"])
    book.active.append(["M1"])
    book.save(tmp_path / "good.xlsx")
    with zipfile.ZipFile(tmp_path / "good.xlsx") as good:
        parts = {name: good.read(name) for name in good.namelist()}
    laughing = [name for name, part in parts.items() if b"member_id" in part]
    assert laughing
    for name in laughing:
        text = parts[name].decode().partition("?>")[2] or parts[name].decode()
        parts[name] = LAUGHS + text.replace("M1", "&j;").replace("member_id", "member_id &j;")
    path = tmp_path / "laughs.xlsx"
    path.write_bytes(packed(parts))
    found = load(path)
    read = "".join(table.rows.to_csv() for table in found.tables.values())
    assert len(read) < 10_000


def test_a_file_that_is_too_large_is_refused_by_its_size(tmp_path):
    path = tmp_path / "members.csv"
    path.write_bytes(b"x" * 1001)
    with pytest.raises(raw.UnreadableError) as refused:
        raw.read_bytes(path, inside=tmp_path, limit=1000)
    assert "larger than" in refused.value.problem.what


@pytest.mark.parametrize("name", ["members.csv", "organisation.yaml"])
def test_a_link_to_a_file_elsewhere_is_not_followed(tmp_path, name):
    folder = organisation(tmp_path / "one")
    secret = tmp_path / "secret"
    shutil.copy(folder / name, secret)
    (folder / name).unlink()
    (folder / name).symlink_to(secret)
    found = load(folder)
    assert [p for p in found.problems if "link to a place outside" in p.what]
    assert Path(name).stem in found.broken


# The network, and code from data

SITE = """
import socket

def refuse(*args, **kwargs):
    raise AssertionError("a socket was asked for")

class Refused(socket.socket):
    def __init__(self, family=socket.AF_INET, *args, **kwargs):
        if family in (socket.AF_INET, socket.AF_INET6):
            refuse()
        super().__init__(family, *args, **kwargs)

socket.socket = Refused
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["internal", "publish"])
def test_a_whole_run_asks_for_no_socket(tmp_path, mode):
    """Sockets are refused in the command and in its workers alike."""
    (tmp_path / "sitecustomize.py").write_text(SITE)
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "ASSESS_KEYS": str(tmp_path / "keys")}
    refused = [sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"]
    probe = subprocess.run(refused, env=environment, capture_output=True, check=False)
    assert b"a socket was asked for" in probe.stderr
    command = [sys.executable, "-m", "assess.cli", "run", str(SMALLEST), str(SAMPLE)]
    command += ["--out", str(tmp_path / "out"), "--mode", mode, "-j", "1"]
    ran = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    assert (tmp_path / "out" / SAMPLE.name / "2025" / "assessment.html").exists()


FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "query", "system", "popen", "to_pickle"}
FORBIDDEN_CALLS |= {"read_pickle", "unsafe_load", "full_load", "read_html"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "subprocess", "socket"}
FORBIDDEN_MODULES |= {"requests", "urllib3", "httpx", "aiohttp", "http", "ftplib", "smtplib", "ssl"}
ALLOWED = {("re", "compile")}
# A browser already on the machine prints pages; its arguments are paths of our own making.
STARTS_PROGRAMS = {"pdf.py:subprocess"}


def faults_in(tree):
    """Calls and imports that run data as code, or reach out, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            of = getattr(getattr(node.func, "value", None), "id", "")
            if name in FORBIDDEN_CALLS and (of, name) not in ALLOWED:
                yield node.lineno, name
            if (
                name == "load"
                and of == "yaml"
                and not any(k.arg == "Loader" for k in node.keywords)
            ):
                yield node.lineno, "yaml.load without a loader"
            if any(k.arg == "shell" for k in node.keywords):
                yield node.lineno, "shell"
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.partition(".")[0] in FORBIDDEN_MODULES or name == "urllib.request":
                yield node.lineno, name


def test_no_code_runs_data_or_reaches_out():
    paths = [*(ROOT / "src" / "assess").rglob("*.py"), *(ROOT / "schemas").rglob("*.py")]
    found = [
        f"{path.name}:{line} {what}"
        for path in paths
        for line, what in faults_in(ast.parse(path.read_text(encoding="utf-8")))
        if f"{path.name}:{what}" not in STARTS_PROGRAMS
    ]
    assert len(paths) > 50
    assert not found


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from socket import socket",
        "eval('1')",
        "rows.query('a > 1')",
        "yaml.load(x)",
    ],
)
def test_the_search_finds_what_it_looks_for(code):
    assert list(faults_in(ast.parse(code)))


def test_the_makefile_binds_jupyter_to_this_machine():
    assert "--ServerApp.ip=127.0.0.1" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize(
    "heading",
    [
        *("Name", "Full name", "Surname", "Address", "Postcode", "Date of birth", "DOB"),
        *("Diagnosis", "NHS number", "National Insurance number", "Email", "Phone"),
        *("Enw", "Cyfenw", "Cyfeiriad", "Cod post", "Dyddiad geni", "Rhif GIG", "Ffôn"),
    ],
)
def test_columns_about_people_are_refused_and_not_repeated(tmp_path, heading):
    folder = organisation(tmp_path / "one")
    path = folder / "members.csv"
    rows = pd.read_csv(path, dtype="str", keep_default_na=False)
    rows[heading] = "Gwenllian 19-03-1961"
    rows.to_csv(path, index=False)
    records = read_records(folder)
    told = [str(problem) for problem in records.problems if problem.source == "members.csv"]
    assert [line for line in told if "was not read" in line]
    assert "Gwenllian" not in "".join(told)
    assert "Gwenllian" not in "".join(table.to_csv() for table in records.tables.values())

"""People's codes become pseudonyms; names that stand in records reach no output."""

import base64
import hashlib
import hmac
import io
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import typed

from assess import pseudonyms
from assess.assessment import assess_records
from assess.pseudonyms import hmac_of, key_of, pseudonymise
from assess.records import AssessError
from assess.report import pdf
from assess.validate.names import looks_like_names, warn_of_names

SAMPLE = Path(__file__).parents[1] / "data" / "gofal-elwedd"
KEY = bytes(range(32))


@pytest.fixture
def keys(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSESS_KEYS", str(tmp_path / "keys"))
    return tmp_path / "keys"


# The key


def test_a_key_is_made_once_and_only_its_owner_may_read_it(keys):
    key = key_of("tegfan")
    assert len(key) == 32
    assert key_of("tegfan") == key
    assert key_of("other") != key
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}
    assert sorted(path.name for path in keys.iterdir()) == ["other.key", "tegfan.key"]


def test_a_key_that_others_could_read_is_closed_again(keys):
    key_of("tegfan")
    (keys / "tegfan.key").chmod(0o644)
    key_of("tegfan")
    assert stat.S_IMODE((keys / "tegfan.key").stat().st_mode) == 0o600


def test_a_folder_for_keys_that_others_could_look_into_is_closed(keys):
    keys.mkdir(mode=0o755)
    key_of("tegfan")
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700


def test_keys_do_not_lie_among_the_records(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSESS_KEYS", str(tmp_path / "records" / "keys"))
    with pytest.raises(AssessError, match="lies inside the records"):
        key_of("tegfan", records=tmp_path / "records")


def test_without_a_setting_keys_lie_in_the_users_data_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("ASSESS_KEYS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert pseudonyms.private_folder() == tmp_path / "assess"


def test_a_damaged_key_is_said_and_not_used(keys):
    key_of("tegfan")
    (keys / "tegfan.key").write_text("ab")
    with pytest.raises(AssessError, match=r"tegfan\.key.*damaged"):
        key_of("tegfan")


# The pseudonyms


def test_it_is_hmac_sha256():
    """Test case 2 of RFC 4231: key "Jefe", "what do ya want for nothing?"."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac_of(b"Jefe")(b"what do ya want for nothing?").hex() == expected
    assert hmac_of(KEY)(b"M1") == hmac.digest(KEY, b"M1", hashlib.sha256)


def people():
    return typed.records(
        members=typed.table("members", {"member_id": "M1"}, {"member_id": "M2"}),
        attendance=typed.table(
            "attendance",
            {"meeting_id": "B1", "person_id": "M2"},
            {"meeting_id": "B1", "person_id": None},
        ),
    )


def test_the_same_person_has_the_same_pseudonym_in_every_table():
    tables = pseudonymise(people(), KEY).tables
    first, second = tables["members"]["member_id"]
    assert first != second
    assert tables["attendance"]["person_id"].tolist()[0] == second
    assert tables["attendance"]["person_id"].isna().tolist() == [False, True]
    assert second == base64.urlsafe_b64encode(hmac_of(KEY)(b"M2")[:9]).decode()
    assert tables["attendance"]["meeting_id"].tolist() == ["B1", "B1"]


def test_another_key_gives_other_pseudonyms():
    mine, other = (pseudonymise(people(), key).tables["members"] for key in (KEY, KEY[::-1]))
    assert not set(mine["member_id"]) & set(other["member_id"])


def test_every_column_of_people_is_covered():
    """Each column of a contract whose name says it is a person's, or which refers to one."""
    from assess.schemas import CONTRACTS, about_columns

    found = {
        column
        for table in CONTRACTS
        for column, about in about_columns(table).items()
        if re.search("person|member_id|respondent", column + about.get("refers_to", ""))
    }
    assert found == set(pseudonyms.PERSON_COLUMNS)


def test_a_million_people_take_seconds():
    """1 million codes in 3 million cells: under 8 seconds of processor time, 2 here."""
    codes = pd.Series([f"M{n}" for n in range(1_000_000)], dtype="str")
    cells = codes.take(np.random.default_rng(1).integers(0, len(codes), 2_000_000))
    started = time.process_time()
    columns = {("members", "member_id"): codes, ("attendance", "person_id"): cells}
    named = pseudonyms._pseudonyms(columns, KEY)
    assert time.process_time() - started < 8
    assert named["members", "member_id"].nunique() == 1_000_000
    first = cells.index[0]
    assert named["attendance", "person_id"].iloc[0] == named["members", "member_id"].loc[first]


def test_no_result_depends_on_the_key(tmp_path, monkeypatch):
    """Two keys, two sets of pseudonyms, one set of numbers: in scores, ranges, draws, groups."""
    found = []
    for name in ("one", "two"):
        monkeypatch.setenv("ASSESS_KEYS", str(tmp_path / name))
        assess_records.__globals__["_assess_once"].cache_clear()
        assessment = assess_records(SAMPLE, seed=3, look_back=False)
        parts = [assessment.measures.table, assessment.scores, assessment.draws, assessment.gates]
        parts += [assessment.claims, *assessment.groups.values()]
        found.append(([part.to_csv() for part in parts], assessment.records.tables["members"]))
    assert found[0][0] == found[1][0]
    assert not set(found[0][1]["member_id"]) & set(found[1][1]["member_id"])


# Names where codes belong


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("Jane Jones", True),
        ("Jones, Jane", True),
        ("Siân ap Huw", True),
        ("mair o'neill", True),
        ("M1", False),
        ("member 12", False),
        ("board", False),
        ("2024 05", False),
        (None, False),
    ],
)
def test_two_words_in_a_column_of_codes_look_like_a_name(cell, named):
    assert looks_like_names(pd.Series([cell], dtype="str")).tolist() == [named]


def test_the_warning_says_where_and_not_what():
    members = typed.table("members", {"member_id": "M1"}, {"member_id": "Gwenllian Prydderch"})
    (problem,) = warn_of_names(typed.records(members=members)).problems
    assert (problem.source, problem.row, problem.column) == ("members.csv", 3, "member_id")
    assert not problem.serious
    assert "Gwenllian" not in str(problem)
    assert "Prydderch" not in str(problem)


# Every byte of every output

PLANTED = ("Gwenllian", "Prydderch")
NAME = " ".join(PLANTED)


def plant(folder):
    """The sample with one name in every place where somebody might write one."""
    shutil.copytree(SAMPLE, folder)
    people_codes = ("person_id", "member_id", "respondent_id")
    for path in folder.glob("*.csv"):
        rows = pd.read_csv(path, dtype="str", keep_default_na=False)
        for column in rows.columns:
            if column in people_codes:
                first = pd.read_csv(folder / "roles.csv", dtype="str")["person_id"].iloc[0]
                rows[column] = rows[column].replace(first, f"{NAME} {first}")
        for column in ("title", "detail", "reasons_ref", "objective_ref", "risk_ref", "notes"):
            if column in rows:
                rows.loc[rows.index[:2], column] = NAME
        rows["note to self"] = f"ask {NAME}"
        rows["Full name"] = NAME
        rows.to_csv(path, index=False)
    about = folder / "organisation.yaml"
    about.write_text(about.read_text() + "\n")
    text = re.sub(r"(?m)^sector:.*$", f"sector: {NAME}", about.read_text())
    about.write_text(text if "sector:" in text else text + f"sector: {NAME}\n")
    (folder / f"{NAME}.csv").write_text("a,b\n1,2\n")
    return folder


def every_text(path):
    """A file's text, and that of all that is packed or drawn in it."""
    return list(_texts(path.name, path.read_bytes()))


def _texts(name, content):
    """Drawings are base64, streams of a PDF and parts of a zip file are deflated."""
    if name.endswith(".pdf"):
        yield from _of_pdf(content)
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for entry in packed.infolist():
                yield f"{entry.filename} {entry.comment!r} {entry.extra!r}"
                yield from _texts(entry.filename, packed.read(entry))
    if name.endswith(".parquet"):
        held = pq.read_table(io.BytesIO(content))
        yield f"{held.schema.metadata} {held.to_pandas().to_csv()}"
    text = content.decode("utf-8", errors="replace")
    drawn = re.findall(r"base64,([A-Za-z0-9+/=\\n]{40,})", text)
    yield text
    yield from (base64.b64decode(one.replace("\\n", "")).decode() for one in drawn)


def _of_pdf(content):
    pypdf = pytest.importorskip("pypdf")
    reader = pypdf.PdfReader(io.BytesIO(content))
    yield str(reader.metadata)
    for page in reader.pages:
        yield page.extract_text()
    for number in range(1, max(reader.xref[0]) + 1):
        held = reader.get_object(pypdf.generic.IndirectObject(number, 0, reader))
        yield str(held)
        if hasattr(held, "get_data"):
            yield held.get_data().decode("latin-1")


MACHINE, USER = "peiriant-glas", "defnyddiwr-gwyrdd"  # where it runs, and as whom
LIMIT = 600


def told(command, folder, keys):
    """What a command of ours did, in a folder and for a user whose names no output may hold."""
    environment = {"ASSESS_KEYS": str(keys), "PATH": os.environ["PATH"], "USER": USER}
    environment |= {"HOME": str(folder / USER), "HOSTNAME": MACHINE, "LOGNAME": USER}
    (folder / USER).mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "assess.cli", *command],
        capture_output=True, cwd=folder, env=environment, check=False, timeout=LIMIT,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["publish", "internal"])
def test_no_name_in_the_records_reaches_any_output(tmp_path, mode):
    """Codes, titles, references, notes, fields of the organisation, headings, names of files.

    To publish, no output names the machine, the user or a folder either: run, prints and bundle.
    Whoever types the command is told where it failed, on their own screen.
    """
    folder = tmp_path / MACHINE
    records = folder / "records"
    plant(records / "first")
    broken = plant(records / "second")  # one that cannot be assessed, so that its faults are told
    # The board is told of a misspelt field by its name, so that somebody can mend it.
    field = NAME if mode == "publish" else "nmae"
    (broken / "organisation.yaml").write_text(f"id: second\nname: Second\n{field}: {NAME}\n")
    command = ["run", "records", "--out", "out", "--mode", mode, "--lang", "both", "-j", "1"]
    prints = ["--pdf"] if any(map(shutil.which, pdf.BROWSERS)) else []
    ran = told([*command, *prints], folder, tmp_path / "keys")
    assert ran.returncode == 1, ran.stderr.decode()
    packed = told(["bundle", "out", "--out", "out/all.zip"], folder, tmp_path / "keys")
    assert packed.returncode == 0, packed.stderr.decode()
    outputs = [path for path in (folder / "out").rglob("*") if path.is_file()]
    suffixes = {".html", ".ipynb", ".csv", ".json", ".log", ".zip", *([".pdf"] if prints else [])}
    assert {path.suffix for path in outputs} >= suffixes
    texts = {path.name: every_text(path) for path in outputs}
    assert sum(len(parts) > 1 for parts in texts.values()) >= 4  # pages and notebooks have drawings
    texts["what was said"] = [(ran.stdout + ran.stderr + packed.stdout + packed.stderr).decode()]
    here = (MACHINE, USER) if mode == "publish" else ()
    found = {
        (place, word)
        for place, parts in texts.items()
        for part in parts
        for word in (*PLANTED, *(() if place == "what was said" else here))
        if word.casefold() in part.casefold()
    }
    assert not found


@pytest.mark.slow
def test_no_key_and_no_pseudonym_reaches_any_output(tmp_path, monkeypatch):
    from assess import batch

    monkeypatch.setenv("ASSESS_KEYS", str(tmp_path / "keys"))
    out = tmp_path / "out"
    batch.run([SAMPLE], out, mode="publish", jobs=1, quiet=True)
    batch.run([SAMPLE], tmp_path / "own", jobs=1, quiet=True)
    secrets = [path.read_text() for path in (tmp_path / "keys").glob("*.key")]
    given = pd.read_csv(SAMPLE / "members.csv", dtype="str")["member_id"]
    key = bytes.fromhex(secrets[0])
    secrets += [base64.urlsafe_b64encode(hmac_of(key)(c.encode())[:9]).decode() for c in given]
    assert len(secrets) > 100
    looked_at = 0
    for path in [*out.rglob("*"), *(tmp_path / "own").rglob("*")]:
        if path.is_file():
            text = "\n".join(every_text(path))
            assert not [secret for secret in secrets if secret in text], path
            looked_at += 1
    assert looked_at >= 10

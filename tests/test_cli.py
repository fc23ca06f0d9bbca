"""What a person who types a command sees: help at once, plain words, an exit code."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from assess.cli import main

DATA = Path(__file__).parents[1] / "data"
SMALLEST = DATA / "clwb-rhosycwsg"


def said(*arguments):
    """Exit code and everything printed."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_help_comes_without_loading_the_libraries():
    """Nothing heavy is imported, so it takes a fraction of the time that pandas alone needs."""
    code = (
        "import sys\nfrom assess.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'numpy', 'pandera', 'altair', 'papermill', 'nbformat', 'pydantic'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "check" in done.stdout
    assert done.stdout.endswith("heavy: []\n")


@pytest.mark.slow
def test_help_comes_at_once():
    """The best of five, on a machine that may be doing other things."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "assess.cli", "--help"], check=True, env=os.environ)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.3


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_and_option_says_what_it_does(command):
    assert said(command, "--help")[0] == 0
    assert main.commands[command].help
    without = [
        option.name
        for option in main.commands[command].params
        if option.param_type_name == "option" and not option.help and option.name != "out"
    ]
    assert without == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["chekc"], "Did you mean check?", id="a command"),
        pytest.param(["run", "x", "--forse"], "--force", id="an option"),
        pytest.param(["run", "x", "--lang", "fr"], "'en', 'cy', 'both'", id="a language"),
        pytest.param(["run"], "PATH...", id="no path"),
        pytest.param(["run", DATA.parent / "dato"], "Did you mean", id="a path"),
        pytest.param(["check", DATA / "clwb-rosycwsg"], "clwb-rhosycwsg", id="an organisation"),
        pytest.param(["trace", SMALLEST, "4.1"], "4.1a, 4.1b, 4.1c, 4.1d", id="an indicator"),
        pytest.param(["trace", SMALLEST, "minutes_drafed"], "minutes_drafted", id="its name"),
        pytest.param(["run", SMALLEST, "--period", "2025/26"], "Write a year", id="a period"),
        pytest.param(["run", SMALLEST, "--timeout", "0"], "--timeout", id="no time at all"),
    ],
)
def test_wrong_use_ends_with_2_and_a_hint(arguments, words, tmp_path):
    if arguments[0] == "run":
        arguments = [*arguments, "--out", tmp_path / "reports"]
    code, text = said(*arguments)
    assert code == 2
    assert words in text
    assert "Traceback" not in text


def test_an_empty_folder_says_what_a_folder_needs(tmp_path):
    code, text = said("run", tmp_path, "--out", tmp_path / "reports")
    assert code == 2
    assert "No organisation was found" in text


def test_check_prints_a_line_for_each_problem(tmp_path):
    code, text = said("check", SMALLEST)
    assert code == 0
    assert str(SMALLEST) in text.splitlines()[0]


def test_trace_prints_the_rows_behind_a_number():
    code, text = said("trace", DATA / "gofal-elwedd", "4.1b", "--rows", "2")
    assert code == 0
    lines = text.splitlines()
    assert lines[0].startswith("4.1b Decisions sent to members promptly")
    assert sum(line.startswith("decisions.csv") for line in lines) == 2
    assert "more rows" in lines[-1]


def test_a_fault_of_ours_is_a_sentence_that_names_its_place(monkeypatch):
    """Without the fault's own text, which may hold a row's content."""
    from assess.validate import check

    monkeypatch.delenv("ASSESS_TRACE", raising=False)
    monkeypatch.setattr(check, "check", lambda *_, **__: {}["Mrs Jones"])
    code, text = said("check", SMALLEST)
    assert code == 1
    assert "assess itself failed (KeyError in test_cli.py, line" in text
    assert "Jones" not in text
    assert "Traceback" not in text


def test_synth_writes_what_it_says(tmp_path):
    code, text = said("synth", 2, tmp_path / "made", "--seed", 5)
    assert code == 0
    assert text.startswith("2 invented organisations")
    assert len(list((tmp_path / "made").glob("*/organisation.yaml"))) == 2


def test_a_folder_to_write_to_that_is_a_file(tmp_path):
    (tmp_path / "reports").write_text("")
    code, text = said("run", SMALLEST, "--out", tmp_path / "reports")
    assert code == 2
    assert "Traceback" not in text


@pytest.mark.slow
def test_a_run_with_one_that_fails_ends_with_1(tmp_path):
    """The good one is assessed; the other's reason is told."""
    import shutil

    shutil.copytree(SMALLEST, tmp_path / "records" / "good")
    (tmp_path / "records" / "bad").mkdir()
    (tmp_path / "records" / "bad" / "organisation.yaml").write_text("id: [\n")
    out = tmp_path / "reports"
    done = subprocess.run(
        [sys.executable, "-m", "assess.cli", "run", tmp_path / "records", "--out", out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "bad" in done.stderr
    assert "1 assessed, 1 failed" in done.stdout
    assert (out / "index.html").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_a_sentence(tmp_path):
    tmp_path.chmod(0o500)
    code, text = said("run", SMALLEST, "--out", tmp_path / "reports")
    assert code == 2
    assert "may not be written to" in text


@pytest.mark.parametrize(
    ("langs", "given"),
    [
        ([], ("en",)),
        (["cy"], ("cy",)),
        (["both"], ("en", "cy")),
        (["cy", "en", "cy"], ("cy", "en")),
    ],
)
def test_languages_are_passed_on_once_each(monkeypatch, langs, given):
    from assess import batch

    seen = {}

    def stand_in(paths, out, **options):
        seen.update(options)
        return batch.Status(())

    monkeypatch.setattr(batch, "run", stand_in)
    code, _ = said("run", "x", *(part for lang in langs for part in ("--lang", lang)))
    assert code == 0
    assert seen["langs"] == given

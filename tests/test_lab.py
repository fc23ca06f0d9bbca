"""Stored notebooks opened by somebody who did not run them: untrusted, in JupyterLab, offline.

Needs Debian's chromium (or another Chromium or Chrome): apt install chromium. Where there is none,
these tests are skipped and say so.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PATIENCE = 120  # seconds for JupyterLab to be there, and for a notebook to be shown


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """A JupyterLab of its own, which has never seen these notebooks and so trusts none."""
    folder = tmp_path_factory.mktemp("lab")
    for notebook in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(notebook, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("DATA", "CONFIG", "RUNTIME")}
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.root_dir": folder,
        "IdentityProvider.token": "test",
        "LabApp.extension_manager": "readonly",
        "LabApp.news_url": "",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, env=os.environ | places, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api", server)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:  # it may wait for ever for a kernel that is starting
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_for(address: str, server: subprocess.Popen) -> None:
    ends = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < ends:
        try:
            urllib.request.urlopen(address).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return
    pytest.fail("JupyterLab did not start")


FIGURES = """() => [...document.querySelectorAll('.jp-OutputArea-output img')]
    .map(image => [image.alt, image.complete && image.naturalWidth])"""


@pytest.mark.parametrize("name", ["assessment", "comparison"])
def test_an_untrusted_notebook_shows_its_figures_and_asks_nothing_of_any_network(
    browser, lab, name
):
    """Every figure stored in the file is drawn, with its alternative text, nothing trusted."""
    stored = (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8").count("<figure>")
    assert stored > 1
    tab = browser.new_page(viewport={"width": 1280, "height": 1000})
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    # A workspace of its own, so that no other notebook is open too.
    tab.goto(f"{lab}/lab/workspaces/{name}/tree/{name}.ipynb?token=test")
    tab.wait_for_function(f"({FIGURES})().length === {stored}", timeout=PATIENCE * 1000)
    tab.wait_for_function(f"({FIGURES})().every(([, width]) => width)", timeout=PATIENCE * 1000)
    figures = tab.evaluate(FIGURES)
    assert [alt for alt, width in figures if width < 300 or len(alt) < 20] == []
    assert tab.locator(".jp-OutputArea-output details table").count() >= stored
    tab.wait_for_selector("[title*='not trusted']", state="attached", timeout=PATIENCE * 1000)
    outside = [url for url in asked if not url.startswith((lab, "data:", "blob:"))]
    assert outside == []
    tab.close()

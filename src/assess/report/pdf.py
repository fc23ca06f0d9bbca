"""Pages as PDF, printed by a browser that is already on the machine. Nothing is fetched.

The browser tags the PDF (headings, tables, alternative text) and prints the page's own print style.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assess.records import AssessError
from assess.whole_files import write_whole

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
BROWSERS += ("microsoft-edge", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
TRACE = re.compile(
    rb"(/(Creator|Producer|CreationDate|ModDate) ?\()((?:\\.|[^()\\])*)(\))", re.DOTALL
)
NO_TIME = b"D:19800101000000+00'00'"
INSTEAD = {b"Creator": b"assess", b"Producer": b"assess"}
INSTEAD |= {b"CreationDate": NO_TIME, b"ModDate": NO_TIME}
LONGEST = 120  # seconds for one page
NO_BROWSER = (
    "No PDF was made: no Chromium, Chrome or Edge was found on this machine. Install one (Debian, "
    "Ubuntu: apt install chromium), or open the page and print it to PDF from your browser."
)


def find_browser() -> str:
    """The command that starts a browser able to print. Raises AssessError where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), "")
    found = found or next((place for place in PLACES if Path(place).is_file()), "")
    if not found:
        raise AssessError(NO_BROWSER)
    return found


def print_pages(pages: Iterable[Path], *, jobs: int = 1) -> list[Path]:
    """Print each page beside itself, under the same name; one printed already is left as it is."""
    due = [page for page in pages if _is_due(page, page.with_suffix(".pdf"))]
    if not due:
        return []
    browser = find_browser()
    with ThreadPoolExecutor(jobs) as threads:
        return list(threads.map(lambda page: print_page(page, browser), due))


def _is_due(page: Path, printed: Path) -> bool:
    return not printed.exists() or printed.stat().st_mtime_ns < page.stat().st_mtime_ns


def print_page(page: Path, browser: str) -> Path:
    """One page printed. Raises AssessError where the browser cannot do it."""
    with tempfile.TemporaryDirectory(prefix="assess-") as folder:
        printed = Path(folder, "page.pdf")
        command = [browser, *_options(folder), f"--print-to-pdf={printed}", page.resolve().as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=LONGEST, check=False)
        except (OSError, subprocess.TimeoutExpired):
            printed.unlink(missing_ok=True)
        if not printed.exists():
            raise AssessError(
                f"{page.name}: the browser {Path(browser).name} could not print it. Open the page "
                "and print it to PDF from there."
            )
        target = page.with_suffix(".pdf")
        write_whole(target, without_traces(printed.read_bytes()))
    return target


def without_traces(printed: bytes) -> bytes:
    """A PDF that does not say when, by what browser or on what system it was printed.

    What is written in their place is as long, so that the places noted in the file still hold.
    """
    return TRACE.sub(_untold, printed)


def _untold(found: re.Match[bytes]) -> bytes:
    said, length = INSTEAD[found[2]], len(found[3])
    return found[1] + said[:length].ljust(length) + found[4]


def _options(folder: str) -> list[str]:
    """A browser with a profile of its own, which asks nothing of any network."""
    options = ["--headless", "--disable-gpu", f"--user-data-dir={folder}", "--no-first-run"]
    options += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    options += ["--no-pdf-header-footer", "--export-tagged-pdf", "--generate-pdf-document-outline"]
    # Its sandbox refuses to run for the root user, as in most containers.
    return [*options, "--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else options

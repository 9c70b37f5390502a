"""Lighthouse judges the main pages: accessibility 100, best practices 95 or more. A drill, since each page is loaded in a browser of its own."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_organisation_in_a_browser import installed
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import TESTER, Pages, visitor_of
from tests.builders.pages_office import invoice_id, office_with_closed_month

pytestmark = [pytest.mark.drill, pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")]
HERE = Path(__file__).parent / "lighthouse"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
PATHS = ("/sign-in", "/months/2026-10", "/invoices", "/invoices/{invoice}?open=1", "/settings")
Judge = Callable[[str, str], dict[str, Any]]
LEAST = {"accessibility": 100, "best-practices": 95}


@pytest.fixture(scope="module")
def lighthouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, installed as its lock says."""
    return installed(HERE, tmp_path_factory.mktemp("lighthouse")) / "node_modules" / "lighthouse" / "cli" / "index.js"


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with a closed month."""
    return office_with_closed_month(database, "A1", "A2")


@pytest.fixture(scope="module")
def judge(lighthouse: Path, chromium: str, address: str) -> Judge:
    """Return what tells what Lighthouse says of a page that the visitor of a key opens."""

    def judged(path: str, key: str) -> dict[str, Any]:
        words = ["node", str(lighthouse), address + path, "--quiet", "--output=json", f"--only-categories={','.join(LEAST)}"]
        headers = [f"--extra-headers={json.dumps({TESTER: key})}"] if key else []
        variables = os.environ | {"CHROME_PATH": chromium}
        done = subprocess.run(
            [*words, f"--chrome-flags={FLAGS}", *headers], env=variables, capture_output=True, text=True, timeout=280, check=False
        )
        assert done.returncode == 0, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    return judged


@pytest.mark.parametrize("path", PATHS)
def test_a_main_page_is_found_faultless(judge: Judge, pages: Pages, office: Office, *, path: str, record_property: Any) -> None:
    who = None if path == "/sign-in" else visitor_of(office.vendor_id)
    if who is not None:
        pages.visitors[who.session_key] = who
    said = judge(path.format(invoice=invoice_id(office, "A1")), who.session_key if who else "")
    found = {name: round(100 * part["score"]) for name, part in said["categories"].items()}
    record_property("figure", f"Lighthouse {found}")
    failed = [audit["id"] for audit in said["audits"].values() if audit.get("score") == 0]
    assert all(found[name] >= least for name, least in LEAST.items()), (found, failed)

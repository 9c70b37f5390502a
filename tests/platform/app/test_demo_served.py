"""The demo as a newcomer meets it: one process makes it, writes its documents and serves its pages, of which each gives its files."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest

SMALL_DEMO = "from tests.builders.demo import plan_small_demos; plan_small_demos(); from caretally.app.cli import main; main()"
TOP = Path(__file__).parents[3]
MADE_SECONDS, ANSWER_SECONDS, ENDED_SECONDS = 180, 60, 90


@dataclass(frozen=True)
class Served:
    """A demo that is served: its process and its address."""

    process: "subprocess.Popen[str]"
    address: str

    def browser(self, persona: str) -> OpenerDirector:
        """Return a browser in which a persona is signed in."""
        browser = build_opener(HTTPCookieProcessor(CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))))
        page = f"{self.address}/demo/sign-in?as={persona}"
        with closing(browser.open(page, timeout=ANSWER_SECONDS)) as answer:
            shown = answer.read().decode()
        [action] = {path for path in re.findall(r'action="(/demo/sign-in/[^"]+)"', shown) if path.endswith(persona)}
        token = re.findall(r'name="form_token" value="([0-9a-f]+)"', shown)[0]
        form = Request(f"{self.address}{action}", urlencode({"form_token": token}).encode(), {"Origin": self.address})  # noqa: S310 - ours
        browser.open(form, timeout=ANSWER_SECONDS).close()
        return browser

    def get(self, browser: OpenerDirector, path: str) -> bytes:
        """Return what a page answers; anything but an answer in time and 200 is an error."""
        with closing(browser.open(f"{self.address}{path}", timeout=ANSWER_SECONDS)) as answer:
            given: Any = answer.read()
        return bytes(given)


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Served]]:
    """Begin a small demo in a home of its own, anew each time it is called, and end what was begun."""
    folder = tmp_path_factory.mktemp("served")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARETALLY_")}
    environment |= {"CARETALLY_HOME": str(folder / "home"), "PYTHONPATH": str(TOP)}
    begun: list[Served] = []

    def new() -> Served:
        command = [sys.executable, "-c", SMALL_DEMO, "demo", "--out", str(folder / "out")]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        begun.append(Served(process, address_of(process)))
        wait_until_answered(begun[-1])
        return begun[-1]

    yield new
    for each in begun:
        ended(each)


def address_of(process: "subprocess.Popen[str]") -> str:
    """Return the address that the card names, once it is printed."""
    said, deadline = "", time.monotonic() + MADE_SECONDS
    assert process.stdout is not None
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        said += line
        found = re.search(r"Open (http://127\.0\.0\.1:\d+)/", line)
        if found:
            return found[1]
        assert line or process.poll() is None, said
    raise AssertionError(said)


def wait_until_answered(served: Served) -> None:
    """Wait until the pages answer."""
    for _ in range(600):
        try:
            build_opener().open(f"{served.address}/livez", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(served.address)


def ended(served: Served) -> int:
    """End a demo as Ctrl-C does and return its exit code."""
    if served.process.poll() is None:
        served.process.send_signal(signal.SIGINT)
    served.process.communicate(timeout=ENDED_SECONDS)
    return served.process.returncode


def test_a_practice_takes_its_invoice_as_pdf_from_the_process_that_wrote_the_documents(begin: Callable[[], Served]) -> None:
    served = begin()
    browser = served.browser("meridian-practice-administrator")
    [invoice, *_] = re.findall(r'href="(/invoices/[0-9a-f-]{36})"', served.get(browser, "/invoices").decode())
    with ThreadPoolExecutor(4) as people:
        files = list(people.map(lambda _: served.get(browser, f"{invoice}/file.pdf"), range(4)))
    assert {file[:5] for file in files} == {b"%PDF-"}
    assert len(set(files)) == 1
    [report, *_] = re.findall(r'href="(/exception-reports/[0-9a-f-]{36}/\d{4}-\d\d)"', served.get(browser, "/exception-reports").decode())
    assert served.get(browser, f"{report}/file.pdf")[:5] == b"%PDF-"
    assert ended(served) == 0


def test_nothing_of_a_killed_demo_stays_and_the_next_one_finds_it_again(begin: Callable[[], Served]) -> None:
    killed = begin()
    killed.process.kill()
    killed.process.communicate(timeout=ENDED_SECONDS)
    again = begin()
    assert b"Overview" in again.get(again.browser("meridian-billing-admin"), "/overview")
    assert ended(again) == 0

"""Debian's chromium, the application on a port of its own, and what a visit must never leave behind: a word on the console."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from caretally.web.visitor import Visitor
from tests.builders.debian import found_or_installed
from tests.builders.pages import TESTER, Pages

# A form without scripts brings a new page, for which a click need not wait: what is expected of it is waited for.
EXPECTED_WITHIN_MILLISECONDS = 20_000


class Quiet(WSGIRequestHandler):
    """Serves without a line for each request: the application writes its own; a browser that says nothing more is left after 10 seconds."""

    timeout = 10

    def log_request(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of chromium; root installs it when it is missing, everybody else is told how."""
    found = found_or_installed(lambda: shutil.which("chromium"), "chromium")
    if found is None:
        pytest.fail("The browser tests need chromium on the PATH, and it could not be installed: run apt-get install chromium as root.")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests of a worker."""
    expect.set_options(timeout=EXPECTED_WITHIN_MILLISECONDS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address(pages: Pages) -> Iterator[str]:
    """The address at which the application is served."""
    server = ThreadedWSGIServer("127.0.0.1", 0, pages.app, Quiet)
    server.daemon_threads = False  # so that server_close waits for requests under way, which hold connections
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


Visit = Callable[..., Any]


@pytest.fixture
def visit(browser: Browser, pages: Pages, address: str) -> Visit:
    """Return what opens a page as a visitor in a window of a width and a colour scheme, and fails on a word on the console."""

    @contextmanager
    def opened(path: str, who: Visitor | None = None, *, width: int = 1440, dark: bool = False, scripts: bool = True) -> Iterator[Page]:
        if who is not None:
            pages.visitors[who.session_key] = who
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            extra_http_headers={TESTER: who.session_key} if who else {},
            java_script_enabled=scripts,
        )
        page, said = context.new_page(), list[str]()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path)
        yield page
        context.close()
        assert [words for words in said if "status of 4" not in words] == []

    return opened

"""Behind a proxy with TLS the browser's address, scheme and host are what the proxy says; without one nobody may say them."""

import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from caretally.app.create_app import create_app
from caretally.sign_in.people import place
from caretally.web.access import declared_access, open_to_all
from caretally.web.edge import EXTENSION
from tests.builders.pages import Pages, form_token

BROWSER = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "care.example"}
LIED = BROWSER | {"X-Forwarded-For": "198.51.100.9, 203.0.113.7"}


def served(pages: Pages, *, behind_proxy: bool) -> Flask:
    """Return the application as `serve` makes it, with a page that says who asks."""
    app = create_app(pages.app.extensions[EXTENSION], hostnames=["care.example", "localhost"], behind_proxy=behind_proxy)

    @app.get("/probe/place")
    @open_to_all("a test's page")
    def probe_place() -> str:
        return f"{request.host_url} {place().network}"

    declared_access(app)
    return app


def signed_in(app: Flask, origin: str) -> TestResponse:
    """Return the answer to somebody's form of signing in, sent from this origin."""
    client = app.test_client()
    token = form_token(client.get("/sign-in", headers=BROWSER))
    typed = {"form_token": token, "email": "nobody@example.org", "password": "wrong words here"}
    return client.post("/sign-in", data=typed, headers=BROWSER | {"Origin": origin})


@pytest.mark.parametrize("headers", [BROWSER, LIED], ids=["one", "two"])
def test_the_last_address_that_the_proxy_gives_is_the_browsers(pages: Pages, headers: dict[str, str]) -> None:
    answer = served(pages, behind_proxy=True).test_client().get("/probe/place", headers=headers)
    assert answer.text == "https://care.example/ 203.0.113.0/24"


def test_without_a_proxy_nobody_gives_themselves_another_address(pages: Pages) -> None:
    answer = served(pages, behind_proxy=False).test_client().get("/probe/place", headers=BROWSER)
    assert answer.text == "http://localhost/ 127.0.0.0/24"


def test_forms_of_the_page_are_taken_behind_a_proxy_and_foreign_ones_are_not(pages: Pages) -> None:
    app = served(pages, behind_proxy=True)
    assert signed_in(app, "https://care.example").status_code == 422
    assert signed_in(app, "https://evil.example").status_code == 403


def test_a_host_that_the_proxy_passes_on_is_refused_when_it_is_not_ours(pages: Pages) -> None:
    answer = served(pages, behind_proxy=True).test_client().get("/sign-in", headers=BROWSER | {"X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 400

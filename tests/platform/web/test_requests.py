"""Forms that only this site can send, one transaction for each request, limits, headers, error pages and the log."""

import json
from typing import Any
from uuid import uuid4

import pytest

from caretally.web.own_pages import page_of_ours
from tests.builders.office import new_office
from tests.builders.pages import HERE, Pages, form_token, visitor_of, words

FORM = "/probe/form"


def sent(pages: Pages, *, origin: str = HERE, token: str | None = None, path: str = FORM, who: Any = None, **fields: str) -> Any:
    """Load the form and send it as a browser of this visitor does."""
    client = pages.client(who)
    own = form_token(client.get(FORM))
    return client.post(path, data={"form_token": own if token is None else token, **fields}, headers={"Origin": origin} if origin else {})


def test_a_form_of_ours_is_taken(pages: Pages) -> None:
    assert sent(pages).text == "changed 1"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:1", "https://localhost", "null", "", "http://localhost.evil.example"]
)
def test_a_form_of_another_origin_or_of_none_is_refused(pages: Pages, origin: str) -> None:
    answer = sent(pages, origin=origin)
    assert answer.status_code == 403
    assert "another site" in words(answer)


@pytest.mark.parametrize("token", ["", "0" * 64, "é" * 64])
def test_a_form_without_its_token_is_refused(pages: Pages, token: str) -> None:
    assert sent(pages, token=token).status_code == 403


def test_a_token_of_another_browser_or_session_is_refused(pages: Pages) -> None:
    other = form_token(pages.client().get(FORM))
    assert sent(pages, token=other).status_code == 403
    client, who = pages.client(), visitor_of(uuid4())
    before = form_token(client.get(FORM))
    pages.visitors[who.session_key] = who
    client.environ_base["HTTP_X_TESTER"] = who.session_key
    assert client.post(FORM, data={"form_token": before}, headers={"Origin": HERE}).status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_every_unsafe_method_is_checked_on_every_address(pages: Pages, method: str) -> None:
    assert getattr(pages.client(), method)("/nowhere").status_code == 403


def test_the_cookie_of_a_form_is_secure_and_unread_by_scripts(pages: Pages) -> None:
    cookie = pages.get(FORM).headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_a_request_is_one_transaction_that_an_error_takes_back(pages: Pages) -> None:
    office = new_office(pages.database, "A1")
    who = visitor_of(office.vendor_id)
    assert sent(pages, path="/probe/write", who=who, name="Kept").text == "changed"
    assert sent(pages, path="/probe/write", who=who, name="Lost", then="fail").status_code == 500
    assert office.value("SELECT name FROM client") == "Kept"


def test_what_fails_after_the_commit_is_logged_by_its_type_and_the_page_is_sent(pages: Pages, capsys: pytest.CaptureFixture[str]) -> None:
    office = new_office(pages.database, "A1")
    capsys.readouterr()
    assert sent(pages, path="/probe/write-and-fail-after", who=visitor_of(office.vendor_id), name="Kept").text == "changed"
    assert office.value("SELECT name FROM client") == "Kept"
    log = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["kind"], line["places"][-1].split(":")[0]) for line in log if line["event"] == "after_commit_failed"] == [
        ("ValueError", "tests.builders.pages")
    ]
    assert "Abara" not in json.dumps(log)


@pytest.mark.parametrize("letters", [1_100_000, 10_000_000])
def test_a_form_over_the_limit_is_refused_in_one_sentence_with_a_way_on(pages: Pages, letters: int) -> None:
    answer = pages.client().post(FORM, data={"form_token": "x" * letters}, headers={"Origin": HERE})
    assert answer.status_code == 413
    assert "too large" in words(answer)
    assert 'href="/"' in answer.text


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/nowhere", "get", 404), ("/livez", "options", 200), ("/months/2026-13", "get", 404)]
)
def test_an_address_that_leads_nowhere_has_a_page_with_a_way_on(pages: Pages, path: str, method: str, status: int) -> None:
    answer = getattr(pages.client(), method)(path)
    assert answer.status_code == status
    assert status == 200 or ('href="/"' in answer.text and answer.headers["X-Request-Id"] in answer.text)


def test_a_method_that_a_page_does_not_know_has_a_page(pages: Pages) -> None:
    client = pages.client()
    token = form_token(client.get(FORM))
    answer = client.post("/livez", data={"form_token": token}, headers={"Origin": HERE})
    assert (answer.status_code, 'href="/"' in answer.text) == (405, True)


def test_a_defect_tells_no_value_to_the_visitor_and_none_to_the_log(pages: Pages, capsys: pytest.CaptureFixture[str]) -> None:
    answer = pages.get("/probe/defect?mrn=LFM-2041", visitor_of(uuid4()))
    log = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert answer.status_code == 500
    assert [(line["event"], line.get("status")) for line in log] == [("defect", None), ("request", 500)]
    assert log[0]["request_id"] == log[1]["request_id"] == answer.headers["X-Request-Id"]
    for secret in ("Abara", "1941", "LFM-2041", "mrn", "Whitfield"):
        assert secret not in json.dumps(log)
    assert "Abara" not in answer.text


def test_a_host_that_is_not_ours_is_refused(pages: Pages) -> None:
    assert pages.get("/livez", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/livez", "/nowhere", "/static/app.css", "/probe/role"])
def test_every_answer_has_the_headers_that_keep_it_ours(pages: Pages, path: str) -> None:
    headers = pages.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["style-src"], policy["frame-ancestors"]) == (
        "'none'",
        "'self'",
        "'self'",
        "'none'",
    )
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert path.startswith("/static/") or headers["Cache-Control"] == "no-store"


def test_only_an_encrypted_connection_is_told_to_stay_encrypted(pages: Pages) -> None:
    assert "Strict-Transport-Security" not in pages.get("/livez").headers
    assert "max-age" in pages.get("/livez", base_url="https://localhost").headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "months",
        "",
        "/a\nLocation: x",
        "/\t/evil",
        "http:evil",
        "/" * 2,
        "/a" * 1500,
        "///evil.example",
        "http://[",
        "//[",
    ],
)
def test_only_a_page_of_ours_follows_an_act(wanted: str) -> None:
    assert page_of_ours(wanted, otherwise="/") == "/"


@pytest.mark.parametrize("wanted", ["/", "/months/2026-10?sort=name", "/invoices?q=a//b"])
def test_a_page_of_ours_is_kept_with_its_query(wanted: str) -> None:
    assert page_of_ours(wanted, otherwise="/other") == wanted


def test_what_is_refused_stands_in_the_log_with_who_asked(pages: Pages, capsys: pytest.CaptureFixture[str]) -> None:
    helen = visitor_of(uuid4(), permissions=frozenset())
    client = pages.client(helen)
    client.get("/people?q=Castellano")
    client.post("/people/invite", data={"email": "nora@evil.example"}, headers={"Origin": "https://evil.example"})
    log = capsys.readouterr().err
    refused = [(one["route"], one["status"], one["actor"]) for one in map(json.loads, log.splitlines()) if one["event"] == "request"]
    assert refused == [("/people", 403, helen.actor), ("/people/invite", 403, helen.actor)]
    assert "Castellano" not in log
    assert "evil.example" not in log

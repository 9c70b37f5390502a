"""A form that was open while its session ended is given back with all that was typed, and nothing is changed before it is sent again."""

import re
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.builders.accounts import Signer, give_role, new_signer, sign_in, turn_back
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import HERE, Pages, form_token, words

NAME, PHONE = "O'Brien & <Sons>", "212-555-0100\nafter nine"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
FORM = "/probe/form"


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor."""
    return new_office(database, "A1")


@pytest.fixture
def signer(database: TestDatabase, office: Office) -> Signer:
    """The vendor's administrator."""
    made = new_signer(database)
    give_role(database, made, office.vendor_id, "vendor_admin")
    return made


def send(client: FlaskClient, token: str, **typed: object) -> TestResponse:
    """Send the form as the page does."""
    return client.post(FORM, data={"form_token": token, **typed}, headers={"Origin": HERE})


def given_back(page: TestResponse) -> list[tuple[str, str]]:
    """Return the hidden fields of the form that is given back, without its token."""
    form = page.text.split('action="/probe/form"')[1].split("</form>")[0]
    return [(unescape(name), unescape(value)) for name, value in HIDDEN.findall(form) if name != "form_token"]


def again(client: FlaskClient, page: TestResponse) -> TestResponse:
    """Press the button of the page that gave the form back."""
    form = page.text.split('action="/probe/form"')[1]
    found: Any = re.search(r'name="form_token" value="([^"]+)"', form)
    return send(client, found[1], **dict(given_back(page)))


def test_what_was_typed_in_a_session_that_ended_is_sent_after_signing_in_anew(pages: Pages, database: TestDatabase, signer: Signer) -> None:
    client = sign_in(pages, signer)
    token = form_token(client.get(FORM))
    turn_back(database, signer, "seen_at", 24 * 3600)
    kept = send(client, token, name=NAME, phone=PHONE)
    assert kept.status_code == 403
    assert "You were signed out while this form was open, so nothing was changed." in words(kept)
    assert 'href="/sign-in" target="_blank"' in kept.text
    assert given_back(kept) == [("name", NAME), ("phone", PHONE)]
    client.set_cookie("caretally_session", sign_in(pages, signer).get_cookie("caretally_session").value)  # type: ignore[union-attr]
    asked = again(client, kept)
    assert "opened before you signed in" in words(asked)
    assert given_back(asked) == given_back(kept)
    assert again(client, asked).text == "changed 3"


def test_a_secret_and_a_file_are_not_given_back(pages: Pages) -> None:
    for typed in ({"password": "four words nobody says", "name": NAME}, {"file": (BytesIO(b"mrn\n1"), "a.csv"), "name": NAME}):
        answer = send(pages.client(), "0" * 64, **typed)
        assert answer.status_code == 403
        assert "go back, load the page again" in words(answer)
        assert "four words" not in answer.text
        assert "Brien" not in answer.text


@pytest.mark.parametrize(
    ("path", "kept"), [("/sign-in/code", False), ("/step-up", False), ("/clients/new", True), ("/what-if/2026-10", True)]
)
def test_a_code_that_signs_in_is_a_secret_and_a_code_of_a_service_is_none(pages: Pages, path: str, *, kept: bool) -> None:
    answer = pages.client().post(path, data={"form_token": "0" * 64, "code": "99490 4711"}, headers={"Origin": HERE})
    assert (answer.status_code, "99490 4711" in answer.text) == (403, kept)


def test_another_site_gets_nothing_given_back(pages: Pages) -> None:
    answer = pages.client().post(FORM, data={"form_token": "0" * 64, "name": NAME}, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, "Brien" in answer.text) == (403, False)


def test_what_was_written_is_kept_while_a_factor_is_given_again_and_a_button_alone_leads_there(
    pages: Pages, database: TestDatabase, signer: Signer
) -> None:
    client = sign_in(pages, signer)
    token = form_token(client.get(FORM))
    turn_back(database, signer, "factor_at", 3600)
    kept = client.post("/settings/sign-in", data={"form_token": token, "issuer": "https://id.example"}, headers={"Origin": HERE})
    assert kept.status_code == 403
    assert "Prove that it is you" in words(kept)
    assert 'href="/step-up" target="_blank"' in kept.text
    assert 'name="issuer" value="https://id.example"' in kept.text
    alone = client.post("/settings/sign-in", data={"form_token": token, "act": "end"}, headers={"Origin": HERE})
    assert alone.headers["Location"].startswith("/step-up?next=")

"""One's own account: the password, the authenticator, the recovery codes and the sessions; what changes how one signs in ends the others and is mailed."""

import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pyotp
import pytest
from flask.testing import FlaskClient

from tests.builders.accounts import PASSWORD, Signer, give_role, new_signer, sign_in, submit, turn_back
from tests.builders.databases import TestDatabase
from tests.builders.office import new_office
from tests.builders.pages import HERE, Pages, form_token, words

NEW = "other words for tomorrow"


@pytest.fixture
def signer(database: TestDatabase) -> Signer:
    """A billing admin of a vendor of their own."""
    made = new_signer(database)
    give_role(database, made, new_office(database, "A1").vendor_id, "billing_admin")
    return made


def post(client: FlaskClient, path: str, *, from_page: str = "/profile") -> int:
    """Send a form without fields."""
    token = form_token(client.get(from_page))
    return client.post(path, data={"form_token": token}, headers={"Origin": HERE}).status_code


def told(pages: Pages, signer: Signer) -> list[str]:
    """Return what was mailed to a signer."""
    return [mail.text for mail in pages.posted if mail.to == signer.email]


def test_a_new_password_ends_the_other_sessions_and_is_mailed(pages: Pages, signer: Signer) -> None:
    here, elsewhere = sign_in(pages, signer), sign_in(pages, signer)
    assert submit(here, "/profile/password", password=PASSWORD, new_password=NEW).status_code == 303
    assert here.get("/profile").status_code == 200
    assert elsewhere.get("/profile").headers["Location"].startswith("/sign-in")
    assert "your password was changed" in told(pages, signer)[-1]


@pytest.mark.parametrize(("now", "new", "said"), [("wrong words here", NEW, "not your password"), (PASSWORD, "tiny one", "12 or more")])
def test_a_password_is_changed_by_who_knows_it_to_one_that_holds(pages: Pages, signer: Signer, now: str, new: str, said: str) -> None:
    answer = submit(sign_in(pages, signer), "/profile/password", password=now, new_password=new)
    assert (answer.status_code, said in words(answer)) == (422, True)
    assert now not in answer.text
    assert new not in answer.text


def test_a_recovery_code_that_was_used_up_is_told_by_mail_and_an_authenticators_is_not(pages: Pages, signer: Signer) -> None:
    sign_in(pages, signer)
    assert told(pages, signer) == []
    client = pages.client()
    submit(client, "/sign-in", email=signer.email, password=PASSWORD)
    assert submit(client, "/sign-in/code", code=signer.recovery_codes[0]).status_code == 303
    assert [text.count("a recovery code was used to sign in") for text in told(pages, signer)] == [1]
    assert signer.recovery_codes[0] not in told(pages, signer)[0]


@pytest.mark.parametrize("path", ["/profile/password", "/profile/authenticator", "/profile/recovery-codes"])
def test_what_changes_the_sign_in_asks_for_a_fresh_factor(database: TestDatabase, pages: Pages, signer: Signer, path: str) -> None:
    client = sign_in(pages, signer)
    assert client.get(path).status_code == 200
    turn_back(database, signer, "factor_at", 5 * 60 + 1)
    assert client.get(path).headers["Location"] == f"/step-up?next={path.replace('/', '%2F')}"
    assert submit(client, f"/step-up?next={path}", code=signer.code(), next=path).headers["Location"] == path
    assert client.get(path).status_code == 200


def test_an_authenticator_is_replaced_once_a_code_of_the_new_one_is_given(pages: Pages, signer: Signer) -> None:
    client = sign_in(pages, signer)
    secret = re.search(r'class="mono broken">([A-Z2-7 ]+)<', client.get("/profile/authenticator").text)[1].replace(" ", "")  # type: ignore[index]
    assert secret != signer.secret
    assert submit(client, "/profile/authenticator", code=signer.code()).status_code == 422
    confirmed = submit(client, "/profile/authenticator", code=pyotp.TOTP(secret).at(datetime.now(UTC)))
    codes = re.findall(r"<li>([0-9a-z]{4}(?:-[0-9a-z]{4}){3})</li>", confirmed.text)
    assert (len(set(codes)), "authenticator was replaced" in told(pages, signer)[-1]) == (10, True)
    other = pages.client()
    submit(other, "/sign-in", email=signer.email, password=PASSWORD)
    assert submit(other, "/sign-in/code", code=signer.code()).status_code == 422
    assert submit(other, "/sign-in/code", code=codes[3]).status_code == 303


def test_new_recovery_codes_end_the_old_ones(pages: Pages, signer: Signer) -> None:
    page = submit(sign_in(pages, signer), "/profile/recovery-codes")
    assert len(re.findall(r"<li>[0-9a-z]{4}(?:-[0-9a-z]{4}){3}</li>", page.text)) == 10
    client = pages.client()
    submit(client, "/sign-in", email=signer.email, password=PASSWORD)
    assert submit(client, "/sign-in/code", code=signer.recovery_codes[0]).status_code == 422


def test_one_ends_ones_own_sessions_and_nobody_elses(database: TestDatabase, pages: Pages, signer: Signer) -> None:
    here, elsewhere, stranger = sign_in(pages, signer), sign_in(pages, signer), sign_in(pages, new_signer(database))
    listed = {UUID(found) for found in re.findall(r"/profile/sessions/([0-9a-f-]{36})/end", here.get("/profile").text)}
    assert len(listed) == 1
    assert post(here, f"/profile/sessions/{listed.pop()}/end") == 303
    assert elsewhere.get("/profile").status_code == 303
    theirs = [sign_in(pages, signer) for _ in range(2)]
    foreign = re.findall(r"/profile/sessions/([0-9a-f-]{36})/end", theirs[0].get("/profile").text)
    assert [post(stranger, f"/profile/sessions/{one}/end", from_page="/choose") for one in (foreign[0], uuid4())] == [404, 404]
    assert post(here, "/profile/sessions/end-others") == 303
    assert [client.get("/profile").status_code for client in (here, *theirs)] == [200, 303, 303]


def test_what_happened_is_listed_without_secrets(pages: Pages, signer: Signer) -> None:
    submit(pages.client(), "/sign-in", email=signer.email, password="wrong words here")
    page = words(sign_in(pages, signer).get("/profile"))
    assert "password refused" in page
    assert "signed in code accepted" in page
    assert "wrong words here" not in page

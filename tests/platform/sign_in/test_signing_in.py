"""A person signs in with password and second factor; what is wrong, used, old or foreign is refused with the same words."""

import pytest
from sqlalchemy import text

from tests.builders.accounts import PASSWORD, Signer, give_role, new_signer, sign_in, submit, turn_back
from tests.builders.databases import TestDatabase
from tests.builders.office import new_office
from tests.builders.pages import HERE, Pages, form_token, words

SAFELY = "https://localhost"

WRONG = "Address and password do not belong together."


@pytest.fixture
def signer(database: TestDatabase) -> Signer:
    """A billing admin of a vendor of their own."""
    made = new_signer(database)
    give_role(database, made, new_office(database, "A1").vendor_id, "billing_admin")
    return made


def test_password_and_code_lead_to_the_page_that_was_asked_for(pages: Pages, signer: Signer) -> None:
    client = pages.client()
    assert client.get("/invoices").headers["Location"] == "/sign-in?next=%2Finvoices"
    first = submit(client, "/sign-in?next=/invoices", email=signer.email.upper(), password=PASSWORD, next="/invoices")
    assert first.headers["Location"] == "/sign-in/code?next=/invoices"
    second = submit(client, "/sign-in/code?next=/invoices", code=signer.code(), next="/invoices")
    assert second.headers["Location"] == "/choose?next=/invoices"
    assert client.get("/choose?next=/invoices").headers["Location"] == "/invoices"
    assert client.get("/invoices").status_code == 200


def test_before_the_second_factor_nothing_opens(pages: Pages, signer: Signer) -> None:
    client = pages.client()
    submit(client, "/sign-in", email=signer.email, password=PASSWORD)
    for path in ("/", "/invoices", "/profile", "/choose", "/step-up", "/people"):
        assert client.get(path).headers["Location"].startswith("/sign-in"), path


@pytest.mark.parametrize("password", ["another password", "", "x" * 1999])
def test_unknown_address_and_wrong_password_get_the_same_page(pages: Pages, signer: Signer, password: str) -> None:
    known = submit(pages.client(), "/sign-in", email=signer.email, password=password)
    unknown = submit(pages.client(), "/sign-in", email=signer.email.replace("@", "x@"), password=password)
    assert known.status_code == unknown.status_code == 422
    assert words(known) == words(unknown)
    assert (WRONG in words(known)) is bool(password)
    assert "Set-Cookie" not in known.headers or "caretally_session" not in known.headers["Set-Cookie"]


def test_a_code_is_taken_once(pages: Pages, signer: Signer) -> None:
    code = signer.code()
    answers = []
    for _ in range(2):
        client = pages.client()
        submit(client, "/sign-in", email=signer.email, password=PASSWORD)
        answers.append(submit(client, "/sign-in/code", code=code).status_code)
    assert answers == [303, 422]


def test_a_recovery_code_signs_in_once(pages: Pages, signer: Signer) -> None:
    answers = []
    for _ in range(2):
        client = pages.client()
        submit(client, "/sign-in", email=signer.email, password=PASSWORD)
        answers.append(submit(client, "/sign-in/code", code=signer.recovery_codes[0].upper().replace("-", " ")).status_code)
    assert answers == [303, 422]


def test_the_token_changes_with_each_step_and_the_old_one_is_worth_nothing(pages: Pages, signer: Signer) -> None:
    client = pages.client()
    tokens = []
    submit(client, "/sign-in", email=signer.email, password=PASSWORD)
    tokens.append(client.get_cookie("caretally_session").value)  # type: ignore[union-attr]
    submit(client, "/sign-in/code", code=signer.code())
    tokens.append(client.get_cookie("caretally_session").value)  # type: ignore[union-attr]
    client.get("/choose")
    tokens.append(client.get_cookie("caretally_session").value)  # type: ignore[union-attr]
    assert len(set(tokens)) == 3
    for old in tokens[:2]:
        stranger = pages.client()
        stranger.set_cookie("caretally_session", old)
        assert stranger.get("/invoices").headers["Location"].startswith("/sign-in")
    assert client.get("/invoices").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "A" * 22, "../../etc/passwd", "0" * 3000, "é"])
def test_a_forged_token_is_nobody(pages: Pages, token: str) -> None:
    client = pages.client()
    client.set_cookie("caretally_session", token)
    assert client.get("/invoices").headers["Location"].startswith("/sign-in")


def test_a_token_that_the_browser_brought_is_never_taken_over(pages: Pages, signer: Signer) -> None:
    client = pages.client()
    client.set_cookie("caretally_session", "A" * 22)
    submit(client, "/sign-in", email=signer.email, password=PASSWORD)
    assert client.get_cookie("caretally_session").value != "A" * 22  # type: ignore[union-attr]


@pytest.mark.parametrize(("column", "seconds"), [("seen_at", 15 * 60 + 1), ("ends_at", 12 * 3600 + 1)])
def test_an_idle_and_an_old_session_end(database: TestDatabase, pages: Pages, signer: Signer, column: str, seconds: int) -> None:
    client = sign_in(pages, signer)
    turn_back(database, signer, column, seconds - 60)
    assert client.get("/invoices").status_code == 200
    turn_back(database, signer, column, seconds)
    assert client.get("/invoices").headers["Location"].startswith("/sign-in")


def test_a_page_that_looks_again_by_itself_keeps_no_idle_session_alive(database: TestDatabase, pages: Pages, signer: Signer) -> None:
    client = sign_in(pages, signer)
    turn_back(database, signer, "seen_at", 14 * 60)
    assert client.get("/work", headers={"X-Polling": "yes"}).status_code == 200
    turn_back(database, signer, "seen_at", 61)
    assert client.get("/work", headers={"X-Polling": "yes"}).headers["Location"].startswith("/sign-in")


def test_a_vendor_may_shorten_both_limits(database: TestDatabase, pages: Pages) -> None:
    signer, office = new_signer(database), new_office(database, "A1")
    give_role(database, signer, office.vendor_id, "billing_admin")
    with office.transaction() as connection:
        connection.execute(text("UPDATE vendor SET session_idle_minutes = 5, session_hours = 2"))
    sign_in(pages, signer)
    with database.auth_engine.begin() as connection:
        row = connection.execute(
            text("SELECT idle_seconds, ends_at - made_at <= interval '2 hours' FROM account_session WHERE account_id = :id"),
            {"id": signer.id},
        ).one()
    assert row == (300, True)


def test_signing_out_ends_the_session_on_the_server(pages: Pages, signer: Signer) -> None:
    client = sign_in(pages, signer)
    token = client.get_cookie("caretally_session").value  # type: ignore[union-attr]
    page = client.get("/profile")
    client.post("/sign-out", data={"form_token": form_token(page)}, headers={"Origin": HERE})
    thief = pages.client()
    thief.set_cookie("caretally_session", token)
    assert thief.get("/profile").headers["Location"].startswith("/sign-in")


def test_signing_out_clears_what_the_browser_kept(pages: Pages, signer: Signer) -> None:
    client = sign_in(pages, signer)
    answer = client.post("/sign-out", data={"form_token": form_token(client.get("/profile"))}, headers={"Origin": HERE})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get_cookie("caretally_session") is None


def test_a_disabled_account_is_out_at_once_and_cannot_come_back(database: TestDatabase, pages: Pages, signer: Signer) -> None:
    client = sign_in(pages, signer)
    with database.auth_engine.begin() as connection:
        connection.execute(text("UPDATE account SET disabled_at = now() WHERE account_id = :id"), {"id": signer.id})
    assert client.get("/invoices").headers["Location"].startswith("/sign-in")
    assert WRONG in words(submit(pages.client(), "/sign-in", email=signer.email, password=PASSWORD))


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\x0d\x0aSet-Cookie: a=b"]
)
def test_the_next_page_is_one_of_ours(pages: Pages, signer: Signer, elsewhere: str) -> None:
    client = pages.client()
    answer = submit(client, "/sign-in", email=signer.email, password=PASSWORD, next=elsewhere)
    assert answer.headers["Location"] == "/sign-in/code?next=/"


def test_cookies_are_for_the_server_alone(pages: Pages, signer: Signer) -> None:
    client = pages.client()
    answer = submit(client, "/sign-in", email=signer.email, password=PASSWORD)
    cookie = next(said for said in answer.headers.getlist("Set-Cookie") if said.startswith("caretally_session="))
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_over_an_encrypted_connection_no_other_host_can_have_set_our_cookies(pages: Pages, signer: Signer) -> None:
    client = pages.client()
    token = form_token(client.get("/sign-in", base_url=SAFELY))
    typed = {"form_token": token, "email": signer.email, "password": PASSWORD}
    answer = client.post("/sign-in", data=typed, headers={"Origin": "https://localhost"}, base_url=SAFELY)
    kept = [*client.get("/forgotten", base_url=SAFELY).headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    assert answer.headers["Location"].startswith("/sign-in/code")
    assert [cookie for cookie in kept if not cookie.startswith("__Host-caretally_") or "Domain" in cookie] == []
    session = client.get_cookie("__Host-caretally_session")
    assert session is not None
    planted = pages.client()
    planted.set_cookie("caretally_session", session.value)
    assert planted.get("/sign-in/code", base_url=SAFELY).headers["Location"].startswith("/sign-in?")

"""`caretally user`: the first people of an installation, and a new start for who lost their factors."""

import json
from email import message_from_bytes
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.builders.accounts import PASSWORD, give_role, new_signer, sign_in, submit
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, words
from tests.builders.program import Said, program, slug_of


@pytest.fixture
def home(database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the program on the module's database."""
    for name, value in database.environment(home=tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    return tmp_path / "home"


@pytest.fixture
def office(database: TestDatabase, home: Path) -> Office:
    """A vendor with two clients."""
    return new_office(database, "A1", "A2")


def create(office: Office, email: str, role: str, *more: str) -> Said:
    return program("user", "create", email, "--vendor", slug_of(office), "--role", role, *more)


def events(office: Office) -> list[str]:
    return [
        row.action for row in office.rows("SELECT action FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) ORDER BY seq")
    ]


def test_a_persons_first_day(pages: Pages, office: Office, home: Path) -> None:
    email = f"{uuid4().hex}@meridian.example"
    made = json.loads(
        create(office, email.upper(), "vendor_admin", "--name", "Dana Whitfield", "--address", "http://localhost", "--json").out
    )
    assert made["email"] == email
    (mail,) = (message_from_bytes(path.read_bytes()) for path in (home / "mail").iterdir())
    assert (mail["To"], made["link"] in mail.get_payload()) == (email, True)
    client, link = pages.client(), made["link"].removeprefix("http://localhost")
    assert submit(client, link, password=PASSWORD).headers["Location"] == "/sign-in/code"
    assert client.get("/sign-in/code").headers["Location"].startswith("/sign-in/authenticator")
    assert "Set up your authenticator" in words(client.get("/sign-in/authenticator"))
    assert events(office)[-1] == "member.added"


def test_who_has_an_account_gets_another_role_and_no_link(database: TestDatabase, office: Office) -> None:
    signer = new_signer(database)
    said = create(office, signer.email, "practice_administrator", "--client", "A2")
    assert (said.code, "sign in as they always do" in said.out) == (0, True)
    listed = json.loads(program("user", "list", "--vendor", slug_of(office), "--json").out)
    assert [(one["email"], one["role"], one["clients"]) for one in listed] == [(signer.email, "practice_administrator", ["A2"])]


@pytest.mark.parametrize(
    ("words_given", "said"),
    [
        (("no address", "--role", "vendor_admin"), "is not an email address"),
        (("x@meridian.example", "--role", "provider"), "name at least one"),
        (("x@meridian.example", "--role", "provider", "--client", "A9"), "has no client 'A9'"),
        (("x@meridian.example", "--role", "billing_admin", "--client", "A1"), "so name none"),
        (("x@meridian.example", "--role", "auditor", "--client", "A1"), "first and a last month"),
        (("x@meridian.example", "--role", "auditor", "--client", "A1", "--from", "2026-1", "--to", "2026-03"), "is not a month"),
        (("x@meridian.example", "--role", "auditor", "--client", "A1", "--client", "A2", "--from", "2026-01"), "sees one client"),
        (("x@meridian.example", "--role", "operator"), "every role but operator"),
        (("x@meridian.example", "--role", "king"), "Invalid value"),
    ],
)
def test_a_mistake_is_one_sentence_and_adds_nobody(office: Office, words_given: tuple[str, ...], said: str) -> None:
    answer = program("user", "create", *words_given, "--vendor", slug_of(office))
    assert (answer.code, said in answer.err, answer.err.count("\n")) == (2, True, 1)
    assert office.value("SELECT count(*) FROM membership") == 0


def test_an_operator_belongs_to_no_vendor(database: TestDatabase, home: Path) -> None:
    email = f"{uuid4().hex}@operator.example"
    assert program("user", "create", email, "--role", "operator").code == 0
    with database.auth_engine.begin() as connection:
        assert connection.scalar(text("SELECT is_operator FROM account WHERE email = :email"), {"email": email}) is True


def test_disabling_ends_the_sessions_and_is_in_the_vendors_log(database: TestDatabase, pages: Pages, office: Office) -> None:
    signer = new_signer(database)
    give_role(database, signer, office.vendor_id, "billing_admin")
    client = sign_in(pages, signer)
    assert program("user", "disable", signer.email, "--yes").code == 0
    assert client.get("/profile").headers["Location"].startswith("/sign-in")
    assert submit(pages.client(), "/sign-in", email=signer.email, password=PASSWORD).status_code == 422
    assert program("user", "enable", signer.email).code == 0
    assert submit(pages.client(), "/sign-in", email=signer.email, password=PASSWORD).status_code == 303
    assert events(office)[-2:] == ["account.disabled", "account.enabled"]


def test_a_new_start_takes_every_factor_and_mails_a_link(database: TestDatabase, pages: Pages, office: Office, home: Path) -> None:
    signer = new_signer(database)
    give_role(database, signer, office.vendor_id, "billing_admin")
    client = sign_in(pages, signer)
    said = program("user", "reset-factors", signer.email, "--yes", "--address", "http://localhost")
    link = said.out.split()[-1]
    assert (said.code, link.startswith("http://localhost/link/")) == (0, True)
    assert client.get("/profile").headers["Location"].startswith("/sign-in")
    assert submit(pages.client(), "/sign-in", email=signer.email, password=PASSWORD).status_code == 422
    again = pages.client()
    submit(again, link.removeprefix("http://localhost"), password="other words for tomorrow")
    assert again.get("/sign-in/code").headers["Location"].startswith("/sign-in/authenticator")
    assert len(list((home / "mail").iterdir())) == 1


@pytest.mark.parametrize("command", ["disable", "reset-factors"])
def test_what_takes_something_away_asks_first(database: TestDatabase, pages: Pages, office: Office, command: str) -> None:
    signer = new_signer(database)
    give_role(database, signer, office.vendor_id, "billing_admin")
    client = sign_in(pages, signer)
    answer = program("user", command, signer.email)
    assert (answer.code, "Nothing was changed" in answer.err) == (2, True)
    assert client.get("/profile").status_code == 200


def test_an_unknown_address_is_named(home: Path) -> None:
    answer = program("user", "disable", "nobody@meridian.example", "--yes")
    assert (answer.code, "Nobody has an account for nobody@meridian.example" in answer.err) == (3, True)


def test_mail_that_cannot_be_sent_is_told_and_the_person_stays(monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    monkeypatch.setenv("CARETALLY_MAIL", "smtp://127.0.0.1:9?starttls=no")
    answer = create(office, f"{uuid4().hex}@meridian.example", "billing_admin")
    assert (answer.code, "127.0.0.1 did not take the message" in answer.err) == (6, True)
    assert "http://127.0.0.1:8465/link/" in answer.out
    assert office.value("SELECT count(*) FROM membership") == 1

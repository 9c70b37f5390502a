"""A vendor's administrator sets the identity provider: the secret is never shown, the log names no value, and only the vendor's own is met."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from caretally.identity.providers import Provider, provider_of, providers_of
from tests.builders.accounts import give_role, new_signer, sign_in, submit, turn_back
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, visitor_of, words

TYPED = {
    "issuer": "https://login.meridian.example",
    "client": "caretally",
    "client_secret": "the secret that nobody sees",
    "domains": "Meridian.example, meridian-care.example",
    "group_claim": "groups",
    "roles": "nurses = clinical_staff\nfront desk = practice_administrator A1",
}
PAGE = "/settings/sign-in"


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor of its own for each test."""
    return new_office(database, "A1")


def sent(pages: Pages, office: Office, **changed: Any) -> TestResponse:
    """Send the form as the vendor's administrator."""
    return submit(pages.client(visitor_of(office.vendor_id)), PAGE, **{**TYPED, **changed})


def kept_of(office: Office) -> Provider | None:
    """Return the provider that the sign-in finds for the vendor."""
    with office.database.auth_engine.begin() as connection:
        return provider_of(connection, office.vendor_id, secret=office.database.secret)


def test_a_provider_is_kept_and_found_by_the_sign_in(pages: Pages, office: Office) -> None:
    assert sent(pages, office, proves_factor="yes").headers["Location"] == PAGE
    kept = kept_of(office)
    assert kept is not None
    assert (kept.issuer, kept.client, kept.secret, kept.proves_factor) == (TYPED["issuer"], "caretally", TYPED["client_secret"], True)
    assert [kept.roles["front desk"].role, kept.roles["front desk"].clients] == ["practice_administrator", ("A1",)]
    with office.database.auth_engine.begin() as connection:
        found = providers_of(connection, "Nora@MERIDIAN-care.example", secret=office.database.secret)
    assert office.vendor_id in {one.vendor_id for one in found}
    [(detail,)] = office.rows("SELECT detail FROM audit_event WHERE action = 'provider.changed'")
    assert set(detail) == {"provider", "groups", "domains"}


def test_the_secret_is_never_sent_back_and_an_empty_one_keeps_it(pages: Pages, office: Office) -> None:
    sent(pages, office)
    page = pages.get(PAGE, visitor_of(office.vendor_id))
    assert TYPED["client_secret"] not in page.text
    assert "front desk = practice_administrator A1" in page.text
    refused = sent(pages, office, domains="not a domain")
    assert TYPED["client_secret"] not in refused.text
    assert sent(pages, office, client_secret="", group_claim="memberOf").status_code == 303
    kept = kept_of(office)
    assert kept is not None
    assert (kept.secret, kept.group_claim) == (TYPED["client_secret"], "memberOf")


def test_a_secret_is_kept_for_the_same_client_only(pages: Pages, office: Office) -> None:
    sent(pages, office)
    page = sent(pages, office, client_secret="", issuer="https://evil.example")
    assert page.status_code == 422
    assert "Write the client secret; one is kept for the same address and client id only." in words(page)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": "login.meridian.example"}, "The provider's address is written as https://login.meridian.example"),
        ({"domains": "not_a_domain"}, "“not_a_domain” is not the domain of an address"),
        ({"roles": "nurses = operator"}, "Line 1 does not say which role a group has"),
        ({"roles": "nurses = provider"}, "Line 1: provider needs the codes of its clients."),
        ({"roles": ""}, "Write which role each group has"),
        ({"client_secret": ""}, "Write the client secret"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(pages: Pages, office: Office, changed: dict[str, str], said: str) -> None:
    page = sent(pages, office, **changed)
    assert page.status_code == 422
    assert said in words(page)
    assert "meridian-care.example" in page.text or "domains" in changed
    assert kept_of(office) is None


def test_ending_it_ends_it_for_this_vendor_alone(pages: Pages, office: Office) -> None:
    other = new_office(office.database, "A1")
    for one in (office, other):
        sent(pages, one)
    assert submit(pages.client(visitor_of(office.vendor_id)), PAGE, to=f"{PAGE}/end").status_code == 303
    assert kept_of(office) is None
    assert kept_of(other) is not None
    assert office.value("SELECT count(*) FROM audit_event WHERE action = 'provider.ended'") == 1


def test_it_asks_for_a_fresh_factor_and_for_an_administrator(pages: Pages, office: Office, database: TestDatabase) -> None:
    administrator, billing = new_signer(database), new_signer(database)
    give_role(database, administrator, office.vendor_id, "vendor_admin")
    give_role(database, billing, office.vendor_id, "billing_admin")
    assert sign_in(pages, billing).get(PAGE).status_code == 403
    client = sign_in(pages, administrator)
    assert client.get(PAGE).status_code == 200
    turn_back(database, administrator, "factor_at", 301)
    assert client.get(PAGE).headers["Location"].startswith("/step-up")

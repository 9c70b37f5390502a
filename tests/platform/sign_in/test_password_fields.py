"""Fields of passwords are masked and let a password store fill them; every page of somebody signed in has a way out; codes are kept as hashes."""

import re

import pytest
from sqlalchemy import text

from tests.builders.accounts import Signer, give_role, new_signer, sign_in
from tests.builders.databases import TestDatabase
from tests.builders.office import new_office
from tests.builders.pages import Pages

FIELD = re.compile(r'<input id="(\w*password\w*|again)"[^>]*>')


@pytest.fixture
def signer(database: TestDatabase) -> Signer:
    """A vendor's administrator."""
    made = new_signer(database)
    give_role(database, made, new_office(database, "A1").vendor_id, "vendor_admin")
    return made


@pytest.mark.parametrize(("path", "fewest"), [("/sign-in", 1), ("/profile/password", 2)])
def test_passwords_are_masked_and_may_be_pasted_and_stored(pages: Pages, signer: Signer, path: str, fewest: int) -> None:
    page = (pages.client() if path == "/sign-in" else sign_in(pages, signer)).get(path).text
    found = [match[0] for match in FIELD.finditer(page)]
    assert len(found) >= fewest
    assert all('type="password"' in one and re.search(r'autocomplete="(current|new)-password"', one) for one in found)
    assert "onpaste" not in page


@pytest.mark.parametrize(
    "path", ["/months", "/invoices", "/people", "/audit-log", "/settings", "/settings/policies", "/break-glass", "/profile"]
)
def test_every_page_has_a_way_out(pages: Pages, signer: Signer, path: str) -> None:
    assert 'action="/sign-out"' in sign_in(pages, signer).get(path).text


def test_recovery_codes_are_kept_as_hashes_of_their_own(database: TestDatabase, signer: Signer) -> None:
    with database.auth_engine.begin() as connection:
        kept = (
            connection.execute(text("SELECT code_hash FROM account_recovery_code WHERE account_id = :id"), {"id": signer.id})
            .scalars()
            .all()
        )
    assert len({bytes(one) for one in kept}) == len(signer.recovery_codes) == 10
    assert all(len(one) == 32 for one in kept)
    assert not any(code.replace("-", "").encode() in bytes(one) for one in kept for code in signer.recovery_codes)

"""What a person may do is looked up with every request: a change of it holds at once."""

from uuid import UUID

import pytest

from caretally.identity.memberships import change_member, end_member
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.accounts import give_role, new_signer, sign_in
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with one client and an administrator who stays."""
    made = new_office(database, "A1")
    give_role(database, new_signer(database), made.vendor_id, "vendor_admin")
    return made


def test_a_role_that_changes_holds_with_the_next_request(database: TestDatabase, pages: Pages, office: Office) -> None:
    signer = new_signer(database)
    membership: UUID = give_role(database, signer, office.vendor_id, "vendor_admin")
    client = sign_in(pages, signer)
    assert client.get("/people").status_code == 200
    with tenant_transaction(database.vendor_engine, TenantContext(office.vendor_id, "tester"), secret=database.secret) as connection:
        change_member(connection, membership, "coordinator", clients=())
    assert client.get("/people").status_code != 200


def test_a_membership_that_ends_is_out_with_the_next_request(database: TestDatabase, pages: Pages, office: Office) -> None:
    signer = new_signer(database)
    membership: UUID = give_role(database, signer, office.vendor_id, "vendor_admin")
    client = sign_in(pages, signer)
    assert client.get("/invoices").status_code == 200
    with tenant_transaction(database.vendor_engine, TenantContext(office.vendor_id, "tester"), secret=database.secret) as connection:
        end_member(connection, membership)
    assert client.get("/invoices").status_code != 200

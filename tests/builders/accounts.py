"""People with an account, and a browser that signs in as one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pyotp
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from caretally.identity.accounts import account_for, make_operator, set_password
from caretally.identity.factors import confirm_authenticator, start_authenticator
from caretally.identity.memberships import add_member
from caretally.identity.passwords import password_hash
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.pages import HERE, Pages, form_token

PASSWORD = "four words nobody says"
KEPT = password_hash(PASSWORD)


@dataclass
class Signer:
    """A person with a password and an authenticator; `code` gives a code that was not used yet."""

    id: UUID
    email: str
    secret: str
    recovery_codes: list[str]
    steps_ahead: int = field(default=-2)

    def code(self) -> str:
        """Return the next code; the clock's skew of 90 seconds leaves room for several within a test."""
        self.steps_ahead += 1
        return pyotp.TOTP(self.secret).at(datetime.now(UTC) + timedelta(seconds=30 * self.steps_ahead))


def new_signer(database: TestDatabase, *, name: str = "Dana Whitfield") -> Signer:
    """Make an account whose authenticator is confirmed."""
    email = f"{uuid4().hex}@meridian.example"
    with database.auth_engine.begin() as connection:
        account = account_for(connection, email=email, name=name)
        set_password(connection, account.id, KEPT)
        secret = start_authenticator(connection, account.id, secret=database.secret)
        codes = confirm_authenticator(
            connection, account.id, pyotp.TOTP(secret).at(datetime.now(UTC) - timedelta(seconds=90)), secret=database.secret
        )
    assert codes is not None
    return Signer(account.id, email, secret, codes)


def new_operator(database: TestDatabase, *, name: str = "Sam Keller") -> Signer:
    """Make an operator of the installation."""
    signer = new_signer(database, name=name)
    with database.auth_engine.begin() as connection:
        make_operator(connection, signer.id)
    return signer


def give_role(database: TestDatabase, signer: Signer, vendor_id: UUID, role: str, *, clients: Sequence[str] = ()) -> UUID:
    """Make a signer a member of a vendor."""
    with database.auth_engine.begin() as connection:
        account = account_for(connection, email=signer.email, name="unused")
    with tenant_transaction(database.vendor_engine, TenantContext(vendor_id, "tester"), secret=database.secret) as connection:
        return add_member(connection, account, role, name=account.name, clients=clients)


def submit(client: FlaskClient, path: str, /, *, to: str = "", **typed: object) -> TestResponse:
    """Open a page and send its form with what was typed, to the page itself or to where `to` leads."""
    token = form_token(client.get(path))
    return client.post(to or path, data={"form_token": token, **typed}, headers={"Origin": HERE})


def sign_in(pages: Pages, signer: Signer) -> FlaskClient:
    """Return a browser in which the signer is signed in, and at work when there is one membership."""
    client = pages.client()
    assert submit(client, "/sign-in", email=signer.email, password=PASSWORD).headers["Location"].startswith("/sign-in/code")
    assert submit(client, "/sign-in/code", code=signer.code()).headers["Location"].startswith("/choose")
    client.get("/choose")
    return client


def operating(pages: Pages, operator: Signer) -> FlaskClient:
    """Return a browser in which an operator is at the installation's pages."""
    client = sign_in(pages, operator)
    assert submit(client, "/choose", to="/choose/operate").headers["Location"] == "/"
    return client


def turn_back(database: TestDatabase, signer: Signer, column: str, seconds: int) -> None:
    """Set a moment of a signer's sessions back."""
    statement = f"UPDATE account_session SET {column} = {column} - make_interval(secs => :seconds) WHERE account_id = :id"
    with database.auth_engine.begin() as connection:
        connection.execute(text(statement), {"seconds": seconds, "id": signer.id})

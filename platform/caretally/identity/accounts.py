"""Accounts of people: made once per address, never removed, disabled at once. Only the sign-in's login reaches them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import Connection, Row, text

from caretally.errors import NothingToDo, UsageMistake

LONGEST_EMAIL = 254
LONGEST_NAME = 200
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
FIND = text("SELECT account_id, email, name, password_hash, is_operator, disabled_at FROM account WHERE email = :email")
READ = text("SELECT account_id, email, name, password_hash, is_operator, disabled_at FROM account WHERE account_id = :account_id")
MAKE = text("INSERT INTO account (email, name) VALUES (:email, :name) ON CONFLICT (email) DO NOTHING RETURNING account_id")
# The same statement runs for an account that does not exist, so that it takes as long.
NOTE = text(
    "INSERT INTO account_event (account_id, action, network, browser) "
    "SELECT account_id, :action, :network, :browser FROM account WHERE account_id = CAST(:account_id AS uuid)"
)
EVENTS = text("SELECT at, action, network, browser FROM account_event WHERE account_id = :account_id ORDER BY event_id DESC LIMIT :limit")


class AddressRefused(UsageMistake):
    """An email address is not one."""

    code = "address_refused"


class UnknownAccount(NothingToDo):
    """No account has this email address."""

    code = "unknown_account"


@dataclass(frozen=True, repr=False)
class Account:
    """A person as the sign-in knows them. It has no repr: it holds a hash of the password."""

    id: UUID
    email: str
    name: str
    password_hash: str | None
    is_operator: bool
    disabled: bool


@dataclass(frozen=True)
class Place:
    """Where a request came from, as far as it is kept: a network (IPv4 /24, IPv6 /48) and a browser in a few words."""

    network: str
    browser: str


COMMAND_LINE = Place("command line", "command line")


def plain_address(typed: str) -> str:
    """Return an email address as accounts keep it: in lower case, without space around. Raises `AddressRefused`."""
    address = normalize("NFKC", typed).strip().lower()
    if len(address) > LONGEST_EMAIL or not ADDRESS.fullmatch(address) or not address.isprintable():
        raise AddressRefused(f"“{typed.strip()[:60]}” is not an email address; write it as name@example.org.")
    return address


def plain_name(typed: str) -> str:
    """Return a person's name with single spaces. Raises `UsageMistake` when there is none or it is beyond 200 characters."""
    name = " ".join(normalize("NFC", typed).split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageMistake(f"Write the person's name in 1 to {LONGEST_NAME} printable characters.")
    return name


def find_account(connection: Connection, email: str) -> Account | None:
    """Return the account of an address, None when there is none."""
    return _account(connection.execute(FIND, {"email": email}).one_or_none())


def account_of(connection: Connection, account_id: UUID) -> Account:
    """Return the account of an id. Raises `UnknownAccount`."""
    found = _account(connection.execute(READ, {"account_id": account_id}).one_or_none())
    if found is None:
        raise UnknownAccount("There is no such account any more.")
    return found


def require_account(connection: Connection, email: str) -> Account:
    """Return the account of an address. Raises `UnknownAccount`, naming it, for commands of the installation's own administrator."""
    found = find_account(connection, plain_address(email))
    if found is None:
        raise UnknownAccount(f"Nobody has an account for {plain_address(email)}; caretally user list shows who has one.")
    return found


def account_for(connection: Connection, *, email: str, name: str) -> Account:
    """Return the account of an address, made now with this name when there is none; the name of one that exists stays."""
    connection.execute(MAKE, {"email": plain_address(email), "name": plain_name(name)})
    found = find_account(connection, plain_address(email))
    assert found is not None
    return found


def set_password(connection: Connection, account_id: UUID, kept: str | None) -> None:
    """Keep the hash of a new password; None takes the password away, so that only a mailed link sets the next one."""
    connection.execute(
        text("UPDATE account SET password_hash = :kept WHERE account_id = :account_id"), {"kept": kept, "account_id": account_id}
    )


def disable_account(connection: Connection, account_id: UUID, *, disabled: bool) -> None:
    """Let nobody sign in to an account, or let them again; memberships and what they did stay."""
    connection.execute(
        text("UPDATE account SET disabled_at = CASE WHEN :disabled THEN coalesce(disabled_at, now()) END WHERE account_id = :account_id"),
        {"disabled": disabled, "account_id": account_id},
    )


def make_operator(connection: Connection, account_id: UUID) -> None:
    """Make an account one of the installation's operators, who see counts and health and no patient."""
    connection.execute(text("UPDATE account SET is_operator = true WHERE account_id = :account_id"), {"account_id": account_id})


def note(connection: Connection, account_id: UUID | None, action: str, place: Place) -> None:
    """Add to what happened to an account: an action in small letters, from where; never a password, a code or a token. None is nobody."""
    connection.execute(NOTE, {"account_id": account_id, "action": action, "network": place.network, "browser": place.browser})


@dataclass(frozen=True)
class AccountEvent:
    """One thing that happened to an account."""

    at: datetime
    action: str
    network: str
    browser: str


def events_of(connection: Connection, account_id: UUID, *, limit: int = 50) -> list[AccountEvent]:
    """Return the newest events of an account."""
    return [AccountEvent(*row) for row in connection.execute(EVENTS, {"account_id": account_id, "limit": limit})]


def _account(row: Row[Any] | None) -> Account | None:
    if row is None:
        return None
    return Account(row.account_id, row.email, row.name, row.password_hash, row.is_operator, row.disabled_at is not None)

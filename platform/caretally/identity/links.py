"""Links that are mailed: an invitation or a new password, each once and for a limited time; only their hash is kept."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.identity.tokens import new_token, token_hash

HOURS = {"invitation": 72, "reset": 1}
MAKE = text(
    "INSERT INTO account_link (link_hash, account_id, purpose, ends_at) VALUES (:link_hash, :account_id, :purpose, now() + make_interval(hours => :hours))"
)
# A new link of a kind takes the place of those before it.
RETIRE = text("UPDATE account_link SET used_at = now() WHERE account_id = :account_id AND used_at IS NULL")
FIND = text(
    "SELECT l.account_id, l.purpose, a.email, a.name FROM account_link l JOIN account a USING (account_id) "
    "WHERE l.link_hash = :link_hash AND l.used_at IS NULL AND l.ends_at > now() AND a.disabled_at IS NULL"
)
USE = text("UPDATE account_link SET used_at = now() WHERE link_hash = :link_hash AND used_at IS NULL AND ends_at > now()")


@dataclass(frozen=True)
class Link:
    """Whom a link that still holds was mailed to, and for what."""

    account_id: UUID
    purpose: str
    email: str
    name: str


def make_link(connection: Connection, account_id: UUID, *, purpose: str) -> str:
    """Return the token of a new link; earlier ones of the account end."""
    token = new_token()
    connection.execute(RETIRE, {"account_id": account_id})
    connection.execute(MAKE, {"link_hash": token_hash(token), "account_id": account_id, "purpose": purpose, "hours": HOURS[purpose]})
    return token


def find_link(connection: Connection, token: str) -> Link | None:
    """Return the link of a token; None when there is none, it was used, has ended, or its account is disabled."""
    row = connection.execute(FIND, {"link_hash": token_hash(token)}).one_or_none()
    return None if row is None else Link(row.account_id, row.purpose, row.email, row.name)


def use_link(connection: Connection, token: str) -> bool:
    """Use a link up; False when another request was first."""
    return connection.execute(USE, {"link_hash": token_hash(token)}).rowcount == 1

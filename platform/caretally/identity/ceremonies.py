"""What a browser was asked and must answer once within minutes: sealed, and found by the hash of a token that the browser keeps."""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, text

from caretally.config.sealed import seal, unseal
from caretally.identity.tokens import new_token, token_hash

MINUTES = 5
BEGIN = text(
    "INSERT INTO account_ceremony (ceremony_hash, kind, sealed, ends_at) VALUES (:ceremony_hash, :kind, :sealed, now() + make_interval(mins => :minutes))"
)
FORGET_OLD = text("DELETE FROM account_ceremony WHERE ends_at < now()")
TAKE = text(
    "DELETE FROM account_ceremony WHERE ceremony_hash = :ceremony_hash AND kind = :kind RETURNING CASE WHEN ends_at > now() THEN sealed END"
)


def begin_ceremony(connection: Connection, kind: str, said: Mapping[str, str], *, secret: bytes, minutes: int = MINUTES) -> str:
    """Keep what was asked, and return the token by which the browser's answer finds it; older ones that ended are forgotten."""
    token = new_token()
    connection.execute(FORGET_OLD)
    sealed = seal(json.dumps(said).encode(), secret=secret, owner=f"ceremony:{kind}")
    connection.execute(BEGIN, {"ceremony_hash": token_hash(token), "kind": kind, "sealed": sealed, "minutes": minutes})
    return token


def take_ceremony(connection: Connection, kind: str, token: str, *, secret: bytes) -> dict[str, str] | None:
    """Return what was asked and forget it, so that no answer counts twice; None when there is none of this kind or it has ended."""
    sealed = connection.scalar(TAKE, {"ceremony_hash": token_hash(token), "kind": kind})
    if sealed is None:
        return None
    said: dict[str, str] = json.loads(unseal(sealed, secret=secret, owner=f"ceremony:{kind}"))
    return said

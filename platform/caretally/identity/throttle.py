"""Limits on guessing: failures are counted by account and by network, so that neither a guesser nor a crowd of them gets far.

A browser that once signed in to the account is counted by itself: whoever else fails at the account cannot keep its person out.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.errors import CareTallyError
from caretally.identity.tokens import new_token

MINUTE = 60
COUNT_SINCE = text("SELECT count(*) FROM sign_in_failure WHERE key_hash = :key AND at > now() - make_interval(secs => :seconds)")
ADD = text("INSERT INTO sign_in_failure (key_hash) VALUES (:key)")
FORGET_OLD = text("DELETE FROM sign_in_failure WHERE at < now() - make_interval(secs => :longest)")
FORGET = text("DELETE FROM sign_in_failure WHERE key_hash = ANY (:keys)")


@dataclass(frozen=True)
class Limit:
    """How many failures are taken in how many seconds."""

    failures: int
    seconds: int


# NIST SP 800-63B-4, 3.2.2 allows at most 100 failures in a row; the smaller numbers are ours (decision 0012).
LIMITS: Mapping[str, Limit] = {
    "pair": Limit(10, 15 * MINUTE),
    "browser": Limit(10, 15 * MINUTE),
    "network": Limit(100, 15 * MINUTE),
    "account": Limit(100, 60 * MINUTE),
    "mail": Limit(5, 60 * MINUTE),
}
LONGEST = max(limit.seconds for limit in LIMITS.values())


class TooManyAttempts(CareTallyError):
    """Too many attempts failed at this account or from this network; the page's answer is 429."""

    code = "too_many_attempts"
    status = 429


@dataclass(frozen=True)
class Attempt:
    """What an attempt is counted by: kinds of `LIMITS` and a text each, kept as a keyed hash only."""

    keys: Mapping[str, bytes]

    @classmethod
    def of(cls, secret: bytes, **counted_by: str) -> "Attempt":
        """Return an attempt counted by these kinds."""
        return cls(
            {kind: hmac.new(secret, f"attempt 1|{kind}|{said}".encode(), hashlib.sha256).digest() for kind, said in counted_by.items()}
        )


def guess(secret: bytes, what: str, *, of: str, network: str, browser: str) -> Attempt:
    """Return how a guess of `what` (a password, a code) `of` somebody counts; `browser` is what a known one keeps, empty for a stranger."""
    if browser:
        return Attempt.of(secret, browser=f"{what}|{of}|{browser}")
    return Attempt.of(secret, pair=f"{what}|{of}|{network}", network=network, account=f"{what}|{of}")


def refuse_too_many(connection: Connection, attempt: Attempt, *, instead: str) -> None:
    """Raise `TooManyAttempts`, which says what to do `instead`, when one of the limits is reached."""
    for kind, key in attempt.keys.items():
        limit = LIMITS[kind]
        if connection.scalar(COUNT_SINCE, {"key": key, "seconds": limit.seconds}) >= limit.failures:
            raise TooManyAttempts(f"Too many attempts failed; wait {limit.seconds // MINUTE} minutes, or {instead}.")


def count_failure(connection: Connection, attempt: Attempt) -> None:
    """Count a failure, and forget those beyond the longest window."""
    connection.execute(FORGET_OLD, {"longest": LONGEST})
    connection.execute(ADD, [{"key": key} for key in attempt.keys.values()])


def forget_failures(connection: Connection, attempt: Attempt) -> None:
    """Forget the failures at the account by this browser or from this network; those of the network as a whole stay."""
    connection.execute(FORGET, {"keys": [key for kind, key in attempt.keys.items() if kind in {"pair", "browser"}]})


def known_browser(secret: bytes, account_id: UUID) -> str:
    """Return what a browser keeps to show later that somebody signed in to this account with it."""
    nonce = new_token()
    return f"{nonce}.{_proof(secret, account_id, nonce)}"


def is_known_browser(secret: bytes, account_id: UUID, kept: str) -> bool:
    """Tell whether what a browser keeps was given to it for this account."""
    nonce, dot, proof = kept[:200].partition(".")
    return bool(dot) and hmac.compare_digest(proof.encode(), _proof(secret, account_id, nonce).encode())


def _proof(secret: bytes, account_id: UUID, nonce: str) -> str:
    return hmac.new(secret, f"known browser 1|{account_id}|{nonce}".encode(), hashlib.sha256).hexdigest()

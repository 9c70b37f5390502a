"""The signed context that tells the database who is asking (RFC 2104 HMAC-SHA256 over vendor, clients, actor and expiry)."""

import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

KEY_ID = 1
BLOCK_BYTES = 64
LIFETIME_SECONDS = 3600


@dataclass(frozen=True)
class TenantContext:
    """One vendor, the clients that may be seen (None: all, for a vendor's own people), and the actor written to the audit log.

    `period` is the first and the last day that an auditor of these clients may look at, None for everybody else. `reads_only` is accepted by the
    database in a read-only transaction and nowhere else; `ends_at` is the moment from which the database refuses the context, when it is near.
    """

    vendor_id: UUID
    actor: str
    clients: tuple[UUID, ...] | None = None
    period: tuple[date, date] | None = None
    reads_only: bool = False
    ends_at: datetime | None = None


def context_key(secret: bytes) -> bytes:
    """Return the 32-byte signing key derived from the installation's secret."""
    return hmac.new(secret, b"caretally tenant context 1", hashlib.sha256).digest()


def key_blocks(key: bytes) -> tuple[bytes, bytes]:
    """Return the inner and outer 64-byte blocks of RFC 2104 for a key of at most 64 bytes, as the database stores them."""
    padded = key.ljust(BLOCK_BYTES, b"\0")
    return bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)


def signed_context(context: TenantContext, *, key: bytes, now_seconds: int | None = None) -> str:
    """Return the text for the setting `caretally.context`: `key_id|vendor|clients|actor|expiry|mac`.

    The expiry is one hour after `now_seconds` (seconds since 1970 UTC; default: now), long enough for the longest close
    and short for a stolen text, or the context's own end when that comes first. Raises `ValueError` when the actor holds a `|`, a period has
    no clients, or a context of named clients is to read only.
    """
    if "|" in context.actor:
        raise ValueError("an actor's name cannot hold a vertical bar")
    everyone = "*read" if context.reads_only else "*"
    if context.reads_only and context.clients is not None:
        raise ValueError("a context that only reads is one of all clients")
    clients = everyone if context.clients is None else ",".join(str(c) for c in context.clients)
    if context.period is not None:
        if context.clients is None:
            raise ValueError("a period belongs to named clients")
        clients += f"@{context.period[0].isoformat()}/{context.period[1].isoformat()}"
    expiry = (int(time.time()) if now_seconds is None else now_seconds) + LIFETIME_SECONDS
    if context.ends_at is not None:
        expiry = min(expiry, int(context.ends_at.timestamp()))
    message = f"{KEY_ID}|{context.vendor_id}|{clients}|{context.actor}|{expiry}"
    return f"{message}|{hmac.new(key, message.encode(), hashlib.sha256).hexdigest()}"

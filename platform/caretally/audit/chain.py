"""Appends to the audit chain of the current vendor, and checks it."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.tenancy.read_rows import Statement, read_rows
from caretally.tenancy.transaction import with_commit

Detail = str | int | None | UUID | Sequence["Detail"] | Mapping[str, "Detail"]
Append = Callable[[str, Mapping[str, Detail]], int]
BESIDE = "append_event"
FIRST_HASH = bytes(32)
ADD = Statement("SELECT tenancy.append_event(:action, CAST(:detail AS jsonb))")
READ = text(
    "SELECT vendor_id, seq, at, actor, action, detail, previous_hash, hash FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) ORDER BY seq"
)
READ_HEAD = text("SELECT seq, hash FROM audit_head WHERE vendor_id = (SELECT tenancy.current_vendor())")


@dataclass(frozen=True)
class ChainBreak:
    """The first event (by its number) at which the chain does not hold, and why, in one sentence."""

    seq: int
    reason: str


@dataclass(frozen=True)
class ChainState:
    """How many events were checked, and where the chain first breaks (None: nowhere)."""

    events: int
    broken_at: ChainBreak | None = None


def append_event(connection: Connection, *, action: str, detail: Mapping[str, Detail]) -> int:
    """Add an event to the chain of the current vendor and return its number; take it last, since it locks the head of the chain.

    `detail` holds ids, counts and digests only, never a name and never a float (TypeError). The hash is SHA-256 over the previous hash
    and the canonical JSON of the event (sorted keys, no spaces, UTF-8). A transaction that only reads names, as its execution option
    `append_event`, what appends beside it.
    """
    beside = appends_beside(connection)
    if beside is not None:
        return beside(action, detail)
    [(seq,)] = read_rows(connection, ADD, told(action, detail))
    return int(seq)


def append_with_commit(connection: Connection, *, action: str, detail: Mapping[str, Detail]) -> None:
    """Add an event as `append_event` does, with the commit of the tenant's transaction: nobody waits for the chain longer than the server takes."""
    beside = appends_beside(connection)
    if beside is not None:
        beside(action, detail)
    else:
        with_commit(connection, ADD, told(action, detail))


def appends_beside(connection: Connection) -> Append | None:
    """Return what appends the events of a transaction that only reads, None for others."""
    return cast("Append | None", connection.get_execution_options().get(BESIDE))


def told(action: str, detail: Mapping[str, Detail]) -> dict[str, str]:
    """Return what an event says, as the database takes it."""
    return {"action": action, "detail": canonical(_plain(detail)).decode()}


def verify_chain(connection: Connection) -> ChainState:
    """Recompute the chain of the current vendor from its first event to its head.

    Others may add events meanwhile, since each statement sees what is committed when it begins: the chain has to reach the head read before
    it, and not pass the head read after it.
    """
    before, previous, events = connection.execute(READ_HEAD).one(), FIRST_HASH, 0
    fits = (before.seq, before.hash) == (events, previous)
    with closing(connection.execute(READ, execution_options={"yield_per": 1000}).mappings()) as rows:
        for row in rows:
            events += 1
            reason = _fault(dict(row), seq=events, previous=previous)
            if reason:
                return ChainState(events, ChainBreak(events, reason))
            previous = row["hash"]
            fits = fits or (before.seq, before.hash) == (events, previous)
    after = connection.execute(READ_HEAD).one()
    if not fits or events > after.seq or (events == after.seq and previous != after.hash):
        return ChainState(events, ChainBreak(events + 1, f"The chain ends at event {events}, but its head is event {after.seq}."))
    return ChainState(events)


def event_hash(previous: bytes, event: Mapping[str, object]) -> bytes:
    """Return SHA-256 over the previous hash and the event's canonical JSON."""
    return hashlib.sha256(previous + canonical(event)).digest()


def canonical(value: object) -> bytes:
    """Return JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _fault(values: Mapping[str, Any], *, seq: int, previous: bytes) -> str:
    if values["seq"] != seq:
        return f"Event {seq} is missing."
    if values["previous_hash"] != previous:
        return f"Event {seq} does not follow from the one before it."
    fields = ("vendor_id", "seq", "at", "actor", "action", "detail")
    if event_hash(previous, _event(**{name: values[name] for name in fields})) != values["hash"]:
        return f"Event {seq} was changed after it was written."
    return ""


def _event(*, vendor_id: UUID, seq: int, at: datetime, actor: str, action: str, detail: object) -> dict[str, object]:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return {"vendor": str(vendor_id), "seq": seq, "at": moment, "actor": actor, "action": action, "detail": detail}


def _plain(value: Detail) -> object:
    if isinstance(value, float):
        raise TypeError("an audit event holds no float")
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, str) or value is None or isinstance(value, int):
        return value
    return str(value) if isinstance(value, UUID) else [_plain(inner) for inner in value]

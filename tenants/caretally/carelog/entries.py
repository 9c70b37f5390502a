"""Keeps hours of work as entries: of an open month like those of an import, of a closed one beside it as late entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.carelog.statements import statement

SHARE = text("SELECT guard.share_client_locks(ARRAY[(SELECT tenancy.current_vendor())], ARRAY[CAST(:client_id AS uuid)])")
BESIDE = text(
    "INSERT INTO logged_time (vendor_id, client_id, source, external_id, patient_id, staff_id, reason, state) "
    "VALUES ((SELECT tenancy.current_vendor()), :client_id, :source, :external_id, :patient_id, :staff_id, :reason, :state) "
    "ON CONFLICT (vendor_id, client_id, source, external_id) DO NOTHING RETURNING id"
)
FOUND = text(
    "SELECT id, staff_id FROM logged_time WHERE vendor_id = (SELECT tenancy.current_vendor()) AND client_id = :client_id AND source = :source "
    "AND external_id = :external_id"
)
Piece = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class Work:
    """Work of one person on one patient; `pieces` are its hours, first and last moment each, in order and apart from each other."""

    client_id: UUID
    patient_id: UUID
    staff_id: UUID
    program: str
    activity: str
    pieces: Sequence[Piece]
    description: str = ""
    contact: str = ""
    within_em: bool = False


@dataclass(frozen=True)
class Overlap:
    """Seconds that other work has too: of the same person with another patient, or of the same patient with whoever it was."""

    same_staff: bool
    same_patient: bool
    first_at: datetime
    last_at: datetime
    staff: str


def keep_clocked(connection: Connection, work: Work, *, timer_id: UUID) -> UUID | None:
    """Keep what a timer ran, a piece an entry, and return the id of the whole; None when it ran for less than a second."""
    if not work.pieces:
        return None
    external_ids = [f"{timer_id}:{number}" for number, _ in enumerate(work.pieces, start=1)]
    return _keep(connection, work, source="timer", whole=str(timer_id), external_ids=external_ids, reason="", state="clocked")


def keep_written(connection: Connection, work: Work, *, key: UUID, reason: str) -> UUID | None:
    """Keep one entry written by hand, which waits for approval; `key` is its form's, so that a form sent twice keeps one. Return its id."""
    return _keep(connection, work, source="manual", whole=str(key), external_ids=[str(key)], reason=reason, state="waiting")


def closed_months_touched(connection: Connection, client_id: UUID, started_at: datetime, ended_at: datetime) -> list[date]:
    """Return the first days of the closed months that these hours touch; no close begins before the transaction ends."""
    connection.execute(SHARE, {"client_id": client_id})
    values = {"client_id": client_id, "started_at": started_at, "ended_at": ended_at}
    return [row.month for row in connection.execute(statement("closed_months"), values)]


def overlaps(connection: Connection, work: Work, *, but: Sequence[UUID]) -> list[Overlap]:
    """Return at most 20 overlaps of the work with other entries than `but`; they are told of, never refused."""
    values = {
        "staff_id": work.staff_id,
        "client_id": work.client_id,
        "patient_id": work.patient_id,
        "starts": [first for first, _ in work.pieces],
        "ends": [last for _, last in work.pieces],
        "ids": list(but),
    }
    return [Overlap(*row) for row in connection.execute(statement("overlaps"), values)]


def _keep(connection: Connection, work: Work, *, source: str, whole: str, external_ids: list[str], reason: str, state: str) -> UUID | None:
    connection.execute(SHARE, {"client_id": work.client_id})
    key: dict[str, Any] = {"client_id": work.client_id, "source": source, "external_id": whole}
    beside = key | {"patient_id": work.patient_id, "staff_id": work.staff_id, "reason": reason, "state": state}
    made: UUID | None = connection.scalar(BESIDE, beside)
    if made is None:
        known = connection.execute(FOUND, key).one()
        return UUID(str(known.id)) if known.staff_id == work.staff_id else None
    values = {name: value for name, value in vars(work).items() if name != "pieces"} | {
        "source": source,
        "external_ids": external_ids,
        "starts": [first for first, _ in work.pieces],
        "ends": [last for _, last in work.pieces],
    }
    connection.execute(statement("keep_entries"), values)
    connection.execute(statement("keep_late"), values)
    return made

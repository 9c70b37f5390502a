"""Acts on all exceptions that match, in one set-based statement: told beforehand with count and money, kept with what was before, undone on request."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import Detail, append_event
from caretally.audit.reasons import digest_of
from caretally.errors import Conflict, NothingToDo, UsageMistake
from caretally.money import format_dollars
from caretally.settling.filters import Filters
from caretally.settling.statements import over_matched, statement
from caretally.settling.worklist import today_in_utc
from caretally.waivers.record_many import Asked, add_waivers, withdraw_waivers

KINDS = {
    "assign": "Assign",
    "due": "Set the due date of",
    "note": "Put the note on",
    "settle": "Settle",
    "open": "Open again",
    "waive": "Waive",
}
# Two acts of one vendor on the same rows take turns, and what was told is looked at again behind the lock.
TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('caretally exceptions ' || CAST(:vendor_id AS text), 0))")
DONE = text("SELECT exceptions FROM exception_act WHERE vendor_id = :vendor_id AND id = :act_id")
ADD = text(
    "INSERT INTO exception_act (vendor_id, id, kind, actor, exceptions, patients, held_cents) VALUES (:vendor_id, :act_id, :kind, "
    "(SELECT tenancy.current_actor()), :exceptions, :patients, :held_cents)"
)
PERSON = text("SELECT name FROM membership WHERE vendor_id = :vendor_id AND id = :id AND ended_at IS NULL AND role = ANY (:roles)")
OWN = text(
    "SELECT id, kind, exceptions, undone_at FROM exception_act WHERE vendor_id = :vendor_id AND actor = (SELECT tenancy.current_actor()) AND id = :act_id "
    "FOR UPDATE"
)
UNDONE = text(
    "UPDATE exception_act SET undone_at = now(), undone_by = (SELECT tenancy.current_actor()) WHERE vendor_id = :vendor_id AND id = :act_id"
)
WAIVERS = text("SELECT waiver_id FROM exception_act_row WHERE vendor_id = :vendor_id AND act_id = :act_id AND waiver_id IS NOT NULL")


class ChangedSinceTold(Conflict):
    """What matches is no longer what the person was told; nothing was done. The page's answer is 412."""

    code = "changed_since_told"
    status = 412


class NothingMatches(NothingToDo):
    """An act that would touch no exception."""

    code = "nothing_matches"


@dataclass(frozen=True, kw_only=True)
class Act:
    """What to do to all that matches: a kind of `KINDS`, a membership to assign to (None: nobody), a due day (None: the gate's own), a note or
    the reason of a waiver, and the last day and the name of one."""

    kind: str
    to: UUID | None = None
    on: date | None = None
    note: str = ""
    until: date | None = None
    by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What an act would touch: exceptions, their patients, the money held in cents; how many matches it leaves out and how many months are closed.

    `seen` is the fingerprint to act by."""

    exceptions: int
    patients: int
    held_cents: int
    left_out: int
    closed_months: int
    seen: str

    @property
    def words(self) -> str:
        """Say how many they are and what is held, as in 37 exceptions, $1,462.00 held."""
        return f"{self.exceptions:,} {'exception' if self.exceptions == 1 else 'exceptions'}, {format_dollars(self.held_cents)} held"


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: the kind of the act, how many rows it had touched and how many of them are as they were."""

    kind: str
    exceptions: int
    restored: int
    waivers: int = field(default=0)


def tell_act(connection: Connection, filters: Filters, kind: str, *, vendor_id: UUID) -> Told:
    """Return what an act would touch. Raises `NothingMatches`."""
    values = filters.values(vendor_id=vendor_id, today=today_in_utc()) | {"kind": kind}
    told = Told(**connection.execute(over_matched("told_act", values), values).mappings().one())
    if not told.exceptions:
        why = "what CMS asks is never waived" if kind == "waive" and told.left_out else "choose other filters"
        raise NothingMatches(f"No exception matches that this could be done to; {why}.")
    return told


def do_act(connection: Connection, filters: Filters, act: Act, *, vendor_id: UUID, act_id: UUID, seen: str) -> Told | None:
    """Do an act on all that matches in the caller's transaction and return what it touched; None when `act_id` was done already (sent twice).

    `seen` is the fingerprint that the person was told. Raises `ChangedSinceTold`, `NothingMatches`, and for a waiver what `add_waivers` raises.
    """
    connection.execute(TAKE_TURN, {"vendor_id": vendor_id})
    if connection.execute(DONE, {"vendor_id": vendor_id, "act_id": act_id}).first() is not None:
        return None
    told = tell_act(connection, filters, act.kind, vendor_id=vendor_id)
    if told.seen != seen:
        raise ChangedSinceTold(f"What matches has changed since you were told; it is {told.words} now. Look again, then confirm.")
    values = filters.values(vendor_id=vendor_id, today=today_in_utc()) | {"act_id": act_id, "kind": act.kind}
    made = _waive(connection, values, act) if act.kind == "waive" else []
    counts: dict[str, Detail] = {name: getattr(told, name) for name in ("exceptions", "patients", "held_cents")}
    connection.execute(ADD, values | counts)
    given = {"to": act.to, "on": act.on, "note": act.note, "waivers": json.dumps(made)}
    connection.execute(over_matched("act", values), values | given)
    detail: dict[str, Detail] = {
        "act_id": act_id,
        "kind": act.kind,
        "to": act.to,
        "on": str(act.on) if act.on else None,
        "waivers": len(made),
    }
    if act.note:
        detail["note_sha256"] = digest_of(act.note)
    append_event(connection, action="exceptions.acted", detail=detail | counts | {"seen": seen})
    return told


def undo_act(connection: Connection, act_id: UUID, *, vendor_id: UUID, may_waive: bool) -> Undone | None:
    """Undo this act of the actor's: its rows are as before unless somebody changed them since, its waivers are withdrawn. None when it was undone already.

    Raises `NothingToDo` where the actor has no such act, `UsageMistake` for waivers of somebody who may not waive any more.
    """
    connection.execute(TAKE_TURN, {"vendor_id": vendor_id})
    values = {"vendor_id": vendor_id, "act_id": act_id}
    act = connection.execute(OWN, values).one_or_none()
    if act is None:
        raise NothingToDo("There is no such act of yours to undo; open the queue again.")
    if act.undone_at is not None:
        return None
    if act.kind == "waive" and not may_waive:
        raise UsageMistake("This act waived exceptions, and your role may not withdraw waivers; ask somebody who may.")
    waivers = withdraw_waivers(connection, list(connection.scalars(WAIVERS, values)))
    restored: int = connection.execute(statement("undo_act"), values).scalar_one()
    connection.execute(UNDONE, values)
    append_event(
        connection,
        action="exceptions.undone",
        detail={"act_id": act.id, "kind": act.kind, "exceptions": act.exceptions, "restored": restored, "waivers": waivers},
    )
    return Undone(act.kind, act.exceptions, restored, waivers)


def person_to_assign(connection: Connection, membership_id: UUID, roles: list[str], *, vendor_id: UUID) -> str:
    """Return the name of a person of the vendor. Raises `UsageMistake` for anybody else."""
    name: str | None = connection.scalar(PERSON, {"vendor_id": vendor_id, "id": membership_id, "roles": roles})
    if name is None:
        raise UsageMistake("Choose a person of your own organisation; whom you chose does not work here any more.")
    return name


def _waive(connection: Connection, values: Mapping[str, Any], act: Act) -> list[dict[str, str]]:
    assert act.until is not None
    rows = connection.execute(over_matched("asked_waivers", values), values).all()
    asked = [Asked(row.client_id, row.patient_id, row.gate_code, row.month) for row in rows]
    made = add_waivers(connection, asked, waived_by=act.by, reason=act.note, expires_on=act.until, today=today_in_utc())
    return [
        {
            "waiver_id": str(one.waiver_id),
            "client_id": str(one.client_id),
            "patient_id": str(one.patient_id),
            "gate_code": one.gate_code,
            "first_month": one.first_month.isoformat(),
        }
        for one in made
    ]

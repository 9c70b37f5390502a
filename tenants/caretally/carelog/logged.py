"""One piece of work that was logged here: looked at, noted, corrected and taken out while its month is open and nobody approved it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.carelog.entries import SHARE, Work, closed_months_touched
from caretally.carelog.statements import statement
from caretally.errors import Conflict, NothingToDo
from caretally.months import Month

OWN = "vendor_id = (SELECT tenancy.current_vendor()) AND id = ANY (:ids)"
NOTE_ENTRY = text(
    f"UPDATE time_entry SET description = :description, activity = :activity, contact = :contact, within_em = :within_em WHERE {OWN}"
)
NOTE_LATE = text(f"UPDATE late_entry SET fields = fields || CAST(:changes AS jsonb) WHERE {OWN}")
HOURS_ENTRY = text(
    f"UPDATE time_entry SET started_at = :started_at, ended_at = :ended_at, program = :program, entered_at = clock_timestamp() WHERE {OWN}"
)
HOURS_LATE = text(
    "UPDATE late_entry SET started_at = :started_at, ended_at = :ended_at, month = :month, "
    f"fields = fields || jsonb_build_object('program', CAST(:program AS text), 'entered_at', clock_timestamp()) WHERE {OWN}"
)
BESIDE = text(
    "UPDATE logged_time SET checklist = CAST(:checklist AS jsonb), note_confirmed_at = clock_timestamp(), "
    "state = CASE WHEN state = 'returned' THEN 'waiting' ELSE state END WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id"
)
REASON = text("UPDATE logged_time SET reason = :reason, state = 'waiting' WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id")


class UnknownWork(NothingToDo):
    """No such work was logged here."""

    code = "unknown_work"


class NotYours(Conflict):
    """The work is somebody else's, or was approved: it is not for this person to change."""

    code = "not_yours"
    status = 403


class Locked(Conflict):
    """The month of the work is closed, or the change would reach into one."""

    code = "locked"


class ChangedMeanwhile(Conflict):
    """The work was changed after the page was opened; the page's answer is 412."""

    code = "changed_meanwhile"
    status = 412


@dataclass(frozen=True)
class Hours:
    """One entry of the work; `month` is the closed month that it touches, `closed_at` when that closed, None for a late entry."""

    id: UUID
    late: bool
    started_at: datetime
    ended_at: datetime
    program: str
    activity: str
    description: str
    contact: str
    within_em: bool
    approved_by: str
    version: str
    month: Month | None
    closed_at: datetime | None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Return the hours in the database's JSON."""
        moments = {name: datetime.fromisoformat(kept[name]) if kept[name] else None for name in ("started_at", "ended_at", "closed_at")}
        month = Month.of(date.fromisoformat(kept["month"])) if kept["month"] else None
        return cls(**{**kept, **moments, "id": UUID(kept["id"]), "month": month})


@dataclass(frozen=True)
class Note:
    """What a person confirms of work: the note itself, what was done, with whom, and the points of the protocol gone through."""

    description: str
    activity: str
    contact: str
    within_em: bool
    checklist: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Logged:
    """Work on a patient with its hours; `state` is clocked (a timer ran it), waiting, approved or returned.

    `correction` is the note that waits beside a closed month, None where none does.
    """

    id: UUID
    client_id: UUID
    patient_id: UUID
    staff_id: UUID
    source: str
    reason: str
    state: str
    decided_by: str
    returned_because: str
    checklist: Mapping[str, str]
    note_confirmed_at: datetime | None
    patient: str
    mrn: str
    client: str
    zone: str
    staff: str
    own: bool
    correction: str | None
    hours: Sequence[Hours]

    @property
    def version(self) -> str:
        """What tells one state of the work from another."""
        kept = [one.version for one in self.hours] + [self.state, self.reason, json.dumps(self.checklist, sort_keys=True)]
        return sha256("\x1f".join(kept).encode()).hexdigest()

    @property
    def closed(self) -> Hours | None:
        """The first entry that a closed month holds, None while all of them can change."""
        return next((one for one in self.hours if one.month is not None and not one.late), None)

    @property
    def late(self) -> Hours | None:
        """The first entry that came after its month had closed."""
        return next((one for one in self.hours if one.late), None)

    @property
    def approved_by(self) -> str:
        """Who approved it, empty for nobody."""
        return next((one.approved_by for one in self.hours if one.approved_by), "")

    @property
    def seconds(self) -> int:
        """The seconds of all its entries."""
        return sum(int((one.ended_at - one.started_at).total_seconds()) for one in self.hours)

    @property
    def work(self) -> Work:
        """The same as it is kept."""
        first = self.hours[0]
        pieces = [(one.started_at, one.ended_at) for one in self.hours]
        return Work(
            client_id=self.client_id,
            patient_id=self.patient_id,
            staff_id=self.staff_id,
            program=first.program,
            activity=first.activity,
            pieces=pieces,
        )


def find_logged(connection: Connection, logged_id: UUID) -> Logged:
    """Return one piece of work. Raises `UnknownWork`."""
    row = connection.execute(statement("logged"), {"id": logged_id}).mappings().one_or_none()
    if row is None or not row["hours"]:
        raise UnknownWork("There is no such time here; it may have been taken out.")
    hours = tuple(Hours.of(one) for one in row["hours"])
    return Logged(**{name: row[name] for name in Logged.__dataclass_fields__ if name != "hours"}, hours=hours)


def confirm_note(connection: Connection, logged_id: UUID, note: Note, *, seen: str) -> Logged:
    """Give the work its note, and return what it was before; of a closed month the change waits beside it as a late entry.

    Raises `UnknownWork`, `NotYours` or `ChangedMeanwhile`.
    """
    found = changeable(connection, logged_id, seen=seen)
    changes = {"description": note.description, "activity": note.activity, "contact": note.contact, "within_em": note.within_em}
    open_ids = [one.id for one in found.hours if not one.late and one.month is None]
    closed_ids = [one.id for one in found.hours if not one.late and one.month is not None]
    late_ids = [one.id for one in found.hours if one.late]
    as_json = json.dumps(changes)
    if open_ids:
        connection.execute(NOTE_ENTRY, changes | {"ids": open_ids})
    if closed_ids:
        connection.execute(statement("change_late"), {"ids": closed_ids, "kind": "corrected", "changes": as_json})
    if late_ids:
        connection.execute(NOTE_LATE, {"ids": late_ids, "changes": as_json})
    connection.execute(BESIDE, {"id": logged_id, "checklist": json.dumps(dict(note.checklist))})
    append_event(connection, action="time.noted", detail={"logged": logged_id, "late": len(closed_ids) + len(late_ids)})
    return found


def change_hours(
    connection: Connection, logged_id: UUID, *, hours: tuple[datetime, datetime], program: str, reason: str, seen: str
) -> None:
    """Correct the hours of an entry by hand, which waits for approval anew. Raises `Locked`, `NotYours`, `ChangedMeanwhile` or `UnknownWork`."""
    found = changeable(connection, logged_id, seen=seen)
    if found.source != "manual":
        raise NotYours("A timer's hours stay as its clock had them; take the entry out and write it by hand with a reason.")
    refuse_closed(found)
    touched = closed_months_touched(connection, found.client_id, *hours)
    entry = found.hours[0]
    if bool(touched) is not entry.late:
        raise Locked("The hours would move between an open and a closed month; take this entry out and write a new one for that month.")
    values = {"ids": [entry.id], "started_at": hours[0], "ended_at": hours[1], "program": program}
    connection.execute(HOURS_LATE if entry.late else HOURS_ENTRY, values | ({"month": touched[0]} if entry.late else {}))
    connection.execute(REASON, {"id": logged_id, "reason": reason})
    append_event(connection, action="time.changed", detail={"logged": logged_id})


def take_out(connection: Connection, logged_id: UUID, *, seen: str) -> Logged:
    """Remove work that nobody approved from an open month, and return what it was. Raises `Locked`, `NotYours`, `ChangedMeanwhile` or `UnknownWork`."""
    found = changeable(connection, logged_id, seen=seen)
    refuse_closed(found)
    for table, late in (("time_entry", False), ("late_entry", True)):
        connection.execute(text(f"DELETE FROM {table} WHERE {OWN}"), {"ids": [one.id for one in found.hours if one.late is late]})
    connection.execute(text(f"DELETE FROM logged_time WHERE {OWN}"), {"ids": [logged_id]})
    append_event(connection, action="time.taken_out", detail={"logged": logged_id, "seconds": found.seconds, "entries": len(found.hours)})
    return found


def changeable(connection: Connection, logged_id: UUID, *, seen: str) -> Logged:
    """Return work that the signed-in person may change, held against a close. Raises `UnknownWork`, `NotYours` or `ChangedMeanwhile`."""
    connection.execute(SHARE, {"client_id": find_logged(connection, logged_id).client_id})
    connection.execute(text(f"SELECT 1 FROM logged_time WHERE {OWN} FOR UPDATE"), {"ids": [logged_id]})
    found = find_logged(connection, logged_id)
    refuse_others(found)
    if found.version != seen:
        raise ChangedMeanwhile(
            "This entry was changed after you opened the page; look at what is there now, and send yours again to put it in its place."
        )
    return found


def refuse_others(found: Logged) -> None:
    """Raise `NotYours` for work that is somebody else's, or was approved."""
    if not found.own:
        raise NotYours(f"This is the time of {found.staff}, who alone can change it.")
    if found.approved_by:
        raise NotYours(f"{found.approved_by} approved this time, so it stays as it is; write another entry for what is missing.")


def refuse_closed(found: Logged) -> None:
    """Raise `Locked` for work that a closed month holds."""
    if found.closed is not None and found.closed.month is not None:
        raise Locked(f"{found.closed.month.first_day:%B %Y} is closed for {found.client}, so this entry stays in it as it is.")

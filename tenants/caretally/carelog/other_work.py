"""Work for no patient: written by hand, or what a timer left; one's own to take out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.carelog.desk import Desk
from caretally.errors import NothingToDo

WRITE = text(
    "INSERT INTO other_time (vendor_id, id, staff_id, kind, started_at, ended_at, note) "
    "VALUES ((SELECT tenancy.current_vendor()), :id, :staff_id, :kind, :first, :last, :note) ON CONFLICT (vendor_id, id) DO NOTHING"
)
FIND = text(
    "SELECT kind, started_at AT TIME ZONE :zone, ended_at AT TIME ZONE :zone, note FROM other_time "
    "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id AND staff_id = :staff_id FOR UPDATE"
)
TAKE_OUT = text("DELETE FROM other_time WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id AND staff_id = :staff_id")


class UnknownOtherTime(NothingToDo):
    """There is no such time of this person."""

    code = "unknown_other_time"


@dataclass(frozen=True)
class OtherTime:
    """Time for no patient; the hours are local."""

    kind: str
    starts: datetime
    ends: datetime
    note: str

    @property
    def seconds(self) -> int:
        """Return how long it was."""
        return int((self.ends - self.starts).total_seconds())


def write_other(connection: Connection, desk: Desk, key: UUID, *, kind: str, hours: tuple[datetime, datetime], note: str) -> None:
    """Keep time of other work; the same key again changes nothing."""
    connection.execute(WRITE, {"id": key, "staff_id": desk.staff_id, "kind": kind, "first": hours[0], "last": hours[1], "note": note})


def find_other(connection: Connection, desk: Desk, other_id: UUID) -> OtherTime:
    """Return one's own time of other work, in the zone of the desk. Raises `UnknownOtherTime`."""
    row = connection.execute(FIND, {"id": other_id, "staff_id": desk.staff_id, "zone": desk.zone}).one_or_none()
    if row is None:
        raise UnknownOtherTime("There is no such time of yours here; it may have been taken out already.")
    return OtherTime(*row)


def take_out_other(connection: Connection, desk: Desk, other_id: UUID) -> OtherTime:
    """Remove time of other work and return what it was; the audit log keeps that it was there. Raises `UnknownOtherTime`."""
    found = find_other(connection, desk, other_id)
    connection.execute(TAKE_OUT, {"id": other_id, "staff_id": desk.staff_id})
    append_event(connection, action="time.taken_out", detail={"other": other_id})
    return found

"""Where somebody who logs time stands now: who of the staff they are, and the one timer of theirs that was not stopped yet."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from caretally.carelog.statements import statement
from caretally.errors import Conflict, NothingToDo

LONGEST_ENTRY = timedelta(hours=24)
HOLD = text(
    "SELECT 1 FROM staff_account WHERE vendor_id = (SELECT tenancy.current_vendor()) AND 'person:' || account_id = (SELECT tenancy.current_actor()) FOR UPDATE"
)


class NotTied(Conflict):
    """Whoever is signed in is nobody of the staff yet."""

    code = "not_tied"


class UnknownPatient(NothingToDo):
    """There is no such patient here."""

    code = "unknown_patient"


@dataclass(frozen=True)
class Timer:
    """A timer that was not stopped; `running_since` is None while it is paused, `patient_id` when it runs for other work. Moments are aware."""

    id: UUID
    client_id: UUID | None
    patient_id: UUID | None
    program: str
    activity: str
    started_at: datetime
    running_since: datetime | None
    seen_at: datetime
    patient: str
    mrn: str
    client: str
    zone: str
    earlier_seconds: int

    def seconds(self, now: datetime) -> int:
        """Return the whole seconds on the timer, pauses left out."""
        return self.earlier_seconds + (int((now - self.running_since).total_seconds()) if self.running_since else 0)

    def clock(self, moment: datetime) -> str:
        """Return the time of day where the client is, as in 10:05."""
        return local_clock(moment, self.zone)

    @property
    def of(self) -> str:
        """What the timer runs for, in words of the page."""
        return self.patient or self.activity.capitalize()


@dataclass(frozen=True)
class Desk:
    """Who the signed-in person is of the staff, `now` and `today` by the database's clock in the vendor's zone, and their timer."""

    staff_id: UUID
    staff: str
    zone: str
    idle_seconds: int
    now: datetime
    today: date
    timer: Timer | None

    @property
    def gap(self) -> tuple[datetime, datetime] | None:
        """From when until now nobody knows whether the person worked: the timer ran on and no page of it was opened for the idle limit."""
        timer = self.timer
        if timer is None or timer.running_since is None:
            return None
        unseen, too_long = self.now - timer.seen_at > timedelta(seconds=self.idle_seconds), self.now - timer.running_since > LONGEST_ENTRY
        return (timer.seen_at, self.now) if unseen or too_long else None


def local_clock(moment: datetime, zone: str) -> str:
    """Return the time of day of a moment in a zone, as in 10:05."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def read_desk(connection: Connection) -> Desk | None:
    """Return where the signed-in person stands; None when they are tied to nobody of the staff."""
    row = connection.execute(statement("desk")).mappings().one()
    if row["staff_id"] is None:
        return None
    return Desk(
        **{name: row[name] for name in ("staff_id", "staff", "idle_seconds", "now", "today")},
        zone=row["timezone"],
        timer=None if row["id"] is None else _timer(dict(row)),
    )


def desk_of_actor(connection: Connection) -> Desk:
    """Return where the signed-in person stands. Raises `NotTied`."""
    found = read_desk(connection)
    if found is None:
        raise NotTied("Nobody of the staff is tied to your sign-in, so no time can be logged; ask your administrator to tie you to one.")
    return found


def held_desk(connection: Connection) -> Desk:
    """Return where the person stands with their other tabs kept waiting until this transaction ends. Raises `NotTied`."""
    connection.execute(HOLD)
    return desk_of_actor(connection)


def find_patients(connection: Connection, *, words: str = "", patient_id: UUID | None = None) -> list[Any]:
    """Return at most 20 patients by words of their names or the beginning of their record number, or the one of an id."""
    return list(connection.execute(statement("patients"), {"words": words or None, "id": patient_id}).all())


def patient_of(connection: Connection, patient_id: UUID) -> Any:
    """Return one patient with client, zone and the timed programs they are enrolled in today. Raises `UnknownPatient`."""
    found = find_patients(connection, patient_id=patient_id)
    if not found:
        raise UnknownPatient("There is no such patient here; look them up by name or record number.")
    return found[0]


def _timer(row: dict[str, Any]) -> Timer:
    known: dict[str, Any] = {name: row[name] for name in Timer.__dataclass_fields__}
    return Timer(**known | {name: row[name] or "" for name in ("patient", "mrn", "client")})

"""A named person waives a gate of the vendor's own, or withdraws a waiver; both stand in the audit log."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.audit.chain import append_event
from caretally.audit.reasons import digest_of, said_in_words
from caretally.errors import NothingToDo, UsageMistake
from caretally.months import Month

LONGEST_NAME = 100
READERS = "the practice reads it on the exception report"
LOCK = text("SELECT FROM client_lock WHERE client_id = :client_id FOR UPDATE")
GATES = text(
    "SELECT g.code, g.label, w.gate_code IS NOT NULL AS waivable, g.kind FROM gate g LEFT JOIN waivable_gate w ON w.gate_code = g.code ORDER BY g.ordinal"
)
PATIENT = text("SELECT id FROM patient WHERE client_id = :client_id AND mrn = :mrn")
CLOSED = text("SELECT max(month) FROM client_month WHERE client_id = :client_id AND month >= :month AND status = 'closed'")
SAME = text(
    "SELECT id FROM waiver WHERE client_id = :client_id AND gate_code = :gate_code AND patient_id IS NOT DISTINCT FROM CAST(:patient_id AS uuid) "
    "AND first_month <= :first_month AND expires_on >= :expires_on AND withdrawn_at IS NULL LIMIT 1"
)
ADD = text(
    "INSERT INTO waiver (vendor_id, client_id, patient_id, gate_code, first_month, expires_on, waived_by, reason, recorded_by) "
    "VALUES (tenancy.current_vendor(), :client_id, :patient_id, :gate_code, :first_month, :expires_on, :waived_by, :reason, tenancy.current_actor()) "
    "RETURNING id"
)
ALL = text(
    "SELECT w.*, c.code AS client, p.mrn FROM waiver w JOIN client c ON c.vendor_id = w.vendor_id AND c.client_id = w.client_id "
    "LEFT JOIN patient p ON p.vendor_id = w.vendor_id AND p.client_id = w.client_id AND p.id = w.patient_id "
    "WHERE w.client_id = ANY(:clients) AND (:withdrawn OR w.withdrawn_at IS NULL) ORDER BY c.code, w.gate_code, p.mrn NULLS FIRST, w.first_month, w.id"
)
WITHDRAW = text("UPDATE waiver SET withdrawn_at = now(), withdrawn_by = tenancy.current_actor() WHERE client_id = :client_id AND id = :id")


@dataclass(frozen=True)
class NewWaiver:
    """What is to be waived: a gate, from a month on, through a day, for one patient by record number or (None) for all of the client's."""

    gate_code: str
    mrn: str | None
    first_month: Month
    expires_on: date
    waived_by: str
    reason: str


def add_waiver(connection: Connection, *, client_id: UUID, client_code: str, waiver: NewWaiver, today: date) -> UUID:
    """Record a waiver in the caller's transaction, which takes the client's lock, and return its id.

    Raises `UsageMistake` for a gate that is none or that CMS asks, an unknown patient, a month that is closed, an expiry that has passed or
    comes before the month, a name or reason that says nothing; `NothingToDo` when a waiver in force says the same.
    """
    _refuse_gate(connection, waiver.gate_code)
    name = said_in_words(waiver.waived_by, what="who waives it", option="--by", longest=LONGEST_NAME, readers=READERS)
    reason = said_in_words(waiver.reason, readers=READERS)
    if waiver.expires_on < today:
        raise UsageMistake(f"{waiver.expires_on} has passed; give the last day on which the waiver holds with --until.")
    if waiver.expires_on < waiver.first_month.last_day:
        raise UsageMistake(
            f"A waiver that ends on {waiver.expires_on} does not last through {waiver.first_month}; "
            f"give {waiver.first_month.last_day} or a later day with --until."
        )
    connection.execute(LOCK, {"client_id": client_id})
    closed = connection.scalar(CLOSED, {"client_id": client_id, "month": waiver.first_month.first_day})
    if closed is not None:
        last = Month.of(closed)
        raise UsageMistake(
            f"{last} of {client_code} is closed and stays as it was billed; reopen it first, or waive from {last.next()} on with --from."
        )
    values = {
        "client_id": client_id,
        "patient_id": None if waiver.mrn is None else _patient(connection, client_id, client_code, waiver.mrn),
        "gate_code": waiver.gate_code,
        "first_month": waiver.first_month.first_day,
        "expires_on": waiver.expires_on,
    }
    if connection.execute(SAME, values).first() is not None:
        raise NothingToDo(f"{waiver.gate_code} is waived there through {waiver.expires_on} already; caretally waivers list shows by whom.")
    waiver_id: UUID = connection.execute(ADD, values | {"waived_by": name, "reason": reason}).scalar_one()
    told = {name: str(value) if isinstance(value, date) else value for name, value in values.items()}
    append_event(connection, action="waiver.added", detail=told | {"waiver_id": waiver_id, "reason_sha256": digest_of(reason)})
    return waiver_id


def withdraw_waiver(connection: Connection, *, client_id: UUID, client_code: str, called: str, reason: str) -> RowMapping:
    """Withdraw the waiver whose id begins with `called` and return it as it was; closed months keep what they were closed with.

    Raises `UsageMistake` for an id that is none or not one, `NothingToDo` for one that was withdrawn.
    """
    words = said_in_words(reason, readers=READERS)
    connection.execute(LOCK, {"client_id": client_id})
    found = [row for row in all_waivers(connection, [client_id], withdrawn=True) if called and str(row["id"]).startswith(called.lower())]
    if len(found) != 1:
        how = "more than one waiver begins" if found else "no waiver begins"
        raise UsageMistake(f"At {client_code} {how} with {called[:40]!r}; caretally waivers list shows the ids.")
    waiver = found[0]
    if waiver["withdrawn_at"] is not None:
        raise NothingToDo(f"The waiver {waiver['id']} was withdrawn by {waiver['withdrawn_by']} already.")
    connection.execute(WITHDRAW, {"client_id": client_id, "id": waiver["id"]})
    detail = {"client_id": client_id, "waiver_id": waiver["id"], "reason_sha256": digest_of(words)}
    append_event(connection, action="waiver.withdrawn", detail=detail)
    return waiver


def all_waivers(connection: Connection, clients: list[UUID], *, withdrawn: bool = False) -> list[RowMapping]:
    """Return the waivers of clients with the client's code and the patient's record number (None: all patients), withdrawn ones if asked for."""
    return list(connection.execute(ALL, {"clients": clients, "withdrawn": withdrawn}).mappings())


def _refuse_gate(connection: Connection, code: str) -> None:
    gates = {row.code: row for row in connection.execute(GATES)}
    may = ", ".join(row.code for row in gates.values() if row.waivable)
    if code not in gates:
        raise UsageMistake(f"{code[:40]!r} is no gate; what may be waived is {may}.")
    if not gates[code].waivable:
        raise UsageMistake(f"{code} ({gates[code].label.lower()}) is not the vendor's to waive; what may be waived is {may}.")


def _patient(connection: Connection, client_id: UUID, client_code: str, mrn: str) -> UUID:
    patient_id: UUID | None = connection.scalar(PATIENT, {"client_id": client_id, "mrn": mrn})
    if patient_id is None:
        raise UsageMistake(f"{client_code} has no patient {mrn[:40]!r}; check the record number.")
    return patient_id

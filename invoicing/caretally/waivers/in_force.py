"""Which waivers bear on a client's month, and on whom of it they took effect."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.months import Month

# A waiver bears on a month that it lasts through: its expiry is compared with the month's last day and never with a clock, so that a
# month is decided alike whenever it is decided. One for the patient goes before one for all of the client's, an earlier before a later.
IN_FORCE = text(
    "SELECT w.id, w.patient_id, w.gate_code, w.waived_by, w.reason, w.expires_on FROM waiver w JOIN waivable_gate USING (gate_code) "
    "WHERE w.vendor_id = :vendor_id AND w.client_id = :client_id AND w.first_month <= :first AND w.expires_on >= :last "
    "AND (w.withdrawn_at IS NULL OR w.id IN (SELECT e.waiver_id FROM exception e WHERE e.vendor_id = :vendor_id AND e.client_id = :client_id "
    "AND e.client_month_id = :as_closed)) AND w.gate_code = ANY(:held) ORDER BY w.patient_id IS NULL, w.recorded_at, w.id"
)
NOW = text("SELECT patient_id, warnings FROM eval_decision WHERE warnings && CAST(:codes AS text[])")
CLOSED = text(
    "SELECT p.patient_id, e.code AS gate_code, e.waiver_id AS id, e.printed FROM exception e JOIN patient_month p ON p.vendor_id = e.vendor_id "
    "AND p.client_id = e.client_id AND p.id = e.patient_month_id "
    "WHERE e.vendor_id = :vendor_id AND e.client_id = :client_id AND e.client_month_id = :client_month_id AND e.waiver_id IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A gate that `waived_by` does not ask of a patient (None: of any of the client's) through `expires_on`."""

    id: UUID
    patient_id: UUID | None
    gate_code: str
    waived_by: str
    reason: str
    expires_on: date

    @classmethod
    def printed(cls, row: Mapping[str, Any]) -> Self:
        """Return a waiver as a closed month's exception row keeps it."""
        kept = row["printed"]
        return cls(
            row["id"], row["patient_id"], row["gate_code"], kept["waived_by"], kept["reason"], date.fromisoformat(kept["expires_on"])
        )


Waived = Mapping[UUID, tuple[Waiver, ...]]


def waivers_in_force(
    connection: Connection, *, vendor_id: UUID, client_id: UUID, month: Month, held: Collection[str], as_closed: UUID | None = None
) -> tuple[Waiver, ...]:
    """Return the waivers of the client that bear on the month, of the gates that would hold there (`held`), the one to go by first.

    `as_closed` is the row of a closed month that is looked at again: what it was billed by still stands for it, though withdrawn since.
    """
    days = {"first": month.first_day, "last": month.last_day, "held": list(held), "as_closed": as_closed}
    rows = connection.execute(IN_FORCE, {"vendor_id": vendor_id, "client_id": client_id} | days).mappings()
    return tuple(Waiver(**row) for row in rows)


def waived_now(connection: Connection, waivers: Iterable[Waiver]) -> Waived:
    """Return the waivers that took effect in the decisions of this transaction, by patient: the gate was raised and did not hold."""
    known = tuple(waivers)
    if not known:
        return {}
    rows = connection.execute(NOW, {"codes": sorted({waiver.gate_code for waiver in known})})
    found = {row.patient_id: _of_patient(known, row.patient_id, row.warnings) for row in rows}
    return {patient: taken for patient, taken in found.items() if taken}


def seen(waived: Waived) -> list[str]:
    """Return the ids of the waivers that took effect, sorted: what a preview was shown by, so that another one is noticed."""
    return sorted({str(waiver.id) for taken in waived.values() for waiver in taken})


def _of_patient(waivers: tuple[Waiver, ...], patient_id: UUID, warnings: Collection[str]) -> tuple[Waiver, ...]:
    first: dict[str, Waiver] = {}
    for waiver in waivers:
        if waiver.patient_id in (None, patient_id) and waiver.gate_code in warnings:
            first.setdefault(waiver.gate_code, waiver)
    return tuple(first.values())


def waived_in_close(connection: Connection, *, vendor_id: UUID, client_id: UUID, client_month_id: UUID) -> Waived:
    """Return the waivers that a closed month went by, by patient, as they were printed."""
    found: dict[UUID, list[Waiver]] = defaultdict(list)
    key = {"vendor_id": vendor_id, "client_id": client_id, "client_month_id": client_month_id}
    for row in connection.execute(CLOSED, key).mappings():
        found[row["patient_id"]].append(Waiver.printed(dict(row)))
    return {patient: tuple(taken) for patient, taken in found.items()}

"""Which waivers bear on a client's month, and on whom of it they took effect."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Connection, text

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

    @classmethod
    def stored(cls, row: Mapping[str, Any]) -> Self:
        """Return a waiver from its row as JSON holds it."""
        patient = None if row["patient_id"] is None else UUID(row["patient_id"])
        ends = date.fromisoformat(row["expires_on"])
        return cls(UUID(row["id"]), patient, row["gate_code"], row["waived_by"], row["reason"], ends)


Waived = Mapping[UUID, tuple[Waiver, ...]]


def waived_now(connection: Connection, waivers: Iterable[Waiver]) -> Waived:
    """Return the waivers that took effect in the decisions of this transaction, by patient: the gate was raised and did not hold."""
    known = tuple(waivers)
    if not known:
        return {}
    rows = connection.execute(NOW, {"codes": sorted({waiver.gate_code for waiver in known})})
    found = {row.patient_id: waived_of(known, row.patient_id, row.warnings) for row in rows}
    return {patient: taken for patient, taken in found.items() if taken}


def seen(waived: Waived) -> list[str]:
    """Return the ids of the waivers that took effect, sorted: what a preview was shown by, so that another one is noticed."""
    return sorted({str(waiver.id) for taken in waived.values() for waiver in taken})


def waived_of(waivers: tuple[Waiver, ...], patient_id: UUID, warnings: Collection[str]) -> tuple[Waiver, ...]:
    """Return the waivers that took effect in the decision of one patient: the gate was raised, and stands among the warnings."""
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

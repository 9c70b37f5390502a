"""The patients of a closed month as the practice checks them: outcome, minutes, and what is on record of consent, plan and attestation."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.db.lists import PAGE_SIZE, PricedPage, literal_pattern
from caretally.evaluation.claim_words import claim_text
from caretally.files.cells import Cell, dollars, minutes
from caretally.files.xlsx_file import Column
from caretally.months import Month
from caretally.practice.statements import statement

OUTCOMES = ("billable", "held", "not_billable")
SORTS = {
    "name": "lower(p.patient_name), p.mrn",
    "-name": "lower(p.patient_name) DESC, p.mrn",
    "minutes": "counted_seconds, p.mrn",
    "-minutes": "counted_seconds DESC, p.mrn",
    "amount": "p.amount_cents, p.mrn",
    "-amount": "p.amount_cents DESC, p.mrn",
}
CLOSED = text("SELECT DISTINCT month FROM client_month WHERE vendor_id = :vendor_id AND status = 'closed' ORDER BY month DESC")
COLUMNS = (
    Column(header="client", width=26),
    Column(header="mrn", width=14),
    Column(header="patient", width=28),
    Column(header="provider", width=24),
    Column(header="outcome", width=12),
    Column(header="reason", kind="long_text", width=30),
    Column(header="counted_minutes", kind="minutes", width=10),
    Column(header="codes", width=20),
    Column(header="amount", kind="money", width=12),
    Column(header="consent_on", kind="date", width=11),
    Column(header="care_plan_version", kind="count", width=9),
    Column(header="reviewed_on", kind="date", width=11),
    Column(header="attested_on", kind="date", width=11),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientsWanted:
    """Which patients are shown, and in which order."""

    month: Month
    words: str = ""
    outcome: str = ""
    sort: str = "name"


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientOfPractice:
    """One patient in a closed month; seconds and cents, and what is on record of them."""

    patient_id: UUID
    mrn: str
    patient_name: str
    provider_name: str
    client: str
    outcome: str
    reason: str | None
    codes: list[str]
    units: list[int]
    counted_seconds: int
    amount_cents: int
    consent_on: date | None
    plan_version: int | None
    reviewed_on: date | None
    signed_at: datetime | None
    attestation_required: bool

    @property
    def claim(self) -> str:
        """The codes with their units."""
        return claim_text(self.codes, self.units) if self.codes else ""


def closed_months(connection: Connection, *, vendor_id: UUID) -> tuple[Month, ...]:
    """Return the months closed for a practice of the context, the newest first."""
    return tuple(Month.of(month) for month in connection.scalars(CLOSED, {"vendor_id": vendor_id}))


def patients_of_practice(
    connection: Connection, wanted: PatientsWanted, *, vendor_id: UUID, page: int = 1, size: int | None = PAGE_SIZE
) -> PricedPage[PatientOfPractice]:
    """Return a page of the patients wanted, all of them when `size` is None."""
    key = {"vendor_id": vendor_id, "month": wanted.month.first_day, "pattern": literal_pattern(wanted.words), "outcome": wanted.outcome}
    order = SORTS.get(wanted.sort, SORTS["name"])
    rows = connection.execute(statement("patients", order), key | {"size": size, "start": (page - 1) * (size or 0)}).mappings().all()
    patients = tuple(PatientOfPractice(**{name: row[name] for name in PatientOfPractice.__dataclass_fields__}) for row in rows)
    first = rows[0] if rows else {"found": 0, "found_cents": 0}
    return PricedPage(rows=patients, found=first["found"], found_cents=first["found_cents"], page=page)


def patient_rows(found: PricedPage[PatientOfPractice]) -> list[tuple[Cell, ...]]:
    """Return the cells of the list, as its files show them."""
    return [
        (
            row.client,
            row.mrn,
            row.patient_name,
            row.provider_name,
            row.outcome.replace("_", " "),
            row.reason or "",
            minutes(row.counted_seconds),
            row.claim,
            dollars(row.amount_cents),
            row.consent_on,
            row.plan_version,
            row.reviewed_on,
            row.signed_at.date() if row.signed_at else None,
        )
        for row in found.rows
    ]

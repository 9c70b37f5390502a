"""The list of a month's patients as its files show it."""

from caretally.files.cells import Cell, dollars, minutes
from caretally.files.xlsx_file import Column
from caretally.patient_months.find_patient_months import PatientsPage

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
    Column(header="held", kind="money", width=12),
    Column(header="consent_on", kind="date", width=11),
    Column(header="care_plan_version", kind="count", width=9),
    Column(header="reviewed_on", kind="date", width=11),
    Column(header="attested_on", kind="date", width=11),
)


def patient_rows(found: PatientsPage) -> list[tuple[Cell, ...]]:
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
            dollars(row.held_cents),
            row.consent_on,
            row.plan_version,
            row.reviewed_on,
            row.signed_at.date() if row.signed_at else None,
        )
        for row in found.rows
    ]


def patient_totals(found: PatientsPage) -> tuple[Cell, ...]:
    """Return the last line of the files: what all of them come to."""
    return ("Total", "", "", "", "", "", None, "", dollars(found.found_cents), dollars(found.found_held_cents), None, None, None, None)

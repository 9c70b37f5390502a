"""The tables of an exception report, as its CSV and XLSX both show them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from caretally.exceptions.report import Adjustment, ClientNote, ExceptionReport, ExceptionRow, LateEntry
from caretally.files.cells import Cell, dollars, minutes
from caretally.files.xlsx_file import Column

# The headers are a contract: add at the end, rename nothing.
EXCEPTION_COLUMNS = (
    Column(header="client", width=26),
    Column(header="month", width=9),
    Column(header="outcome", width=12),
    Column(header="code", width=28),
    Column(header="effect", width=11),
    Column(header="primary", width=8),
    Column(header="mrn", width=14),
    Column(header="patient", width=28),
    Column(header="sentence", kind="long_text", width=50),
    Column(header="owner", width=16),
    Column(header="due_on", kind="date", width=11),
    Column(header="fix", kind="long_text", width=46),
    Column(header="money_held", kind="money", width=12),
    Column(header="counted_seconds", kind="count", width=10),
    Column(header="counted_minutes", kind="minutes", width=10),
    Column(header="explanation", kind="long_text", width=60),
    Column(header="expected_medicare", kind="money", width=12),
    Column(header="expected_medicare_note", kind="long_text", width=40),
    Column(header="closed_month", width=9),
    Column(header="claim_now", width=24),
    Column(header="adjustment", kind="money", width=12),
    Column(header="money_waived", kind="money", width=12),
)
ADJUSTMENT_COLUMNS = (
    Column(header="closed_month", width=9),
    Column(header="mrn", width=14),
    Column(header="patient", width=28),
    Column(header="cured", width=32),
    Column(header="claim_now", width=24),
    Column(header="date_of_service", kind="date", width=11),
    Column(header="counted_minutes", kind="minutes", width=10),
    Column(header="adjustment", kind="money", width=12),
    Column(header="sentence", kind="long_text", width=60),
)
LATE_COLUMNS = (
    Column(header="external_id", width=18),
    Column(header="mrn", width=14),
    Column(header="patient", width=28),
    Column(header="day", kind="date", width=11),
    Column(header="from", width=7),
    Column(header="to", width=7),
    Column(header="staff", width=22),
    Column(header="seconds", kind="count", width=9),
    Column(header="sentence", kind="long_text", width=50),
)


def exception_rows(report: ExceptionReport) -> Iterator[tuple[Cell, ...]]:
    """Yield the exceptions of patients, then those of the client, then late entries and proposed adjustments as `LATE_ENTRY`.

    Money held adds up to the report's; what is proposed stands in a column of its own.
    """
    for cells in chain(
        map(_of_patient, report.rows),
        map(_of_client, report.client_notes),
        map(_of_late_entry, report.late_entries),
        map(_of_adjustment, report.adjustments),
    ):
        known = {"client": report.client, "month": str(report.month)} | cells
        yield tuple(known.get(column.header, _nothing(column)) for column in EXCEPTION_COLUMNS)


def _of_patient(row: ExceptionRow) -> dict[str, Cell]:
    return {
        "outcome": row.outcome,
        "code": row.code,
        "effect": row.effect,
        "primary": "yes" if row.primary else "",
        "mrn": row.mrn,
        "patient": row.patient,
        "sentence": row.sentence,
        "owner": row.owner,
        "due_on": row.due_on,
        "fix": row.fix,
        "money_held": dollars(row.held_cents),
        "counted_seconds": row.counted_seconds,
        "counted_minutes": minutes(row.counted_seconds),
        "explanation": row.explanation,
        "expected_medicare": _money(row.expected_cents),
        "expected_medicare_note": row.expected_note,
        "money_waived": _money(row.waived_cents),
    }


def _of_client(note: ClientNote) -> dict[str, Cell]:
    return {"code": note.code, "effect": "warns", "sentence": note.sentence, "owner": note.owner, "fix": note.fix}


def _of_late_entry(entry: LateEntry) -> dict[str, Cell]:
    return {
        "code": "LATE_ENTRY",
        "effect": "warns",
        "mrn": entry.mrn,
        "patient": entry.patient,
        "sentence": entry.sentence,
        "fix": f"{entry.day.isoformat()} {entry.starts} to {entry.ends}, {entry.staff}",
        "counted_seconds": entry.seconds,
        "counted_minutes": minutes(entry.seconds),
        "explanation": entry.external_id,
    }


def _of_adjustment(proposed: Adjustment) -> dict[str, Cell]:
    return {
        "code": "LATE_ENTRY",
        "effect": "proposes",
        "mrn": proposed.mrn,
        "patient": proposed.patient,
        "sentence": proposed.sentence,
        "owner": proposed.owner,
        "due_on": proposed.due_on,
        "fix": proposed.fix,
        "counted_seconds": proposed.counted_seconds,
        "counted_minutes": minutes(proposed.counted_seconds),
        "explanation": ", ".join(proposed.cured),
        "closed_month": str(proposed.month),
        "claim_now": proposed.claim,
        "adjustment": _money(proposed.amount_cents),
    }


def late_rows(report: ExceptionReport) -> Iterator[tuple[Cell, ...]]:
    """Yield the entries that came after the close."""
    for entry in report.late_entries:
        yield (entry.external_id, entry.mrn, entry.patient, entry.day, entry.starts, entry.ends, entry.staff, entry.seconds, entry.sentence)


def adjustment_rows(report: ExceptionReport) -> Iterator[tuple[Cell, ...]]:
    """Yield the adjustments that are proposed for closed months."""
    for proposed in report.adjustments:
        yield (
            str(proposed.month),
            proposed.mrn,
            proposed.patient,
            ", ".join(proposed.cured),
            proposed.claim,
            proposed.date_of_service,
            minutes(proposed.counted_seconds),
            _money(proposed.amount_cents),
            proposed.sentence,
        )


def _money(cents: int | None) -> Cell:
    return None if cents is None else dollars(cents)


def _nothing(column: Column) -> Cell:
    return "" if column.kind in ("text", "long_text") else None

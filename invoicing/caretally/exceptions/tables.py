"""The tables of an exception report, as its CSV and XLSX both show them."""

from __future__ import annotations

from collections.abc import Iterator

from caretally.exceptions.report import ExceptionReport
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
NOT_AN_ADJUSTMENT = ("", "", None)
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
    client, month = report.client, str(report.month)
    for row in report.rows:
        yield (
            client,
            month,
            row.outcome,
            row.code,
            row.effect,
            "yes" if row.primary else "",
            row.mrn,
            row.patient,
            row.sentence,
            row.owner,
            row.due_on,
            row.fix,
            dollars(row.held_cents),
            row.counted_seconds,
            minutes(row.counted_seconds),
            row.explanation,
            _money(row.expected_cents),
            row.expected_note,
            *NOT_AN_ADJUSTMENT,
        )
    for note in report.client_notes:
        yield (
            client,
            month,
            "",
            note.code,
            "warns",
            "",
            "",
            "",
            note.sentence,
            note.owner,
            None,
            note.fix,
            None,
            None,
            None,
            "",
            None,
            "",
            *NOT_AN_ADJUSTMENT,
        )
    for entry in report.late_entries:
        what = f"{entry.day.isoformat()} {entry.starts} to {entry.ends}, {entry.staff}"
        yield (
            client,
            month,
            "",
            "LATE_ENTRY",
            "warns",
            "",
            entry.mrn,
            entry.patient,
            entry.sentence,
            "",
            None,
            what,
            None,
            entry.seconds,
            minutes(entry.seconds),
            entry.external_id,
            None,
            "",
            *NOT_AN_ADJUSTMENT,
        )
    for proposed in report.adjustments:
        yield (
            client,
            month,
            "",
            "LATE_ENTRY",
            "proposes",
            "",
            proposed.mrn,
            proposed.patient,
            proposed.sentence,
            proposed.owner,
            proposed.due_on,
            proposed.fix,
            None,
            proposed.counted_seconds,
            minutes(proposed.counted_seconds),
            ", ".join(proposed.cured),
            None,
            "",
            str(proposed.month),
            proposed.claim,
            _money(proposed.amount_cents),
        )


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

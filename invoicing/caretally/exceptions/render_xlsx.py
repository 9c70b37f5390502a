"""The exception report as a workbook: Summary, Exceptions, Time, Late entries, Adjustments."""

from __future__ import annotations

from caretally.exceptions.report import ExceptionReport
from caretally.exceptions.tables import ADJUSTMENT_COLUMNS, EXCEPTION_COLUMNS, LATE_COLUMNS, adjustment_rows, exception_rows, late_rows
from caretally.files.cells import Cell, dollars, minutes
from caretally.files.xlsx_file import Column, Sheet, xlsx_bytes


def exceptions_xlsx(report: ExceptionReport) -> bytes:
    """Return the report as a workbook of typed cells; the same report is the same bytes."""
    sheets = (_summary(report), _exceptions(report), _time(report), _late(report), _adjustments(report))
    return xlsx_bytes(sheets, title=f"Exceptions {report.month}, {report.client}", author=report.vendor)


def _summary(report: ExceptionReport) -> Sheet:
    columns = (
        Column(header="Outcome", kind="long_text", width=60),
        Column(header="Patients", kind="count"),
        Column(header="Money", kind="money"),
    )
    rows: list[tuple[Cell, ...]] = [
        ("Billable", report.billable, dollars(report.billable_cents)),
        ("Held", report.held, dollars(report.held_cents)),
        ("Not billable", report.not_billable, None),
    ]
    parked = [(f"Parked: {report.parked_reason}", None, None)] if report.parked_reason else []
    return Sheet(
        name="Summary",
        title=_title(report),
        columns=columns,
        rows=[*rows, *parked],
        totals=("Enrolled", report.enrolled, None),
        landscape=False,
    )


def _exceptions(report: ExceptionReport) -> Sheet:
    money = next(index for index, column in enumerate(EXCEPTION_COLUMNS) if column.header == "money_held")
    totals: list[Cell] = [None] * len(EXCEPTION_COLUMNS)
    totals[0], totals[money] = "Total", dollars(report.held_cents)
    return Sheet(name="Exceptions", title=_title(report), columns=EXCEPTION_COLUMNS, rows=list(exception_rows(report)), totals=totals)


def _time(report: ExceptionReport) -> Sheet:
    columns = (
        Column(header="Time", kind="long_text", width=50),
        Column(header="Code", width=28),
        Column(header="Seconds", kind="count"),
        Column(header="Minutes", kind="minutes"),
    )
    rows: list[tuple[Cell, ...]] = [("Counted", "", report.counted_seconds, minutes(report.counted_seconds))]
    rows += [(excluded.sentence, excluded.code, excluded.seconds, minutes(excluded.seconds)) for excluded in report.excluded]
    total = ("Logged", "", report.raw_seconds, minutes(report.raw_seconds))
    return Sheet(name="Time", title=_title(report), columns=columns, rows=rows, totals=total, landscape=False)


def _late(report: ExceptionReport) -> Sheet:
    return Sheet(name="Late entries", title=_title(report), columns=LATE_COLUMNS, rows=list(late_rows(report)))


def _adjustments(report: ExceptionReport) -> Sheet:
    return Sheet(name="Adjustments", title=_title(report), columns=ADJUSTMENT_COLUMNS, rows=list(adjustment_rows(report)))


def _title(report: ExceptionReport) -> str:
    return f"Exceptions {report.month}, {report.client}"

"""The exception report as CSV."""

from __future__ import annotations

from caretally.exceptions.report import ExceptionReport
from caretally.exceptions.tables import EXCEPTION_COLUMNS, exception_rows
from caretally.files.csv_file import csv_bytes


def exceptions_csv(report: ExceptionReport) -> bytes:
    """Return one row for each exception, in UTF-8; money in dollars with two places."""
    return csv_bytes([column.header for column in EXCEPTION_COLUMNS], exception_rows(report))

"""The lines of an invoice as CSV."""

from __future__ import annotations

from caretally.files.csv_file import csv_bytes
from caretally.invoices.document import Invoice
from caretally.invoices.tables import LINE_COLUMNS, line_rows


def invoice_csv(invoice: Invoice) -> bytes:
    """Return one row for each charge and extra line, in UTF-8; money in dollars with two places."""
    return csv_bytes([column.header for column in LINE_COLUMNS], line_rows(invoice))

"""The rows of the queue as CSV and XLSX, the same as the page shows; money in dollars with two places."""

from collections.abc import Callable, Iterator

from caretally.files.cells import Cell, dollars
from caretally.files.csv_file import csv_bytes
from caretally.files.xlsx_file import Column, Sheet, xlsx_bytes
from caretally.settling.worklist import Queue

# The headers are a contract: add at the end, rename nothing.
COLUMNS = (
    Column(header="client", width=26),
    Column(header="month", width=9),
    Column(header="month_state", width=11),
    Column(header="mrn", width=14),
    Column(header="patient", width=28),
    Column(header="code", width=28),
    Column(header="what", width=28),
    Column(header="outcome", width=12),
    Column(header="money_held", kind="money", width=12),
    Column(header="owner", width=18),
    Column(header="assigned_to", width=22),
    Column(header="due_on", kind="date", width=11),
    Column(header="state", width=10),
    Column(header="note", kind="long_text", width=40),
    Column(header="fix", kind="long_text", width=46),
)


def queue_rows(found: Queue) -> Iterator[tuple[Cell, ...]]:
    """Yield one row of cells for each exception."""
    for row in found.rows:
        yield (
            row.client,
            str(row.month),
            row.month_status,
            row.mrn,
            row.patient,
            row.code,
            row.label,
            row.outcome,
            dollars(row.held_cents),
            row.owner.replace("_", " "),
            row.assignee,
            row.due_on,
            row.state,
            row.note,
            row.fix,
        )


def queue_csv(found: Queue, *, vendor: str) -> bytes:
    """Return the rows as UTF-8 CSV; the file does not name the vendor."""
    del vendor
    return csv_bytes([column.header for column in COLUMNS], queue_rows(found))


def queue_xlsx(found: Queue, *, vendor: str) -> bytes:
    """Return the rows as a workbook of one sheet."""
    sheet = Sheet(name="Exceptions", columns=COLUMNS, rows=tuple(queue_rows(found)))
    return xlsx_bytes([sheet], title="Exceptions", author=vendor)


Render = Callable[..., bytes]
FILES: dict[str, tuple[Render, str]] = {
    "csv": (queue_csv, "text/csv; charset=utf-8"),
    "xlsx": (queue_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}

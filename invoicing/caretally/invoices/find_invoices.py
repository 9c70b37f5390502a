"""Finds invoices by words, a page at a time, and one by its id."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.errors import NothingToDo
from caretally.invoices.build_invoice import build_invoice
from caretally.invoices.document import Invoice
from caretally.months import Month

PAGE_SIZE = 50
FOUND = text((Path(__file__).parent / "found.sql").read_text(encoding="utf-8"))
ONE = text("SELECT client_id, client_month_id FROM invoice WHERE vendor_id = :vendor_id AND id = :invoice_id AND kind = 'invoice'")


class NoSuchInvoice(NothingToDo):
    """No invoice that the transaction may see has this id; nobody learns whether another one has it."""

    code = "no_such_invoice"


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceRow:
    """One invoice of a list; money in cents."""

    id: UUID
    number: str
    month: Month
    client: str
    issued_on: date
    due_on: date
    total_cents: int
    patients: int
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundInvoices:
    """One page of what was found, and how many there are in all; pages count from 1."""

    rows: tuple[InvoiceRow, ...]
    found: int
    page: int

    @property
    def pages(self) -> int:
        """The number of pages, at least 1."""
        return max(-(-self.found // PAGE_SIZE), 1)


def find_invoices(connection: Connection, *, vendor_id: UUID, words: str = "", page: int = 1) -> FoundInvoices:
    """Return a page of the invoices whose number or client holds the words; no words find all."""
    literal = words.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    key = {"vendor_id": vendor_id, "pattern": f"%{literal}%", "size": PAGE_SIZE, "start": (page - 1) * PAGE_SIZE}
    rows = connection.execute(FOUND, key).mappings().all()
    invoices = (InvoiceRow(**{k: v for k, v in row.items() if k not in ("found", "month")}, month=Month.of(row["month"])) for row in rows)
    return FoundInvoices(rows=tuple(invoices), found=rows[0]["found"] if rows else 0, page=page)


def invoice_of(connection: Connection, invoice_id: UUID, *, vendor_id: UUID) -> Invoice:
    """Return the invoice with this id, complete. Raises `NoSuchInvoice`."""
    row = connection.execute(ONE, {"vendor_id": vendor_id, "invoice_id": invoice_id}).one_or_none()
    if row is None:
        raise NoSuchInvoice("There is no such invoice; it may have been mistyped, so choose one from the list of invoices.")
    return build_invoice(connection, vendor_id=vendor_id, client_id=row.client_id, client_month_id=row.client_month_id)

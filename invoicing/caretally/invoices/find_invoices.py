"""Finds invoices by words, client, month and state, a page at a time, and one by its id."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.db.lists import PAGE_SIZE, PricedPage, literal_pattern
from caretally.errors import NothingToDo
from caretally.invoices.build_invoice import build_invoice
from caretally.invoices.document import Invoice
from caretally.months import Month
from caretally.patients.roster import name_patterns

# What a list may be narrowed to: the states of an invoice, and the open ones whose due day is past.
STATES = ("draft", "open", "overdue", "paid", "void", "credited")
# Those that a practice meets: an invoice is its from the day it was sent, and a sent one is never void.
SENT_STATES = ("open", "overdue", "paid", "credited")
# What a list may be sorted by; a minus turns it round. Nothing of an address is ever part of a statement.
SORTS = {
    "month": "month ASC, number ASC",
    "-month": "month DESC, number DESC",
    "number": "number ASC",
    "-number": "number DESC",
    "client": "lower(client) ASC, month DESC",
    "-client": "lower(client) DESC, month DESC",
    "due": "due_on ASC, number ASC",
    "-due": "due_on DESC, number DESC",
    "patients": "patients ASC, number ASC",
    "-patients": "patients DESC, number ASC",
    "amount": "total_cents ASC, number ASC",
    "-amount": "total_cents DESC, number ASC",
}
FIRST_SORT = "-month"
FOLDER = Path(__file__).parent
FOUND = {
    name: text((FOLDER / "found.sql").read_text(encoding="utf-8").replace("ORDER BY {order}", f"ORDER BY {order}"))
    for name, order in SORTS.items()
}
CHOICES = text((FOLDER / "choices.sql").read_text(encoding="utf-8"))
ONE = text(
    "SELECT client_id, client_month_id FROM invoice i WHERE vendor_id = :vendor_id AND id = :invoice_id AND kind = 'invoice' "
    "AND (NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o "
    "WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open'))"
)


class NoSuchInvoice(NothingToDo):
    """No invoice that the transaction may see has this id; nobody learns whether another one has it."""

    code = "no_such_invoice"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a list of invoices is narrowed to and sorted by; empty means all."""

    words: str = ""
    client_id: UUID | None = None
    month: Month | None = None
    state: str = ""
    sort: str = FIRST_SORT

    @property
    def narrowed(self) -> bool:
        """Tell whether anything is left out."""
        return bool(self.words or self.client_id or self.month or self.state)


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceRow:
    """One invoice of a list; money in cents, `questions` are those not settled yet."""

    id: UUID
    number: str
    month: Month
    client: str
    issued_on: date
    due_on: date
    total_cents: int
    patients: int
    state: str
    questions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """The clients (id and name) and the months that have invoices."""

    clients: tuple[tuple[UUID, str], ...]
    months: tuple[Month, ...]


def find_invoices(
    connection: Connection, wanted: Wanted | None = None, *, vendor_id: UUID, page: int = 1, size: int | None = PAGE_SIZE
) -> PricedPage[InvoiceRow]:
    """Return a page of the invoices wanted, all of them when `size` is None; a sort that is none is the newest month first.

    What they come to in cents is without the void ones."""
    wanted = wanted or Wanted()
    key: dict[str, Any] = {
        "vendor_id": vendor_id,
        "pattern": literal_pattern(wanted.words),
        "looked_for": name_patterns(wanted.words),
        "client_id": wanted.client_id,
        "month": wanted.month.first_day if wanted.month else None,
        "state": wanted.state,
        "size": size,
        "start": (page - 1) * (size or 0),
    }
    rows = connection.execute(FOUND.get(wanted.sort, FOUND[FIRST_SORT]), key).mappings().all()
    names = [name for name in InvoiceRow.__dataclass_fields__ if name != "month"]
    invoices = (InvoiceRow(**{name: row[name] for name in names}, month=Month.of(row["month"])) for row in rows)
    first = rows[0] if rows else {"found": 0, "found_cents": 0}
    return PricedPage(rows=tuple(invoices), found=first["found"], found_cents=first["found_cents"], page=page)


def choices(connection: Connection, *, vendor_id: UUID) -> Choices:
    """Return what the list can be narrowed to."""
    row = connection.execute(CHOICES, {"vendor_id": vendor_id}).mappings().one()
    clients = tuple((UUID(one["id"]), str(one["name"])) for one in row["clients"])
    return Choices(clients=clients, months=tuple(Month.of(date.fromisoformat(month)) for month in row["months"]))


def invoice_of(connection: Connection, invoice_id: UUID, *, vendor_id: UUID) -> Invoice:
    """Return the invoice with this id, complete. Raises `NoSuchInvoice`."""
    row = connection.execute(ONE, {"vendor_id": vendor_id, "invoice_id": invoice_id}).one_or_none()
    if row is None:
        raise no_such_invoice()
    return build_invoice(connection, vendor_id=vendor_id, client_id=row.client_id, client_month_id=row.client_month_id)


def no_such_invoice() -> NoSuchInvoice:
    """Return the one sentence for every invoice that is not there for the reader."""
    return NoSuchInvoice("There is no such invoice; it may have been mistyped, so choose one from the list of invoices.")

"""Sends draft invoices: Draft becomes Open, the practice sees it as due, and from then on only a credit note corrects it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.errors import Conflict, NothingToDo
from caretally.money import format_dollars
from caretally.months import Month

DRAFTS = text((Path(__file__).parent / "drafts.sql").read_text(encoding="utf-8"))
# Reopening takes the same lock first, so an invoice is either sent or void, never both.
LOCK = text(
    "SELECT 1 FROM client_lock WHERE vendor_id = (SELECT tenancy.current_vendor()) AND client_id = ANY (CAST(:clients AS uuid[])) "
    "ORDER BY client_id FOR UPDATE"
)
OPEN = text(
    "INSERT INTO invoice_state (vendor_id, client_id, invoice_id, seq, state, actor) "
    "SELECT (SELECT tenancy.current_vendor()), d.client_id, d.id, d.seq + 1, 'open', (SELECT tenancy.current_actor()) "
    "FROM unnest(CAST(:clients AS uuid[]), CAST(:invoices AS uuid[]), CAST(:seqs AS int[])) AS d (client_id, id, seq)"
)


class DraftsChanged(Conflict):
    """What would be sent is not what was shown."""

    code = "drafts_changed"


class NothingToSend(NothingToDo):
    """None of the invoices asked for is a draft."""

    code = "nothing_to_send"


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A draft invoice that can be sent; money in cents, `past_due` that the day printed on it is over, `seq` numbers its newest state."""

    id: UUID
    client_id: UUID
    client: str
    number: str
    month: Month
    patients: int
    total_cents: int
    due_on: date
    past_due: bool
    seq: int


def drafts(connection: Connection, *, month: Month | None = None, invoices: Collection[UUID] = ()) -> list[Draft]:
    """Return the drafts of a month or of all, or those among some invoices, in the order of their numbers."""
    values = {"month": None if month is None else month.first_day, "invoices": list(invoices)}
    rows = connection.execute(DRAFTS, values).mappings()
    return [Draft(**{k: v for k, v in row.items() if k != "month"}, month=Month.of(row["month"])) for row in rows]


def send_invoices(connection: Connection, invoices: Collection[UUID], *, shown_cents: int) -> list[Draft]:
    """Open these drafts in the caller's transaction and return them; all or none.

    `shown_cents` is their total as somebody saw it. Raises `NothingToSend` when none of them is a draft any more, `DraftsChanged` when some are
    not, or come to another total.
    """
    connection.execute(LOCK, {"clients": sorted({one.client_id for one in drafts(connection, invoices=invoices)})})
    found = drafts(connection, invoices=invoices)
    if not found:
        raise NothingToSend(
            "None of these invoices is a draft any more: they were sent, or their month was reopened. Open the list of invoices."
        )
    cents = sum(one.total_cents for one in found)
    if len(found) != len(set(invoices)) or cents != shown_cents:
        raise DraftsChanged(
            f"Of the {len(set(invoices))} invoices for {format_dollars(shown_cents)} that you saw, {len(found)} for {format_dollars(cents)} are "
            "drafts now; nothing was sent. Look at what is there and send that."
        )
    values = {"clients": [one.client_id for one in found], "invoices": [one.id for one in found], "seqs": [one.seq for one in found]}
    connection.execute(OPEN, values)
    append_event(
        connection, action="invoice.sent", detail={"invoices": [one.id for one in found], "number": len(found), "total_cents": cents}
    )
    return found

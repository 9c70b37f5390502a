"""Reopens a closed month whose invoice was not sent: the draft is voided, and the next close keeps its number with a new revision."""

from uuid import UUID

from sqlalchemy import Connection

from caretally.audit.chain import append_event
from caretally.audit.reasons import said_in_words
from caretally.close.close_client import take_locks
from caretally.close.prepare import Client
from caretally.close.read_month import latest_client_month
from caretally.close.statements import statement
from caretally.errors import Conflict, NothingToDo
from caretally.months import Month


class InvoiceSent(Conflict):
    """A sent invoice is corrected by a credit note, not by reopening."""

    code = "invoice_sent"


class ClosedAgainMeanwhile(Conflict):
    """The month was reopened and closed again after the page was opened; the page's answer is 412 (RFC 9110, 15.5.13)."""

    code = "closed_again_meanwhile"
    status = 412


def reopen_month(connection: Connection, client: Client, month: Month, *, reason: str, seen: UUID | None = None) -> str | None:
    """Reopen the month in the caller's transaction and return the number of the voided draft (None when there was no invoice).

    `seen` is the revision (client_month) that whoever asks looked at, None when they looked at none here. Raises `UsageMistake` for a reason
    that says nothing, `NothingToDo` when the month is not closed, `ClosedAgainMeanwhile` when it is another revision than the one seen,
    `InvoiceSent` when its invoice has left.
    """
    reason = said_in_words(reason, readers="the practice will read it")
    take_locks(connection, client)
    current = latest_client_month(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    if current is None or current["status"] != "closed":
        raise NothingToDo(f"{month} of {client.code} is not closed, so there is nothing to reopen.")
    if seen is not None and current["id"] != seen:
        raise ClosedAgainMeanwhile(
            f"{month} of {client.code} was closed again by {current['closed_by']} after you opened this page, so nothing was reopened; "
            "look at its new revision, then decide again."
        )
    key = {"vendor_id": client.vendor_id, "client_id": client.id, "client_month_id": current["id"]}
    invoice = connection.execute(statement("state_of_invoice"), key).one_or_none()
    if invoice is not None:
        if invoice.state != "draft":
            raise InvoiceSent(
                f"{invoice.number} is {invoice.state}; correct it by a credit note instead of reopening {month} of {client.code}."
            )
        row = key | {"invoice_id": invoice.id, "seq": invoice.seq + 1, "state": "void", "reason": reason}
        connection.execute(statement("write_state"), row)
        connection.execute(statement("write_ledger"), row | {"kind": "voided", "amount_cents": -invoice.total_cents})
    connection.execute(statement("reopen_client_month"), key | {"reason": reason})
    number = None if invoice is None else invoice.number
    append_event(
        connection,
        action="month.reopened",
        detail={"client_id": str(client.id), "month": str(month), "revision": current["revision"], "voided": number},
    )
    return number

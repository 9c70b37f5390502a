"""Previews a close: the same code, rolled back; what was seen is then recorded in a transaction of its own."""

import json

from sqlalchemy import Connection, text

from caretally.close.close_client import take_locks
from caretally.close.prepare import Client, prepare
from caretally.close.read_month import closed_result, latest_client_month
from caretally.close.results import ClientResult, InvoiceSummary
from caretally.close.statements import statement
from caretally.close.summary import summary_now
from caretally.evaluation.parameters import ClientMonth
from caretally.months import Month
from caretally.waivers.in_force import seen, waived_now

ROWS = text("SELECT mrn, substr(encode(evidence_hash, 'hex'), 1, 16) FROM eval_decision ORDER BY mrn")


class Previewed(Exception):
    """Ends the preview's transaction with its result; `preview` is what to record, None when the month is closed already.

    `found` are the reasons of its decisions as JSON, for the queue of exceptions.
    """

    def __init__(
        self, result: ClientResult, preview: dict[str, object] | None, input_hash: bytes | None, *, summary: str = "", found: str = "[]"
    ) -> None:
        """Take the result, what was shown, the digest of the input, the month at one look and the reasons, both as JSON."""
        super().__init__(result.client)
        self.result, self.preview, self.input_hash = result, preview, input_hash
        self.summary, self.found = summary, found


def preview_client(connection: Connection, client: Client, month: Month, *, acknowledge_jump: bool = False) -> None:
    """Do what a close would do up to its first write, then raise `Previewed`, so that the caller's transaction rolls back."""
    take_locks(connection, client)
    current = latest_client_month(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    if current is not None and current["status"] == "closed":
        raise Previewed(closed_result(connection, current, client_code=client.code), None, None)
    subject = ClientMonth(client.vendor_id, client.id, client.code, client.timezone, month)
    prepared = prepare(connection, client, subject, acknowledge_jump=acknowledge_jump)
    figures = prepared.figures
    counts = {name: figures[name] for name in ("enrolled", "billable", "held", "not_billable", "raw_seconds", "counted_seconds")}
    waivers = seen(waived_now(connection, prepared.waivers))
    preview = counts | {"total_cents": prepared.total_cents, "rows": dict(connection.execute(ROWS).all()), "waivers": waivers}
    result = ClientResult(
        client=client.code,
        status="previewed",
        **counts,
        excluded_seconds=prepared.excluded_seconds,
        exceptions=prepared.exceptions,
        invoice=InvoiceSummary("draft", prepared.total_cents, prepared.lines, figures["patient_months"]) if prepared.lines else None,
    )
    summary = summary_now(connection, prepared.values, total_cents=prepared.total_cents, line_count=prepared.lines)
    found = connection.execute(statement("found_now")).scalar_one()
    raise Previewed(result, preview, figures["rows_hash"], summary=summary, found=found)


def record_preview(connection: Connection, client: Client, month: Month, seen: Previewed) -> None:
    """Record the hash, the actor, the time and the reasons of a preview; a month closed meanwhile is left alone."""
    current = latest_client_month(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    if seen.preview is None or (current is not None and current["status"] == "closed"):
        return
    revision = 1 if current is None else current["revision"] + (current["status"] == "reopened")
    month_id = connection.scalar(
        statement("record_preview"),
        {
            "vendor_id": client.vendor_id,
            "client_id": client.id,
            "month": month.first_day,
            "revision": revision,
            "next_month": month.next().first_day,
            "timezone": client.timezone,
            "input_hash": seen.input_hash,
            "preview": json.dumps(seen.preview),
            "summary": seen.summary,
        },
    )
    key = {"vendor_id": client.vendor_id, "client_id": client.id, "month": month.first_day}
    connection.execute(statement("forget_found"), key)
    connection.execute(statement("record_found"), key | {"client_month_id": month_id, "found": seen.found})
    connection.execute(statement("count_exceptions"), key | {"client_month_id": month_id})

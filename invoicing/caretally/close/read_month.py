"""Reads back what a closed month holds, for a repeated close and for reports."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.close.results import ClientResult, InvoiceSummary
from caretally.close.statements import statement
from caretally.months import Month

LATEST = text(
    "SELECT * FROM client_month WHERE vendor_id = :vendor_id AND client_id = :client_id AND month = :month ORDER BY revision DESC LIMIT 1"
)
COUNTED = text(
    "SELECT code, count(*)::int AS n FROM exception WHERE vendor_id = :vendor_id AND client_id = :client_id AND client_month_id = :id AND waiver_id IS NULL "
    "GROUP BY 1 ORDER BY 1"
)
INVOICE = text(
    "SELECT * FROM invoice WHERE vendor_id = :vendor_id AND client_id = :client_id AND client_month_id = :id AND kind = 'invoice'"
)


def latest_client_month(connection: Connection, *, vendor_id: UUID, client_id: UUID, month: Month) -> RowMapping | None:
    """Return the newest revision of a client's month, or None when nobody has touched it."""
    return connection.execute(LATEST, {"vendor_id": vendor_id, "client_id": client_id, "month": month.first_day}).mappings().one_or_none()


def closed_result(connection: Connection, row: RowMapping, *, client_code: str) -> ClientResult:
    """Return what the close of `row` (a closed client_month) reported, read back from its rows."""
    key: dict[str, Any] = {"vendor_id": row["vendor_id"], "client_id": row["client_id"], "id": row["id"]}
    invoice = connection.execute(INVOICE, key).mappings().one_or_none()
    return ClientResult(
        client=client_code,
        status="closed",
        **{name: row[name] for name in ("enrolled", "billable", "held", "not_billable", "raw_seconds", "counted_seconds", "revision")},
        excluded_seconds=dict(connection.execute(statement("excluded_seconds"), key).all()),
        exceptions=dict(connection.execute(COUNTED, key).all()),
        invoice=None
        if invoice is None
        else InvoiceSummary(invoice["number"], invoice["total_cents"], invoice["line_count"], invoice["patient_month_count"]),
        client_month_id=row["id"],
    )

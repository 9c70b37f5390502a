"""Finds the exception reports of closed months, and one of them complete, for the vendor or for a practice that may see its client."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.db.lists import PAGE_SIZE, PageOf
from caretally.errors import NothingToDo
from caretally.exceptions.build_report import report_of_close
from caretally.exceptions.report import ExceptionReport, MonthFigures
from caretally.months import Month

CLOSED = text((Path(__file__).parent / "closed.sql").read_text(encoding="utf-8"))
ONE = text((Path(__file__).parent / "closed_one.sql").read_text(encoding="utf-8"))


class NoSuchReport(NothingToDo):
    """No closed month that the transaction may see has this client and month; nobody learns whether another one has."""

    code = "no_such_report"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedMonth:
    """A client's closed month of the list of reports; counts are patients, money is cents."""

    client_id: UUID
    client: str
    month: Month
    closed_at: datetime
    enrolled: int
    billable: int
    held: int
    not_billable: int
    held_cents: int


def closed_months(connection: Connection, *, vendor_id: UUID, page: int = 1) -> PageOf[ClosedMonth]:
    """Return a page of the closed months that the transaction may see, the newest first, in one query."""
    rows = connection.execute(CLOSED, {"vendor_id": vendor_id, "size": PAGE_SIZE, "start": (page - 1) * PAGE_SIZE}).mappings().all()
    found = tuple(
        ClosedMonth(**{k: v for k, v in row.items() if k not in ("found", "month")}, month=Month.of(row["month"])) for row in rows
    )
    return PageOf(rows=found, found=rows[0]["found"] if rows else 0, page=page)


def report_of_month(connection: Connection, client_id: UUID, month: Month, *, vendor_id: UUID, vendor: str) -> ExceptionReport:
    """Return the report of a client's closed month, the same bytes as its close writes; `vendor` is the vendor's name. Raises `NoSuchReport`."""
    key = {"vendor_id": vendor_id, "client_id": client_id, "month": month.first_day}
    row = connection.execute(ONE, key).mappings().one_or_none()
    if row is None:
        raise NoSuchReport("There is no such report; a month has one once it is closed, so choose it from the list of reports.")
    given = {name: value for name, value in row.items() if name != "client_month_id"}
    figures = MonthFigures(**given, vendor=vendor, month=month, state="Closed")
    return report_of_close(connection, figures, vendor_id=vendor_id, client_id=client_id, client_month_id=row["client_month_id"])

"""Gapless invoice numbers: a counter row per vendor and series, taken inside the transaction of the close."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.months import Month

TAKE = text(
    "INSERT INTO number_counter (vendor_id, series, last_number) VALUES (:vendor_id, :series, 1) "
    "ON CONFLICT (vendor_id, series) DO UPDATE SET last_number = number_counter.last_number + 1 RETURNING last_number"
)
EARLIER = text(
    "SELECT series, sequence, split_part(number, '/', 1) AS number FROM invoice "
    "WHERE vendor_id = :vendor_id AND client_id = :client_id AND month = :month AND kind = 'invoice' ORDER BY revision DESC LIMIT 1"
)


@dataclass(frozen=True)
class InvoiceNumber:
    """A number as printed (`INV-2026-0406`, `INV-2026-0406/2` for a second revision), and its place in the series."""

    series: str
    sequence: int
    number: str


def take_number(connection: Connection, *, vendor_id: UUID, client_id: UUID, month: Month, revision: int) -> InvoiceNumber:
    """Return the next number of the vendor's series for the month's year; a reopened month keeps its number and gains `/revision`.

    Locks the counter until the transaction ends, so it comes among the last statements; a rollback gives the number back.
    """
    earlier = connection.execute(EARLIER, {"vendor_id": vendor_id, "client_id": client_id, "month": month.first_day}).one_or_none()
    if earlier is not None:
        return InvoiceNumber(earlier.series, earlier.sequence, f"{earlier.number}/{revision}")
    series = f"INV-{month.year}"
    sequence = connection.execute(TAKE, {"vendor_id": vendor_id, "series": series}).scalar_one()
    return InvoiceNumber(series, sequence, f"{series}-{sequence:04d}")

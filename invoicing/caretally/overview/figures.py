"""The figures of the first page, each read where it is kept, in four queries whatever the size of the vendor."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from caretally.carelog.approvals import waiting_count
from caretally.close.statements import of_month
from caretally.months import Month


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthFigures:
    """One month of all clients that the visitor may see; counts are enrolled patients, money is cents; `near` miss little of a code.

    `unsent` are the invoices that a practice was not sent yet.
    """

    month: Month
    clients: int
    closed: int
    enrolled: int
    billable: int
    held: int
    not_billable: int
    near: int
    total_cents: int
    held_cents: int
    unsent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why patients are held: patients, cents, and the role that can cure it."""

    code: str
    label: str
    owner: str
    patients: int
    held_cents: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What stands on the first page: the months with the newest first, why patients are held in it, and what waits (see of_vendor.sql)."""

    months: tuple[MonthFigures, ...]
    reasons: tuple[Reason, ...]
    waits: Mapping[str, Any]


def figures_of(connection: Connection, *, vendor_id: UUID, of_practice: bool) -> Figures:
    """Return the figures of a vendor, or those that a practice may see; as many entries wait for approval as the list of them shows."""
    key = {"vendor_id": vendor_id, "of_practice": of_practice}
    months = connection.execute(_statement("trend"), key).mappings()
    waits = connection.execute(_statement("of_practice" if of_practice else "of_vendor"), {"vendor_id": vendor_id}).mappings().one()
    return Figures(
        months=tuple(MonthFigures(**dict(row) | {"month": Month.of(row["month"])}) for row in months),
        reasons=tuple(Reason(**row) for row in connection.execute(_statement("reasons"), key).mappings()),
        waits=dict(waits) if of_practice else dict(waits) | {"unapproved": waiting_count(connection)},
    )


@cache
def _statement(name: str) -> TextClause:
    return text(of_month((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"), "month.month"))

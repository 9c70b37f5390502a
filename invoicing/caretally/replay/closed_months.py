"""The question before a version is kept for months that are closed already: they stay as they were closed."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from caretally.close.prepare import Client
from caretally.imports.records import WorthALook
from caretally.months import Month

CLOSED = text(
    "SELECT month FROM client_month WHERE client_id = :client_id AND status = 'closed' AND month >= :first_day "
    "AND (CAST(:last_day AS date) IS NULL OR month <= :last_day) ORDER BY month"
)


def closed_months_of(connection: Connection, client: Client, first_day: date | None, last_day: date | None) -> list[Month]:
    """Return the closed months of a client from one day on to another, None until further notice; none without a first day."""
    days = {"client_id": client.id, "first_day": first_day, "last_day": last_day}
    return [Month.of(day) for day in connection.scalars(CLOSED, days)]


def months_in_words(months: Sequence[Month]) -> str:
    """Return months by name, as September 2026 and October 2026."""
    named = [f"{month.first_day:%B %Y}" for month in months]
    return " and ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)


def ask_about_closed_months(client: Client, months: Sequence[Month], *, looked: str) -> None:
    """Say once what a version does to months that are closed; `looked` is the `seen` of what was looked at. Raises `WorthALook`."""
    if not months:
        return
    are, stay = ("is", "stays as it was") if len(months) == 1 else ("are", "stay as they were")
    closed = f"{months_in_words(months)} {are} closed for {client.name} and {stay} closed"
    late = "what comes late for a closed month is priced as that month was"
    uses = "Only months that are closed from now on, or reopened and closed again, use this version."
    question = WorthALook((f"{closed}: no invoice changes, and {late}.", uses))
    if question.seen != looked:
        raise question

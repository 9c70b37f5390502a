"""What can be asked of the queue of exceptions, and how far its pages are from what is read one by one."""

from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.months import Month
from caretally.settling.filters import DUE, OUTCOMES, OWNERS, SORTS, STATES, Filters
from caretally.settling.read_queue import every_match, queue
from caretally.settling.worklist import Queue
from tests.builders.office import Office

FIGURES = ("exceptions", "patients", "held_cents", "overdue", "unassigned", "pages")
MOST = 100_000


def asked_of(connection: Connection, month: Month | None) -> Iterator[dict[str, Any]]:
    """Yield what can be asked of a month, or of all: each value of each filter in all states and in the open one, every order, and pairs."""
    codes = connection.scalars(text("SELECT DISTINCT c FROM exception_count, unnest(codes) AS c ORDER BY 1")).all()
    clients = connection.scalars(text("SELECT client_id FROM client ORDER BY code")).all()
    people = ["me", "nobody", *(str(one) for one in connection.scalars(text("SELECT id FROM membership ORDER BY id LIMIT 2")))]
    values = {"client": clients, "code": codes, "outcome": OUTCOMES, "owner": OWNERS, "due": DUE, "assignee": people, "sort": SORTS}
    for name, state in product(values, ("open", "all") if month else ("all",)):
        yield from ({"month": month, "state": state, name: value} for value in values[name])
    yield from ({"month": month, "state": state} for state in STATES)
    yield from ({"month": month, "outcome": "held", "assignee": one, "state": "all", "client": clients[0]} for one in people)
    yield from (
        {"month": month, "code": code, "outcome": outcome, "state": "fixed"} for code, outcome in zip(codes, OUTCOMES, strict=False)
    )
    yield {"month": month, "words": "ver", "state": "all"}


def differences(office: Office, *months: Month | None) -> list[str]:
    """Return how each page differs from the plain count over all rows, for all that can be asked of these months (None: all of them)."""
    with office.transaction() as connection:
        asked = [Filters(**one) for month in months for one in asked_of(connection, month)]
        return [said for filters in asked for said in _differences(connection, filters, office.vendor_id)]


def _differences(connection: Connection, filters: Filters, vendor_id: UUID) -> Iterator[str]:
    plain = every_match(connection, filters, vendor_id=vendor_id, most=MOST)
    pages = list(_pages(connection, filters, vendor_id))
    for name in FIGURES:
        told, read = getattr(pages[0], name), getattr(plain, name)
        if told > read or (told < read and not (name == "patients" and pages[0].at_least)):
            yield f"{filters}: {name} {told}, and read one by one {read}"
    rows = tuple(row for page in pages for row in page.rows)
    if rows != plain.rows:
        place = next((at for at, (one, other) in enumerate(zip(rows, plain.rows, strict=False)) if one != other), 0)
        yield f"{filters}: {len(rows)} rows and not {len(plain.rows)}, the first others {rows[place : place + 1]}, {plain.rows[place : place + 1]}"


def _pages(connection: Connection, filters: Filters, vendor_id: UUID) -> Iterator[Queue]:
    number, page = 1, queue(connection, filters, vendor_id=vendor_id)
    while page.rows:
        yield page
        number += 1
        page = queue(connection, Filters(**{**vars(filters), "page": number}), vendor_id=vendor_id)
    yield page

"""Reading the queue: one page of it with what all that matches comes to, all of it for a file, or one exception."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from caretally.db.lists import PAGE_SIZE
from caretally.months import Month
from caretally.settling.filters import Filters, one_exception
from caretally.settling.statements import (
    BESIDE,
    BY_NAME,
    CLOSED,
    PREVIEWED,
    REASONS,
    WALKED,
    WARNED,
    Source,
    page_statement,
    statement,
    totals_statement,
)
from caretally.settling.worklist import NoSuchException, Queue, QueueRow, today_in_utc

# So many matches, or patients whom words found, are read one by one.
FEW = 1_000
# So many rows of the kinds on a page are put in order by their patients' names; of more, patients are walked through in the order of names.
MOST_IN_ORDER = 2_000
# How many times as many patients as a page should need are walked through first; when these are too few, all are.
AMPLE, EVERYBODY = 3, 2**31

Row = Mapping[str, Any]
Rows = Sequence[Row]


def queue(connection: Connection, filters: Filters, *, vendor_id: UUID, today: date | None = None) -> Queue:
    """Return a page of the exceptions that match and what all of them come to.

    Takes two queries, three where a walk by names falls short: one adds up the counts beside the months, one reads the rows of the kinds that the
    page's places are in. Words are looked for first; where they find many patients, every exception is read.
    """
    values = filters.values(vendor_id=vendor_id, today=today or today_in_utc())
    if filters.words or filters.picked is not None or filters.patient:
        return _read_one_by_one(connection, filters, values, size=PAGE_SIZE)
    page = values | {"size": PAGE_SIZE, "start": (filters.page - 1) * PAGE_SIZE, "few": FEW}
    counted = dict(connection.execute(totals_statement(filters.sort, frozenset(page)), page).mappings().one())
    rows = _rows_of_kinds(connection, filters, page, counted) if counted["classes"] else ()
    if rows and counted["exceptions"] <= FEW:
        return _queue(filters, rows[0], rows)
    return _queue(filters, counted, rows, at_least=counted["patients"] < counted["patients_at_most"])


def every_match(connection: Connection, filters: Filters, *, vendor_id: UUID, most: int) -> Queue:
    """Return the first `most` exceptions that match and what all of them come to, read one by one."""
    return _read_one_by_one(connection, filters, filters.values(vendor_id=vendor_id, today=today_in_utc()), size=most)


def find_exception(connection: Connection, patient_id: UUID, month: Month, code: str, *, vendor_id: UUID) -> QueueRow:
    """Return one exception with the work on it. Raises `NoSuchException`."""
    found = queue(connection, one_exception(patient_id, month, code), vendor_id=vendor_id).rows
    if not found:
        raise NoSuchException("There is no such exception; its month may have been opened again, so look for it in the queue.")
    return found[0]


def _read_one_by_one(connection: Connection, filters: Filters, values: Mapping[str, Any], *, size: int) -> Queue:
    source, narrowed = _of_found_patients(connection, values)
    page = narrowed | {"size": size, "start": (filters.page - 1) * size, "upto": filters.page * size}
    rows = _page(connection, source, filters.sort, page)
    return _queue(filters, rows[0], rows)


def _of_found_patients(connection: Connection, values: Mapping[str, Any]) -> tuple[Source, dict[str, Any]]:
    """Return where the matches are read and by which parameters: patients whom words found instead of the words, where they are few."""
    if "pattern" not in values:
        return REASONS, dict(values)
    found = connection.execute(statement("found_patients"), {**values, "most": FEW + 1}).all()
    if len(found) > FEW:
        return REASONS, dict(values)
    patients = {"found_clients": [one.client_id for one in found], "found_patients": [one.id for one in found]}
    return WALKED, {name: value for name, value in values.items() if name != "pattern"} | patients


def _rows_of_kinds(connection: Connection, filters: Filters, page: Mapping[str, Any], counted: Mapping[str, Any]) -> Rows:
    """Return the rows of a page, which are among the kinds that were counted for it."""
    kinds = counted["classes"]
    cents = [kind["held_cents"] for kind in kinds]
    start = page["start"] - counted["before"]
    values = {name: value for name, value in page.items() if name != "few"} | {
        "month_ids": list({UUID(kind["client_month_id"]) for kind in kinds}),
        "classes": json.dumps(kinds),
        "start": start,
        "upto": start + PAGE_SIZE,
    }
    if counted["steps"] == 1 and sum(kind["exceptions"] for kind in kinds) > MOST_IN_ORDER:
        return _walk(connection, filters, values, counted)
    read = {"codes": list({kind["code"] for kind in kinds}), "least_cents": min(cents), "most_cents": max(cents)}
    return _page(connection, _source_of(kinds), filters.sort, values | read)


def _source_of(kinds: Rows) -> Source:
    """Return where rows of these kinds are: a statement plans quicker without what has none of them."""
    outcomes = {kind["outcome"] for kind in kinds if kind["status"] == "closed"}
    previewed = {PREVIEWED} if any(kind["status"] == "previewed" for kind in kinds) else set()
    # a waiver makes a warning of what a close wrote
    return frozenset(previewed | ({CLOSED} if outcomes else set()) | ({BESIDE, WARNED} if "warning" in outcomes else set()))


def _walk(connection: Connection, filters: Filters, values: dict[str, Any], counted: Mapping[str, Any]) -> Rows:
    """Return the rows of a page among very many that only names order: as many patients are looked at as should have them, then all."""
    kinds = counted["classes"]
    among = sum(kind["exceptions"] for kind in kinds)
    wanted = min(values["upto"], among)
    patients = AMPLE * wanted * max(counted["enrolled"], 1) // among + PAGE_SIZE
    of_clients = values | {"walked_clients": list({UUID(kind["client_id"]) for kind in kinds})}
    rows: Rows = ()
    for walk in (patients, EVERYBODY):
        rows = _page(connection, WALKED, filters.sort, of_clients | {"walk": walk})
        if rows[0]["exceptions"] >= wanted:
            break
    return rows


def _page(connection: Connection, source: Source, sort: str, values: Mapping[str, Any]) -> Rows:
    given = {name: value for name, value in values.items() if name != "upto" or sort not in BY_NAME}
    return [dict(row) for row in connection.execute(page_statement(source, sort, frozenset(given)), given).mappings()]


def _queue(filters: Filters, totals: Mapping[str, Any], rows: Rows, *, at_least: bool = False) -> Queue:
    return Queue(
        rows=tuple(_row(row) for row in rows if row["patient_id"] is not None),
        exceptions=totals["exceptions"],
        patients=totals["patients"],
        at_least=at_least,
        held_cents=totals["held_total"],
        overdue=totals["overdue"],
        unassigned=totals["unassigned"],
        page=filters.page,
    )


def _row(row: Mapping[str, Any]) -> QueueRow:
    return QueueRow(**{name: row[name] for name in QueueRow.__slots__ if name != "month"}, month=Month.of(row["month"]))

"""Runs: what somebody asked to be previewed or closed, client by client, and what became of each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.close.four_eyes import SeenPreview
from caretally.close.prepare import Client
from caretally.close.results import ClientResult
from caretally.errors import NothingToDo
from caretally.months import Month

ADD_RUN = text(
    "INSERT INTO closing_run (vendor_id, id, month, kind, asked_by) "
    "VALUES ((SELECT tenancy.current_vendor()), :run_id, :month, :kind, (SELECT tenancy.current_actor())) ON CONFLICT (vendor_id, id) DO NOTHING RETURNING id"
)
ADD_CLIENTS = text(
    "INSERT INTO closing_result (vendor_id, client_id, run_id, month, acknowledged, seen_hash, seen_total_cents) "
    "SELECT (SELECT tenancy.current_vendor()), w.client_id, :run_id, :month, w.acknowledged, w.seen_hash, w.total "
    "FROM unnest(CAST(:clients AS uuid[]), CAST(:acknowledged AS boolean[]), CAST(:hashes AS bytea[]), CAST(:totals AS bigint[])) "
    "AS w (client_id, acknowledged, seen_hash, total)"
)
NEXT = text(
    "SELECT r.id AS result_id, r.acknowledged, r.seen_hash, r.seen_total_cents, u.month, u.kind, c.vendor_id, c.client_id, c.code, c.name, c.timezone, "
    "c.po_number, c.terms_days FROM closing_result r JOIN closing_run u ON u.vendor_id = r.vendor_id AND u.id = r.run_id "
    "JOIN client c ON c.vendor_id = r.vendor_id AND c.client_id = r.client_id "
    "WHERE r.vendor_id = (SELECT tenancy.current_vendor()) AND r.run_id = :run_id AND r.status = 'waiting' "
    'ORDER BY c.code COLLATE "C" LIMIT 1'
)
# Whoever ends a client first says what it came to; a second one, sent twice or gone on with meanwhile, changes nothing.
KEEP = text(
    "UPDATE closing_result SET status = :status, code = :code, reason = :reason, ended_at = now() "
    "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND client_id = :client_id AND id = :result_id AND status = 'waiting'"
)
COUNT = text(
    "SELECT count(*) FILTER (WHERE status <> 'waiting')::int AS done, count(*)::int AS wanted FROM closing_result "
    "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND run_id = :run_id"
)
RUN = text(
    "SELECT u.id, u.month, u.kind, u.asked_at, r.status, r.code, r.reason, r.acknowledged, c.client_id, c.name, c.code AS client_code, "
    "m.summary, i.id AS invoice_id, i.number, i.total_cents "
    "FROM closing_run u LEFT JOIN closing_result r ON r.vendor_id = u.vendor_id AND r.run_id = u.id "
    "LEFT JOIN client c ON c.vendor_id = r.vendor_id AND c.client_id = r.client_id "
    "LEFT JOIN LATERAL (SELECT * FROM client_month x WHERE x.vendor_id = r.vendor_id AND x.client_id = r.client_id AND x.month = u.month "
    "ORDER BY x.revision DESC LIMIT 1) m ON true "
    "LEFT JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.client_month_id = m.id AND i.kind = 'invoice' "
    "WHERE u.vendor_id = (SELECT tenancy.current_vendor()) AND u.id = :run_id ORDER BY r.status <> 'parked', r.status <> 'waiting', c.name, c.code"
)


class NoSuchRun(NothingToDo):
    """No run that the transaction may see has this id."""

    code = "no_such_run"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One client that somebody asks for; `shown` is the preview they looked at (None for a preview), `acknowledged` a total they checked."""

    client_id: UUID
    acknowledged: bool = False
    shown: SeenPreview | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """The next client of a run, and what was asked of it."""

    result_id: UUID
    client: Client
    month: Month
    kind: str
    acknowledged: bool
    shown: SeenPreview | None


@dataclass(frozen=True)
class Run:
    """A run and its clients, the parked ones first; `clients` are rows with status, reason, summary and invoice."""

    id: UUID
    month: Month
    kind: str
    asked_at: datetime
    clients: tuple[Mapping[str, Any], ...]

    def of(self, *statuses: str) -> list[Mapping[str, Any]]:
        """Return the clients in one of these states."""
        return [one for one in self.clients if one["status"] in statuses]


def ask_for_run(connection: Connection, run_id: UUID, month: Month, *, kind: str, wanted: Collection[Wanted]) -> bool:
    """Write down what is asked for, `kind` being preview or close; tell whether it is new, as a form sent twice asks once."""
    if connection.execute(ADD_RUN, {"run_id": run_id, "month": month.first_day, "kind": kind}).one_or_none() is None:
        return False
    values = {
        "run_id": run_id,
        "month": month.first_day,
        "clients": [one.client_id for one in wanted],
        "acknowledged": [one.acknowledged for one in wanted],
        "hashes": [one.shown.input_hash if one.shown else None for one in wanted],
        "totals": [one.shown.total_cents if one.shown else None for one in wanted],
    }
    connection.execute(ADD_CLIENTS, values)
    return True


def next_waiting(connection: Connection, run_id: UUID) -> Waiting | None:
    """Return the first client that a run has still to come to, None when it is done."""
    row = connection.execute(NEXT, {"run_id": run_id}).mappings().one_or_none()
    if row is None:
        return None
    client = Client(row["vendor_id"], row["client_id"], row["code"], row["name"], row["timezone"], row["po_number"], row["terms_days"])
    shown = None if row["seen_hash"] is None else SeenPreview(bytes(row["seen_hash"]), row["seen_total_cents"])
    return Waiting(
        result_id=row["result_id"],
        client=client,
        month=Month.of(row["month"]),
        kind=row["kind"],
        acknowledged=row["acknowledged"],
        shown=shown,
    )


def keep_result(connection: Connection, waiting: Waiting, result: ClientResult) -> None:
    """Write down what a client of a run came to, unless somebody did already."""
    values = {"status": result.status, "code": result.code, "reason": result.parked_reason or ""}
    connection.execute(KEEP, values | {"client_id": waiting.client.id, "result_id": waiting.result_id})


def progress_of(connection: Connection, run_id: UUID) -> tuple[int, int]:
    """Return how many clients of a run are done, and how many it has."""
    row = connection.execute(COUNT, {"run_id": run_id}).one()
    return row.done, row.wanted


def read_run(connection: Connection, run_id: UUID) -> Run:
    """Return a run with its clients. Raises `NoSuchRun`."""
    rows = connection.execute(RUN, {"run_id": run_id}).mappings().all()
    if not rows:
        raise NoSuchRun("There is no such run; open the month and begin there.")
    first = rows[0]
    return Run(
        first["id"], Month.of(first["month"]), first["kind"], first["asked_at"], tuple(dict(row) for row in rows if row["client_id"])
    )

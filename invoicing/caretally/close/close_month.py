"""Closes or previews a month for some or all clients of a vendor: one short transaction each, in the order of their codes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from caretally.close.close_client import close_client
from caretally.close.four_eyes import SeenPreview
from caretally.close.prepare import Client
from caretally.close.preview import Previewed, preview_client, record_preview
from caretally.close.read_month import latest_client_month
from caretally.close.results import ClientParked, ClientResult
from caretally.db.trouble import DatabaseFull, trouble_of
from caretally.errors import CareTallyError, Conflict, DependencyDown, UsageMistake
from caretally.faults.failpoints import failpoint
from caretally.faults.log import logger, places
from caretally.months import Month

Transaction = Callable[[], AbstractContextManager[Connection]]
CLIENTS = text('SELECT vendor_id, client_id AS id, code, name, timezone, po_number, terms_days FROM client ORDER BY code COLLATE "C"')


class UnknownClient(UsageMistake):
    """A client code that the vendor does not have."""

    code = "unknown_client"


class DatabaseRefused(DependencyDown):
    """The database refused a statement of ours: a defect, of which only the log knows the place."""

    code = "database_refused"


def clients_to_close(connection: Connection, codes: Iterable[str] = ()) -> list[Client]:
    """Return the vendor's clients with these codes (none given: all), in the order of their codes. Raises `UnknownClient`."""
    clients = {row["code"]: Client(**row) for row in connection.execute(CLIENTS).mappings()}
    wanted = list(codes) or list(clients)
    unknown = [code for code in wanted if code not in clients]
    if unknown:
        raise UnknownClient(f"There is no client {', '.join(unknown)}; the clients are {', '.join(clients) or 'none yet'}.")
    return [clients[code] for code in sorted(set(wanted))]


def close_month(
    transaction: Transaction,
    month: Month,
    clients: Iterable[Client],
    *,
    dry_run: bool = False,
    acknowledge_jump: bool = False,
    shown: Mapping[UUID, SeenPreview] | None = None,
) -> Iterator[ClientResult]:
    """Yield one result a client as its transaction ends; a failure parks that client with its reason and the others go on.

    `transaction` opens a transaction of the vendor; `shown` holds by client what whoever asks looked at. A process
    killed in the middle leaves whole clients closed and the rest open: the same call again goes on from there.
    """
    for client in clients:
        try:
            if dry_run:
                yield _preview(transaction, client, month, acknowledge_jump)
            else:
                yield _close(transaction, client, month, acknowledge_jump, (shown or {}).get(client.id))
        except CareTallyError as error:
            why = error.gate_code if isinstance(error, ClientParked) else error.code
            yield ClientResult(client=client.code, status="parked", parked_reason=error.message, error_exit_code=error.exit_code, code=why)
        except DBAPIError as error:
            yield _parked_by_database(client, error)
        failpoint("close:between-clients")


def _close(transaction: Transaction, client: Client, month: Month, acknowledge_jump: bool, shown: SeenPreview | None) -> ClientResult:
    with transaction() as connection:
        before = latest_client_month(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    seen_open = before is None or before["status"] != "closed"
    with transaction() as connection:
        result = close_client(connection, client, month, seen_open=seen_open, acknowledge_jump=acknowledge_jump, shown=shown)
        failpoint("close:before-commit")
    failpoint("close:committed")
    return result if result.enrolled or result.invoice or result.raw_seconds else replace(result, status="nothing")


def _preview(transaction: Transaction, client: Client, month: Month, acknowledge_jump: bool) -> ClientResult:
    try:
        with transaction() as connection:
            preview_client(connection, client, month, acknowledge_jump=acknowledge_jump)
    except Previewed as seen:
        with transaction() as connection:
            record_preview(connection, client, month, seen)
        return seen.result
    raise AssertionError("a preview ends by raising its result")


def _parked_by_database(client: Client, error: DBAPIError) -> ClientResult:
    """Return the client parked by what the database said; what it says of a value is told to nobody, a defect's places go to the log."""
    trouble = trouble_of(error)
    if trouble is None:
        logger().error("close_stopped", client_id=str(client.id), kind=type(error.orig).__qualname__, places=places(error))
        trouble = DatabaseRefused(
            f"A defect on our side stopped {client.code}, so nothing of it was written; try again, and tell support if it stays."
        )
        reason = trouble.message
    elif isinstance(trouble, Conflict):
        reason = f"{client.code} is being changed by somebody else and stayed locked; close it again in a moment."
    elif isinstance(trouble, DatabaseFull):
        reason = f"The database has no room left, so nothing of {client.code} was written; make room and close it again."
    else:
        reason = f"The database did not answer while {client.code} was being closed; nothing of it was written, close it again."
    return ClientResult(client=client.code, status="parked", parked_reason=reason, error_exit_code=trouble.exit_code, code=trouble.code)

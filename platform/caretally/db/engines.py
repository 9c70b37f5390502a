"""The pools: each logs in as its own role, and no connection ever changes role (CVE-2023-2455)."""

from time import monotonic_ns
from typing import Any

from psycopg import Connection as PsycopgConnection
from psycopg import OperationalError
from psycopg.pq import ExecStatus
from sqlalchemy import URL, Connection, Engine, PoolResetState, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from caretally.db.roles import Roles
from caretally.tenancy.read_rows import PREPARED, SAID_OTHERS
from caretally.tenancy.registry import SCHEMA
from caretally.tenancy.transaction import FORGET, FORGOTTEN

LONG = "10min"
RESTS_SINCE = "rests_since"
UNASKED_NANOSECONDS = 500_000_000
# What a close or an import keeps in temporary tables stays in memory up to this; the server's own default writes most of it to files.
LONG_VALUES = {"temp_buffers": "128MB"}
# As the client's own start values these win over `ALTER ROLE … SET`, which any role may say of itself, and are what RESET ALL returns to.
START_VALUES = {"search_path": f"{SCHEMA},pg_temp", "caretally.context": "", "row_security": "on"}


def vendor_engine(url: URL, *, roles: Roles, secret: bytes, statement_timeout: str = "", pool_size: int = 5) -> Engine:
    """Return the pool for a vendor's own people and jobs; give `statement_timeout=LONG` for a close, an import or a command."""
    return login_engine(url, "vendor", roles=roles, secret=secret, statement_timeout=statement_timeout, pool_size=pool_size)


def practice_engine(url: URL, *, roles: Roles, secret: bytes, pool_size: int = 5) -> Engine:
    """Return the pool for the people of a vendor's clients: they see the clients their context names, and nothing else."""
    return login_engine(url, "practice", roles=roles, secret=secret, pool_size=pool_size)


def operator_engine(url: URL, *, roles: Roles, secret: bytes, pool_size: int = 2) -> Engine:
    """Return the pool that lists and creates vendors and sees no row beneath them."""
    return login_engine(url, "operator", roles=roles, secret=secret, pool_size=pool_size)


def session_engine(url: URL, *, roles: Roles, secret: bytes, pool_size: int = 5) -> Engine:
    """Return the pool that looks up the session of each request: two statements of ours, each by itself, so that nothing is left to forget."""
    engine = create_engine(
        roles.login(url, "auth", secret=secret),
        connect_args={"prepare_threshold": None, "application_name": "caretally session", "options": start_options()},
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
    )
    event.listen(engine, "checkin", note_rest)
    event.listen(engine, "checkout", ask_the_rested)
    return engine


def login_engine(url: URL, kind: str, *, roles: Roles, secret: bytes, statement_timeout: str = "", pool_size: int = 5) -> Engine:
    """Return a pool that logs in as the role of this kind; `statement_timeout` overrides the role's own, as in `10min`.

    Without it the pool is one of pages, whose own statements are prepared by `tenancy.prepared` and so not by the driver.
    """
    long = {"statement_timeout": statement_timeout, **LONG_VALUES} if statement_timeout else {}
    engine = create_engine(
        roles.login(url, kind, secret=secret),
        connect_args={
            "prepare_threshold": 5 if statement_timeout else None,
            "application_name": f"caretally {kind}",
            "options": start_options(**long),
        },
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_reset_on_return=None,
        hide_parameters=True,
    )
    event.listen(engine, "connect", begin_forgetting)
    event.listen(engine, "before_cursor_execute", note_others)
    event.listen(engine, "reset", forget_session)
    event.listen(engine, "checkin", note_rest)
    event.listen(engine, "checkout", ask_the_rested)
    return engine


def start_options(**values: str) -> str:
    """Return the values that a session starts with, and these beside them, as a connection's options."""
    return " ".join(f"-c {name}={value}" for name, value in (START_VALUES | values).items())


def note_rest(_raw: PsycopgConnection | None, record: ConnectionPoolEntry) -> None:
    """Note when a connection begins to rest, having answered just now (see `forget_session`)."""
    record.info[RESTS_SINCE] = monotonic_ns()


def ask_the_rested(raw: PsycopgConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask a connection that rested whether it still answers; one that does not is replaced, and all of its pool with it, as after a restart of the server.

    One that answered half a second ago is not asked: each question costs a page a round trip.
    """
    since: int | None = record.info.get(RESTS_SINCE)
    if since is None or monotonic_ns() - since < UNASKED_NANOSECONDS:
        return
    if not answers(raw):
        raise InvalidatePoolError


def answers(raw: PsycopgConnection) -> bool:
    """Tell whether a connection's server answers: an empty message, past the driver, which would begin a transaction for it."""
    try:
        return raw.pgconn.exec_(b"").status == ExecStatus.EMPTY_QUERY
    except OperationalError:
        return False


def begin_forgetting(_raw: PsycopgConnection, record: ConnectionPoolEntry) -> None:
    """Note that this pool forgets, so that a transaction may do it with its commit."""
    record.info[FORGOTTEN] = False
    record.info[SAID_OTHERS] = False


def note_others(connection: Connection, cursor: Any, *_heard: Any) -> None:
    """Note that a connection executes what is not known to be a statement of ours, which have no cursor of SQLAlchemy's (see `nothing_of_strangers`)."""
    if cursor is not None:
        connection.info[SAID_OTHERS] = True


def forget_session(raw: PsycopgConnection, record: ConnectionPoolEntry, state: PoolResetState) -> None:
    """Leave nothing of one transaction to the next: no setting, held cursor, temporary table, lock, channel or prepared statement outlives a checkout.

    A transaction that forgot with its commit is not asked again (`commit_and_forget`). An error makes the pool drop the connection.
    """
    forgotten, record.info[FORGOTTEN] = record.info.get(FORGOTTEN), False
    if forgotten or state.terminate_only:
        return
    raw.rollback()
    raw.autocommit = True
    raw.execute("; ".join((*FORGET, "DEALLOCATE ALL")))
    raw.autocommit = False
    record.info.pop(PREPARED, None)
    record.info[SAID_OTHERS] = False

"""Opens the one transaction of a request, command or job, bound to its tenant context."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result
from sqlalchemy import Connection, Engine, text

from caretally.tenancy.context import KEY_ID, TenantContext, context_key, key_blocks, signed_context
from caretally.tenancy.read_rows import Statement, as_sqlalchemy_says, read_rows

# One statement, since each costs a page a round trip; were the second expression executed first, it would find no context and refuse.
BIND = Statement("SELECT set_config('caretally.context', :context, true), tenancy.verified_context()")


# What a connection forgets between two transactions. Prepared statements stay; they hold no row and are checked again at each execution.
FORGET = "CLOSE ALL; UNLISTEN *; SELECT pg_catalog.pg_advisory_unlock_all(); RESET ALL; DISCARD TEMP"
COMMIT_AND_FORGET = f"COMMIT; {FORGET}".encode()
# What a pool that forgets notes of each of its connections: whether the last transaction has forgotten with its commit.
FORGOTTEN = "forgotten"


@contextmanager
def tenant_transaction(engine: Engine, context: TenantContext, *, secret: bytes) -> Iterator[Connection]:
    """Yield a connection inside a READ COMMITTED transaction that carries the signed context; commit at the end, roll back on an error.

    The database checks the context before the first statement of the caller runs, because a query over an empty table would
    not. Raises `sqlalchemy.exc.ProgrammingError` (SQLSTATE 42501) when the database does not accept it.
    """
    with engine.connect() as connection, connection.begin():
        driver = driver_of(connection)
        if not driver.autocommit:
            tell_server(connection, b"BEGIN")
        bind_context(connection, context, secret=secret)
        yield connection
        # one that failed is left to be rolled back, and the rest to SQLAlchemy where the pool forgets nothing
        if driver.info.transaction_status == pq.TransactionStatus.INTRANS and FORGOTTEN in connection.info:
            tell_server(connection, COMMIT_AND_FORGET)
            connection.info[FORGOTTEN] = True


@contextmanager
def read_only_transaction(engine: Engine, context: TenantContext, *, secret: bytes) -> Iterator[Connection]:
    """Yield a connection as `tenant_transaction` does, inside a transaction in which the database refuses every change."""
    with engine.connect().execution_options(postgresql_readonly=True) as connection, connection.begin():
        bind_context(connection, context, secret=secret)
        yield connection


def tell_server(connection: Connection, words: bytes) -> None:
    """Have the server execute words without parameters in one round trip, past the driver's own handling of transactions, which finds them done."""
    answer = driver_of(connection).pgconn.exec_(words)
    if answer.status == pq.ExecStatus.FATAL_ERROR:
        with as_sqlalchemy_says(connection, words.decode()):
            raise error_from_result(answer)


def driver_of(connection: Connection) -> psycopg.Connection:
    """Return the driver's connection."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def bind_context(connection: Connection, context: TenantContext, *, secret: bytes) -> None:
    """Set the signed context for the rest of this transaction and have the database verify it."""
    read_rows(connection, BIND, {"context": signed_context(context, key=context_key(secret))})


def install_context_key(connection: Connection, *, secret: bytes) -> None:
    """Write the key blocks derived from `secret` where only the owner of the schema can read them."""
    inner, outer = key_blocks(context_key(secret))
    connection.execute(
        text(
            "INSERT INTO tenancy.context_key VALUES (:key_id, :inner, :outer) "
            "ON CONFLICT (key_id) DO UPDATE SET inner_block = EXCLUDED.inner_block, outer_block = EXCLUDED.outer_block"
        ),
        {"key_id": KEY_ID, "inner": inner, "outer": outer},
    )

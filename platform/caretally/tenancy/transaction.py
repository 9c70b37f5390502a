"""Opens the one transaction of a request, command or job, bound to its tenant context."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from caretally.tenancy.context import KEY_ID, TenantContext, context_key, key_blocks, signed_context

# One statement, since each costs a page a round trip; were the second expression executed first, it would find no context and refuse.
BIND = text("SELECT set_config('caretally.context', :context, true), tenancy.verified_context()")


@contextmanager
def tenant_transaction(engine: Engine, context: TenantContext, *, secret: bytes) -> Iterator[Connection]:
    """Yield a connection inside a READ COMMITTED transaction that carries the signed context; commit at the end, roll back on an error.

    The database checks the context before the first statement of the caller runs, because a query over an empty table would
    not. Raises `sqlalchemy.exc.ProgrammingError` (SQLSTATE 42501) when the database does not accept it.
    """
    with engine.connect() as connection, connection.begin():
        bind_context(connection, context, secret=secret)
        yield connection


@contextmanager
def read_only_transaction(engine: Engine, context: TenantContext, *, secret: bytes) -> Iterator[Connection]:
    """Yield a connection as `tenant_transaction` does, inside a transaction in which the database refuses every change."""
    with engine.connect().execution_options(postgresql_readonly=True) as connection, connection.begin():
        bind_context(connection, context, secret=secret)
        yield connection


def bind_context(connection: Connection, context: TenantContext, *, secret: bytes) -> None:
    """Set the signed context for the rest of this transaction and have the database verify it."""
    connection.execute(BIND, {"context": signed_context(context, key=context_key(secret))})


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

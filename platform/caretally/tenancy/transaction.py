"""Opens the one transaction of a request, command or job, bound to its tenant context."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import pq
from sqlalchemy import Connection, Engine, text

from caretally.tenancy.context import KEY_ID, TenantContext, context_key, key_blocks, signed_context
from caretally.tenancy.prepared import error_of
from caretally.tenancy.read_rows import (
    SAID_OTHERS,
    Statement,
    as_sqlalchemy_says,
    driver_of,
    given_to,
    prepared_of,
    read_rows,
    tell,
)

# One statement, since each costs a page a round trip; were the second expression executed first, it would find no context and refuse.
BIND = Statement("SELECT set_config('caretally.context', :context, true), tenancy.verified_context()")
Message = bytes | tuple[Statement, Mapping[str, Any]]
# What a connection forgets between two transactions. Prepared statements stay where nobody else can have prepared or replaced one (`nothing_of_strangers`);
# they hold no row and are checked again at each execution.
FORGET = ("CLOSE ALL", "UNLISTEN *", "SELECT pg_catalog.pg_advisory_unlock_all()", "RESET ALL", "DISCARD TEMP")
# What a pool that forgets notes of each of its connections: whether the last transaction has forgotten with its commit.
FORGOTTEN = "forgotten"
# How many statements are prepared, and how many of them by words of SQL: never by us or the driver, who prepare by libpq's calls.
ALL_PREPARED = b"SELECT count(*), count(*) FILTER (WHERE from_sql) FROM pg_catalog.pg_prepared_statement()"
# What the tenant's transaction of a connection executes with its commit.
WITH_COMMIT = "with commit"


class NothingCommitted(RuntimeError):
    """A transaction that was to execute something with its commit had failed or ended before: a defect of ours, since the error was swallowed."""


@contextmanager
def tenant_transaction(engine: Engine, context: TenantContext, *, secret: bytes) -> Iterator[Connection]:
    """Yield a connection inside a READ COMMITTED transaction that carries the signed context; commit at the end, roll back on an error.

    The database checks the context before the first statement of the caller runs, because a query over an empty table would
    not. Raises `sqlalchemy.exc.ProgrammingError` (SQLSTATE 42501) when the database does not accept it.
    """
    with engine.connect() as connection, connection.begin():
        begin_bound(connection, context, secret=secret)
        asked: list[Message] = []
        connection.info[WITH_COMMIT] = asked
        try:
            yield connection
        finally:
            # nobody asks for anything after the transaction
            if not connection.invalidated:
                connection.info.pop(WITH_COMMIT, None)
        # one that failed is left to be rolled back
        if driver_of(connection).pgconn.transaction_status == pq.TransactionStatus.INTRANS:
            commit_and_forget(connection, asked)
        elif asked:
            raise NothingCommitted("the transaction ended before its commit, so that what was to be executed with it is not")


@contextmanager
def read_only_transaction(engine: Engine, context: TenantContext, *, secret: bytes) -> Iterator[Connection]:
    """Yield a connection as `tenant_transaction` does, inside a transaction in which the database refuses every change."""
    with engine.connect().execution_options(postgresql_readonly=True) as connection, connection.begin():
        bind_context(connection, context, secret=secret)
        yield connection


def with_commit(connection: Connection, statement: Statement, values: Mapping[str, Any]) -> None:
    """Let the tenant's transaction execute a statement whose answer nobody needs with its commit, in one round trip.

    When it fails nothing is committed, and its error comes from the end of the transaction.
    """
    connection.info[WITH_COMMIT].append((statement, values))


def begin_bound(connection: Connection, context: TenantContext, *, secret: bytes) -> None:
    """Begin the transaction and bind its context, in one round trip where the connection keeps prepared statements."""
    if driver_of(connection).autocommit:
        bind_context(connection, context, secret=secret)
        return
    execute_together(connection, [b"BEGIN", (BIND, {"context": signed_context(context, key=context_key(secret))})])


def commit_and_forget(connection: Connection, asked: Sequence[Message]) -> None:
    """Execute what waits for the commit, commit and forget; a pool that forgets nothing leaves its commit to SQLAlchemy.

    What could not be forgotten is no error of what is committed: the pool tries again, or drops the connection.
    """
    if FORGOTTEN not in connection.info:
        execute_together(connection, asked)
        return
    forgotten = execute_together(connection, [*asked, b"COMMIT"], then=[words.encode() for words in FORGET])
    connection.info[FORGOTTEN] = forgotten and nothing_of_strangers(connection)


def nothing_of_strangers(connection: Connection) -> bool:
    """Tell whether nothing is prepared but by us or the driver: what somebody's own words prepared or replaced, the next tenant would execute.

    Statements of ours are the same words for everybody and prepare nothing, so that a connection which executed no others is not asked.
    """
    if not connection.info.get(SAID_OTHERS, True):
        return True
    driver, prepared = driver_of(connection), prepared_of(connection)
    answer = driver.pgconn.exec_(ALL_PREPARED)
    if answer.status != pq.ExecStatus.TUPLES_OK:
        return False
    every, by_words = (int(answer.get_value(0, column) or 0) for column in range(2))
    if by_words or (prepared is not None and every != len(prepared)):
        return False
    if prepared is not None:
        prepared.read_anew()
    connection.info[SAID_OTHERS] = False
    return True


def execute_together(connection: Connection, messages: Sequence[Message], *, then: Sequence[bytes] = ()) -> bool:
    """Execute statements, those without values as their words, past the driver's own handling of transactions, which finds them done.

    They are one round trip where the connection keeps prepared statements. Tell whether `then` was executed too, after them.
    """
    prepared = prepared_of(connection)
    if prepared is None:
        for message in messages:
            tell_server(connection, message) if isinstance(message, bytes) else read_rows(connection, *message)
        return not then or driver_of(connection).pgconn.exec_(b"; ".join(then)).status != pq.ExecStatus.FATAL_ERROR
    with_values = [(message[0].words, given_to(*message)) for message in messages if not isinstance(message, bytes)]
    for words, given in with_values:
        tell(connection.dispatch.before_cursor_execute, connection, words, given)
    with as_sqlalchemy_says(connection, "; ".join(words for words, _ in with_values)):
        bound = iter([prepared.bound(words, given) for words, given in with_values])
        done = prepared.in_one_round_trip([message if isinstance(message, bytes) else next(bound) for message in messages], then=then)
    for words, given in with_values:
        tell(connection.dispatch.after_cursor_execute, connection, words, given)
    return done


def tell_server(connection: Connection, words: bytes) -> None:
    """Have the server execute words without values."""
    answer = driver_of(connection).pgconn.exec_(words)
    if answer.status == pq.ExecStatus.FATAL_ERROR:
        with as_sqlalchemy_says(connection, words.decode()):
            raise error_of(answer)


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

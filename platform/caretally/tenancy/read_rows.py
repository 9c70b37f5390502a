"""Reads rows as the driver gives them, for statements that every page asks: SQLAlchemy's own result takes three times as long as the database's answer.

Whoever listens to statements hears these too, and errors are SQLAlchemy's, so that a page cannot tell the difference.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg import pq
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, Dialect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from caretally.tenancy.prepared import PreparedStatements

DIALECT: Dialect = cast("Any", postgresql.psycopg).dialect(paramstyle="numeric_dollar")
# What a connection of the pool has prepared, and whether it executed others than statements of ours since it was last looked at.
PREPARED, SAID_OTHERS = "prepared", "said others"
WRITTEN_FOR_US = re.compile(r"^\s*--.*\n|^\s+", re.MULTILINE)


class Statement:
    """A statement with named parameters (`:name`), as the server takes it: `$1` for the first of `names`; comment lines and indents are left out.

    So the driver need not look for parameters in it.
    """

    def __init__(self, written: str) -> None:
        """Take the statement as a file holds it."""
        compiled = text(WRITTEN_FOR_US.sub("", written)).compile(dialect=DIALECT)
        self.words, self.names = str(compiled), tuple(compiled.positiontup or ())


def read_rows(connection: Connection, statement: Statement, values: Mapping[str, Any] | None = None) -> list[Any]:
    """Return the rows of a statement as named tuples, values as the driver reads them. Raises `DBAPIError` as `Connection.execute` does."""
    given = given_to(statement, values)
    tell(connection.dispatch.before_cursor_execute, connection, statement.words, given)
    with as_sqlalchemy_says(connection, statement.words):
        driver, prepared = driver_of(connection), prepared_of(connection)
        # a driver that is to begin a transaction with its first statement does so
        if prepared is not None and (driver.autocommit or driver.pgconn.transaction_status == pq.TransactionStatus.INTRANS):
            rows = prepared.rows(prepared.bound(statement.words, given))
        else:
            with psycopg.RawCursor(driver, row_factory=namedtuple_row) as cursor:
                rows = cursor.execute(statement.words, given).fetchall()
    tell(connection.dispatch.after_cursor_execute, connection, statement.words, given)
    return rows


def given_to(statement: Statement, values: Mapping[str, Any] | None) -> list[Any]:
    """Return the values that a statement takes, in its own order."""
    return [values[name] for name in statement.names] if values else []


def tell(listeners: Iterable[Callable[..., object]], connection: Connection, words: str, given: Sequence[Any]) -> None:
    """Tell whoever listens to a connection's statements of one that goes past SQLAlchemy."""
    heard = (connection, None, words, given, None, False)
    for listener in listeners:
        listener(*heard)


def driver_of(connection: Connection) -> psycopg.Connection:
    """Return the driver's connection."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def driver_for_others(connection: Connection) -> psycopg.Connection:
    """Return the driver's connection for what is no statement of ours, as COPY, and note that it executes such."""
    connection.info[SAID_OTHERS] = True
    return driver_of(connection)


def prepared_of(connection: Connection) -> PreparedStatements | None:
    """Return what a connection has prepared, None for one whose driver prepares by itself."""
    driver = driver_of(connection)
    if driver.prepare_threshold is not None:
        return None
    kept: PreparedStatements | None = connection.info.get(PREPARED)
    if kept is None or kept.driver is not driver:
        kept = connection.info[PREPARED] = PreparedStatements(driver)
    return kept


@contextmanager
def as_sqlalchemy_says(connection: Connection, statement: str) -> Iterator[None]:
    """Raise an error of the driver as SQLAlchemy's, and give up a connection that the server has ended."""
    try:
        yield
    except psycopg.Error as error:
        driver = connection.connection.driver_connection
        ended = isinstance(driver, psycopg.Connection) and (driver.closed or driver.broken)
        if ended:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, connection_invalidated=ended, dialect=connection.dialect
        ) from error

"""Reads rows as the driver gives them, for statements that every page asks: SQLAlchemy's own result takes three times as long as the database's answer.

Whoever listens to statements hears these too, and errors are SQLAlchemy's, so that a page cannot tell the difference.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg.rows import RowMaker, namedtuple_row
from sqlalchemy import Connection, Dialect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

DIALECT: Dialect = cast("Any", postgresql.psycopg).dialect(paramstyle="numeric_dollar")
WRITTEN_FOR_US = re.compile(r"^\s*--.*\n|^\s+", re.MULTILINE)


class Statement:
    """A statement with named parameters (`:name`), as the server takes it: `$1` for the first of `names`; comment lines and indents are left out.

    So the driver neither looks for parameters in it nor makes a class for its rows each time.
    """

    def __init__(self, written: str) -> None:
        """Take the statement as a file holds it."""
        compiled = text(WRITTEN_FOR_US.sub("", written)).compile(dialect=DIALECT)
        self.words, self.names = str(compiled), tuple(compiled.positiontup or ())
        self._maker: RowMaker[Any] | None = None

    def rows_of(self, cursor: Any) -> RowMaker[Any]:
        """Return what makes named tuples of this statement's rows."""
        if self._maker is not None:
            return self._maker
        made = namedtuple_row(cursor)
        if cursor.description:
            self._maker = made
        return made


def read_rows(connection: Connection, statement: Statement, values: Mapping[str, Any] | None = None) -> list[Any]:
    """Return the rows of a statement as named tuples, values as the driver reads them. Raises `DBAPIError` as `Connection.execute` does."""
    given = [values[name] for name in statement.names] if values else []
    heard = (connection, None, statement.words, given, None, False)
    for tell in connection.dispatch.before_cursor_execute:
        tell(*heard)
    with as_sqlalchemy_says(connection, statement.words):
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        with psycopg.RawCursor(driver, row_factory=statement.rows_of) as cursor:
            rows: list[Any] = cursor.execute(statement.words, given).fetchall()
    for tell in connection.dispatch.after_cursor_execute:
        tell(*heard)
    return rows


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

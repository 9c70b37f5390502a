"""Rows of dated reference tables by load: the product's own, which `migrate` replaces, and those of published files, which it leaves alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from caretally.cms.reference_files import ReferenceTable, Value
from caretally.tenancy.read_rows import driver_for_others

# The fee schedule and its indices are published for a year; nothing of one year is taken for the next.
YEARLY = frozenset({"rvu", "gpci"})
ALREADY = "SELECT EXISTS (SELECT FROM reference_load WHERE kind = %s AND origin = 'product' AND file_sha256 = %s)"
DROP_OWN = "DELETE FROM reference_load WHERE kind = %s AND origin = 'product'"
ADD_OWN = """
INSERT INTO reference_load (kind, origin, file_name, file_sha256, effective_from, effective_to, rows_read, rows_kept, loaded_by)
VALUES (%(kind)s, 'product', %(file)s, %(sha256)s, %(day)s, %(last_day)s, %(rows)s, %(rows)s, 'migrate') RETURNING id
"""


def replace_own_editions(cursor: psycopg.Cursor[Any], table: ReferenceTable) -> None:
    """Put the product's own rows of an edition table in place of those of the release before, one load for each day on which rows begin.

    Does nothing when they come from the same file.
    """
    shape = table.shape
    if cursor.execute(ALREADY, (shape.edition, table.sha256)).fetchone() == (True,):
        return
    cursor.execute(DROP_OWN, (shape.edition,))
    place = list(shape.columns).index("effective_from")
    loads = {day: _add_own(cursor, table, day, rows) for day, rows in Counter(row[place] for row in table.rows).items()}
    columns = ["load_id" if column == "effective_from" else column for column in shape.columns]
    copy_rows(cursor, ((*row[:place], loads[row[place]], *row[place + 1 :]) for row in table.rows), shape.name, columns)


def _add_own(cursor: psycopg.Cursor[Any], table: ReferenceTable, day: Value, rows: int) -> UUID:
    assert isinstance(day, date)
    last_day = date(day.year, 12, 31) if table.shape.edition in YEARLY else None
    facts = {"kind": table.shape.edition, "file": table.file, "sha256": table.sha256, "day": day, "last_day": last_day, "rows": rows}
    found = cursor.execute(ADD_OWN, facts).fetchone()
    assert found is not None
    return UUID(str(found[0]))


def copy_rows(cursor: psycopg.Cursor[Any], rows: Iterable[Sequence[object]], target: str, columns: Iterable[str]) -> None:
    """COPY rows, whose cells are in the order of `columns`, into the table `target`."""
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(target), names(columns))) as copy:
        for row in rows:
            copy.write_row(row)


def names(columns: Iterable[str], *of: str) -> sql.Composed:
    """Return the quoted names of columns, separated by commas, each of the table or alias `of` if one is given."""
    return sql.SQL(", ").join(sql.Identifier(*of, column) for column in columns)


def driver_cursor(connection: Connection) -> psycopg.Cursor[Any]:
    """Return a cursor of the driver in the transaction of `connection`, for COPY."""
    return driver_for_others(connection).cursor()

"""Rows of dated reference tables by load: the product's own, which `migrate` replaces, and those of published files, which it leaves alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from caretally.cms.reference_files import ReferenceTable, Row

# The fee schedule and its indices are published for a year; nothing of one year is taken for the next.
YEARLY = frozenset({"rvu", "gpci"})
ALREADY = "SELECT EXISTS (SELECT FROM reference_load WHERE kind = %s AND origin = 'product' AND file_sha256 = %s)"
DROP_OWN = "DELETE FROM reference_load WHERE kind = %s AND origin = 'product'"
ADD_OWN = """
INSERT INTO reference_load (kind, origin, file_name, file_sha256, effective_from, effective_to, rows_read, rows_kept, loaded_by)
SELECT %(kind)s, 'product', %(file)s, %(sha256)s, effective_from, CASE WHEN %(yearly)s THEN make_date(extract(year FROM effective_from)::int, 12, 31) END,
    count(*), count(*), 'migrate'
FROM arriving GROUP BY effective_from
"""
FILL_OWN = """
INSERT INTO {table} (load_id, {columns}) SELECT l.id, {columns} FROM arriving a
JOIN reference_load l ON l.kind = %s AND l.origin = 'product' AND l.effective_from = a.effective_from
"""


def replace_own_editions(cursor: psycopg.Cursor[Any], table: ReferenceTable) -> None:
    """Put the product's own rows of an edition table in place of those of the release before, one load for each day on which rows begin.

    Does nothing when they come from the same file.
    """
    shape = table.shape
    if cursor.execute(ALREADY, (shape.edition, table.sha256)).fetchone() == (True,):
        return
    target, columns = sql.Identifier(shape.name), names(column for column in shape.columns if column != "effective_from")
    cursor.execute(
        sql.SQL("CREATE TEMP TABLE arriving ON COMMIT DROP AS SELECT NULL::date AS effective_from, {} FROM {} WITH NO DATA").format(
            columns, target
        )
    )
    copy_rows(cursor, table.rows, "arriving", shape.columns)
    cursor.execute(DROP_OWN, (shape.edition,))
    facts = {"kind": shape.edition, "file": table.file, "sha256": table.sha256, "yearly": shape.edition in YEARLY}
    cursor.execute(ADD_OWN, facts)
    cursor.execute(sql.SQL(FILL_OWN).format(table=target, columns=columns), (shape.edition,))
    cursor.execute("DROP TABLE arriving")


def copy_rows(cursor: psycopg.Cursor[Any], rows: Iterable[Row], target: str, columns: Iterable[str]) -> None:
    """COPY rows, whose cells are in the order of `columns`, into the table `target`."""
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(target), names(columns))) as copy:
        for row in rows:
            copy.write_row(row)


def names(columns: Iterable[str], *of: str) -> sql.Composed:
    """Return the quoted names of columns, separated by commas, each of the table or alias `of` if one is given."""
    return sql.SQL(", ").join(sql.Identifier(*of, column) for column in columns)


def driver_cursor(connection: Connection) -> psycopg.Cursor[Any]:
    """Return a cursor of the driver in the transaction of `connection`, for COPY. Raises `TypeError` for another driver than psycopg."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the reference tables are loaded through psycopg")
    return driver.cursor()

"""Load the reference files into the database: all of them or none, and only when they differ from what is in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from caretally.cms.editions import copy_rows, driver_cursor, names, replace_own_editions
from caretally.cms.reference_files import (
    DATA_FOLDER,
    DamagedReferenceFile,
    ReferenceTable,
    Row,
    folder_sha256,
    read_chronic_conditions,
    read_tables,
)
from caretally.cms.rules_lock import change_rules
from caretally.cms.table_shapes import PLANNED, RULE_NUMBER, RULE_SET

# Rows of other tables point at these, so they are merged; every other table is emptied and filled.
MERGED_TABLES = frozenset({"billing_code", "gate"})
# The first two feed the rules page only; `rule_set` is written by itself, last.
NOT_LOADED = frozenset({PLANNED.name, RULE_NUMBER.name, RULE_SET.name})


def load_reference_tables(connection: Connection, data_folder: Path | None = None) -> str:
    """Bring the reference tables to the state of `data_folder` (the product's own by default) and return the rule set's code.

    Runs as the schema owner inside the caller's transaction and commits nothing. Does nothing when a set of this SHA-256 was
    loaded before, even where another has been put in force since. Raises `DamagedReferenceFile`, naming file, line and reason, before anything is changed.
    """
    folder = data_folder or DATA_FOLDER
    fingerprint = folder_sha256(folder)
    in_force = _code_in_force(connection, fingerprint)
    if in_force is None:
        change_rules(connection)
        in_force = _code_in_force(connection, fingerprint)
    return in_force if in_force is not None else _load(connection, folder, fingerprint)


def _code_in_force(connection: Connection, fingerprint: str) -> str | None:
    """Return the code of the set in force when this one was loaded already: what somebody loaded after it stays in force."""
    known = connection.scalar(text("SELECT EXISTS (SELECT FROM rule_set WHERE source_sha256 = :sha256)"), {"sha256": fingerprint})
    newest: str | None = connection.scalar(text("SELECT code FROM rule_set ORDER BY loaded_at DESC, code DESC LIMIT 1"))
    return newest if known else None


def _load(connection: Connection, folder: Path, fingerprint: str) -> str:
    tables = read_tables(folder)
    chronic = read_chronic_conditions(folder)
    loaded = [table for name, table in tables.items() if name not in NOT_LOADED]
    with connection.begin_nested():
        _replace_all(connection, [*loaded, chronic])
        return _record_rule_set(connection, tables["rule_set"].rows[0], fingerprint)


def _replace_all(connection: Connection, tables: list[ReferenceTable]) -> None:
    cursor = driver_cursor(connection)
    for table in reversed(tables):
        if table.shape.name not in MERGED_TABLES and not table.shape.edition:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.shape.name)))
    for table in tables:
        try:
            _bring(cursor, table)
        except psycopg.Error as fault:
            reason = f"the database refuses it ({fault.diag.message_primary or fault})"
            raise DamagedReferenceFile(table.file, 0, reason) from fault


def _bring(cursor: psycopg.Cursor[Any], table: ReferenceTable) -> None:
    if table.shape.edition:
        replace_own_editions(cursor, table)
    elif table.shape.name in MERGED_TABLES:
        _merge(cursor, table)
    else:
        copy_rows(cursor, table.rows, table.shape.name, table.shape.columns)


def _merge(cursor: psycopg.Cursor[Any], table: ReferenceTable) -> None:
    """Insert, change and remove rows so that the table equals the file, without breaking what points at a row that stays."""
    name = sql.Identifier(table.shape.name)
    cursor.execute(sql.SQL("CREATE TEMP TABLE arriving (LIKE {} INCLUDING DEFAULTS) ON COMMIT DROP").format(name))
    copy_rows(cursor, table.rows, "arriving", table.shape.columns)
    if "ordinal" in table.shape.columns:
        # Places are unique at every moment: vacate them before rows trade theirs.
        cursor.execute(sql.SQL("UPDATE {} SET ordinal = -1 - ordinal").format(name))
    keys, columns = names(table.shape.key), names(table.shape.columns)
    cursor.execute(
        sql.SQL("DELETE FROM {0} present WHERE NOT EXISTS (SELECT FROM arriving WHERE ({1}) = ({2}))").format(
            name, names(table.shape.key, "arriving"), names(table.shape.key, "present")
        )
    )
    cursor.execute(
        sql.SQL(
            "INSERT INTO {0} AS present ({1}) SELECT {1} FROM arriving"
            " ON CONFLICT ({2}) DO UPDATE SET ({1}) = ROW ({3}) WHERE ({4}) IS DISTINCT FROM ({3})"
        ).format(name, columns, keys, names(table.shape.columns, "excluded"), names(table.shape.columns, "present"))
    )
    cursor.execute("DROP TABLE arriving")


def _record_rule_set(connection: Connection, row: Row, fingerprint: str) -> str:
    code, effective_from = row
    connection.execute(
        text(
            "INSERT INTO rule_set (code, effective_from, source_sha256, loaded_at)"
            " VALUES (:code, :effective_from, :sha256, clock_timestamp())"
            " ON CONFLICT (code) DO UPDATE SET effective_from = excluded.effective_from,"
            " source_sha256 = excluded.source_sha256, loaded_at = excluded.loaded_at"
        ),
        {"code": code, "effective_from": effective_from, "sha256": fingerprint},
    )
    return str(code)

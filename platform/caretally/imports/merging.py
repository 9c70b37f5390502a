"""Merges the valid rows of `import_row` into the tables of a kind, all of them set-wise and in the caller's one transaction."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.imports.kinds import Field, ImportKind, Target

CREATE_MATCH = "CREATE TEMP TABLE import_match (target int, line int, id uuid, differs boolean) ON COMMIT DROP"
LEFT = "NOT EXISTS (SELECT FROM import_skip skip WHERE skip.line = r.line)"
MATCH = """
INSERT INTO import_match SELECT {number}, r.line, t.{row_id}, {differs} FROM import_row r {joins} JOIN {table} t ON {same} WHERE {left}
"""
# Closed months meet the row as the file has it and as the table has it; an unchanged row meets nothing.
CLOSED = """
SELECT x.line, min(m.month) AS month FROM (
    SELECT r.line, r.client_id, {new} FROM import_row r WHERE {left}
        AND NOT EXISTS (SELECT FROM import_match same WHERE same.line = r.line AND NOT same.differs)
    UNION ALL
    SELECT found.line, t.client_id, {old} FROM import_match found JOIN {table} t ON t.{row_id} = found.id WHERE found.differs
) x JOIN client_month m ON m.client_id = x.client_id AND m.status = 'closed' AND ({touches}) GROUP BY x.line
"""
# One line can describe a row of each target: it is new when its last one is, changed when any differs.
COUNTS = """
SELECT count(*) FILTER (WHERE own IS NULL) AS new, count(*) FILTER (WHERE own AND differs) AS changed, count(*) FILTER (WHERE own AND NOT differs) AS unchanged
FROM import_row r LEFT JOIN (
    SELECT line, bool_or(target = {last}) OR NULL AS own, bool_or(differs) AS differs FROM import_match GROUP BY line
) found ON found.line = r.line WHERE {left}
"""
KEEP_IMAGE = """
INSERT INTO import_before (vendor_id, batch_id, table_name, row_id, image)
SELECT t.vendor_id, :batch, '{table}', t.{row_id}, to_jsonb(t) FROM {table} t
WHERE t.{row_id} IN (SELECT id FROM import_match WHERE target = {number} AND differs)
"""
UPDATE = """
UPDATE {table} t SET {assigned}, batch_id = :batch FROM (
    SELECT DISTINCT ON (found.id) found.id AS found_id, {values} FROM import_match found JOIN import_row r ON r.line = found.line {joins}
    WHERE found.target = {number} AND found.differs ORDER BY found.id, found.line
) x WHERE t.{row_id} = x.found_id
"""
INSERT = """
INSERT INTO {table} (vendor_id, {columns}, created_batch_id, batch_id)
SELECT {once} (SELECT tenancy.current_vendor()), {values}, :batch, :batch FROM import_row r {joins}
WHERE {left} AND NOT EXISTS (SELECT FROM import_match found WHERE found.target = {number} AND found.line = r.line) {ordered}
"""


def match(connection: Connection, kind: ImportKind, *, present: Collection[str]) -> None:
    """Fill `import_match` with the rows of the tables that the file's rows name, and whether a column that the file has differs."""
    connection.execute(text(CREATE_MATCH))
    for number, target in enumerate(kind.targets):
        match_target(connection, target, number=number, fields=present_fields(kind.fields_of(target), present), left=LEFT)


def match_target(connection: Connection, target: Target, *, number: int, fields: Collection[Field], left: str) -> None:
    """Add the matches of one target, the rows of the file being those for which `left` (SQL over `r`) holds."""
    differs = f"({', '.join(f't.{f.into}' for f in fields)}) IS DISTINCT FROM ({', '.join(f.sql for f in fields)})" if fields else "false"
    sql = MATCH.format(
        number=number, row_id=target.row_id, differs=differs, joins=target.joins, table=target.table, same=_same(target), left=left
    )
    connection.execute(text(sql))


def lines_of_closed_months(kind: ImportKind) -> str:
    """Return the SELECT of line and first closed month of the rows that would change one."""
    closed, target = kind.closed, kind.targets[0]
    assert closed is not None
    sources = {**target.identity} | {field.into: field.sql for field in kind.fields_of(target)}
    return CLOSED.format(
        new=", ".join(f"{sources[column]} AS {column}" for column in closed.columns),
        old=", ".join(f"t.{column}" for column in closed.columns),
        table=target.table,
        row_id=target.row_id,
        touches=closed.touches,
        left=LEFT,
    )


def count(connection: Connection, kind: ImportKind) -> tuple[int, int, int]:
    """Return how many of the rows that are left are new, changed and unchanged."""
    new, changed, unchanged = connection.execute(text(COUNTS.format(last=len(kind.targets) - 1, left=LEFT))).one()
    return new, changed, unchanged


def merge(connection: Connection, kind: ImportKind, *, batch: UUID, present: Collection[str]) -> None:
    """Update what differs, keeping its image for undo, and insert what is new, target by target."""
    for number, target in enumerate(kind.targets):
        fields = kind.fields_of(target)
        update(connection, target, number=number, batch=batch, fields=present_fields(fields, present))
        insert(connection, target, number=number, batch=batch, fields=fields, left=LEFT)


def update(connection: Connection, target: Target, *, number: int, batch: UUID, fields: Collection[Field]) -> None:
    """Set the fields of the rows that differ, after their images are kept."""
    if not connection.scalar(text(f"SELECT EXISTS (SELECT FROM import_match WHERE target = {number} AND differs)")):
        return
    connection.execute(text(KEEP_IMAGE.format(table=target.table, row_id=target.row_id, number=number)), {"batch": batch})
    sql = UPDATE.format(
        table=target.table,
        row_id=target.row_id,
        number=number,
        joins=target.joins,
        assigned=", ".join(f"{f.into} = x.{f.into}" for f in fields),
        values=", ".join(f"{f.sql} AS {f.into}" for f in fields),
    )
    connection.execute(text(sql), {"batch": batch})


def insert(connection: Connection, target: Target, *, number: int, batch: UUID, fields: Collection[Field], left: str) -> None:
    """Insert the rows that the table does not have; a target that several rows describe takes the first of them."""
    sources = {**target.identity} | {field.into: field.sql for field in fields}
    identity = ", ".join(target.identity.values())
    sql = INSERT.format(
        table=target.table,
        columns=", ".join(sources),
        values=", ".join(sources.values()),
        joins=target.joins,
        number=number,
        left=left,
        once=f"DISTINCT ON ({identity})" if target.once else "",
        ordered=f"ORDER BY {identity}, r.line" if target.once else "",
    )
    connection.execute(text(sql), {"batch": batch})


def present_fields(fields: Collection[Field], present: Collection[str]) -> list[Field]:
    """Return the fields that the file's columns speak of: a column that a file does not have changes nothing."""
    return [field for field in fields if not field.columns or set(field.columns) & set(present)]


def _same(target: Target) -> str:
    return " AND ".join(f"t.{column} = {sql}" for column, sql in target.identity.items())

"""Rows for closed months that a table of late rows takes: kept beside the closed month, never merged into it."""

from uuid import UUID

from sqlalchemy import Connection, text

from caretally.imports.kinds import ImportKind, Target
from caretally.imports.merging import insert, lines_of_closed_months, match_target, update

LATE_NUMBER = 99
CREATE = """
CREATE TEMP TABLE import_late ON COMMIT DROP AS
SELECT closed.line, closed.month, {late_kind} AS kind FROM ({lines}) closed JOIN import_row r ON r.line = closed.line
LEFT JOIN import_match found ON found.line = r.line AND found.target = 0 LEFT JOIN {table} t ON t.{row_id} = found.id
"""
SET_ASIDE = "INSERT INTO import_skip SELECT line, 'late' FROM import_late"
# What the late rows matched is not theirs to change.
UNMATCH = "DELETE FROM import_match WHERE line IN (SELECT line FROM import_late)"
IS_LATE = "EXISTS (SELECT FROM import_late WHERE import_late.line = r.line)"
COUNT = """
SELECT count(*) FILTER (WHERE found.differs IS DISTINCT FROM false), count(*) FILTER (WHERE NOT found.differs)
FROM import_late l LEFT JOIN import_match found ON found.line = l.line AND found.target = 99
"""
# A late row whose month was reopened goes into the table itself; what waited for it beside the closed month is marked as taken in, and stays, since
# a report may have printed it.
SETTLED = """
WITH old AS (
    SELECT t.* FROM {late} t JOIN import_row r ON {same}
    WHERE NOT t.taken_in AND NOT EXISTS (SELECT FROM import_skip skip WHERE skip.line = r.line)
), settled AS (
    UPDATE {late} t SET taken_in = true, batch_id = :batch FROM old WHERE t.id = old.id
)
INSERT INTO import_before (vendor_id, batch_id, table_name, row_id, image)
SELECT vendor_id, :batch, '{late}', id, to_jsonb(old) FROM old
"""


def set_aside(connection: Connection, kind: ImportKind) -> tuple[int, int]:
    """Move the rows that touch closed months out of the merge; return how many are late news and how many are known already."""
    late, target = _late(kind), kind.targets[0]
    assert kind.closed is not None
    lines = lines_of_closed_months(kind)
    connection.execute(text(CREATE.format(late_kind=kind.closed.late_kind, lines=lines, table=target.table, row_id=target.row_id)))
    connection.execute(text(SET_ASIDE))
    connection.execute(text(UNMATCH))
    match_target(connection, late, number=LATE_NUMBER, fields=late.fields, left=IS_LATE)
    news, known = connection.execute(text(COUNT)).one()
    return news, known


def keep(connection: Connection, kind: ImportKind, *, batch: UUID) -> None:
    """Write the late rows, and mark those that the merge has just taken in after all."""
    late = _late(kind)
    update(connection, late, number=LATE_NUMBER, batch=batch, fields=late.fields)
    insert(connection, late, number=LATE_NUMBER, batch=batch, fields=late.fields, left=IS_LATE)
    same = " AND ".join(f"t.{column} = {sql}" for column, sql in late.identity.items())
    connection.execute(text(SETTLED.format(late=late.table, same=same)), {"batch": batch})


def _late(kind: ImportKind) -> Target:
    assert kind.closed is not None and kind.closed.late is not None
    return kind.closed.late

"""Brings a parsed file into the database: COPY into a temporary table of text, then one pass that reads values and finds what they name."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from caretally.imports.kinds import Column, ImportKind
from caretally.tenancy.read_rows import driver_for_others


def stage(connection: Connection, kind: ImportKind, *, blocks: Iterable[bytes], columns: Sequence[str | None]) -> None:
    """COPY the parsed file into `import_stage (line, in_<column> …)`; `columns` names the kind's column of each cell (None: not used).

    `blocks` are PostgreSQL's CSV, the line number first; a blank cell is null. Row level security refuses COPY into tenant tables,
    so a file always passes through this temporary table.
    """
    _drop(connection)
    cells = [f"in_{name}" if name else f"unused_{place}" for place, name in enumerate(columns)]
    absent = [f"in_{name}" for name in kind.column_names if name not in columns]
    connection.execute(
        text(f"CREATE TEMP TABLE import_stage (line int, {', '.join(f'{c} text' for c in (*cells, *absent))}) ON COMMIT DROP")
    )
    with (
        driver_for_others(connection).cursor() as cursor,
        cursor.copy(f"COPY import_stage (line, {', '.join(cells)}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for block in blocks:
            copy.write(block)
    _compose_keys(connection, kind)


def _compose_keys(connection: Connection, kind: ImportKind) -> None:
    """Give the letters of keys one form: some systems write É as one character, others as two, and both must name the same patient."""
    keys = [f"in_{column.name}" for column in kind.columns if column.is_key]
    composed = ", ".join(f"{key} = normalize({key})" for key in keys)
    differ = " OR ".join(f"{key} IS NOT NORMALIZED" for key in keys)
    connection.execute(text(f"UPDATE import_stage SET {composed} WHERE {differ}"))


def leave_out(connection: Connection, lines: Sequence[int]) -> None:
    """Drop lines that the parser found broken: what their cells seem to say is not worth checking."""
    if lines:
        connection.execute(text("DELETE FROM import_stage WHERE line = ANY(CAST(:lines AS int[]))"), {"lines": list(lines)})


def read_values(connection: Connection, kind: ImportKind) -> None:
    """Build `import_row` from `import_stage`: every cell as text, every value, and the ids of what the rows name, in one statement."""
    values = [f'{_value_sql(c)} AS "{c.name}"' for c in kind.columns if c.value]
    found = [f"{sql} AS {name}" for lookup in kind.lookups for name, sql in lookup.gives.items()]
    joins = " ".join(lookup.join for lookup in kind.lookups)
    connection.execute(
        text(f"CREATE TEMP TABLE import_row ON COMMIT DROP AS SELECT {', '.join(['s.*', *found, *values])} FROM import_stage s {joins}")
    )
    connection.execute(text("ANALYZE import_row (line)"))


def _value_sql(column: Column) -> str:
    assert column.value is not None
    # A row without a client is refused for that; its moments are read all the same, so that nothing else is said against them.
    return column.value.sql.format(raw=f"s.in_{column.name}", zone="coalesce(c.timezone, 'UTC')")


def _drop(connection: Connection) -> None:
    connection.execute(text("DROP TABLE IF EXISTS import_stage, import_row, import_problem, import_match, import_skip, import_late"))

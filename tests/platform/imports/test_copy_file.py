"""What the parser writes is what PostgreSQL's COPY reads: every cell of every table, whatever stands in it but blanks at its edges."""

import csv
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from caretally.imports.copying import write_copy_file
from caretally.imports.limits import LIMITS
from caretally.imports.recognising import recognise
from caretally.imports.refusals import FileRefused
from caretally.imports.tables import EDGES
from caretally.imports.text_rows import read_text
from tests.builders.databases import TestDatabase

HARD = st.sampled_from(
    [
        "\\.",
        "\\.\n",
        "\n\\.\n",
        "\\N",
        "\\",
        '"',
        '""',
        ",",
        "\r",
        "\n",
        "\r\n",
        "\t",
        "null",
        "",
        " ",
        "\ufeff",
        "\u2028",
        "\x1a",
        "é",
        "👩‍⚕️",
    ]
)
CELL = st.lists(HARD | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5), max_size=4).map("".join)


@pytest.fixture(scope="module")
def connection(database: TestDatabase) -> Iterator[Connection]:
    with database.admin_engine.connect() as opened:
        yield opened


def copied(connection: Connection, path: Path) -> list[tuple[str | None, ...]]:
    connection.execute(text("CREATE TEMP TABLE IF NOT EXISTS taken (line int, a text, b text)"))
    connection.execute(text("TRUNCATE taken"))
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy("COPY taken FROM STDIN (FORMAT csv)") as copy:
        copy.write(path.read_bytes())
    return [tuple(row) for row in connection.execute(text("SELECT a, b FROM taken ORDER BY line"))]


@settings(max_examples=200, deadline=None)
@given(cells=st.lists(st.tuples(CELL, CELL), max_size=6), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_every_cell_arrives_in_the_database_as_it_was_written_but_for_blanks_at_its_edges(
    connection: Connection, cells: list[tuple[str, str]], encoding: str
) -> None:
    rows = [(f"x{first}", second) for first, second in cells]
    content = io.StringIO(newline="")
    csv.writer(content).writerows([("a", "b"), *rows])
    table = read_text(content.getvalue().encode(encoding), name="x")
    with tempfile.TemporaryDirectory() as folder:
        write_copy_file(table, Path(folder) / "x", name="x", limits=LIMITS)
        assert copied(connection, Path(folder) / "x") == [(first.strip(EDGES), second.strip(EDGES) or None) for first, second in rows]


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=100).map(lambda letters: letters.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            if recognise(content, name="x") == "text":
                write_copy_file(read_text(content, name="x"), Path(folder) / "x", name="x", limits=LIMITS)
        except FileRefused as refused:
            assert refused.message.endswith(".")

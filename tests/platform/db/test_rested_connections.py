"""A pool asks a connection that rested whether it still answers, and none that answered just now."""

from time import sleep

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text

from caretally.db import engines
from caretally.db.engines import UNASKED_NANOSECONDS
from caretally.tenancy.read_rows import Statement, read_rows
from tests.builders.databases import TestDatabase

MINE = text("SELECT pg_backend_pid()")
KEPT = Statement("SELECT 1 AS one")
PREPARED = text("SELECT statement FROM pg_prepared_statements")


def backend(connection: Connection) -> int:
    """Return which process of the server answers, which asks for no tenant."""
    return int(connection.scalar(MINE) or 0)


def end(database: TestDatabase, process: int) -> None:
    """End a process of the server, which another connection of the same role may do."""
    with database.vendor_engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_terminate_backend(:process)"), {"process": process})


def test_a_connection_that_the_server_ended_while_it_rested_is_replaced(database: TestDatabase, pool: Engine) -> None:
    with pool.connect() as connection:
        first = backend(connection)
    end(database, first)
    sleep(UNASKED_NANOSECONDS / 1_000_000_000 + 0.1)
    with pool.connect() as connection:
        assert backend(connection) not in (0, first)


def test_a_connection_that_answered_just_now_is_not_asked(pool: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked, ask = [1], list[int](), engines.answers

    def noted(raw: psycopg.Connection) -> bool:
        asked.append(raw.info.backend_pid)
        return ask(raw)

    monkeypatch.setattr(engines, "monotonic_ns", lambda: clock[0])
    monkeypatch.setattr(engines, "answers", noted)
    with pool.connect() as connection:
        process = backend(connection)
    for rested, told in ((UNASKED_NANOSECONDS - 1, []), (UNASKED_NANOSECONDS, [process])):
        clock[0] += rested
        with pool.connect():
            pass
        assert asked == told


def test_a_question_after_a_rest_leaves_what_the_connection_has_prepared(pool: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1]
    monkeypatch.setattr(engines, "monotonic_ns", lambda: clock[0])
    for _ in range(2):
        with pool.connect() as connection, connection.begin():
            connection.execute(text("SELECT"))
            read_rows(connection, KEPT)
            assert [row.statement for row in connection.execute(PREPARED)] == [KEPT.words]
        clock[0] += UNASKED_NANOSECONDS

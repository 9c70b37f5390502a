"""A pool asks a connection that rested whether it still answers, and none that answered just now."""

from time import sleep
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from caretally.db import engines
from caretally.db.engines import UNASKED_NANOSECONDS
from tests.builders.databases import TestDatabase

MINE = text("SELECT pg_backend_pid()")


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
    clock = [1]
    monkeypatch.setattr(engines, "monotonic_ns", lambda: clock[0])
    with pool.connect() as connection:
        asked = told_of(connection, monkeypatch)
    for rested, times in ((UNASKED_NANOSECONDS - 1, 0), (UNASKED_NANOSECONDS, 1)):
        clock[0] += rested
        with pool.connect():
            pass
        assert asked.count("SELECT") == times


def told_of(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of what the connection's driver executes from now on."""
    raw, asked = connection.connection.driver_connection, list[str]()
    assert raw is not None
    execute = raw.execute

    def noted(query: str) -> Any:
        asked.append(query)
        return execute(query)

    monkeypatch.setattr(raw, "execute", noted)
    return asked

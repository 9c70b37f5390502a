"""Rows read past SQLAlchemy: heard by whoever listens, with SQLAlchemy's errors, and with no value in the words that other sessions see."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from caretally.tenancy.context import TenantContext
from caretally.tenancy.read_rows import Statement, read_rows
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.office import new_office

MINE = Statement("SELECT pg_backend_pid() AS process")
# What any session of a login may read of all others of the same login.
ACTIVITY = text("SELECT query FROM pg_stat_activity WHERE pid = :process")


def test_values_are_given_by_name_and_come_as_python_has_them(pool: Engine) -> None:
    asked = Statement(
        """-- A comment with a % and an :other name.
        SELECT CAST(:day AS date) AS day, :word || ' %' AS word, CAST(:day AS date) + 1 AS next
        """
    )
    with pool.connect() as connection:
        [row] = read_rows(connection, asked, {"word": "a", "day": date(2026, 10, 31), "unused": 1})
    assert (row.day, row.word, row.next) == (date(2026, 10, 31), "a %", date(2026, 11, 1))


def test_who_listens_to_statements_hears_it_before_and_after(pool: Engine) -> None:
    heard: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    with pool.connect() as connection:
        for name in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(connection, name, listen)
        read_rows(connection, MINE)
    assert heard == [MINE.words] * 2


def test_a_statement_that_one_who_listens_refuses_is_not_executed(pool: Engine) -> None:
    def refuse(*_heard: Any) -> None:
        raise PermissionError

    with pool.connect() as connection:
        event.listen(connection, "before_cursor_execute", refuse)
        with pytest.raises(PermissionError):
            read_rows(connection, Statement("SELECT 1 / 0"))


def test_an_error_is_sqlalchemys_own_and_holds_no_value(pool: Engine) -> None:
    with pool.connect() as connection, pytest.raises(ProgrammingError) as refused:
        read_rows(connection, Statement("SELECT nothing FROM nowhere WHERE x = :name"), {"name": "Castellano"})
    assert "Castellano" not in str(refused.value)


def test_a_connection_that_the_server_ends_meanwhile_is_given_up(database: TestDatabase, pool: Engine) -> None:
    with pool.connect() as connection:
        [(first,)] = read_rows(connection, MINE)
        with database.vendor_engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:process)"), {"process": first})
        with pytest.raises(OperationalError) as ended:
            read_rows(connection, MINE)
        assert ended.value.connection_invalidated
    with pool.connect() as connection:
        assert read_rows(connection, MINE)[0].process != first


def test_an_error_at_the_commit_itself_is_told_and_nothing_is_kept(database: TestDatabase) -> None:
    office = new_office(database, "C1")
    with pytest.raises(IntegrityError), office.transaction() as connection:
        connection.execute(text("CREATE TEMP TABLE once (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        connection.execute(text("UPDATE client SET name = 'Renamed'"))
        connection.execute(text("INSERT INTO once VALUES (1), (1)"))
    assert office.value("SELECT name FROM client") != "Renamed"


def test_no_session_of_the_same_login_reads_a_context_of_another(database: TestDatabase, pool: Engine) -> None:
    context = TenantContext(uuid4(), "person:tester")
    with tenant_transaction(pool, context, secret=database.secret) as connection, database.vendor_engine.connect() as other:
        process = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
        bound = other.scalar(ACTIVITY, {"process": process})
        assert "caretally.context" in bound
        assert str(context.vendor_id) not in bound

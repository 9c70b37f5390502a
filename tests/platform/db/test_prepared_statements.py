"""Statements of pages: prepared once for a connection, answered as the driver would answer, several in one round trip, and mended after an error."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from caretally.audit.chain import append_event, append_with_commit, verify_chain
from caretally.tenancy.context import TenantContext
from caretally.tenancy.prepared import MOST_PREPARED
from caretally.tenancy.read_rows import Statement, driver_of, prepared_of, read_rows
from caretally.tenancy.transaction import NothingCommitted, tenant_transaction, with_commit
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office

EVERYTHING = Statement(
    "SELECT CAST(:flag AS boolean) AS flag, CAST(:number AS bigint) AS number, CAST(:words AS text) AS words, CAST(:day AS date) AS day, "
    "CAST(:moment AS timestamptz) AS moment, CAST(:id AS uuid) AS id, CAST(:ids AS uuid[]) AS ids, CAST(:raw AS bytea) AS raw, "
    "CAST(:facts AS jsonb) AS facts, CAST(:number AS numeric) / 4 AS quarter"
)
NOTHING: dict[str, Any] = dict.fromkeys(EVERYTHING.names)
SOMETHING = NOTHING | {
    "flag": True,
    "number": -7,
    "words": "O'Brien \\ „quoted“ $1 %s :name {}",
    "day": date(2026, 10, 31),
    "moment": datetime(2026, 10, 31, 23, 59, 59, 123456, tzinfo=UTC),
    "id": UUID(int=7),
    "ids": [UUID(int=1), UUID(int=2)],
    "raw": b"\x00\xff",
    "facts": '{"a": [1, null]}',
}
ONE = Statement("SELECT 1 AS one")
NAMES = text("SELECT name FROM pg_prepared_statements")
QUERY = text("SELECT query FROM pg_stat_activity WHERE pid = :process")


@pytest.fixture
def connection(pool: Engine) -> Iterator[Connection]:
    """A connection of a page's pool, in a transaction."""
    with pool.connect() as made, made.begin():
        made.execute(text("SELECT"))
        yield made


def events(office: Office) -> int:
    """Return how many events an office's log has."""
    return int(office.value("SELECT seq FROM audit_head"))


def context_of(office: Office) -> TenantContext:
    """Return a context of the office's own people."""
    return TenantContext(office.vendor_id, "tester")


@pytest.mark.parametrize("values", [NOTHING, SOMETHING, SOMETHING | {"ids": [], "number": 2**40, "words": ""}])
def test_values_and_rows_are_those_of_the_driver(connection: Connection, database: TestDatabase, values: dict[str, Any]) -> None:
    with database.vendor_engine.connect() as by_driver:
        assert (prepared_of(by_driver) is None, prepared_of(connection) is None) == (True, False)
        [wanted] = read_rows(by_driver, EVERYTHING, values)
    for _ in range(2):
        [found] = read_rows(connection, EVERYTHING, values)
        assert (found, found._fields, [type(value) for value in found]) == (wanted, wanted._fields, [type(value) for value in wanted])


def test_a_statement_is_prepared_once_for_each_kind_of_values(connection: Connection) -> None:
    for number in (1, 2, 2**40, 2**41):
        read_rows(connection, Statement("SELECT CAST(:number AS bigint) AS number"), {"number": number})
    assert len(connection.execute(NAMES).all()) == 2


def test_those_used_longest_ago_are_let_go(connection: Connection) -> None:
    for number in range(MOST_PREPARED + 20):
        read_rows(connection, ONE)
        assert read_rows(connection, Statement(f"SELECT {number} AS number"))[0].number == number
    names = connection.scalars(NAMES).all()
    assert (len(names), "caretally_1" in names, "caretally_2" in names) == (MOST_PREPARED, True, False)


def test_an_error_is_forgotten_with_its_transaction(connection: Connection) -> None:
    divided = Statement("SELECT 6 / CAST(:by AS int) AS number")
    with pytest.raises(DBAPIError, match="division by zero"), connection.begin_nested():
        read_rows(connection, divided, {"by": 0})
    assert read_rows(connection, divided, {"by": 3}) == [(2,)]
    assert len(connection.execute(NAMES).all()) == 1


def test_a_statement_whose_table_has_changed_is_prepared_anew(connection: Connection) -> None:
    every = Statement("SELECT * FROM changing")
    connection.execute(text("CREATE TEMP TABLE changing AS SELECT 1 AS a"))
    assert read_rows(connection, every) == [(1,)]
    connection.execute(text("ALTER TABLE changing ADD b int DEFAULT 2"))
    with pytest.raises(DBAPIError, match="cached plan"), connection.begin_nested():
        read_rows(connection, every)
    [row] = read_rows(connection, every)
    assert (row.a, row.b) == (1, 2)


def test_a_driver_that_is_to_begin_a_transaction_does(pool: Engine) -> None:
    with pool.connect() as made:
        read_rows(made, ONE)
        assert driver_of(made).pgconn.transaction_status == TransactionStatus.INTRANS


def test_an_event_is_added_with_the_commit_and_holds_nobody_up_before(database: TestDatabase, pool: Engine) -> None:
    office = new_office(database, "C1")
    before = events(office)
    with tenant_transaction(pool, context_of(office), secret=database.secret) as connection:
        append_with_commit(connection, action="test.read", detail={"number": 1})
        with office.transaction() as other:
            append_event(other, action="test.other", detail={})
        assert events(office) == before + 1
    with office.transaction() as connection:
        state = verify_chain(connection)
        last = connection.execute(text("SELECT action, detail FROM audit_event ORDER BY seq DESC LIMIT 1")).one()
    assert (state.events, state.broken_at, tuple(last)) == (before + 2, None, ("test.read", {"number": 1}))


@pytest.mark.parametrize("of_page", [True, False])
def test_what_fails_with_the_commit_commits_nothing(database: TestDatabase, pool: Engine, of_page: bool) -> None:
    office = new_office(database, "C1")
    before = events(office)

    def renamed() -> None:
        with tenant_transaction(pool if of_page else database.vendor_engine, context_of(office), secret=database.secret) as connection:
            connection.execute(text("UPDATE client SET name = 'Renamed'"))
            append_with_commit(connection, action="test.read", detail={})
            with_commit(connection, Statement("SELECT 1 / CAST(:by AS int) AS number"), {"by": 0})

    for _ in range(2):
        with pytest.raises(DBAPIError, match="division by zero"):
            renamed()
    assert (office.value("SELECT name FROM client") != "Renamed", events(office)) == (True, before)
    with tenant_transaction(pool, context_of(office), secret=database.secret) as connection:
        append_with_commit(connection, action="test.read", detail={})
    assert events(office) == before + 1


def test_what_was_to_come_with_the_commit_is_not_lost_in_silence(database: TestDatabase, pool: Engine) -> None:
    office = new_office(database, "C1")
    before = events(office)
    for ended in ("SELECT 1 / 0", "COMMIT"):
        with pytest.raises(NothingCommitted), tenant_transaction(pool, context_of(office), secret=database.secret) as connection:
            append_with_commit(connection, action="test.read", detail={})
            with suppress(DBAPIError):
                connection.exec_driver_sql(ended)
    with pytest.raises(KeyError), pool.connect() as connection:
        append_with_commit(connection, action="test.read", detail={})
    assert events(office) == before


def test_what_is_not_forgotten_is_no_error_of_what_is_committed(
    database: TestDatabase, pool: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = new_office(database, "C1")
    monkeypatch.setattr("caretally.tenancy.transaction.FORGET", ("SELECT 1 / 0",))
    with tenant_transaction(pool, context_of(office), secret=database.secret) as connection:
        connection.execute(text("UPDATE client SET name = 'Renamed'"))
        connection.execute(text("SET application_name = 'left'"))
    assert office.value("SELECT name FROM client") == "Renamed"
    with tenant_transaction(pool, context_of(office), secret=database.secret) as connection:
        assert connection.scalar(text("SHOW application_name")) == "caretally vendor"


@pytest.mark.parametrize(
    "setting", ["client_encoding = 'LATIN1'", "client_encoding = 'SQL_ASCII'", "DateStyle = 'SQL, DMY'", "TimeZone = 'America/New_York'"]
)
@pytest.mark.parametrize("local", ["", "LOCAL "])
def test_no_setting_of_one_request_changes_how_the_next_reads_values(
    database: TestDatabase, pool: Engine, setting: str, local: str
) -> None:
    office = new_office(database, "C1")
    values = SOMETHING | {"words": "Müller"}

    def read(*settings: str) -> list[str]:
        with tenant_transaction(pool, context_of(office), secret=database.secret) as connection:
            for one in settings:
                connection.exec_driver_sql(one)
            [row] = read_rows(connection, EVERYTHING, values | ({"words": "Muller"} if settings else {}))
            return [repr(value) for value in row]

    wanted = read()
    pool.dispose()
    with suppress(DBAPIError, NotImplementedError):
        read(f"SET {local}{setting}")
    assert read() == wanted


def test_a_context_that_is_refused_leaves_a_connection_that_works(database: TestDatabase, pool: Engine) -> None:
    office = new_office(database, "C1")
    for _ in range(2):
        with pytest.raises(ProgrammingError, match="forged"), tenant_transaction(pool, context_of(office), secret=b"another"):
            raise AssertionError
        with tenant_transaction(pool, context_of(office), secret=database.secret) as connection:
            assert connection.scalar(text("SELECT count(*) FROM client")) == 1


def test_a_connection_that_ends_with_the_commit_is_given_up(database: TestDatabase, pool: Engine) -> None:
    office = new_office(database, "C1")
    before = events(office)
    with (
        pytest.raises(OperationalError) as ended,
        tenant_transaction(pool, context_of(office), secret=database.secret) as connection,
        database.vendor_engine.connect() as other,
    ):
        append_with_commit(connection, action="test.read", detail={})
        other.execute(text("SELECT pg_terminate_backend(:process)"), {"process": driver_of(connection).info.backend_pid})
    assert ended.value.connection_invalidated
    with tenant_transaction(pool, context_of(office), secret=database.secret) as connection:
        append_with_commit(connection, action="test.read", detail={})
    assert events(office) == before + 1


def test_a_server_that_ends_between_two_statements_is_told_of(pool: Engine) -> None:
    with pool.connect() as connection, pytest.raises(psycopg.OperationalError):
        kept = prepared_of(connection)
        assert kept is not None
        kept.in_one_round_trip([b"SELECT 1", b"SELECT pg_terminate_backend(pg_backend_pid())", b"SELECT 1"])


def test_no_other_session_reads_what_an_event_says(database: TestDatabase, pool: Engine) -> None:
    office = new_office(database, "C1")
    with tenant_transaction(pool, context_of(office), secret=database.secret) as connection:
        process = driver_of(connection).info.backend_pid
        append_with_commit(connection, action="test.read", detail={"word": "unheard-of"})
        heard = [connection.scalar(QUERY, {"process": process})]
    with pool.connect() as connection:
        process = driver_of(connection).info.backend_pid
        with database.vendor_engine.connect() as other:
            heard.append(other.scalar(QUERY, {"process": process}))
    assert (all(heard), [word for word in heard if "unheard-of" in word or str(office.vendor_id) in word]) == (True, [])

"""Part 5 of the battery: connections that threads take from each other carry nothing over; with session-level SET they are seen to."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from caretally.db.engines import LONG, vendor_engine
from caretally.tenancy.catalog import catalog_breaches
from caretally.tenancy.context import context_key, signed_context
from caretally.tenancy.read_rows import Statement, driver_for_others, read_rows
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.twins import A1, B1, Sower, Twin

THREADS, ROUNDS = 12, 25
ROOT = Path(__file__).parents[2]
SEEN = text("SELECT DISTINCT vendor_id FROM patient")
SEEN_BY_PAGES = Statement("SELECT DISTINCT vendor_id FROM patient")


class Broken(Exception):
    """What goes wrong in the middle of a request."""


def answer(connection: Connection) -> None:
    """Do nothing but what was asked."""


def fail(connection: Connection) -> None:
    """Break off."""
    raise Broken


def cancel(connection: Connection) -> None:
    """Have a statement cancelled by its time limit."""
    connection.execute(text("SET LOCAL statement_timeout = '3ms'"))
    connection.execute(text("SELECT pg_sleep(5)"))


def roll_back_a_savepoint(connection: Connection) -> None:
    """Lose a context that was set inside a savepoint, and go on."""
    savepoint = connection.begin_nested()
    connection.execute(text("SELECT set_config('caretally.context', 'lost', true)"))
    savepoint.rollback()
    connection.execute(SEEN)


def break_the_connection(connection: Connection) -> None:
    """Have the server end the session."""
    connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


ENDS: list[Callable[[Connection], None]] = [answer, fail, cancel, roll_back_a_savepoint, break_the_connection]


@contextmanager
def small_pool(database: TestDatabase) -> Iterator[Engine]:
    """Give the product's own pool, smaller than the threads."""
    engine = vendor_engine(database.url, roles=database.roles, secret=database.secret, pool_size=2)
    try:
        yield engine
    finally:
        engine.dispose()


def race(request: Callable[[Twin, Callable[[Connection], None]], set[UUID]], unbound: Callable[[], set[UUID]]) -> list[str]:
    """Let threads ask for two vendors in turn and end in every way; return what was seen that should not be."""
    leaks: list[str] = []
    together = threading.Barrier(THREADS)

    def work(seed: int) -> None:
        chance = random.Random(seed)
        together.wait()
        for _ in range(ROUNDS):
            twin = chance.choice((A1, B1))
            if request(twin, chance.choice(ENDS)) != {twin.vendor_id}:
                leaks.append("another vendor's rows in a bound transaction")
            if unbound():
                leaks.append("rows without a context")

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(work, range(THREADS)))
    return leaks


def without_context(engine: Engine) -> set[UUID]:
    """Return what a checkout shows that nobody bound: nothing, since the database raises."""
    try:
        with engine.connect() as connection:
            return set(connection.scalars(SEEN))
    except DBAPIError:
        return set()


def test_no_context_survives_to_the_next_checkout(database: TestDatabase, sower: Sower) -> None:
    with small_pool(database) as engine:

        def request(twin: Twin, end: Callable[[Connection], None]) -> set[UUID]:
            found: set[UUID] = set()
            try:
                with tenant_transaction(engine, twin.context(), secret=database.secret) as connection:
                    found = set(connection.scalars(SEEN))
                    end(connection)
            except (Broken, DBAPIError):
                pass
            return found

        assert race(request, lambda: without_context(engine)) == []


def test_the_same_race_with_a_context_of_the_session_is_seen_to_leak(database: TestDatabase, sower: Sower) -> None:
    login = database.roles.login(database.url, "vendor", secret=database.secret)
    engine = create_engine(login, pool_size=2, max_overflow=2)

    def request(twin: Twin, end: Callable[[Connection], None]) -> set[UUID]:
        context = signed_context(twin.context(), key=context_key(database.secret))
        with engine.connect() as connection:
            connection.execute(text("SELECT set_config('caretally.context', :context, false)"), {"context": context})
            connection.commit()
            return set(connection.scalars(SEEN))

    leaks = race(request, lambda: without_context(engine))
    engine.dispose()
    assert "rows without a context" in leaks


RESIDUE = {
    "a context of the session": (
        "SELECT set_config('caretally.context', current_setting('caretally.context'), false)",
        "SELECT count(*) FROM patient",
        "no tenant context",
    ),
    "a held cursor": ("DECLARE kept CURSOR WITH HOLD FOR SELECT * FROM patient", "FETCH ALL FROM kept", "does not exist"),
    "a temporary copy": ("CREATE TEMP TABLE copied AS SELECT * FROM patient", "SELECT * FROM copied", "does not exist"),
    "a temporary table in the place of a real one": (
        "CREATE TEMP TABLE patient AS SELECT * FROM caretally.patient",
        "SELECT * FROM patient",
        "no tenant context",
    ),
    "a prepared statement": ("PREPARE again AS SELECT * FROM patient", "EXECUTE again", "does not exist"),
    "a search path": ("SET search_path = pg_temp", "SELECT * FROM patient", "no tenant context"),
}


@pytest.mark.parametrize("name", RESIDUE)
def test_nothing_that_a_request_leaves_behind_is_there_for_the_next(database: TestDatabase, sower: Sower, name: str) -> None:
    leave, take, refusal = RESIDUE[name]
    with small_pool(database) as engine:
        with tenant_transaction(engine, A1.context(), secret=database.secret) as connection:
            connection.execute(text(leave))
        with engine.connect() as connection, pytest.raises(DBAPIError, match=refusal):
            connection.execute(text(take))


@pytest.mark.parametrize("name", ["a context of the session", "a held cursor", "a temporary copy"])
def test_a_pool_that_only_rolls_back_is_seen_to_keep_it(database: TestDatabase, sower: Sower, name: str) -> None:
    leave, take, _ = RESIDUE[name]
    engine = create_engine(database.roles.login(database.url, "vendor", secret=database.secret), pool_size=1, max_overflow=0)
    with tenant_transaction(engine, A1.context(), secret=database.secret) as connection:
        connection.execute(text(leave))
    with engine.connect() as connection:
        assert connection.execute(text(take)).fetchone()
    engine.dispose()


def test_a_statement_prepared_for_one_vendor_shows_the_next_vendor_its_own_rows(database: TestDatabase, sower: Sower) -> None:
    with small_pool(database) as engine, engine.connect() as connection:
        for twin in (A1, B1) * 4:
            with connection.begin():
                context = signed_context(twin.context(), key=context_key(database.secret))
                connection.execute(text("SELECT set_config('caretally.context', :context, true)"), {"context": context})
                if not connection.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE name = 'again'")):
                    connection.execute(text("PREPARE again AS SELECT DISTINCT vendor_id FROM patient"))
                assert set(connection.scalars(text("EXECUTE again"))) == {twin.vendor_id}


def replace_what_is_prepared(connection: Connection) -> int:
    """Put a statement of one's own, with the same values, in the place of each that the connection has prepared; return how many those were."""
    prepared = connection.execute(text("SELECT name, parameter_types::text[] FROM pg_prepared_statements")).all()
    for name, types in prepared:
        connection.exec_driver_sql(f"DEALLOCATE {name}")
        taken = f"({', '.join(types)})" if types else ""
        connection.exec_driver_sql(
            f"PREPARE {name}{taken} AS SELECT set_config('application_name', current_setting('caretally.context'), false)"
        )
    return len(prepared)


def prepare_past_sqlalchemy(connection: Connection) -> int:
    """Replace what is prepared through the driver's own connection."""
    driver_for_others(connection).execute("DEALLOCATE caretally_1")
    driver_for_others(connection).execute("PREPARE caretally_1 AS SELECT set_config('application_name', 'theirs', false)")
    return 1


def let_go_of_all(connection: Connection) -> int:
    """Let go of everything that is prepared; return how much that was."""
    prepared = int(connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) or 0)
    connection.exec_driver_sql("DEALLOCATE ALL")
    return prepared


@pytest.mark.parametrize(
    ("left", "statement_timeout"),
    [
        (replace_what_is_prepared, ""),
        (replace_what_is_prepared, LONG),
        (let_go_of_all, ""),
        (let_go_of_all, LONG),
        (prepare_past_sqlalchemy, ""),
    ],
)
def test_no_request_executes_what_another_prepared_in_the_place_of_ours(
    database: TestDatabase, sower: Sower, left: Callable[[Connection], int], statement_timeout: str
) -> None:
    engine = vendor_engine(database.url, roles=database.roles, secret=database.secret, statement_timeout=statement_timeout, pool_size=1)

    def asked(twin: Twin) -> tuple[set[UUID], str]:
        with tenant_transaction(engine, twin.context(), secret=database.secret) as connection:
            seen = {row.vendor_id for row in read_rows(connection, SEEN_BY_PAGES)}
            return seen, str(connection.scalar(text("SHOW application_name")))

    try:
        for _ in range(8):
            asked(A1)
        with tenant_transaction(engine, A1.context(), secret=database.secret) as connection:
            assert left(connection) > 0
        for twin in (B1, A1):
            assert asked(twin) == ({twin.vendor_id}, "caretally vendor")
    finally:
        engine.dispose()


def test_only_one_module_takes_the_drivers_connection_from_sqlalchemys() -> None:
    """Whoever executes words of their own on it takes it from `driver_for_others`, which notes that."""
    sources = [source for folder in ("platform", "tenants", "invoicing") for source in (ROOT / folder).rglob("*.py")]
    assert [source.name for source in sources if ".driver_connection" in source.read_text(encoding="utf-8")] == ["read_rows.py"]


def test_a_default_that_a_login_gives_itself_changes_no_new_session(database: TestDatabase, sower: Sower) -> None:
    name, place = database.roles.name("vendor"), database.url.database
    with small_pool(database) as engine, engine.begin() as connection:
        connection.exec_driver_sql(f'ALTER ROLE "{name}" IN DATABASE "{place}" SET search_path = pg_temp')
    with small_pool(database) as engine, engine.connect() as connection:
        assert connection.scalar(text("SHOW search_path")) == "caretally,pg_temp"
    with database.admin_engine.connect() as connection:
        assert f"{name}: has settings of its own that are not ours: search_path=pg_temp" in catalog_breaches(connection)


def test_a_login_cannot_give_itself_a_context_by_default(database: TestDatabase, sower: Sower) -> None:
    name, place = database.roles.name("vendor"), database.url.database
    with (
        small_pool(database) as engine,
        engine.connect() as connection,
        pytest.raises(DBAPIError, match="permission denied to set parameter"),
    ):
        connection.exec_driver_sql(f'ALTER ROLE "{name}" IN DATABASE "{place}" SET caretally.context = \'any\'')

"""A small vendor beside a large one: its months cost what its own patients cost, whatever the planner knew of it."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from caretally.app.bench.bench_database import BenchDatabase, generate_vendor
from caretally.app.bench.close_vendor import MONTH
from caretally.close import known_to_planner
from caretally.close.close_client import close_client
from caretally.close.close_month import clients_to_close
from caretally.close.known_to_planner import SOURCES, make_known_to_planner, make_sources_known
from caretally.tenancy.registry import CLIENT_TABLES
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase

PATIENTS = 500
# A close reads a row of a source some twenty times; once for each patient would be hundreds.
READS_A_ROW = 60
READ = text("SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) AS read FROM pg_stat_xact_user_tables WHERE relname = ANY (:names)")
COUNTS = text(" UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS rows FROM {name}" for name in (*SOURCES, "patient_month")))
UNKNOWN = text("SELECT tenancy.unknown_to_planner(:client_id, :names, 200)")


@pytest.fixture
def beside(fresh_database: TestDatabase) -> tuple[BenchDatabase, UUID]:
    """A database with a large vendor that was analysed, and the id of a small one that was not and will not be by itself."""
    bench = BenchDatabase(fresh_database.url, fresh_database.roles, fresh_database.secret)
    generate_vendor(bench, 1, patients=PATIENTS * 10, clients=1)
    with fresh_database.admin_engine.begin() as connection:
        for name in (*CLIENT_TABLES, "staff"):
            connection.execute(text(f"ALTER TABLE {name} SET (autovacuum_enabled = false)"))
        connection.execute(text("ANALYZE"))
    return bench, generate_vendor(bench, 2, patients=PATIENTS, clients=1)


@pytest.fixture
def connection(beside: tuple[BenchDatabase, UUID]) -> Iterator[Connection]:
    """A transaction of the small vendor's."""
    bench, vendor_id = beside
    pool = bench.vendor_pool()
    with tenant_transaction(pool, bench.context(vendor_id), secret=bench.secret) as opened:
        yield opened
    pool.dispose()


def unknown(connection: Connection) -> set[str]:
    """Return the sources that the planner does not know of the vendor's only client."""
    (client,) = clients_to_close(connection)
    return set(connection.scalar(UNKNOWN, {"client_id": client.id, "names": list(SOURCES)}) or [])


def read_too_often(connection: Connection) -> set[str]:
    """Close the month of the vendor's only client and return the sources of which more was read than their rows allow."""
    (client,) = clients_to_close(connection)
    rows = {row.name: row.rows for row in connection.execute(COUNTS)}
    before = {row.relname: row.read for row in connection.execute(READ, {"names": list(rows)})}
    assert close_client(connection, client, MONTH, seen_open=True).status == "closed"
    after = {row.relname: row.read for row in connection.execute(READ, {"names": list(rows)})}
    return {name for name in after if after[name] - before.get(name, 0) > READS_A_ROW * max(rows[name], PATIENTS)}


def test_a_client_beside_a_far_larger_one_is_unknown_until_its_first_close(connection: Connection) -> None:
    assert unknown(connection) >= {"patient", "enrolment", "consent", "visit", "care_plan", "time_entry"}
    (client,) = clients_to_close(connection)
    make_sources_known(connection, client.id)
    assert unknown(connection) == set()
    assert connection.scalar(text("SHOW enable_nestloop")) == "on"


def test_its_first_close_reads_no_source_once_for_each_patient(connection: Connection) -> None:
    assert read_too_often(connection) <= {"patient_month"}


def test_nor_its_own_new_rows_where_they_are_many(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caretally.close.close_client.FEW_PATIENT_MONTHS", PATIENTS // 5)
    assert read_too_often(connection) == set()


@pytest.mark.drill
def test_without_that_look_it_does(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_to_planner, "SOURCES", ())
    assert read_too_often(connection) - {"patient_month"} != set()


def test_a_table_that_somebody_else_is_analysing_is_left_and_the_loops_with_it(
    fresh_database: TestDatabase, beside: tuple[BenchDatabase, UUID], connection: Connection
) -> None:
    (client,) = clients_to_close(connection)
    with fresh_database.admin_engine.begin() as other:
        other.execute(text("LOCK TABLE patient IN SHARE UPDATE EXCLUSIVE MODE"))
        assert make_known_to_planner(connection, client.id, "patient") is False
        make_sources_known(connection, client.id)
        assert connection.scalar(text("SHOW enable_nestloop")) == "off"


def test_a_client_of_a_vendor_among_many_is_known_once_it_was_analysed(fresh_database: TestDatabase) -> None:
    bench = BenchDatabase(fresh_database.url, fresh_database.roles, fresh_database.secret)
    vendors = [generate_vendor(bench, number, patients=PATIENTS, clients=1) for number in range(1, 11)]
    with fresh_database.admin_engine.begin() as owner:
        owner.execute(text("ANALYZE"))
    pool = bench.vendor_pool()
    with tenant_transaction(pool, bench.context(vendors[0]), secret=bench.secret) as connection:
        assert unknown(connection) == set()
    pool.dispose()


def test_nobody_but_a_vendors_own_login_may_analyse(fresh_database: TestDatabase) -> None:
    may = text("SELECT has_function_privilege(:login, 'tenancy.analyse(text[])', 'EXECUTE')")
    with fresh_database.admin_engine.connect() as connection:
        logins = ("vendor", "practice", "auth", "operator")
        allowed = [kind for kind in logins if connection.scalar(may, {"login": fresh_database.roles.name(kind)})]
    assert allowed == ["vendor"]

"""Which programs are at work in a month is read from its entries at once, and not entry by entry through an index."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from caretally.app.bench.bench_database import BenchDatabase, generate_vendor
from caretally.app.bench.close_vendor import MONTH
from caretally.close.close_month import clients_to_close
from caretally.evaluation.parameters import READS, ClientMonth, read_month
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase

PATIENTS = 500
ENTRIES = PATIENTS * 6
MOVE_ONE = text(
    "UPDATE time_entry SET started_at = CAST(:at AS timestamptz), ended_at = CAST(:at AS timestamptz) + make_interval(secs => :seconds) "
    "WHERE id = (SELECT id FROM time_entry ORDER BY external_id LIMIT 1)"
)


@pytest.fixture(scope="module")
def generated(database: TestDatabase) -> Any:
    """A vendor with one client, whose entries are all of one month and known to the planner."""
    bench = BenchDatabase(database.url, database.roles, database.secret)
    vendor_id = generate_vendor(bench, 1, patients=PATIENTS, clients=1)
    with database.admin_engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return bench, vendor_id


@pytest.fixture
def connection(generated: Any) -> Iterator[Connection]:
    """A transaction of the vendor's, taken back at the end."""
    bench, vendor_id = generated
    pool = bench.vendor_pool()
    with tenant_transaction(pool, bench.context(vendor_id), secret=bench.secret) as opened:
        yield opened
        opened.rollback()
    pool.dispose()


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a plan's nodes, whatever stands above them."""
    return [plan, *(node for below in plan.get("Plans", []) for node in nodes(below))]


def test_the_planner_expects_the_entries_that_the_month_has(connection: Connection) -> None:
    (client,) = clients_to_close(connection)
    key = {"vendor_id": client.vendor_id, "client_id": client.id, "timezone": client.timezone, "only": None, "as_closed": None}
    values = key | {"month_first": MONTH.first_day, "month_last": MONTH.last_day}
    (explained,) = connection.execute(text(f"EXPLAIN (FORMAT JSON) {READS.text}"), values).scalar_one()
    (read,) = [node for node in nodes(explained["Plan"]) if node.get("Relation Name") == "time_entry"]
    assert ENTRIES * 0.9 < read["Plan Rows"] < ENTRIES * 1.1


@pytest.mark.parametrize(
    ("at", "seconds", "programs"),
    [
        ("2026-11-01 03:59:58+00", 2, []),
        ("2026-11-01 03:59:58+00", 3, ["CCM"]),
        ("2026-12-01 04:59:59+00", 60, ["CCM"]),
        ("2026-12-01 05:00:00+00", 60, []),
    ],
)
def test_the_month_is_that_of_the_client_s_own_midnights(connection: Connection, at: str, seconds: int, programs: list[str]) -> None:
    (client,) = clients_to_close(connection)
    connection.execute(text("UPDATE enrolment SET valid_to = valid_from"))
    connection.execute(MOVE_ONE, {"at": at, "seconds": seconds})
    read = read_month(connection, ClientMonth(client.vendor_id, client.id, client.code, client.timezone, MONTH.next()))
    assert [program.program for program in read.programs_at_work] == programs

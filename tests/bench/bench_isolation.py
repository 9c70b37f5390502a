"""What the policies cost beside an explicit WHERE, and what the audit log costs a close and a page.

Run `python -m tests.bench.bench_isolation [ENTRIES]` (default 5,000,000). Two vendors with twenty clients each hold the entries, 21 months of
them. Each question is asked under the policies as the vendor's and as the practice's login, with its signed context, and by a superuser, whom no
policy holds, with vendor and client in the WHERE; in turns, and the medians are compared. The plans are printed. Then a client's month of
20,000 patients is closed, and what its audit event needs (digests, root, chain) is set beside the whole.
"""

import json
import sys
import time
from collections import defaultdict
from statistics import median
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from caretally.app.bench.bench_database import BenchDatabase, bench_database, generate_vendor, settle
from caretally.app.installation import Installation
from caretally.audit.chain import append_event
from caretally.close import close_client
from caretally.close.close_month import clients_to_close, close_month
from caretally.db.engines import practice_engine
from caretally.db.revision import become
from caretally.embedded.server import ensure_server
from caretally.months import Month
from caretally.tenancy.context import TenantContext
from caretally.tenancy.registry import SCHEMA
from caretally.tenancy.transaction import tenant_transaction

CLIENTS, MONTHS, ROUNDS = 20, 21, 60
COPY_BACK = text("""
    INSERT INTO time_entry (vendor_id, client_id, patient_id, staff_id, started_at, ended_at, program, source, external_id, activity, description, approved_by)
    SELECT vendor_id, client_id, patient_id, staff_id, started_at - :back * interval '28 days', ended_at - :back * interval '28 days',
        program, source, external_id || '-' || :back, activity, description, approved_by
    FROM time_entry WHERE vendor_id = :vendor AND started_at >= '2026-09-30'
""")
MONTH = "started_at >= '2026-09-01' AND started_at < '2026-10-01'"
# Each question, with {t} for what an explicit WHERE says of the table `t`.
QUESTIONS = {
    "a client's month": (
        (
            "SELECT t.patient_id, count(*), sum(t.ended_second - t.started_second) FROM time_entry t "
            f"WHERE t.client_id = :client AND t.{MONTH.replace('AND ', 'AND t.')} {{t}} GROUP BY t.patient_id"
        ),
    ),
    "a patient page": (
        "SELECT t.* FROM patient t WHERE t.client_id = :client AND t.id = :patient {t}",
        "SELECT t.* FROM enrolment t WHERE t.client_id = :client AND t.patient_id = :patient {t}",
        "SELECT t.* FROM consent t WHERE t.client_id = :client AND t.patient_id = :patient {t}",
        "SELECT t.* FROM care_plan t WHERE t.client_id = :client AND t.patient_id = :patient {t}",
        "SELECT t.* FROM visit t WHERE t.client_id = :client AND t.patient_id = :patient {t}",
        (
            f"SELECT t.* FROM time_entry t WHERE t.client_id = :client AND t.patient_id = :patient AND t.{MONTH.replace('AND ', 'AND t.')} {{t}} "
            "ORDER BY t.started_at"
        ),
    ),
}
READ_BY_PRACTICE = (
    "t.vendor_id, t.client_id, t.id, t.mrn, t.family_name, t.given_name, t.search_name, t.birth_date, t.mbi, t.state, t.payer"
)


def asked_of(question: str, *, explicit: bool) -> list[str]:
    """Return a question's statements; of a patient those columns that a practice may read."""
    where = "AND t.vendor_id = :vendor" if explicit else ""
    return [said.format(t=where).replace("t.* FROM patient", f"{READ_BY_PRACTICE} FROM patient") for said in QUESTIONS[question]]


def without_policies(here: Installation, database: BenchDatabase) -> Engine:
    """Return a pool of a superuser, whom no policy holds: the embedded server's own, or the login of the address that was given."""
    given = here.settings.database_url
    url = make_url(given) if given else make_url(ensure_server(here.settings.home).superuser_url)
    address = url.set(drivername="postgresql+psycopg", database=database.url.database)
    return create_engine(address, connect_args={"options": f"-c search_path={SCHEMA} -c timezone=UTC"}, hide_parameters=True)


def nanoseconds(connection: Connection, statements: list[str], values: dict[str, Any]) -> int:
    """Return how long the statements take, answers read."""
    began = time.perf_counter_ns()
    for statement in statements:
        connection.execute(text(statement), values).all()
    return time.perf_counter_ns() - began


def plan(connection: Connection, statement: str, values: dict[str, Any]) -> list[str]:
    """Return the plan of a statement, without times."""
    explained = connection.execute(text(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) {statement}"), values)
    return list(explained.scalars())


def cost_of_policies(here: Installation, database: BenchDatabase, vendor: UUID) -> dict[str, Any]:
    """Return the medians in microseconds of each question, asked in turns, their ratios, and the plans."""
    free, vendors, practices = (
        without_policies(here, database),
        database.vendor_pool(),
        practice_engine(database.url, roles=database.roles, secret=database.secret),
    )
    with tenant_transaction(vendors, database.context(vendor), secret=database.secret) as connection:
        client, patient = connection.execute(text("SELECT client_id, id FROM patient ORDER BY mrn OFFSET 77 LIMIT 1")).one()
    contexts = {clients: TenantContext(vendor, "bench", clients) for clients in (None, (client,))}
    values = {"vendor": vendor, "client": client, "patient": patient}
    told: dict[str, Any] = {}
    for question in QUESTIONS:
        explicit, plain = asked_of(question, explicit=True), asked_of(question, explicit=False)
        spent: defaultdict[str, list[int]] = defaultdict(list)
        shown: dict[str, list[str]] = {}
        for turn in range(ROUNDS):
            for name, pool, clients in (("explicit WHERE", free, None), ("vendor", vendors, None), ("practice", practices, (client,))):
                # a superuser's transaction has the context too; nothing asks for it
                with tenant_transaction(pool, contexts[clients], secret=database.secret) as connection:
                    statements = explicit if pool is free else plain
                    nanoseconds(connection, statements, values)  # the first of a transaction warms what all of a session share
                    spent[name].append(nanoseconds(connection, statements, values))
                    if turn == 0:
                        shown[name] = plan(connection, statements[-1], values)
        middle = {name: median(some) / 1000 for name, some in spent.items()}
        told[question] = {
            "microseconds": {name: round(one) for name, one in middle.items()},
            "ratio": {name: f"{middle[name] / middle['explicit WHERE']:.2f}" for name in ("vendor", "practice")},
            "plans": shown,
        }
    for pool in (free, vendors, practices):
        pool.dispose()
    return told


def cost_of_audit(database: BenchDatabase, vendor: UUID, *, patients: int) -> dict[str, Any]:
    """Close a month and return the share of the statements that its audit event needs; then the cost of an event of a page."""
    pool = database.vendor_pool()
    spent: defaultdict[str, int] = defaultdict(int)

    def timed(name: str) -> Any:
        act = getattr(close_client, name)

        def measured(*given: Any, **named: Any) -> Any:
            began = time.perf_counter_ns()
            answer = act(*given, **named)
            spent[name] += time.perf_counter_ns() - began
            return answer

        return patch.object(close_client, name, measured)

    def transaction() -> Any:
        return tenant_transaction(pool, database.context(vendor), secret=database.secret)

    with transaction() as connection:
        clients = clients_to_close(connection)
    start = time.perf_counter_ns()
    with timed("_digests"), timed("root_of_leaves"), timed("append_event"):
        results = list(close_month(transaction, Month(2026, 10), clients, dry_run=False, acknowledge_jump=True))
    whole = time.perf_counter_ns() - start
    assert {result.status for result in results} == {"closed"}, results[0]
    digests = spent["_digests"] - spent["root_of_leaves"]
    parts = {"event": spent["append_event"], "root over its rows": spent["root_of_leaves"], "digests of what it wrote": digests}
    percent = {name: f"{100 * took / whole:.2f}" for name, took in parts.items()}
    page = []
    for number in range(300):
        with transaction() as connection:
            connection.execute(text("SELECT 1"))
            at = time.perf_counter_ns()
            append_event(connection, action="invoice.read", detail={"invoice_id": clients[0].id, "patients": number, "form": "page"})
            page.append(time.perf_counter_ns() - at)
    pool.dispose()
    return {
        "close": {"patients": patients, "seconds": f"{whole / 1e9:.2f}", "percent": percent},
        "page_microseconds": {"median": round(median(page) / 1000), "p95": round(sorted(page)[285] / 1000)},
    }


def bench(entries: int) -> dict[str, Any]:
    """Measure everything on a database of its own."""
    patients = entries // (2 * 6 * MONTHS)
    here = Installation()
    with bench_database(here.url) as database:
        vendors = [generate_vendor(database, number, patients=patients, clients=CLIENTS) for number in (1, 2)]
        admin = create_engine(database.url, poolclass=NullPool)
        pool = database.vendor_pool()
        for vendor in vendors:
            for back in range(1, MONTHS):
                with tenant_transaction(pool, database.context(vendor), secret=database.secret) as connection:
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                    connection.execute(COPY_BACK, {"vendor": vendor, "back": back})
        pool.dispose()
        settle(database)
        told = {"entries": 2 * 6 * MONTHS * patients, **cost_of_policies(here, database, vendors[0])}
        one = generate_vendor(database, 3, patients=20_000, clients=1)
        settle_again(admin, database)
        return told | {"audit": cost_of_audit(database, one, patients=20_000)}


def settle_again(admin: Engine, database: BenchDatabase) -> None:
    """Analyse what the third vendor brought."""
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        become(connection, database.roles.name("owner"))
        connection.execute(text("ANALYZE"))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bench(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000), indent=1) + "\n")

"""What a forecast costs beside one evaluation of the same client's month, in one run.

Run `python -m tests.bench.bench_forecast [PATIENTS]`. One vendor with one client, its generated October copied to the six months before, which
are closed through the real close; then, five times in turn and the least of each told: an evaluation of October up to the 16th, an evaluation
of the whole of it, and a forecast on the 16th, which holds the first of them.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

from sqlalchemy import Connection, text

from caretally.agreements.in_force import agreement_in_force
from caretally.app.bench.bench_database import bench_database, generate_vendor, settle
from caretally.app.bench.close_vendor import MONTH
from caretally.app.installation import Installation
from caretally.close.close_month import clients_to_close, close_month
from caretally.close.known_to_planner import make_sources_known
from caretally.close.prepare import Client
from caretally.evaluation.evaluate import evaluate
from caretally.evaluation.parameters import ClientMonth, Terms
from caretally.forecast.forecast import MONTHS_LOOKED_BACK, forecast
from caretally.forecast.seen_on import read_time_until
from caretally.months import Month
from caretally.tenancy.transaction import tenant_transaction

AS_OF = date(2026, 10, 16)
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
TIMES = 5
Transaction = Callable[[], AbstractContextManager[Connection]]
EARLIER = text(
    "INSERT INTO time_entry (vendor_id, client_id, patient_id, staff_id, started_at, ended_at, program, source, external_id, activity, "
    "description, approved_by) "
    "SELECT vendor_id, client_id, patient_id, staff_id, started_at - back, ended_at - back, program, source, external_id || '/' || :days, activity, "
    "description, approved_by FROM time_entry CROSS JOIN (SELECT make_interval(days => :days) AS back) shift "
    "WHERE external_id NOT LIKE '%/%' AND started_at - back >= :first AND started_at - back < :until"
)


def earlier_months() -> list[Month]:
    """Return the months that are looked back at, the earliest first."""
    months = [MONTH]
    for _ in range(MONTHS_LOOKED_BACK):
        months.insert(0, months[0].previous())
    return months[:-1]


def fill_history(transaction: Transaction, client: Client) -> None:
    """Copy the month's time to the months before and close them."""
    for month in earlier_months():
        days = (MONTH.first_day - month.first_day).days
        with transaction() as connection:
            connection.execute(EARLIER, {"days": days, "first": month.first_day, "until": month.next().first_day})
        (result,) = close_month(transaction, month, [client], acknowledge_jump=True)
        assert result.status == "closed", result.parked_reason


def nanoseconds(transaction: Transaction, work: Callable[[Connection], object]) -> int:
    """Return what one run takes, in a transaction that is taken back."""
    with transaction() as connection:
        began = time.monotonic_ns()
        work(connection)
        spent = time.monotonic_ns() - began
        connection.rollback()
    return spent


def measured(transaction: Transaction, client: Client) -> dict[str, int]:
    """Return the least nanoseconds of the two evaluations and of the forecast, each run in turn with the others."""
    subject = ClientMonth(client.vendor_id, client.id, client.code, client.timezone, MONTH)

    def whole(connection: Connection) -> None:
        agreement = agreement_in_force(connection, vendor_id=client.vendor_id, client_id=client.id, month=MONTH)
        assert agreement is not None
        make_sources_known(connection, client.id)
        evaluate(connection, subject, Terms.of(agreement.as_json()))

    def so_far(connection: Connection) -> None:
        read_time_until(connection, AS_OF, timezone=client.timezone)
        whole(connection)

    def forecasts(connection: Connection) -> None:
        forecast(connection, client, MONTH, now=NOW, as_of=AS_OF)

    works = {"evaluation_so_far": so_far, "evaluation": whole, "forecast": forecasts}
    rounds = [{name: nanoseconds(transaction, work) for name, work in works.items()} for _ in range(TIMES)]
    return {name: min(each[name] for each in rounds) for name in works}


def main(patients: int) -> None:
    """Measure and print."""
    with bench_database(Installation().url) as database:
        vendor_id = generate_vendor(database, 1, patients=patients, clients=1)
        pool = database.vendor_pool()

        def transaction() -> AbstractContextManager[Connection]:
            return tenant_transaction(pool, database.context(vendor_id), secret=database.secret)

        try:
            with transaction() as connection:
                (client,) = clients_to_close(connection)
            fill_history(transaction, client)
            settle(database)
            spent = measured(transaction, client)
        finally:
            pool.dispose()
    told = {f"{name}_seconds": f"{value / 1e9:.2f}" for name, value in spent.items()}
    ratios = {f"of_{name}": f"{spent['forecast'] / spent[name]:.2f}" for name in ("evaluation_so_far", "evaluation")}
    print(json.dumps({"patients": patients, "months_looked_back": MONTHS_LOOKED_BACK, **told, **ratios}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)

"""What a shadow run of three closed months costs beside one close of one of them, in one run.

Run `python -m tests.bench.bench_shadow [PATIENTS]`. One vendor with one client and its generated October, copied to the two months before; the
three are closed through the real close, then decided again by a set of rules in which the first base needs a minute more, as
`caretally rules shadow` does it. The close that the run is compared with is the quickest of the three.
"""

import csv
import json
import shutil
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from caretally.app.bench.bench_database import bench_database, generate_vendor, settle
from caretally.app.bench.close_vendor import MONTH
from caretally.app.installation import Installation
from caretally.close.close_month import clients_to_close, close_month
from caretally.close.prepare import Client
from caretally.cms.reference_files import DATA_FOLDER
from caretally.months import Month
from caretally.tenancy.transaction import tenant_transaction
from caretally.whatif.changes import Changes
from caretally.whatif.what_if import what_if
from tests.bench.bench_forecast import EARLIER, Transaction

MONTHS = [MONTH.previous().previous(), MONTH.previous(), MONTH]
CHANGED, COLUMN, ADDED = "99490", "first_threshold_seconds", 60


def another_set(folder: Path) -> Path:
    """Copy the rules to `folder` with one threshold a minute later and a version of their own."""
    shutil.copytree(DATA_FOLDER, folder, dirs_exist_ok=True)
    for name, change in (("billing_code", _later), ("rule_set", _renamed)):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(map(change, rows))
    return folder


def _later(row: dict[str, str]) -> dict[str, str]:
    return row | {COLUMN: str(int(row[COLUMN]) + ADDED)} if row["code"] == CHANGED else row


def _renamed(row: dict[str, str]) -> dict[str, str]:
    return row | {"code": "bench-shadow"}


def close_all(transaction: Transaction, client: Client) -> list[int]:
    """Close the three months and return the nanoseconds of each."""
    spent = []
    for month in MONTHS:
        began = time.monotonic_ns()
        (result,) = close_month(transaction, month, [client], acknowledge_jump=True)
        spent.append(time.monotonic_ns() - began)
        assert result.status == "closed", result.parked_reason
    return spent


def copy_back(transaction: Transaction, months: list[Month]) -> None:
    """Give each month the generated one's time."""
    for month in months:
        days = (MONTH.first_day - month.first_day).days
        with transaction() as connection:
            connection.execute(EARLIER, {"days": days, "first": month.first_day, "until": month.next().first_day})


def shadow_all(transaction: Transaction, client: Client, rules: Path) -> tuple[int, int, int]:
    """Decide the three months again; return nanoseconds, patient-months compared and those that would be different."""
    began, compared, different = time.monotonic_ns(), 0, 0
    for month in MONTHS:
        with transaction() as connection:
            found = what_if(connection, client, month, Changes(rules=rules))
        compared, different = compared + found.compared, different + len(found.patients)
    return time.monotonic_ns() - began, compared, different


def main(patients: int) -> None:
    """Measure and print."""
    with bench_database(Installation().url) as database, TemporaryDirectory() as scratch:
        vendor_id = generate_vendor(database, 1, patients=patients, clients=1)
        pool = database.vendor_pool()

        def transaction() -> AbstractContextManager[Connection]:
            return tenant_transaction(pool, database.context(vendor_id), secret=database.secret)

        try:
            with transaction() as connection:
                (client,) = clients_to_close(connection)
            copy_back(transaction, MONTHS[:-1])
            settle(database)
            closes = close_all(transaction, client)
            shadow, compared, different = shadow_all(transaction, client, another_set(Path(scratch)))
        finally:
            pool.dispose()
    told = {
        "patients": patients,
        "compared": compared,
        "different": different,
        "close_seconds": [f"{spent / 1e9:.2f}" for spent in closes],
        "shadow_seconds": f"{shadow / 1e9:.2f}",
        "of_one_close": f"{shadow / min(closes):.2f}",
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

"""How many pages a second are served beside a hello page on the same server, and how long they take at 30 a second.

Run `python -m tests.bench.bench_pages [PATIENT_MONTHS]` (default 1,000,000); it needs `wrk`, which Debian has as a package. One vendor with
twenty clients, ten months of them closed through the real close, one granian process of 8 threads over them. Each page is opened as a billing
administrator with a session: 8 seconds by `wrk` on 8 connections in turns with hello, three times, medians; then 30 requests a second for 20 seconds.
Where other work shares the machine, the processor time of the web process is what can be compared: a page waits for its turn far more often than hello.
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import text

from caretally.app.bench.bench_database import BenchDatabase, bench_database, generate_vendor, settle
from caretally.app.bring_up_to_date import bring_up_to_date
from caretally.app.installation import Installation
from caretally.close.close_month import clients_to_close, close_month
from caretally.config.secret import installation_secret
from caretally.config.settings import read_settings
from caretally.db.engines import login_engine
from caretally.identity.accounts import Place, account_for
from caretally.identity.memberships import add_member
from caretally.identity.sessions import enter_membership, find_session, open_session
from caretally.months import Month
from caretally.tenancy.transaction import tenant_transaction
from tests.bench.bench_isolation import COPY_BACK

CLIENTS, MONTHS, THREADS, SECONDS, TURNS = 20, 10, 8, 8, 3
RATE, RATED_SECONDS = 30, 20
PORT = 8499
SECRET_TEXT = "the secret of a bench, for a database that is dropped"
PATHS = ("/exceptions", "/months/2026-10", "/invoices/{invoice}")
PER_SECOND = re.compile(r"Requests/sec:\s+([\d.]+)")
REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")


def fill(database: BenchDatabase, *, patient_months: int) -> tuple[UUID, UUID]:
    """Make the vendor, close its months, and return it with its longest invoice."""
    vendor = generate_vendor(database, 1, patients=patient_months // MONTHS, clients=CLIENTS)
    pool = database.vendor_pool()

    def transaction() -> Any:
        return tenant_transaction(pool, database.context(vendor), secret=database.secret)

    for back in range(1, MONTHS):
        with transaction() as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.execute(COPY_BACK, {"vendor": vendor, "back": back})
    settle(database)
    with transaction() as connection:
        clients = clients_to_close(connection)
    month = Month(2026, 10)
    for _ in range(MONTHS):
        results = list(close_month(transaction, month, clients, dry_run=False, acknowledge_jump=True))
        assert {result.status for result in results} <= {"closed", "nothing"}, results[0]
        month = month.previous()
    with transaction() as connection:
        invoice = connection.scalar(text("SELECT id FROM invoice WHERE month = '2026-10-01' ORDER BY total_cents DESC LIMIT 1"))
    pool.dispose()
    assert isinstance(invoice, UUID)
    return vendor, invoice


def session_of_billing_admin(database: BenchDatabase, vendor: UUID) -> str:
    """Return the token of a session that works as the vendor's administrator."""
    accounts, vendors = login_engine(database.url, "auth", roles=database.roles, secret=database.secret), database.vendor_pool()
    with accounts.begin() as connection:
        account = account_for(connection, email="dana@bench.example", name="Dana Whitfield")
    with tenant_transaction(vendors, database.context(vendor), secret=database.secret) as connection:
        membership = add_member(connection, account, "vendor_admin", name=account.name, clients=())
    with accounts.begin() as connection:
        session = find_session(connection, open_session(connection, account.id, Place("loopback", "bench"), full=True))
        assert session is not None
        token = enter_membership(connection, session, vendor_id=vendor, membership_id=membership)
    for pool in (accounts, vendors):
        pool.dispose()
    assert token is not None
    return token


@contextmanager
def served(database: BenchDatabase) -> Iterator[int]:
    """Serve the pages over the bench's database on a port of their own; yield the id of the process that starts the workers."""
    with TemporaryDirectory() as home:
        variables = {
            "CARETALLY_HOME": home,
            "CARETALLY_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "CARETALLY_ROLE_PREFIX": database.roles.prefix,
            "CARETALLY_SECRET_KEY": SECRET_TEXT,
        }
        words = (
            f"granian --interface wsgi --factory --host 127.0.0.1 --port {PORT} --workers 1 --blocking-threads {THREADS} "
            "--no-ws --no-log tests.bench.pages_process:application"
        )
        program = Path(sys.executable).with_name("granian")
        server = subprocess.Popen([str(program), *words.split()[1:]], env=os.environ | variables, stderr=subprocess.DEVNULL)
        try:
            wait_until_served()
            yield server.pid
        finally:
            server.terminate()
            server.wait(timeout=40)


def wait_until_served() -> None:
    """Return when the server answers. Raises `TimeoutError` after a minute."""
    for _ in range(600):
        try:
            if answer("/hello", "")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the pages are not served")


def answer(path: str, token: str) -> tuple[int, float]:
    """Open a page and return its status and the milliseconds it took."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": f"caretally_session={token}"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, (time.perf_counter() - began) * 1000


def pages_a_second(path: str, token: str) -> float:
    """Return how many of a page `wrk` was given in a second. Raises `AssertionError` when one of them was refused."""
    program = shutil.which("wrk")
    assert program, "This bench needs wrk: apt-get install wrk"
    words = [program, "-t1", f"-c{THREADS}", f"-d{SECONDS}s", "--timeout", "20s", "-H", f"Cookie: caretally_session={token}"]
    said = subprocess.run([*words, f"http://127.0.0.1:{PORT}{path}"], capture_output=True, text=True, check=True, timeout=120).stdout
    assert not REFUSED.search(said), f"{path}: {said}"
    found = PER_SECOND.search(said)
    assert found, said
    return float(found[1])


def processor_milliseconds(path: str, token: str, *, server: int) -> Decimal:
    """Return the processor time that the web process spends on one request of a page, as Linux tells it, the mean of many."""
    requests = 40 if path != "/hello" else 400
    before = nanoseconds_spent(server)
    for _ in range(requests):
        assert answer(path, token)[0] == 200, path
    return round(Decimal(nanoseconds_spent(server) - before) / requests / 1_000_000, 1)


def nanoseconds_spent(server: int) -> int:
    """Return the processor time of all threads of a server and its workers."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    threads = (thread for process in (server, *map(int, children)) for thread in Path(f"/proc/{process}/task").iterdir())
    return sum(int((thread / "schedstat").read_text(encoding="ascii").split()[0]) for thread in threads)


def at_a_rate(path: str, token: str) -> dict[str, int]:
    """Open a page 30 times a second, whether or not those before were answered, and return median and p95 in milliseconds."""
    began = time.perf_counter()

    def one(number: int) -> float:
        due = began + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        status, _ = answer(path, token)
        assert status == 200, (path, status)
        return (time.perf_counter() - due) * 1000

    with ThreadPoolExecutor(RATE) as threads:
        took = sorted(threads.map(one, range(RATE * RATED_SECONDS)))
    return {"median": round(median(took)), "p95": round(took[int(len(took) * 0.95)])}


def bench(patient_months: int) -> dict[str, Any]:
    """Measure everything on a database of its own."""
    secret = installation_secret(read_settings({"CARETALLY_SECRET_KEY": SECRET_TEXT}))
    with bench_database(Installation().url) as made:
        database = replace(made, secret=secret)
        bring_up_to_date(database.url, roles=database.roles, secret=secret)
        vendor, invoice = fill(database, patient_months=patient_months)
        token = session_of_billing_admin(database, vendor)
        paths = [path.format(invoice=invoice) for path in PATHS]
        with served(database) as server:
            missing = [path for path in paths if answer(path, token)[0] != 200]
            assert missing == [], missing
            turns = [{path: pages_a_second(path, token) for path in ("/hello", *paths)} for _ in range(TURNS)]
            spent = {path: processor_milliseconds(path, token, server=server) for path in ("/hello", *paths)}
            rated = {path: at_a_rate(path, token) for path in paths}
        middle = {path: median(turn[path] for turn in turns) for path in turns[0]}
        return {
            "patient_months": patient_months,
            "pages_a_second": {path.replace(str(invoice), "…"): round(middle[path]) for path in middle},
            "percent_of_hello": {path.replace(str(invoice), "…"): round(100 * middle[path] / middle["/hello"]) for path in paths},
            "processor_milliseconds": {path.replace(str(invoice), "…"): str(told) for path, told in spent.items()},
            "milliseconds_at_30_a_second": {path.replace(str(invoice), "…"): told for path, told in rated.items()},
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bench(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000), indent=1, ensure_ascii=False) + "\n")

"""Import of time entries beside its floor: a bare COPY of the same rows into an identically keyed table with the same foreign keys.

Run `python tests/bench/bench_import.py [ENTRIES]`. Each of three rounds measures, on the same server, floor and import one after the
other: the import from the file on disk (child process, COPY, checks, merge, batch, audit) to its commit, the floor from its file to
its commit. Nothing is left out of the table that the floor fills: same columns, generated ones too, same keys, same foreign keys.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from caretally.app.bench.bench_database import BenchDatabase, bench_database
from caretally.app.import_kinds import IMPORT_KINDS
from caretally.app.installation import Installation
from caretally.db.engines import operator_engine
from caretally.db.revision import become
from caretally.imports.importing import import_file
from caretally.imports.parsing import parse_file
from caretally.imports.results import ImportResult
from caretally.tenancy.transaction import tenant_transaction
from caretally.vendors.create import create_vendor

PATIENTS, CLIENTS, STAFF, ROUNDS = 10_000, 10, 50, 3
COLUMNS = (
    "vendor_id, client_id, patient_id, staff_id, started_at, ended_at, program, source, external_id, activity, description, contact, approved_by, "
    "created_batch_id, batch_id"
)
FLOOR = f"COPY floor_time_entry ({COLUMNS}) FROM STDIN"
FOREIGN_KEYS = text(
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = CAST('time_entry' AS regclass) ORDER BY 1"
)


def roster() -> dict[str, str]:
    """Return the files that the entries refer to."""
    clients = "".join(f"C{number},Clinic {number},America/New_York\n" for number in range(CLIENTS))
    staff = "".join(f"S{number},Family {number},Given,clinical,RN\n" for number in range(STAFF))
    patients = "".join(f"C{number % CLIENTS},M{number},Family {number},Given,1941-03-02\n" for number in range(PATIENTS))
    return {
        "clients": f"code,name,timezone\n{clients}",
        "staff": f"staff,family_name,given_name,role,credential\n{staff}",
        "patients": f"client,mrn,family_name,given_name,birth_date\n{patients}",
    }


def time_file(entries: int, *, seed: int = 7) -> str:
    """Return entries in local time with an end each, spread over a month."""
    chance = random.Random(seed)
    lines = ["external_id,client,mrn,staff,started_at,ended_at,program,activity,description,source,contact,approved_by"]
    for number in range(entries):
        patient, start = chance.randrange(PATIENTS), datetime(2026, 10, 1, 8) + timedelta(minutes=chance.randrange(40_000))  # noqa: DTZ001
        end = start + timedelta(seconds=chance.randrange(60, 2400))
        worked = (
            f"{start.isoformat()},{end.isoformat()},CCM,call,Reviewed the medication list and called the pharmacy,dialer,live,Dr. Okafor"
        )
        lines.append(f"E{number},C{patient % CLIENTS},M{patient},S{chance.randrange(STAFF)},{worked}")
    return "\n".join(lines)


def imported(database: BenchDatabase, pool: Engine, vendor: UUID, path: Path) -> ImportResult:
    """Import one file as the command does: child process, then one transaction to its commit."""
    kind = IMPORT_KINDS[path.stem]
    with tempfile.TemporaryDirectory() as scratch:
        file = parse_file(path, scratch=Path(scratch))
        with tenant_transaction(pool, database.context(vendor), secret=database.secret) as connection:
            result = import_file(connection, kind, file)
    assert result.refused == 0, result.problems[:3]
    return result


def make_floor(connection: Connection) -> None:
    """Make the table that the floor fills, and let its owner read what the import wrote, so that both take the same rows."""
    connection.execute(text("DROP TABLE IF EXISTS floor_time_entry"))
    connection.execute(text("CREATE TABLE floor_time_entry (LIKE time_entry INCLUDING ALL)"))
    for definition in connection.scalars(FOREIGN_KEYS).all():
        connection.execute(text(f"ALTER TABLE floor_time_entry ADD {definition}"))


def copied(connection: Connection, statement: str, path: Path, *, into_table: bool) -> None:
    """Run a COPY between a file and the server."""
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(statement) as copy, path.open("rb" if into_table else "wb") as file:
        if into_table:
            while block := file.read(1 << 18):
                copy.write(block)
        else:
            file.writelines(copy)


def seconds(act: Callable[[], object]) -> float:
    """Return how long an act takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def measured(database: BenchDatabase, folder: Path, number: int) -> tuple[float, float, float]:
    """Return the seconds of import, floor and repeated import of one round, in a vendor of its own."""
    operators, pool = operator_engine(database.url, roles=database.roles, secret=database.secret), database.vendor_pool()
    owner = create_engine(database.url, poolclass=NullPool)
    vendor = create_vendor(
        operators, secret=database.secret, name=f"Bench {number}", slug=f"bench-{number}", timezone="America/New_York", actor="bench"
    ).vendor_id
    for kind in roster():
        imported(database, pool, vendor, folder / f"{kind}.csv")
    importing = seconds(lambda: imported(database, pool, vendor, folder / "time.csv"))
    rows = folder / "rows.copy"
    with tenant_transaction(pool, database.context(vendor), secret=database.secret) as connection:
        copied(connection, f"COPY (SELECT {COLUMNS} FROM time_entry ORDER BY id) TO STDOUT", rows, into_table=False)
    with owner.begin() as connection:
        become(connection, database.roles.name("owner"))
        make_floor(connection)

    def floor() -> None:
        with owner.begin() as connection:
            become(connection, database.roles.name("owner"))
            copied(connection, FLOOR, rows, into_table=True)

    copying, again = seconds(floor), seconds(lambda: imported(database, pool, vendor, folder / "time.csv"))
    for engine in (operators, pool, owner):
        engine.dispose()
    return importing, copying, again


def bench(entries: int) -> dict[str, object]:
    """Return the figures of three rounds: medians in seconds, and the ratio of import to floor in the same round."""
    with tempfile.TemporaryDirectory() as name, bench_database(Installation().url) as database:
        folder = Path(name)
        for kind, body in (roster() | {"time": time_file(entries)}).items():
            (folder / f"{kind}.csv").write_text(body, encoding="utf-8")
        rounds = [measured(database, folder, number) for number in range(ROUNDS)]
    importing, copying, again = (round(statistics.median(values), 2) for values in zip(*rounds, strict=True))
    ratio = round(statistics.median(first / second for first, second, _ in rounds), 2)
    return {
        "entries": entries,
        "import_seconds": importing,
        "floor_seconds": copying,
        "ratio": ratio,
        "unchanged_seconds": again,
        "floor": FLOOR,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bench(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)) + "\n")

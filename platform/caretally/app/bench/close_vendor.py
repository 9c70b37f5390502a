"""One closing process of the bench: it closes its vendor through the real close and notes what took how long."""

import os
import time
from collections import defaultdict
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, TextClause, event, text

from caretally.app.bench.bench_database import BenchDatabase
from caretally.close import statements
from caretally.close.close_month import clients_to_close, close_month
from caretally.errors import CareTallyError
from caretally.evaluation import evaluate
from caretally.months import Month
from caretally.tenancy.transaction import tenant_transaction

MONTH = Month(2026, 10)
PATIENCE_SECONDS = 120
REST = "other statements"


class BenchFailed(CareTallyError):
    """A generated client did not close, so there is nothing to measure."""

    code = "bench_failed"


@dataclass
class Closed:
    """What one process measured: nanoseconds on the monotonic clock, kilobytes of memory at the peak, patient-months."""

    began: int = 0
    ended: int = 0
    patient_months: int = 0
    peak_kilobytes: int = 0
    failure: str = ""
    steps: dict[str, int] = field(default_factory=dict)


def close_vendor(database: BenchDatabase, vendor_id: UUID, start: Barrier, answer: Pipe) -> None:
    """Wait for the others, close every client of the vendor, and send what was measured."""
    pool = database.vendor_pool()
    try:
        answer.send(_close(pool, database, vendor_id, start))
    finally:
        pool.dispose()


def _close(pool: Engine, database: BenchDatabase, vendor_id: UUID, start: Barrier) -> Closed:
    def transaction() -> AbstractContextManager[Connection]:
        return tenant_transaction(pool, database.context(vendor_id), secret=database.secret)

    with transaction() as connection:
        clients = clients_to_close(connection)
        server_process = int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)
    closed = Closed(steps=note_steps(pool))
    start.wait(timeout=PATIENCE_SECONDS)
    closed.began = time.monotonic_ns()
    for result in close_month(transaction, MONTH, clients):
        if result.status != "closed":
            closed.failure = f"{result.client} did not close: {result.parked_reason or result.status}"
        closed.patient_months += result.enrolled
    closed.ended = time.monotonic_ns()
    closed.peak_kilobytes = peak_kilobytes(server_process) + peak_kilobytes(os.getpid())
    return closed


def note_steps(pool: Engine) -> dict[str, int]:
    """Return a dict that fills with the nanoseconds of each named SQL file of the close as it runs."""
    spent: dict[str, int] = defaultdict(int)
    steps = (path.relative_to(evaluate.HERE).with_suffix("").as_posix() for path in evaluate.HERE.rglob("*.sql"))
    names = {id(evaluate.statement(step)): step for step in steps}
    names |= {
        id(statements.statement(path.stem)): path.stem for path in Path(statements.__file__).parent.glob("*.sql") if path.stem != "tables"
    }

    def before(connection: Connection, *_: Any) -> None:
        connection.info["began"] = time.monotonic_ns()

    def after(connection: Connection, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        clause = getattr(context, "invoked_statement", None)
        name = names.get(id(clause), REST) if isinstance(clause, TextClause) else REST
        spent[name] += time.monotonic_ns() - connection.info["began"]

    event.listen(pool, "before_cursor_execute", before)
    event.listen(pool, "after_cursor_execute", after)
    return spent


def peak_kilobytes(process: int) -> int:
    """Return the peak of the memory a process had resident (shared buffers it touched included), 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)

"""Generates vendors, closes them side by side, measures the floor, and returns the figures."""

import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import URL, Engine, text

from caretally.app.bench.bench_database import BenchDatabase, bench_database, generate_vendor, settle, statements
from caretally.app.bench.close_vendor import MONTH, BenchFailed, Closed, close_vendor
from caretally.app.bench.interruptions import children_deaf_to_ctrl_c
from caretally.close.close_client import SETTINGS
from caretally.tenancy.transaction import tenant_transaction

SECOND = 1_000_000_000
MIDNIGHTS = text(
    "SELECT CAST(:first AS date)::timestamp AT TIME ZONE 'America/New_York' AS starts_at, "
    "(CAST(:last AS date) + 1)::timestamp AT TIME ZONE 'America/New_York' AS ends_at"
)
ENTRIES = text("SELECT count(*) FROM time_entry WHERE vendor_id = :vendor_id AND started_at < :ends_at AND ended_at > :starts_at")


@dataclass(frozen=True)
class Figures:
    """What a bench measured: times in nanoseconds, memory in kilobytes."""

    patient_months: int
    entries: int
    nanoseconds: int
    floor_nanoseconds: int
    peak_kilobytes: int
    steps: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the object that `bench close` prints: seconds, microseconds a patient-month, megabytes."""
        return {
            "patient_months": self.patient_months,
            "entries": self.entries,
            "seconds": round(self.nanoseconds / SECOND, 3),
            "us_per_patient_month": round(self.nanoseconds / 1000 / self.patient_months, 1),
            "floor_seconds": round(self.floor_nanoseconds / SECOND, 3),
            "ratio": round(self.nanoseconds / self.floor_nanoseconds, 2),
            "peak_mb": self.peak_kilobytes // 1024,
            "steps": {name: round(spent / SECOND, 3) for name, spent in sorted(self.steps.items(), key=lambda step: -step[1])},
        }


def bench_close(beside: URL, *, patient_months: int, vendors: int, clients: int, programs: str = "ccm") -> Figures:
    """Close `patient_months` generated patient-months, shared out evenly to `vendors` vendors of `clients` clients, one process a vendor.

    They are of chronic care (`programs` is `ccm`) or of a mixture of every program (`all`).

    Works in a database of its own on the server of `beside`, dropped at the end. The floor is measured in the same run, after the
    close, on one connection. Raises `BenchFailed` when a client does not close, `DependencyDown` without the right to make a database.
    """
    with bench_database(beside) as database:
        share, rest = divmod(patient_months, vendors)
        made = [
            generate_vendor(database, n, patients=share + (n <= rest), clients=clients, programs=programs) for n in range(1, vendors + 1)
        ]
        settle(database)
        closed = close_side_by_side(database, made)
        entries, floor = measure_floor(database, made)
    steps = sum((Counter(one.steps) for one in closed), Counter[str]())
    return Figures(
        patient_months=sum(one.patient_months for one in closed),
        entries=entries,
        nanoseconds=max(one.ended for one in closed) - min(one.began for one in closed),
        floor_nanoseconds=floor,
        peak_kilobytes=sum(one.peak_kilobytes for one in closed),
        steps=dict(steps),
    )


def close_side_by_side(database: BenchDatabase, vendors: list[UUID]) -> list[Closed]:
    """Close each vendor in a process of its own, all starting at once, and return what each measured. Raises `BenchFailed`."""
    spawning = multiprocessing.get_context("spawn")
    start = spawning.Barrier(len(vendors))
    pipes = [spawning.Pipe(duplex=False) for _ in vendors]
    processes = [
        spawning.Process(target=close_vendor, args=(database, vendor_id, start, answer))
        for vendor_id, (_, answer) in zip(vendors, pipes, strict=True)
    ]
    try:
        with children_deaf_to_ctrl_c():
            for process, (_, answer) in zip(processes, pipes, strict=True):
                process.start()
                answer.close()
        return [_answer(question) for question, _ in pipes]
    finally:
        for process in processes:
            if process.pid is not None:
                process.terminate()
                process.join()


def _answer(question: Any) -> Closed:
    try:
        closed = question.recv()
    except EOFError as error:
        raise BenchFailed("A closing process of the bench ended without an answer; run it again.") from error
    assert isinstance(closed, Closed)
    if closed.failure:
        raise BenchFailed(closed.failure)
    return closed


def measure_floor(database: BenchDatabase, vendors: list[UUID]) -> tuple[int, int]:
    """Return the entries of the month and the nanoseconds of the least that a close of them has to do (`docs/floor.md`)."""
    pool = database.vendor_pool()
    try:
        measured = [_floor_of(pool, database, vendor_id) for vendor_id in vendors]
    finally:
        pool.dispose()
    return sum(entries for entries, _ in measured), sum(spent for _, spent in measured)


def _floor_of(pool: Engine, database: BenchDatabase, vendor_id: UUID) -> tuple[int, int]:
    with tenant_transaction(pool, database.context(vendor_id), secret=database.secret) as connection:
        connection.exec_driver_sql(SETTINGS)
        bounds = connection.execute(MIDNIGHTS, {"first": MONTH.first_day, "last": MONTH.last_day}).mappings().one()
        values = {"vendor_id": vendor_id, **bounds}
        entries = connection.scalar(ENTRIES, values) or 0
        began = time.monotonic_ns()
        for statement in statements("floor"):
            connection.execute(text(statement), values)
    return entries, time.monotonic_ns() - began

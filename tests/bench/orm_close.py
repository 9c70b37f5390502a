"""The close as an ORM loop would begin it, lazily and eagerly loading, to compare with the set-based close over the same rows.

Both loops read what the close reads of a patient, add up the seconds (overlaps once) and choose the claim; they check no other gate,
explain nothing and write nothing. `python -m tests.bench.orm_close 2000` prints microseconds a patient-month of each and of the close.
"""

import json
import sys
import time
import warnings
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, MetaData, Select, select
from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.automap import AutomapBase, automap_base
from sqlalchemy.orm import Session, configure_mappers, selectinload

from caretally.app.bench.bench_close import close_side_by_side
from caretally.app.bench.bench_database import BenchDatabase, bench_database, generate_vendor, settle
from caretally.app.bench.close_vendor import MONTH
from caretally.app.installation import Installation
from caretally.tenancy.transaction import bind_context

RELATED = "time_entry enrolment assignment consent visit condition care_plan mdm stay".split()
BASE_SECONDS, INCREMENT_SECONDS, CAP = 20 * 60, 20 * 60, 2
COMPLEX_SECONDS = 60 * 60


def mapped(engine: Engine) -> AutomapBase:
    """Return classes for the tables, with a collection for each foreign key."""
    tables = MetaData()
    tables.reflect(engine, only=["patient", "staff", *RELATED])
    base: AutomapBase = automap_base(metadata=tables)
    base.prepare()
    with warnings.catch_warnings():
        # Composite keys share vendor_id; which relationship would write it does not matter to loops that only read.
        warnings.simplefilter("ignore", SAWarning)
        configure_mappers()
    return base


def claims(loaded: Iterable[Any]) -> dict[str, str]:
    """Return the claim of each patient of October by record number, one patient after the other."""
    return {patient.mrn: claim(patient) for patient in loaded}


def claim(patient: Any) -> str:
    """Return the claim that the patient's seconds support, empty below the threshold."""
    loaded = {name: list(getattr(patient, f"{name}_collection")) for name in RELATED if name != "time_entry"}
    seconds = union_seconds((e.started_second, e.ended_second) for e in patient.time_entry_collection if e.staff.role != "administrative")
    complex_month = any(m.month == MONTH.first_day and m.level != "low" for m in loaded["mdm"])
    if complex_month and seconds >= COMPLEX_SECONDS:
        return "99487"
    if seconds < BASE_SECONDS:
        return ""
    return f"99490+{min((seconds - BASE_SECONDS) // INCREMENT_SECONDS, CAP)}"


def union_seconds(spans: Iterable[tuple[int, int]]) -> int:
    """Return the seconds that the spans cover, each once."""
    total, until = 0, 0
    for started, ended in sorted(spans):
        total += max(ended - max(started, until), 0)
        until = max(until, ended)
    return total


def loop(database: BenchDatabase, vendor_id: UUID, *, eager: bool) -> tuple[dict[str, str], int]:
    """Return the claims and the nanoseconds of one loop over the vendor's patients."""
    engine = database.vendor_pool()
    try:
        classes = mapped(engine).classes
        with Session(engine) as session, session.begin():
            bind_context(session.connection(), database.context(vendor_id), secret=database.secret)
            began = time.monotonic_ns()
            found = claims(session.scalars(patients(classes, eager=eager)))
            return found, time.monotonic_ns() - began
    finally:
        engine.dispose()


def patients(classes: Any, *, eager: bool) -> Select[Any]:
    """Return the query of all patients; eagerly, each related table comes with one further query a batch of patients."""
    query = select(classes.patient)
    if not eager:
        return query
    entries = selectinload(classes.patient.time_entry_collection).selectinload(classes.time_entry.staff)
    return query.options(
        entries, *(selectinload(getattr(classes.patient, f"{name}_collection")) for name in RELATED if name != "time_entry")
    )


def main(patient_months: int) -> None:
    """Generate, loop lazily, loop eagerly, close, and print the microseconds a patient-month."""
    with bench_database(Installation().url) as database:
        vendor_id = generate_vendor(database, 1, patients=patient_months, clients=1)
        settle(database)
        lazy, eager = (loop(database, vendor_id, eager=choice)[1] for choice in (False, True))
        closed = close_side_by_side(database, [vendor_id])[0]
    spent = {"lazy": lazy, "eager": eager, "close": closed.ended - closed.began}
    print(json.dumps({name: round(nanoseconds / 1000 / patient_months, 1) for name, nanoseconds in spent.items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]))

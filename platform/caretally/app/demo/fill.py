"""Fills one vendor of the demo through the real imports and closes; what an earlier run has done is left as it is."""

import csv
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event

from sqlalchemy import text

from caretally.app.demo.generate import VendorFiles
from caretally.app.demo.writing import write_csv
from caretally.app.import_kinds import IMPORT_KINDS
from caretally.app.installation import Vendor
from caretally.close.close_month import clients_to_close, close_month
from caretally.close.results import ClientResult
from caretally.errors import CareTallyError
from caretally.imports.importing import ParsedFile, import_file
from caretally.imports.parsing import parse_file
from caretally.invoices.send import drafts, send_invoices
from caretally.months import Month

IMPORTED = text("SELECT file_sha256 FROM import_batch WHERE undone_at IS NULL")
CLOSED = text(
    "SELECT month FROM client_month GROUP BY month HAVING count(DISTINCT client_id) FILTER (WHERE closed_at IS NOT NULL) >= :clients"
)
Tell = Callable[[str], None]


class DemoFileRefused(CareTallyError):
    """A file of the demo was refused by the import: a defect of ours."""

    code = "demo_file_refused"


class Stopped(CareTallyError):
    """Another part of the demo failed or was interrupted."""

    code = "demo_stopped"


@dataclass(frozen=True)
class Step:
    """A file still to be imported: its kind, its path, and the parse that runs ahead."""

    kind: str
    path: Path
    parsed: "Future[ParsedFile]"


def import_facts(vendor: Vendor, files: VendorFiles, *, scratch: Path, tell: Tell, stop: Event) -> bool:
    """Import everything but time and return whether something was missing; files are known by their digest. Raises `DemoFileRefused`."""
    with parsing_ahead(_missing(vendor, [*files.facts]), scratch=scratch) as steps:
        for step in steps:
            _go_on(stop)
            _import(vendor, step, tell)
        return bool(steps)


def close_history(vendor: Vendor, files: VendorFiles, *, scratch: Path, tell: Tell, stop: Event) -> bool:
    """Import month by month its time and close it for all clients, then import what comes late; return whether something was missing.

    The invoices of all months but the last are sent in the end.

    A run that was interrupted goes on where it stopped: files are known by their digest, months by their closes. Raises
    `DemoFileRefused`.
    """
    late = [("time", files.late)] if files.late else []
    missing = _missing(vendor, [*(("time", path) for _, path in files.time), *late])
    closed = _closed_months(vendor, clients=len(files.vendor.clients))
    with parsing_ahead(missing, scratch=scratch) as steps:
        waiting = {step.path: step for step in steps}
        for month, path in files.time:
            _go_on(stop)
            if path in waiting:
                _import(vendor, waiting[path], tell)
            _go_on(stop)
            if month not in closed:
                tell(f"{vendor.name}: closing {month}")
                close_all(vendor, month, tell)
        for _, path in late:
            if path in waiting:
                _import(vendor, waiting[path], tell)
    send_earlier(vendor, [month for month, _ in files.time[:-1]], tell)
    return bool(missing) or len(closed) < len(files.time)


def import_under_way(vendor: Vendor, files: VendorFiles, *, today: date, scratch: Path, tell: Tell, stop: Event) -> bool:
    """Import what was logged in the month under way up to the day before yesterday, and return whether something was missing.

    A demo of a later day goes on from there; somebody's yesterday may be today elsewhere. Raises `DemoFileRefused`.
    """
    if files.under_way is None:
        return False
    so_far = logged_until(files.under_way[1], today - timedelta(days=2))
    missing = _missing(vendor, [("time", so_far)] if so_far else [])
    with parsing_ahead(missing, scratch=scratch) as steps:
        for step in steps:
            _go_on(stop)
            _import(vendor, step, tell)
        return bool(steps)


def logged_until(month_file: Path, day: date) -> Path | None:
    """Write beside a month's file of time what had been logged and put down by the end of a day, and return it; None for nothing."""
    with month_file.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    start, entered = header.index("started_at"), header.index("entered_at")
    done = [row for row in rows if max(row[start], row[entered])[:10] <= day.isoformat()]
    return write_csv(month_file.with_name(f"{month_file.stem}-so-far.csv"), header, done) if done else None


def close_all(vendor: Vendor, month: Month, tell: Tell) -> list[ClientResult]:
    """Close a month for all of the vendor's clients, or read back what its close gave; a parked client is told with its reason.

    Invoices that jump are acknowledged: in the first months a small client's do, and nobody is there to look at them.
    """
    with vendor.transaction() as connection:
        clients = clients_to_close(connection)
    results = list(close_month(vendor.transaction, month, clients, acknowledge_jump=True))
    for result in results:
        if result.status == "parked":
            tell(f"{vendor.name}: {result.client} is parked in {month}: {result.parked_reason}")
    return results


def send_earlier(vendor: Vendor, months: Collection[Month], tell: Tell) -> None:
    """Send what is still a draft of these months, so that the practices see their invoices; those of the last one are left to be sent by hand."""
    with vendor.transaction() as connection:
        waiting = [one for one in drafts(connection) if one.month in months]
        if waiting:
            tell(f"{vendor.name}: sending {len(waiting)} invoices")
            send_invoices(connection, [one.id for one in waiting], shown_cents=sum(one.total_cents for one in waiting))


def _go_on(stop: Event) -> None:
    if stop.is_set():
        raise Stopped("The demo was interrupted; the same command goes on from here.")


@contextmanager
def parsing_ahead(files: list[tuple[str, Path]], *, scratch: Path) -> Iterator[list[Step]]:
    """Yield the files as steps while they are parsed one after the other beside the caller's work."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        yield [Step(kind, path, pool.submit(_parse, path, scratch / path.parent.name / path.stem)) for kind, path in files]
    finally:
        pool.shutdown(cancel_futures=True)


def _parse(path: Path, scratch: Path) -> ParsedFile:
    scratch.mkdir(parents=True, exist_ok=True)
    return parse_file(path, scratch=scratch)


def _missing(vendor: Vendor, files: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    with vendor.transaction() as connection:
        imported = set(connection.scalars(IMPORTED))
    return [(kind, path) for kind, path in files if sha256(path.read_bytes()).hexdigest() not in imported]


def _closed_months(vendor: Vendor, *, clients: int) -> set[Month]:
    with vendor.transaction() as connection:
        return {Month.of(day) for day in connection.scalars(CLOSED, {"clients": clients})}


def _import(vendor: Vendor, step: Step, tell: Tell) -> None:
    tell(f"{vendor.name}: importing {step.path.name}")
    file = step.parsed.result()
    with vendor.transaction() as connection:
        result = import_file(connection, IMPORT_KINDS[step.kind], file)
    if result.refused:
        problem = next(problem for problem in result.problems if problem.severity == "refused")
        raise DemoFileRefused(f"{step.path} was refused at line {problem.line}, {problem.column}: {problem.sentence}")
    file.path.unlink(missing_ok=True)

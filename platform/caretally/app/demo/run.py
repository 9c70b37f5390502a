"""Makes the demo, or finds it made: database, vendors, fourteen closed months, documents, verification; each step only if it is missing."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Protocol

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from caretally.app.bring_up_to_date import bring_up_to_date
from caretally.app.checkpoint import keep_checkpoint
from caretally.app.demo.daily_work import ensure_daily_work
from caretally.app.demo.documents import documents_folder, write_documents
from caretally.app.demo.fill import close_all, close_history, import_facts, import_under_way
from caretally.app.demo.generate import VendorFiles
from caretally.app.demo.kept import LIST, import_files, only_one
from caretally.app.demo.personas import ensure_personas
from caretally.app.demo.plan import DemoPlan
from caretally.app.demo.scenario import VENDORS
from caretally.app.installation import DECIDE_SLUG, Installation, UnknownVendor, Vendor, cli_actor
from caretally.app.isolation_report import isolation_report, keep
from caretally.close.results import ClientResult
from caretally.close.verify import verify
from caretally.db.revision import become
from caretally.embedded.server import ensure_server, remove_server, stop_server
from caretally.errors import CareTallyError, Conflict, UsageMistake
from caretally.months import Month
from caretally.vendors.create import create_vendor

OTHERS = text("SELECT slug FROM vendor WHERE slug <> ALL (:known) ORDER BY slug")
CARD = "README.txt"
Tell = Callable[[str], None]
Pair = tuple[Vendor, VendorFiles]


class Work(Protocol):
    """A part of the demo for one vendor; it returns whether something was missing."""

    def __call__(self, vendor: Vendor, files: VendorFiles, *, stop: Event) -> bool:
        """Do what is missing, and nothing after `stop` is set."""


class DemoDoesNotVerify(CareTallyError):
    """The verification of the finished demo found a breach."""

    code = "demo_does_not_verify"


@dataclass(frozen=True)
class VendorMade:
    """One vendor of the finished demo: its import files, the results of the last month, and its documents."""

    vendor: Vendor
    files: VendorFiles
    results: list[ClientResult]
    documents: list[Path]


@dataclass(frozen=True)
class DemoMade:
    """The finished demo; `month` is the last closed one, `proven` what verifying said of each vendor (empty: nothing was written)."""

    seed: int
    month: Month
    home: Path
    out: Path
    vendors: tuple[VendorMade, ...]
    proven: tuple[tuple[str, ...], ...]


def make_demo(here: Installation, plan: DemoPlan, tell: Tell) -> DemoMade:
    """Return the demo of this installation, made now where it is missing.

    Raises `AnotherDemo`, `DemoAtWork`, `DemoFileRefused`, `DemoDoesNotVerify`, and what the database raises; a later call goes on
    from there.
    """
    folder = here.settings.home / "demo"
    with only_one(folder), _scratch(folder) as scratch, ThreadPoolExecutor(max_workers=2) as pool:
        generated = pool.submit(import_files, folder, plan)
        with timed(tell, "the schema and the rules are in place"):
            bring_up_to_date(here.url, roles=here.roles, secret=here.secret)
        pairs = [(ensure_vendor(here, one), one) for one in generated.result()]
        with timed(tell, "rosters, consents, plans and agreements are imported"):
            written = _side_by_side(here, pool, pairs, partial(import_facts, scratch=scratch, tell=tell))
        with timed(tell, "fourteen months of time are imported and closed"):
            written |= _side_by_side(here, pool, pairs, partial(close_history, scratch=scratch, tell=tell))
        with timed(tell, "what was logged in the month under way is imported"):
            now = partial(import_under_way, today=plan.today, scratch=scratch, tell=tell)
            written |= _side_by_side(here, pool, pairs, now)
        month = pairs[0][1].time[-1][0]
        ensure_personas(here, [vendor for vendor, _ in pairs], month=month)
        ensure_daily_work(here, [vendor for vendor, _ in pairs], month=month, today=plan.today)
        unfinished = written or not (plan.out / CARD).exists()
        proving = [pool.submit(proved, vendor) for vendor, _ in pairs] if unfinished else []
        with timed(tell, "invoices and exception reports are written"):
            made = tuple(_documented(vendor, files, plan.out, tell) for vendor, files in pairs)
        with timed(tell, "all months are verified"):
            proven = tuple(proof.result() for proof in proving)
        if unfinished:
            with timed(tell, "nothing of another vendor or practice can be reached"):
                report_isolation(here, made[0].vendor)
        for sentence in keep_checkpoint(here) if unfinished else ():
            tell(sentence)
    return DemoMade(plan.seed, month, here.settings.home, plan.out, made, proven)


def report_isolation(here: Installation, vendor: Vendor) -> None:
    """Keep an isolation report for the page of a vendor. Raises `DemoDoesNotVerify`."""
    report = isolation_report(here, vendor, now=datetime.now(UTC))
    keep(vendor, report, here.secret)
    if not report.holds:
        raise DemoDoesNotVerify(f"The isolation of the demo does not hold: {'; '.join((*report.catalog_breaches, *report.leaks))}.")


def _side_by_side(here: Installation, pool: ThreadPoolExecutor, pairs: list[Pair], work: Work) -> bool:
    """Do the same for all vendors at once, tell the planner when something was written, and return whether it was.

    When one fails or the user interrupts, the others end before their next step.
    """
    stop = Event()
    running = [pool.submit(work, vendor, files, stop=stop) for vendor, files in pairs]
    try:
        answers = [each.result() for each in running]
    except BaseException:
        stop.set()
        raise
    if any(answers):
        refresh_statistics(here)
    return any(answers)


def refresh_statistics(here: Installation) -> None:
    """Let the planner know what was just written; in daily use autovacuum does it within minutes."""
    engine = create_engine(here.url, poolclass=NullPool)
    with engine.begin() as connection:
        become(connection, here.roles.name("owner"))
        connection.execute(text("ANALYZE"))


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Yield a private folder for parsed files, and clear away those of killed runs."""
    for left in folder.glob("parsed-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="parsed-") as made:
        yield Path(made)


def ensure_vendor(here: Installation, files: VendorFiles) -> Vendor:
    """Return the demo's vendor, created if need be."""
    wanted = files.vendor
    try:
        return here.vendor(wanted.slug)
    except UnknownVendor:
        create_vendor(
            here.operator_pool, secret=here.secret, name=wanted.name, slug=wanted.slug, timezone=wanted.timezone, actor=cli_actor()
        )
        return here.vendor(wanted.slug)


def _documented(vendor: Vendor, files: VendorFiles, out: Path, tell: Tell) -> VendorMade:
    month = files.time[-1][0]
    tell(f"{vendor.name}: writing the documents of {month}")
    results = close_all(vendor, month, tell)
    return VendorMade(vendor, files, results, write_documents(vendor, month, results, out=out))


def proved(vendor: Vendor) -> tuple[str, ...]:
    """Return what the verification of all the vendor's months says. Raises `DemoDoesNotVerify` with the first breach."""
    with vendor.transaction() as connection:
        checks = verify(connection)
    for check in checks:
        for breach in check.breaches:
            raise DemoDoesNotVerify(f"{vendor.name} does not verify ({check.name}): {breach}")
    return tuple(check.says for check in checks)


@contextmanager
def timed(tell: Tell, what: str) -> Iterator[None]:
    """Tell that a step is done, and in how many seconds."""
    began = time.monotonic_ns()
    yield
    tenths = (time.monotonic_ns() - began) // 100_000_000
    tell(f"{what} ({tenths // 10}.{tenths % 10} s)")


@contextmanager
def database_up(here: Installation) -> Iterator[bool]:
    """Keep the embedded server up for the block and yield whether this process started it; if so, stop it afterwards."""
    if here.settings.database_url:
        yield False
        return
    started = ensure_server(here.settings.home, programs=here.settings.postgres_bin).started
    try:
        yield started
    finally:
        if started:
            stop_server(here.settings.home)


def throw_away(here: Installation, *, out: Path) -> None:
    """Remove the demo: the embedded database, the import files and the documents.

    Raises `UsageMistake` for a database that is not embedded, `Conflict` when it holds a vendor that the demo did not make.
    """
    if here.settings.database_url:
        raise UsageMistake("--reset removes an embedded database only; drop the one of CARETALLY_DATABASE_URL yourself, then run the demo.")
    home = here.settings.home
    if not home.exists():
        return
    with only_one(home / "demo"):
        others = _other_vendors(home)
        if others:
            raise Conflict(f"This database also holds {', '.join(others)}, which the demo did not make; nothing was removed.")
        remove_server(home)
        (home / "demo" / LIST).unlink(missing_ok=True)
        shutil.rmtree(home / "demo" / "files", ignore_errors=True)
        for vendor in VENDORS:
            shutil.rmtree(documents_folder(out, vendor.slug), ignore_errors=True)
        (out / CARD).unlink(missing_ok=True)


def _other_vendors(home: Path) -> list[str]:
    """Return the vendors that the demo did not make; none when they cannot be listed in a home whose files the demo made."""
    made_by_demo = (home / "demo" / LIST).exists()
    if not (home / "postgres.json").exists():
        return []
    try:
        with Installation().operator_pool.connect() as connection:
            known = [DECIDE_SLUG, *(vendor.slug for vendor in VENDORS)]
            return list(connection.scalars(OTHERS, {"known": known}))
    except CareTallyError:
        if made_by_demo:
            return []
        raise

"""Write the demo's import files from a seed and a day: the same seed and month give the same bytes on every machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from caretally.app.demo.boundaries import add_boundary_work
from caretally.app.demo.drafts import FACT_KINDS, Draft, Row
from caretally.app.demo.late import late_rows, prepare_late
from caretally.app.demo.periods import Period, history, under_way
from caretally.app.demo.population import Drafts, World, ordinary_patients, planted_patients, world
from caretally.app.demo.scenario import VENDORS, Client, Terms, Vendor
from caretally.app.demo.timelog import HEADER, Entry, Timelog
from caretally.app.demo.writing import write_csv, write_kind
from caretally.months import Month

COMPLEX_SECONDS = 3600
LONG_AGO = 1200
CLIENT_FACTS = ("access_24_7_from", "ehr_certified_from", "supervision_from", "baa_on")


@dataclass(frozen=True)
class VendorFiles:
    """One vendor's files: facts by kind in the order of their import, time by month, late time, and story -> (client, mrn).

    `under_way` is the time of the whole month that follows the history, None for a demo of an earlier release.
    """

    vendor: Vendor
    facts: tuple[tuple[str, Path], ...]
    time: tuple[tuple[Month, Path], ...]
    late: Path | None
    planted: dict[str, tuple[str, str]]
    under_way: tuple[Month, Path] | None = None


def generate(folder: Path, *, today: date, seed: int, vendors: tuple[Vendor, ...] = VENDORS) -> tuple[VendorFiles, ...]:
    """Write the vendors' files below `folder` and return them; months are the fourteen before the month of `today`, and that one."""
    return tuple(_vendor(folder / vendor.slug, vendor, history(today), under_way(today), seed=seed) for vendor in vendors)


def _vendor(folder: Path, vendor: Vendor, months: tuple[Period, ...], now: Period, *, seed: int) -> VendorFiles:
    random = Random(f"{seed}/{vendor.slug}")  # noqa: S311 - made-up data that must come out the same again
    folder.mkdir(parents=True, exist_ok=True)
    here = world(random, vendor, months)
    drafts = {code: ordinary_patients(random, where, months) for code, where in here.places.items()}
    planted = planted_patients(random, here)
    add_boundary_work(planted, here.team, months)
    prepare_late(planted)
    for draft in planted.values():
        drafts[str(draft.row["client"])].append(draft)
    log = Timelog(random, vendor, here.team)
    time, late = _write_time(folder, log, drafts, months)
    rows = _vendor_rows(here) | _patient_rows(drafts)
    facts = tuple((kind, write_kind(folder, kind, rows[kind])) for kind in rows)
    current = write_csv(folder / f"time-{now.month}.csv", HEADER, _month_entries(log, drafts, now))
    names = {story: (str(draft.row["client"]), draft.mrn) for story, draft in planted.items()}
    return VendorFiles(vendor, facts, time, late, names, (now.month, current))


def _write_time(
    folder: Path, log: Timelog, drafts: Drafts, months: tuple[Period, ...]
) -> tuple[tuple[tuple[Month, Path], ...], Path | None]:
    """Write a file of time for each month and one of what comes late; documents decision making where an hour was worked."""
    written: list[tuple[Month, Path]] = []
    entries: list[Entry] = []
    for period in months:
        entries = list(_month_entries(log, drafts, period))
        written.append((period.month, write_csv(folder / f"time-{period.month}.csv", HEADER, entries)))
    late = late_rows({entry[0]: entry for entry in entries}, log.team)
    return tuple(written), write_csv(folder / "time-late.csv", HEADER, late) if late else None


def _month_entries(log: Timelog, drafts: Drafts, period: Period) -> Iterator[Entry]:
    for client in log.vendor.clients:
        for draft in drafts[client.code]:
            before = log.logged_seconds
            yield from log.month(client, draft, period)
            if log.logged_seconds - before >= COMPLEX_SECONDS and period.number not in draft.work:
                _document_decision(log.random, draft, period)


def _document_decision(random: Random, draft: Draft, period: Period) -> None:
    level = random.choice(("moderate", "moderate", "high")) if draft.is_complex else "low"
    window = draft.worked_between(period.first, period.last) or (period.first, period.last)
    if random.random() < 0.85:
        draft.add("mdm", month=str(period.month), level=level, npi=draft.npi, documented_on=window[1])


def _vendor_rows(here: World) -> dict[str, list[Row]]:
    clients, long_ago = here.vendor.clients, here.months[0].first - timedelta(days=LONG_AGO)
    agreements = [row for client in clients for terms in client.terms for row in _agreement_rows(client, terms, here.months, long_ago)]
    return {
        "clients": [_client_row(client, long_ago) for client in clients],
        "providers": [row for client in clients for row in here.practices[client.code].rows],
        "staff": here.team.rows,
        "agreements": agreements,
    }


def _client_row(client: Client, long_ago: date) -> Row:
    row: Row = {
        "code": client.code,
        "name": client.name,
        "timezone": client.timezone,
        "setting": "physician",
        "address": client.address,
        "bill_to": f"{client.name}, Accounts Payable",
        "po_number": client.po_number,
        "terms_days": client.terms_days,
        "contact_name": client.contact,
        "contact_email": f"office@{client.code.lower()}.example" if client.contact else "",
    }
    return row | dict.fromkeys(CLIENT_FACTS, long_ago) if client.facts_on_record else row


def _agreement_rows(client: Client, terms: Terms, months: tuple[Period, ...], long_ago: date) -> Iterator[Row]:
    for code, tier_from, price in terms.prices:
        yield {
            "client": client.code,
            "valid_from": long_ago if terms.since is None else months[terms.since].first,
            "valid_to": "" if terms.until is None else months[terms.until].last,
            "basis": terms.basis,
            "code": code,
            "price": price,
            "tier_from": tier_from,
            "minimum": terms.minimum,
            "qhp_time": terms.qhp_time,
            "attestation_required": terms.attestation,
            "date_of_service": terms.date_of_service,
            "copy_missing": terms.copy_missing,
            "review_overdue": terms.review_overdue,
        }


def _patient_rows(drafts: Drafts) -> dict[str, list[Row]]:
    every = [draft for some in drafts.values() for draft in some]
    rows: dict[str, list[Row]] = {"patients": [draft.row for draft in every]}
    for kind in FACT_KINDS:
        rows[kind] = [{"client": draft.row["client"], "mrn": draft.mrn} | row for draft in every for row in draft.facts[kind]]
    return rows

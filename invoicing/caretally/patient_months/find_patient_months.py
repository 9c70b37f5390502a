"""The patients of a month as it was closed, or those of one client as they stand now: outcome, minutes, money, and what is on record of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from caretally.close.prepare import Client, prepare
from caretally.close.statements import of_month
from caretally.close.summary import BIN_SECONDS, BINS, NEAR_SECONDS
from caretally.db.lists import PAGE_SIZE, PricedPage, literal_pattern
from caretally.evaluation.claim_words import claim_text
from caretally.evaluation.parameters import ClientMonth
from caretally.months import Month
from caretally.patients.roster import name_patterns

# What a list may be narrowed to, with its words in a sentence.
OUTCOMES = {"billable": "billable", "held": "held", "not_billable": "not billable", "not_enrolled": "with time and no enrolment"}
FIRST_SORT = "name"
# Nothing of an address is ever part of a statement.
SORTS = {
    "name": "lower(d.patient_name), d.mrn, d.patient_id",
    "-name": "lower(d.patient_name) DESC, d.mrn, d.patient_id",
    "client": "lower(c.name), lower(d.patient_name), d.mrn, d.patient_id",
    "-client": "lower(c.name) DESC, lower(d.patient_name), d.mrn, d.patient_id",
    "minutes": "d.counted_seconds, d.mrn, d.patient_id",
    "-minutes": "d.counted_seconds DESC, d.mrn, d.patient_id",
    "amount": "d.amount_cents, d.mrn, d.patient_id",
    "-amount": "d.amount_cents DESC, d.mrn, d.patient_id",
    "held": "d.held_cents, d.mrn, d.patient_id",
    "-held": "d.held_cents DESC, d.mrn, d.patient_id",
}
SIZES = {"bin_seconds": BIN_SECONDS, "bins": BINS, "near_seconds": NEAR_SECONDS}


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientsWanted:
    """Which patients of a month are shown, and in which order; empty means all.

    `near` are those who miss at most `NEAR_SECONDS` of a code, `step` counts from 0 the steps of `BIN_SECONDS` in which minutes are pictured.
    """

    month: Month
    words: str = ""
    client_id: UUID | None = None
    outcome: str = ""
    reason: str = ""
    near: bool = False
    step: int | None = None
    sort: str = FIRST_SORT

    @property
    def narrowed(self) -> bool:
        """Tell whether anybody enrolled is left out."""
        return bool(self.words or self.client_id or self.outcome or self.reason or self.near or self.step is not None)


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientInMonth:
    """One patient in a month; seconds and cents, and what is on record of them."""

    patient_id: UUID
    client_id: UUID
    mrn: str
    patient_name: str
    provider_name: str
    client: str
    outcome: str
    reason: str | None
    codes: list[str]
    units: list[int]
    counted_seconds: int
    missing_seconds: int | None
    missing_code: str | None
    amount_cents: int
    held_cents: int
    consent_on: date | None
    plan_version: int | None
    reviewed_on: date | None
    signed_at: datetime | None
    attestation_required: bool | None

    @property
    def claim(self) -> str:
        """The codes with their units."""
        return claim_text(self.codes, self.units) if self.codes else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientsPage(PricedPage[PatientInMonth]):
    """A page of patients; `found_held_cents` is what waits on the held ones."""

    found_held_cents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientOfMonth:
    """A client, where its month stands, and what its preview counted (close/summary.sql), None without one."""

    client_id: UUID
    name: str
    status: str
    preview: Mapping[str, Any] | None


def counted_by_preview(preview: Mapping[str, Any], wanted: PatientsWanted) -> int | None:
    """Return how many of a client's enrolled patients its preview counted that an address asks for; None where a preview does not tell."""
    if wanted.words or wanted.outcome == "not_enrolled" or sum((bool(wanted.reason), wanted.near, wanted.step is not None)) > 1:
        return None
    if wanted.near:
        return int(preview["near"]) if wanted.outcome in ("", "not_billable") else 0
    if wanted.reason:
        rows = [row for row in preview["reasons"] if row["code"] == wanted.reason and wanted.outcome in ("", row["outcome"])]
        return sum(int(row["patients"]) for row in rows)
    if wanted.step is not None:
        outcomes = [wanted.outcome] if wanted.outcome else list(preview["minutes"])
        return sum(int(preview["minutes"][outcome][wanted.step]) for outcome in outcomes)
    return int(preview[wanted.outcome or "enrolled"])


def clients_of_month(connection: Connection, month: Month, *, vendor_id: UUID) -> tuple[ClientOfMonth, ...]:
    """Return the clients that the transaction may see in the order of their names."""
    rows = connection.execute(_clients(), {"vendor_id": vendor_id, "month": month.first_day})
    return tuple(ClientOfMonth(**row) for row in rows.mappings())


def patients_closed(
    connection: Connection, wanted: PatientsWanted, *, vendor_id: UUID, page: int = 1, size: int | None = PAGE_SIZE
) -> PatientsPage:
    """Return a page of the patients of the clients whose month is closed, all of them when `size` is None."""
    return _found(connection, "listed_closed", wanted, {"vendor_id": vendor_id, "client_id": wanted.client_id}, page=page, size=size)


def patients_now(
    connection: Connection, client: Client, wanted: PatientsWanted, *, page: int = 1, size: int | None = PAGE_SIZE
) -> PatientsPage:
    """Return a page of one client's patients as a close would decide them now; nothing is written.

    Raises `ClientParked` for a month that cannot be priced.
    """
    savepoint = connection.begin_nested()
    try:
        subject = ClientMonth(client.vendor_id, client.id, client.code, client.timezone, wanted.month)
        prepared = prepare(connection, client, subject, acknowledge_jump=True)
        key = {"vendor_id": client.vendor_id, "client_id": client.id, "attestation_required": prepared.agreement.attestation_required}
        return _found(connection, "listed_now", wanted, key, page=page, size=size)
    finally:
        savepoint.rollback()


def _found(
    connection: Connection, source: str, wanted: PatientsWanted, key: Mapping[str, Any], *, page: int, size: int | None
) -> PatientsPage:
    asked = {
        "month": wanted.month.first_day,
        "pattern": literal_pattern(wanted.words),
        "looked_for": name_patterns(wanted.words),
        "outcome": wanted.outcome,
        "reason": wanted.reason,
        "near": wanted.near,
        "bin": wanted.step,
        "size": size,
        "start": (page - 1) * (size or 0),
    }
    statement = _listed(source, SORTS.get(wanted.sort, SORTS[FIRST_SORT]))
    rows = connection.execute(statement, {**key, **asked, **SIZES}).mappings().all()
    patients = tuple(PatientInMonth(**{name: row[name] for name in PatientInMonth.__dataclass_fields__}) for row in rows)
    # a page beyond the last has no row that could tell how many there are
    counted = rows or connection.execute(statement, {**key, **asked, **SIZES, "size": 1, "start": 0}).mappings().all()
    first = counted[0] if counted else {"found": 0, "found_cents": 0, "found_held_cents": 0}
    totals = {name: first[name] for name in ("found", "found_cents", "found_held_cents")}
    return PatientsPage(rows=patients, page=page, **totals)


@cache
def _clients() -> TextClause:
    return text(of_month(_read("clients_of_month")))


@cache
def _listed(source: str, order: str) -> TextClause:
    return text(_read("listed").replace("{source}", "\n" + _read(source)).replace("{order}", order))


def _read(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")

"""What a patient's month of time counts so far, or counted at its close."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, TextClause, text

from caretally.cms.kept_rule_tables import NEWEST, kept_rule_tables
from caretally.cms.marks import Mark, marks_of
from caretally.cms.rule_tables import RuleTables
from caretally.errors import NothingToDo
from caretally.evaluation.evaluate import DEFAULT_PROGRAM
from caretally.evaluation.one_patient import evaluate_one, read_one
from caretally.months import Month

COUNTED = (
    "clinical_seconds, qhp_seconds, pending_clinical_seconds, pending_qhp_seconds, excluded_reasons, excluded_seconds, missing_seconds, missing_code, "
    "entry_ids, entry_seconds"
)
# The patient, and what their month was closed with where it is closed.
PATIENT = text(
    "SELECT p.vendor_id, p.client_id, p.id, p.mrn, p.given_name || ' ' || p.family_name AS patient, p.birth_date, c.code, c.name AS client, c.timezone, "
    "m.closed_at, "
    + NEWEST
    + " AS rule_tables_now, closed.* FROM patient p JOIN client c USING (vendor_id, client_id) LEFT JOIN client_month m "
    "ON (m.vendor_id, m.client_id) = (p.vendor_id, p.client_id) AND m.month = :month AND m.status = 'closed' "
    f"LEFT JOIN LATERAL (SELECT true AS decided, {COUNTED} FROM patient_month k WHERE (k.vendor_id, k.client_id, k.month, k.revision, k.patient_id) "
    "= (m.vendor_id, m.client_id, m.month, m.revision, p.id)) closed ON true "
    "WHERE p.vendor_id = (SELECT tenancy.current_vendor()) AND p.id = :patient_id"
)


class UnknownPatient(NothingToDo):
    """There is no such patient here."""

    code = "unknown_patient"


@dataclass(frozen=True)
class EntryOfMonth:
    """One entry with the seconds that count of it and their running sum; hours are local to the client, `late` ones count nothing yet."""

    id: UUID
    starts: datetime
    ends: datetime
    seconds: int
    staff: str
    credential: str
    program: str
    activity: str
    description: str
    source: str
    approved_by: str
    late: bool
    logged_id: UUID | None
    state: str | None
    counted: int
    running: int
    crossed: Sequence[Mark]


@dataclass(frozen=True, kw_only=True)
class PatientMonthOfTime:
    """One patient's month: whose, whether it is closed, the seconds that count by the evaluation, and what became of the others."""

    patient_id: UUID
    patient: str
    mrn: str
    birth_date: date
    client: str
    timezone: str
    month: Month
    closed_at: datetime | None
    program: str
    counted_seconds: int
    pending_seconds: int
    excluded: Sequence[tuple[str, int]]
    missing_seconds: int | None
    missing_code: str | None
    marks: Sequence[Mark]
    entries: Sequence[EntryOfMonth]


def patient_month_of_time(connection: Connection, patient_id: UUID, month: Month) -> PatientMonthOfTime:
    """Return a patient's month of time: of a closed month as it was closed, else as the evaluation counts it now. Raises `UnknownPatient`."""
    who = connection.execute(PATIENT, {"patient_id": patient_id, "month": month.first_day}).mappings().one_or_none()
    if who is None:
        raise UnknownPatient("There is no such patient here; look them up by name or record number.")
    at_close = dict(who) if who["decided"] else None
    counted = at_close if who["closed_at"] else _as_it_stands(connection, patient_id, month)
    values = {
        "client_id": who["client_id"],
        "patient_id": patient_id,
        "timezone": who["timezone"],
        "first": month.first_day,
        "last": month.last_day,
    }
    rows = connection.execute(_statement("entries"), values).mappings().all()
    program = next((row["program"] for row in rows), DEFAULT_PROGRAM)
    tables = kept_rule_tables(connection, who["rule_tables_now"])
    marks = marks_of(tables, program, month.last_day)
    return PatientMonthOfTime(
        patient_id=patient_id,
        **{name: who[name] for name in ("patient", "mrn", "birth_date", "client", "timezone", "closed_at")},
        month=month,
        program=program,
        counted_seconds=_sum(counted, "clinical_seconds", "qhp_seconds"),
        pending_seconds=_sum(counted, "pending_clinical_seconds", "pending_qhp_seconds"),
        excluded=_excluded(tables, counted),
        missing_seconds=counted["missing_seconds"] if counted else None,
        missing_code=counted["missing_code"] if counted else None,
        marks=marks,
        entries=_entries(rows, counted, marks),
    )


def _as_it_stands(connection: Connection, patient_id: UUID, month: Month) -> dict[str, Any] | None:
    one = read_one(connection, patient_id, month)
    if one is None:
        return None
    decided = evaluate_one(connection, one)
    return None if decided is None else decided | {"entry_ids": [UUID(entry_id) for entry_id in decided["entry_ids"]]}


def _sum(counted: Mapping[str, Any] | None, *names: str) -> int:
    return sum(counted[name] for name in names) if counted else 0


def _excluded(tables: RuleTables, counted: Mapping[str, Any] | None) -> list[tuple[str, int]]:
    """Return the seconds that do not count, by the reason's label."""
    if not counted:
        return []
    labels = {code: gate.label for code, gate in tables.gates.items()}
    pairs = zip(counted["excluded_reasons"], counted["excluded_seconds"], strict=True)
    return [(labels.get(code, code.replace("_", " ").capitalize()), seconds) for code, seconds in pairs if seconds]


def _entries(rows: Sequence[RowMapping], counted: Mapping[str, Any] | None, marks: Sequence[Mark]) -> list[EntryOfMonth]:
    """Return the entries in order; an entry that stands in several programs has its seconds of all of them."""
    of_entry: dict[UUID, int] = {}
    for entry_id, seconds in zip(counted["entry_ids"], counted["entry_seconds"], strict=True) if counted else ():
        of_entry[entry_id] = of_entry.get(entry_id, 0) + seconds
    own = [of_entry.get(row["id"], 0) for row in rows]
    entries = []
    for row, seconds, running in zip(rows, own, accumulate(own), strict=True):
        crossed = [mark for mark in marks if running - seconds < mark.seconds <= running]
        entries.append(EntryOfMonth(**row, counted=seconds, running=running, crossed=crossed))
    return entries


@cache
def _statement(name: str) -> TextClause:
    return text((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))

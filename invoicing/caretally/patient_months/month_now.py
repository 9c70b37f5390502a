"""One patient's month that is not closed: the real evaluation of that one patient, as it stands now; nothing that stays is written."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from caretally.close.one_patient import price_one
from caretally.cms.kept_rule_tables import kept_rule_tables
from caretally.evaluation.decided import Decision
from caretally.evaluation.one_patient import OnePatient, read_one
from caretally.months import Month
from caretally.patient_months.behind import behind_now, decided_now, line_of
from caretally.patient_months.month_of_patient import MonthOfPatient, NoSuchPatientMonth, alternatives, proofs
from caretally.waivers.in_force import waived_of

UNBILLED: dict[str, Any] = {
    "invoice_id": None,
    "invoice_number": None,
    "invoice_state": None,
    "charges": [],
    "closed_months": None,
    "held_cents": 0,
    "month_status": "open",
}


def month_now(connection: Connection, patient_id: UUID, month: Month) -> MonthOfPatient:
    """Return the patient's month as it stands now, for the vendor's own people, in four queries.

    Raises `NoSuchPatientMonth` when the patient has neither enrolment nor time in it, `ClientParked` when the client has no agreement for it.
    """
    one = read_one(connection, patient_id, month)
    row = None if one is None else _evaluated(connection, one)
    if one is None or row is None:
        raise NoSuchPatientMonth(f"There is nothing of {month} here for such a patient, who has neither enrolment nor time in it.")
    tables = kept_rule_tables(connection, row["rule_tables_now"])
    lines = [line_of(line) | {"qhp_time": row["qhp_time"]} for line in row["lines"]]
    waived = waived_of(one.read.waivers(one.terms), patient_id, row["warnings"])
    decision = Decision.of_row(row, tables, lines, waived=waived)
    return MonthOfPatient(
        row=row,
        behind=behind_now(row, decision),
        month=month,
        as_it_stands=True,
        proofs=proofs(row, decision),
        alternatives=alternatives(connection, row, decision.alternatives, prices=False),
    )


def _evaluated(connection: Connection, one: OnePatient) -> dict[str, Any] | None:
    """Evaluate one patient's month and return its decision in the columns of `one.sql`, with its program lines."""
    agreement = price_one(connection, one)
    subject = one.read.subject
    month = {name: one.read.row[name] for name in ("starts_at", "ends_at")} | {"timezone": subject.timezone}
    key = {"vendor_id": subject.vendor_id, "client_id": subject.client_id, "patient_id": one.patient_id, "month": subject.month.first_day}
    decided = connection.execute(decided_now(), key | month | {"patient_month_id": None}).mappings().one_or_none()
    own = {"agreement": agreement.as_json(), "qhp_time": agreement.qhp_time}
    return None if decided is None else {**decided, **key, **month, **UNBILLED, **own}

"""One patient's month that is not closed: the real evaluation of that one patient, as it stands now; nothing that stays is written."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.close.prepare import Client, prepare
from caretally.cms.rule_tables import rule_tables
from caretally.evaluation.decided import Decision
from caretally.evaluation.parameters import ClientMonth
from caretally.evaluation.program_lines import lines_now
from caretally.months import Month
from caretally.patient_months.behind import behind_now, statement
from caretally.patient_months.month_of_patient import MonthOfPatient, NoSuchPatientMonth, alternatives, proofs
from caretally.waivers.in_force import waived_now

CLIENT = text(
    "SELECT c.vendor_id, c.client_id AS id, c.code, c.name, c.timezone, c.po_number, c.terms_days FROM client c JOIN patient p "
    "ON p.vendor_id = c.vendor_id AND p.client_id = c.client_id WHERE p.vendor_id = :vendor_id AND p.id = :patient_id"
)
DECIDED = text(
    "SELECT d.*, coalesce(a.amount_cents, 0) AS amount_cents, coalesce(x.line_cents, '{}') AS expected_line_cents, x.cents AS expected_cents, "
    "coalesce(x.note, '') AS expected_note FROM eval_decision d LEFT JOIN close_amount a ON a.decision_id = d.id "
    "LEFT JOIN decision_expected x ON x.decision_id = d.id WHERE d.patient_id = :patient_id"
)


def month_now(connection: Connection, patient_id: UUID, month: Month, *, vendor_id: UUID) -> MonthOfPatient:
    """Return the patient's month as it stands now, for the vendor's own people.

    Raises `NoSuchPatientMonth` when the patient has neither enrolment nor time in it, `ClientParked` when the client has no agreement for it.
    """
    found = connection.execute(CLIENT, {"vendor_id": vendor_id, "patient_id": patient_id}).mappings().one_or_none()
    row = None if found is None else _evaluated(connection, Client(**found), patient_id, month)
    if row is None:
        raise NoSuchPatientMonth(f"There is nothing of {month} here for such a patient, who has neither enrolment nor time in it.")
    tables = rule_tables(connection)
    lines = lines_now(connection, qhp_time=row["qhp_time"]).get(patient_id, ())
    waived = waived_now(connection, row["waivers"]).get(patient_id, ())
    decision = Decision.of_row(row, tables, lines, waived=waived)
    return MonthOfPatient(
        row=row,
        behind=behind_now(connection, row, decision),
        month=month,
        as_it_stands=True,
        proofs=proofs(row),
        alternatives=alternatives(connection, row, decision.alternatives, prices=False),
    )


def _evaluated(connection: Connection, client: Client, patient_id: UUID, month: Month) -> dict[str, Any] | None:
    """Evaluate one patient's month and return its decision in the columns of `one.sql`."""
    subject = ClientMonth(client.vendor_id, client.id, client.code, client.timezone, month)
    prepared = prepare(connection, client, subject, acknowledge_jump=True, only=[patient_id])
    decided = connection.execute(DECIDED, {"patient_id": patient_id}).mappings().one_or_none()
    if decided is None:
        return None
    bounds = {name: prepared.values[name] for name in ("starts_at", "ends_at")}
    known = {"vendor_id": client.vendor_id, "client_id": client.id, "timezone": client.timezone, "month_status": "open", **bounds}
    key = {name: decided[name] for name in ("provider_id", "consent_on", "plan_version", "reviewed_on")}
    key |= {"vendor_id": client.vendor_id, "client_id": client.id, "patient_id": patient_id, "month": month.first_day}
    beside = connection.execute(statement("evidence_now"), key).mappings().one()
    unbilled: dict[str, Any] = {
        "invoice_id": None,
        "invoice_number": None,
        "invoice_state": None,
        "charges": [],
        "closed_months": None,
        "held_cents": 0,
    }
    own = {"agreement": prepared.agreement.as_json(), "qhp_time": prepared.agreement.qhp_time, "waivers": prepared.waivers}
    return {**decided, **beside, **known, **unbilled, **own}

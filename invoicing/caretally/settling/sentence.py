"""What is wrong with a patient-month, in the words of its explanation."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.cms.rule_tables import Gate, RuleTables
from caretally.evaluation.decided import Decision
from caretally.evaluation.explain import reason_sentence
from caretally.settling.worklist import QueueRow

# These words come out of the tables of codes and programs, which are more than a page reads.
NEED_TABLES = ("{beyond_cap}", "{other}")
DECIDED = text(
    "SELECT p.* FROM patient_month p JOIN client_month m ON m.vendor_id = p.vendor_id AND m.client_id = p.client_id AND m.id = p.client_month_id "
    "WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.patient_id = :patient_id AND p.month = :month AND m.status = 'closed'"
)


def sentence_of(connection: Connection, row: QueueRow, gate: Mapping[str, Any], *, vendor_id: UUID) -> str:
    """Return the sentence of one exception, filled in where its month is closed and has one program; else the gate's own where it has no gaps, or its label.

    Takes one query at most.
    """
    if "{" not in gate["sentence"]:
        return str(gate["sentence"])
    key = {"vendor_id": vendor_id, "client_id": row.client_id, "patient_id": row.patient_id, "month": row.month.first_day}
    decided = connection.execute(DECIDED, key).mappings().one_or_none() if row.closed else None
    if decided is None or len(decided["programs"]) != 1 or any(gap in gate["sentence"] for gap in NEED_TABLES):
        return f"{row.label}."
    one = Gate(**{**gate, "rules": tuple(gate["rules"])})
    tables = RuleTables(rule_set="", codes={}, ladders=(), gates={one.code: one}, reasons=(), programs={}, untimed_programs=frozenset())
    # Without its codes, which none of these sentences names, the decision needs no table of codes.
    return reason_sentence(row.code, Decision.of_row({**decided, "codes": (), "units": ()}, tables))

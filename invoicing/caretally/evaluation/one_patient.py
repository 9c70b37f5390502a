"""The evaluation of one patient's month in two statements: what the rules say of the month, then the function of the database that decides."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.agreements.in_force import Agreement, agreement_beside, joined
from caretally.cms.rules_lock import RULES
from caretally.evaluation.database_function import DatabaseFunction, function_of, steps_in_turn
from caretally.evaluation.evaluate import AFTER_TURNS, BEFORE_TURNS, STEPS, TEMPORARY_TABLES, in_combination, in_turn, script
from caretally.evaluation.parameters import ClientMonth, MonthRead, Terms, read_month
from caretally.months import Month

# Why a step is left out where nothing could come of it; most patients' entries meet nobody's.
ONLY_IF = {
    "doubles": "cardinality(:earlier_programs) > 0",
    "given_visit": ":has_visit_addon",
    "tangled": "EXISTS (SELECT FROM eval_time WHERE tangled)",
}

AGREED, AGREEMENT = joined("c")
# Whose patient it is and what the client pays by, and the rules kept as they are from here on (see `keep_rules`), before they are read.
SUBJECT = text(
    "SELECT pg_advisory_xact_lock_shared(:rules), c.vendor_id, c.client_id, c.code, c.name, c.timezone, c.po_number, c.terms_days, "
    f"{AGREED} FROM patient p JOIN client c ON c.vendor_id = p.vendor_id AND c.client_id = p.client_id {AGREEMENT} "
    "WHERE p.vendor_id = (SELECT tenancy.current_vendor()) AND p.id = :patient_id"
)


@dataclass(frozen=True)
class OnePatient:
    """A patient's month before it is evaluated: their client (the columns of `SUBJECT`), its agreement for the month, and what the rules say of it."""

    patient_id: UUID
    client: RowMapping
    agreement: Agreement | None
    terms: Terms
    read: MonthRead


def read_one(connection: Connection, patient_id: UUID, month: Month) -> OnePatient | None:
    """Read what an evaluation of one patient's month is told, in two queries; None when there is no such patient here."""
    key = {"rules": RULES, "patient_id": patient_id, "first": month.first_day, "last": month.last_day}
    client = connection.execute(SUBJECT, key).mappings().one_or_none()
    if client is None:
        return None
    subject = ClientMonth(client["vendor_id"], client["client_id"], client["code"], client["timezone"], month)
    agreement = agreement_beside(client)
    terms = Terms() if agreement is None else Terms.of(agreement.as_json())
    return OnePatient(patient_id, client, agreement, terms, read_month(connection, subject, only=[patient_id]))


def evaluate_one(connection: Connection, one: OnePatient) -> dict[str, Any] | None:
    """Fill the temporary tables `eval_decision` and `eval_line` as `evaluate` does, for one patient, and return the decision as JSON holds it.

    None when the patient has neither enrolment nor time in the month.
    """
    call = text(f"SELECT {evaluation_function().name}(CAST(:given AS jsonb))")
    decided: dict[str, Any] | None = connection.scalar(call, {"given": given_to_function(one)})
    return decided


def given_to_function(one: OnePatient) -> str:
    """Return what the function is told, as JSON: the parameters of each program in turn, and those of putting lines together, null for none."""
    turns: list[dict[str, Any]] = [values for _program, values in in_turn(one.read, one.terms, only=[one.patient_id])]
    combined = in_combination(one.read, turns)
    return json.dumps({"programs": turns, "combined": combined, "most_programs": len(turns)}, default=str)


@cache
def evaluation_function() -> DatabaseFunction:
    """Return the function that evaluates one patient's month."""
    return function_of("evaluate_patient", arguments="given jsonb", returns="jsonb", body=_body())


def _body() -> str:
    # Every kind of program begins with who is in scope and ends with the decision.
    kinds = [f"IF :kind = '{kind}' THEN\n{''.join(map(_step, steps[1:-1]))}END IF;\n" for kind, steps in STEPS.items()]
    before = [script("combine/lines_without_time"), *(script(f"combine/{step}") for step in BEFORE_TURNS)]
    after = [script(f"combine/{step}") for step in AFTER_TURNS]
    return f"""DECLARE
parameter record;
place int;
BEGIN
{steps_in_turn([script("tables"), f"TRUNCATE {', '.join(f'pg_temp.{name}' for name in TEMPORARY_TABLES)}", script("combine/tables")])}
FOR parameter IN SELECT * FROM jsonb_to_recordset(given -> 'programs') AS told ({{parameters}}) LOOP
IF NOT EXISTS (SELECT FROM eval_scope) THEN
{steps_in_turn(["DELETE FROM eval_conflict", script("conflicts")])}END IF;
:counted_before := (SELECT coalesce(max(n), 0) FROM eval_scope);
{_step("scope")}{"".join(kinds)}{_step("decide")}END LOOP;
IF jsonb_typeof(given -> 'combined') = 'object' THEN
SELECT * INTO parameter FROM jsonb_to_record(given -> 'combined') AS told ({{parameters}});
{steps_in_turn(before)}IF EXISTS (SELECT FROM eval_bar WHERE NOT by_rule) THEN
FOR place IN 2 .. (given ->> 'most_programs')::int LOOP
:met := place;
{steps_in_turn([script("combine/fall_in_turn")])}END LOOP;
END IF;
{steps_in_turn(after)}END IF;
RETURN (SELECT to_jsonb(decided) FROM eval_decision decided);
END
"""


def _step(name: str) -> str:
    step = steps_in_turn([script(name)])
    return f"IF {ONLY_IF[name]} THEN\n{step}END IF;\n" if name in ONLY_IF else step

"""Runs the evaluation of one client's month: five statements from entries to decisions, in the caller's transaction."""

from collections.abc import Collection
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, TextClause, text

from caretally.evaluation.parameters import ClientMonth, Terms, parameters

# Each step and what the planner must know of the table it filled before a later step joins it: few columns of a small sample are enough.
STEPS = {
    "scope": "eval_scope (n, patient_id)",
    "days": "",
    "conflicts": "eval_conflict",
    "time": "eval_time (n)",
    "decide": "eval_decision (id, patient_id, outcome)",
}
ATTESTED = text("UPDATE eval_scope SET attested = true WHERE mrn = ANY(:attested)")
TEMPORARY_TABLES = ("eval_scope", "eval_conflict", "eval_time", "eval_decision")


@cache
def statement(name: str) -> TextClause:
    """Return one of the SQL files beside this module as a statement with named parameters."""
    return text((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))


def evaluate(
    connection: Connection, subject: ClientMonth, terms: Terms, *, every_patient: bool = False, attested: Collection[str] = ()
) -> str:
    """Fill the temporary table `eval_decision` with one row a patient-month and return the rule set that decided.

    Reads the client's sources as the transaction sees them now (the caller holds the locks it needs) and writes nothing but
    temporary tables, which go with the transaction. Memory of sorts is the caller's `work_mem`. `attested` names the patients by
    record number whose attestation is a given fact rather than a row, which only a provider can sign. Source: cms.md, decision 0003.
    """
    values = parameters(connection, subject, terms, every_patient=every_patient)
    connection.exec_driver_sql((Path(__file__).parent / "tables.sql").read_text(encoding="utf-8"))
    connection.exec_driver_sql("SET LOCAL default_statistics_target = 10")
    connection.exec_driver_sql("TRUNCATE " + ", ".join(f"pg_temp.{name}" for name in TEMPORARY_TABLES))
    for step, columns in STEPS.items():
        connection.execute(statement(step), values)
        if step == "scope" and attested:
            connection.execute(ATTESTED, {"attested": list(attested)})
        if columns:
            connection.exec_driver_sql(f"ANALYZE pg_temp.{columns}")
    return str(values["rule_set"])

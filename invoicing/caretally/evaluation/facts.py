"""What the rules say about facts given in a file: loaded into a vendor of their own, decided by the same SQL, and rolled back."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.cms.rule_tables import RuleTables, rule_tables
from caretally.evaluation.claim_words import parse_claim
from caretally.evaluation.decided import Decision
from caretally.evaluation.evaluate import evaluate
from caretally.evaluation.explain import explanation, nearest_miss, rules
from caretally.evaluation.load_facts import DECIDE_VENDOR, load_facts
from caretally.evaluation.parameters import ClientMonth, Terms
from caretally.evaluation.program_lines import lines_now
from caretally.evaluation.read_facts import Facts
from caretally.waivers.in_force import waived_now

# The planner has no statistics of rows that nobody ever commits, and its guess of one row each would join thousands of patients in nested loops.
NO_STATISTICS = "SET LOCAL enable_nestloop = off"
# What the outcome of a program line is called beside that of the whole patient-month.
LINE_STATES = {"billable": "supported", "held": "held", "not_billable": "unsupported"}
TERMS = frozenset(Terms.__dataclass_fields__)
Answer = dict[str, Any]


def decide(connection: Connection, facts: Facts) -> list[Answer]:
    """Return one answer for each patient of checked facts (see `read_facts`), in the file's order; the database is left as it was.

    The transaction must be one of the vendor `DECIDE_VENDOR`. Seconds are whole. A patient without a line in any program is
    answered for as one of chronic care management. Source: cms.md, decisions 0003 and 0008.
    """
    decisions: dict[str, Decision] = {}
    tables = rule_tables(connection)
    savepoint = connection.begin_nested()
    try:
        clients = load_facts(connection, facts)
        connection.exec_driver_sql(NO_STATISTICS)
        for (code, _setting), client_id in clients.items():
            decisions |= _decisions(connection, facts, code, client_id, tables)
    finally:
        savepoint.rollback()
    return [answer_of(patient["ref"], decisions[patient["ref"]]) for patient in facts["patients"]]


def _decisions(connection: Connection, facts: Facts, code: str, client_id: UUID, tables: RuleTables) -> dict[str, Decision]:
    terms = Terms(**{name: value for name, value in facts["agreement"].items() if name in TERMS})
    subject = ClientMonth(DECIDE_VENDOR, client_id, code, facts["timezone"], facts["month"])
    attested = frozenset(patient["ref"] for patient in facts["patients"] if patient["attested"])
    read = evaluate(connection, subject, terms, every_patient=True, attested=attested)
    rows = connection.execute(text("SELECT * FROM eval_decision")).mappings()
    lines = lines_now(connection, qhp_time=terms.qhp_time)
    waived = waived_now(connection, read.waivers(terms))
    return {
        row["mrn"]: Decision.of_row(
            dict(row), tables, lines.get(row["patient_id"], ()), qhp_time=terms.qhp_time, waived=waived.get(row["patient_id"], ())
        )
        for row in rows.all()
    }


def answer_of(ref: str, decision: Decision) -> Answer:
    """Return the answer for one patient as JSON has it: codes in the order of the gate table, lines in that of the programs."""
    return {
        "ref": ref,
        "outcome": decision.outcome,
        "claim": _lines(decision.codes, decision.units),
        "exceptions": _in_order(decision, decision.exceptions),
        "warnings": _in_order(decision, decision.warnings),
        "counted_seconds": {"clinical": decision.clinical_seconds, "qhp": decision.qhp_seconds},
        "excluded_seconds": decision.excluded,
        "explanation": explanation(decision),
        "nearest_miss": nearest_miss(decision),
        "alternatives": [_lines(*parse_claim(claim)) for claim in decision.alternatives],
        "rules": list(rules(decision)),
        "rule_set": decision.tables.rule_set,
        "lines": [_program_line(line) for line in decision.lines or (decision,)],
    }


def _program_line(line: Decision) -> Answer:
    return {
        "program": line.program,
        "state": LINE_STATES[line.outcome],
        "codes": _lines(line.codes, line.units),
        "exceptions": _in_order(line, line.exceptions),
        "warnings": _in_order(line, line.warnings),
        "date_of_service": line.date_of_service.isoformat() if line.date_of_service else None,
        "counted_seconds": {"clinical": line.clinical_seconds, "qhp": line.qhp_seconds},
        "excluded_seconds": line.excluded,
        "missing_seconds": line.missing_seconds,
    }


def _lines(codes: Iterable[str], units: Iterable[int]) -> list[dict[str, str | int]]:
    return [{"code": code, "units": count} for code, count in zip(codes, units, strict=True)]


def _in_order(decision: Decision, codes: Iterable[str]) -> list[str]:
    gates = decision.tables.gates
    return sorted(dict.fromkeys(codes), key=lambda code: (gates[code].ordinal if code in gates else len(gates) * 1000, code))

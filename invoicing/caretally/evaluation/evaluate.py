"""Runs the evaluation of one client's month: a few statements a program from entries to lines, then one patient-month from its lines."""

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from caretally.cms.rules_lock import keep_rules
from caretally.evaluation.parameters import ClientMonth, MonthRead, Program, Terms, read_month

# Each step and what the planner must know of the table it filled before a later step joins it: few columns of a small sample are enough.
FILLED = {
    "scope": "eval_scope (program, n, patient_id)",
    "time": "eval_time (tangled)",
    "tangled": "eval_time (n)",
    "decide": "eval_decision (id, patient_id, outcome)",
}
STEPS = {
    "timed": ("scope", "days", "doubles", "time", "tangled", "given_visit", "decide"),
    "monthly": ("scope", "given_monthly", "decide"),
    "transition": ("scope", "given_transition", "decide"),
    "device": ("scope", "given_device", "lines_without_record", "decide"),
}
# The lines of a patient are put together by these, in this order; a line falls in turn, by the place at which it is met.
BEFORE_TURNS = ("take", "services", "bars", "fall_by_rule")
AFTER_TURNS = ("apply", "addons", "roll_up")
DEFAULT_PROGRAM = "CCM"
ATTESTED = text("UPDATE eval_scope SET attested = true WHERE mrn = ANY(:attested)")
# Who is in the program of most patients is put together from a dozen sources by patient: a hundred thousand hashed are looked for a dozen times in
# memory that no cache holds, sorted and merged they take a fifth less time. For a program of few patients, hashing reads less.
MERGING, HASHING = "SET LOCAL enable_hashjoin = off", "SET LOCAL enable_hashjoin = on"
TEMPORARY_TABLES = ("eval_scope", "eval_conflict", "eval_double", "eval_time", "eval_given", "eval_decision")
HERE = Path(__file__).parent


@cache
def statement(name: str) -> TextClause:
    """Return one of the SQL files beside this module as a statement with named parameters."""
    return text((HERE / f"{name}.sql").read_text(encoding="utf-8"))


@cache
def script(name: str) -> str:
    """Return one of the SQL files beside this module that has no parameters."""
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")


def evaluate(
    connection: Connection,
    subject: ClientMonth,
    terms: Terms,
    *,
    every_patient: bool = False,
    attested: Collection[str] = (),
    only: Collection[UUID] | None = None,
    as_closed: UUID | None = None,
) -> MonthRead:
    """Fill the temporary table `eval_decision` with one row a patient-month and return what was read of the month beside its patients.

    Where lines of a patient had to be put together they stand in `eval_line` (see `has_lines`). Reads the client's sources as the
    transaction sees them now (the caller holds the locks it needs) and writes nothing but temporary tables, which go with the
    transaction. Memory of sorts is the caller's `work_mem`. `every_patient` also decides patients without enrolment or time in the
    month; `attested` names the patients by record number whose attestation is a given fact rather than a row, which only a provider
    can sign. `only` leaves out all other patients; `as_closed` is the row of the closed month whose waivers still
    stand. Source: cms.md, decisions 0003 and 0008.
    """
    keep_rules(connection)
    read = read_month(connection, subject, only=only, as_closed=as_closed)
    connection.exec_driver_sql(script("tables"))
    connection.exec_driver_sql("SET LOCAL default_statistics_target = 10; DROP TABLE IF EXISTS pg_temp.eval_line, pg_temp.eval_bar")
    connection.exec_driver_sql("TRUNCATE " + ", ".join(f"pg_temp.{name}" for name in TEMPORARY_TABLES))
    connection.execute(statement("conflicts"), read.shared_parameters(terms) | {"only": None if only is None else list(only)})
    connection.exec_driver_sql("ANALYZE pg_temp.eval_conflict")
    turns = in_turn(read, terms, only=only, every_patient=every_patient)
    for program, values in turns:
        _evaluate_program(connection, program, values, attested)
    combined = in_combination(read, [values for _program, values in turns])
    if combined is not None:
        _combine(connection, combined, most_programs=len(read.programs_at_work))
    return read


def in_turn(
    read: MonthRead, terms: Terms, *, only: Collection[UUID] | None = None, every_patient: bool = False
) -> list[tuple[Program, dict[str, Any]]]:
    """Return the programs in the order of evaluation with the parameters of each.

    With `every_patient`, who has no line in any other program is decided in the default one, last.
    """
    programs = read.programs_at_work
    turns = programs
    if every_patient:
        turns = [program for program in programs if program.program != DEFAULT_PROGRAM] + [read.program(DEFAULT_PROGRAM)]
    shared = read.shared_parameters(terms) | {"only": None if only is None else list(only)}
    return [
        (
            program,
            shared
            | read.program_parameters(terms, program)
            | {
                "every_patient": every_patient and program.program == DEFAULT_PROGRAM,
                "earlier_programs": earlier_programs(program, programs, terms),
            },
        )
        for program in turns
    ]


def in_combination(read: MonthRead, turns: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the parameters by which lines are put together, None where there is nothing that a line could meet."""
    if len(turns) > 1 or (turns and read.row["has_services"]):
        return turns[-1] | {"period_days": read.row["longest_period_days"]}
    return None


def has_lines(connection: Connection) -> bool:
    """Tell whether the last evaluation of this transaction put lines together, so that `eval_line` has rows."""
    return bool(connection.scalar(text("SELECT to_regclass('pg_temp.eval_line') IS NOT NULL"))) and bool(
        connection.scalar(text("SELECT EXISTS (SELECT FROM pg_temp.eval_line)"))
    )


def earlier_programs(program: Program, programs: list[Program], terms: Terms) -> list[str]:
    """Return the timed programs whose minutes come before those of `program`: the client's priority list first, then the table's order."""

    def rank(one: Program) -> tuple[int, int]:
        return (terms.priority.index(one.program) if one.program in terms.priority else len(terms.priority), one.ordinal)

    return [one.program for one in programs if one.kind == "timed" and rank(one) < rank(program)]


def _evaluate_program(connection: Connection, program: Program, values: dict[str, Any], attested: Collection[str]) -> None:
    values["counted_before"] = connection.scalar(text("SELECT coalesce(max(n), 0) FROM pg_temp.eval_scope"))
    if program.program == DEFAULT_PROGRAM and values["only"] is None:
        connection.exec_driver_sql(MERGING)
    for step in STEPS[program.kind]:
        if (step == "doubles" and not values["earlier_programs"]) or (step == "given_visit" and not values["has_visit_addon"]):
            continue
        connection.execute(statement(step), values)
        if step == "scope" and attested:
            connection.execute(ATTESTED, {"attested": list(attested)})
        if step in FILLED:
            connection.exec_driver_sql(f"ANALYZE pg_temp.{FILLED[step]}; {HASHING}")


def _combine(connection: Connection, values: dict[str, Any], *, most_programs: int) -> None:
    """Put the lines of each patient together: what excludes what, then one row a patient-month."""
    connection.exec_driver_sql(script("combine/tables"))
    for step in ("lines_without_time", *BEFORE_TURNS):
        connection.execute(statement(f"combine/{step}"), values)
        if step == "take":
            connection.exec_driver_sql("ANALYZE pg_temp.eval_line (patient_id, program, met, stands)")
    if connection.scalar(text("SELECT EXISTS (SELECT FROM pg_temp.eval_bar WHERE NOT by_rule)")):
        for met in range(2, most_programs + 1):
            connection.execute(statement("combine/fall_in_turn"), values | {"met": met})
    for step in AFTER_TURNS:
        connection.execute(statement(f"combine/{step}"), values)
    connection.exec_driver_sql("ANALYZE pg_temp.eval_decision (id, patient_id, outcome)")

"""The evaluation of one patient is that of their whole client, statement for statement."""

import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, text

from caretally.app.bring_up_to_date import bring_up_to_date
from caretally.evaluation.database_function import PARAMETER, TYPES, function_of, make_functions
from caretally.evaluation.evaluate import AFTER_TURNS, BEFORE_TURNS, STEPS, evaluate, script
from caretally.evaluation.facts import NO_STATISTICS, TERMS
from caretally.evaluation.load_facts import DECIDE_VENDOR, load_facts
from caretally.evaluation.one_patient import evaluate_one, evaluation_function, read_one
from caretally.evaluation.parameters import ClientMonth, Terms
from caretally.evaluation.read_facts import Facts, read_facts
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.programs import client_month_of_programs

# Ids of decisions are new each time.
DECIDED = text("SELECT patient_id, to_jsonb(d) - 'id' AS said FROM eval_decision d ORDER BY patient_id")
LINES = text("SELECT patient_id, jsonb_agg(to_jsonb(l) - 'id' ORDER BY ordinal) AS said FROM eval_line l GROUP BY patient_id")
FUNCTIONS = text("SELECT proname FROM pg_proc WHERE proname ~ '^evaluate_patient_' ORDER BY oid")


@pytest.fixture
def connection(database: TestDatabase) -> Iterator[Connection]:
    """A transaction of the vendor that facts are decided in, taken back at the end."""
    with tenant_transaction(database.vendor_engine, TenantContext(DECIDE_VENDOR, "tester"), secret=database.secret) as connection:
        savepoint = connection.begin_nested()
        yield connection
        savepoint.rollback()


def of_whole_client(connection: Connection, subject: ClientMonth, terms: Terms) -> dict[Any, tuple[Any, Any]]:
    """Return each patient's decision and lines by the evaluation of the whole client."""
    evaluate(connection, subject, terms)
    has_lines = connection.scalar(text("SELECT to_regclass('pg_temp.eval_line') IS NOT NULL"))
    lines: dict[Any, Any] = dict(connection.execute(LINES).all()) if has_lines else {}
    return {patient: (said, lines.get(patient)) for patient, said in connection.execute(DECIDED).all()}


def of_one(connection: Connection, patient_id: Any, given: Facts, terms: Terms) -> tuple[Any, Any] | None:
    """Return the same by the function of the database."""
    one = read_one(connection, patient_id, given["month"])
    assert one is not None
    decided = evaluate_one(connection, replace(one, terms=terms))
    lines = connection.execute(LINES).one_or_none()
    return None if decided is None else ({k: v for k, v in decided.items() if k != "id"}, lines and lines.said)


@pytest.mark.parametrize("seed", range(6))
def test_a_patient_alone_is_decided_as_among_all(connection: Connection, seed: int) -> None:
    given = read_facts(client_month_of_programs(Random(seed)))
    terms = Terms(**{name: value for name, value in given["agreement"].items() if name in TERMS})
    clients = load_facts(connection, given)
    connection.exec_driver_sql(NO_STATISTICS)
    for client_id in clients.values():
        code = str(connection.scalar(text("SELECT code FROM client WHERE client_id = :client_id"), {"client_id": client_id}))
        among_all = of_whole_client(connection, ClientMonth(DECIDE_VENDOR, client_id, code, given["timezone"], given["month"]), terms)
        for patient_id, decided in among_all.items():
            assert of_one(connection, patient_id, given, terms) == decided


def test_the_function_takes_every_parameter_that_the_evaluation_is_told(connection: Connection) -> None:
    steps = {*sum(STEPS.values(), ()), "conflicts", *(f"combine/{step}" for step in (*BEFORE_TURNS, *AFTER_TURNS, "fall_in_turn"))}
    asked = {name for step in steps for name in PARAMETER.findall(script(step))}
    assert asked <= set(re.findall(r'parameter\."(\w+)"', evaluation_function().definition))
    assert set(TYPES) >= asked & {"only", "bounds", "month_first", "client_code", "waived_patients"}


def test_what_an_older_release_made_stays_beside_it_and_nothing_older(database: TestDatabase) -> None:
    older = [function_of("evaluate_patient", arguments="given jsonb", returns="void", body=f"BEGIN {'NULL; ' * n}END") for n in (1, 2, 3)]
    with database.admin_engine.begin() as connection:
        for function in older:
            make_functions(connection, [function], roles=database.roles)
        assert connection.scalars(FUNCTIONS).all() == [older[1].name, older[2].name]
    bring_up_to_date(database.url, roles=database.roles, secret=database.secret)
    with database.admin_engine.begin() as connection:
        assert connection.scalars(FUNCTIONS).all() == [older[2].name, evaluation_function().name]


def test_a_practice_may_not_call_it(database: TestDatabase) -> None:
    name = f"{evaluation_function().name}(jsonb)"
    may = text("SELECT has_function_privilege(:who, :name, 'EXECUTE')")
    with database.admin_engine.begin() as connection:
        told = [
            connection.scalar(may, {"who": database.roles.name(who), "name": name}) for who in ("vendor", "practice", "auth", "operator")
        ]
    assert told == [True, False, False, False]

"""The product's SQL and the oracle agree on any client's month, to the second."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from caretally.evaluation.load_facts import DECIDE_VENDOR
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.deciding import decided_in
from tests.builders.edges import edges, merged
from tests.builders.facts import Facts
from tests.builders.mixtures import mixed_client_months
from tests.builders.months import client_months
from tests.builders.program_edges import program_edges
from tests.builders.rule_rows import of_a_month, of_dates, of_gates, of_policies, of_reasons, of_signals
from tests.builders.worked_programs import CASES
from tests.oracle.biller import decide

IN_NO_ORDER = ("exceptions", "warnings")
LINE = re.compile(r"(9[89]\d{3}|G\d{4})(?: ×(\d+))?")
PENDING = re.compile(rf"{LINE.pattern}(?: \+ {LINE.pattern})*")
SERVED = re.compile(r"date of service (\w+ \d+, \d+)")
MISSING = re.compile(r"(?:(\d+) min ?)?(?:(\d+) s )?\s*more would")
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@pytest.fixture
def connection(database: TestDatabase) -> Iterator[Connection]:
    context = TenantContext(DECIDE_VENDOR, "tester")
    with tenant_transaction(database.vendor_engine, context, secret=database.secret) as connection:
        # the oracle thinks longer than any request may wait, about a thousand patients on a busy machine
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '10min'")
        yield connection


def comparable(decision: dict[str, Any]) -> dict[str, Any]:
    """Return what both must say alike, of the patient-month and of each of its program lines."""
    plain = {name: decision[name] for name in ("ref", "outcome", "claim", "counted_seconds", "excluded_seconds")}
    alternatives = sorted(json.dumps(claim) for claim in decision["alternatives"])
    told = {
        "served_on": served_on(decision),
        "missing_code": missing_code(decision),
        "missing_seconds": missing_seconds(decision),
        "pending_claim": pending_claim(decision),
    }
    lines = [line | {name: sorted(line[name]) for name in IN_NO_ORDER} for line in decision["lines"]]
    return plain | {name: sorted(decision[name]) for name in IN_NO_ORDER} | {"alternatives": alternatives, "lines": lines} | told


def served_on(decision: dict[str, Any]) -> str | None:
    """Return the date of service of a billable month of a single line, as the oracle gives it or as the answer tells it."""
    if decision["outcome"] != "billable" or len(decision["lines"]) > 1:
        return None
    if "explanation" not in decision:
        day: str | None = decision["date_of_service"]
        return day
    told = SERVED.search(decision["explanation"])
    assert told is not None, decision["explanation"]
    return f"{datetime.strptime(told[1], '%B %d, %Y').replace(tzinfo=UTC):%Y-%m-%d}"


def pending_claim(decision: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return what the waiting time of a single line would reach, as the oracle gives it or as the answer tells it."""
    if len(decision["lines"]) > 1:
        return None
    if "explanation" not in decision:
        given_claim: list[dict[str, Any]] | None = decision["pending_claim"]
        return given_claim
    told = PENDING.search(decision["explanation"]) if "TIME_PENDING" in decision["exceptions"] else None
    return [{"code": code, "units": int(units or 1)} for code, units in LINE.findall(told[0])] if told else None


def missing_code(decision: dict[str, Any]) -> str | None:
    """Return the code of the nearest miss of a single line, as the oracle gives it or as the answer tells it."""
    if len(decision["lines"]) > 1 or "explanation" not in decision:
        given: str | None = decision.get("missing_code")
        return given
    return decision["nearest_miss"].rpartition(" ")[2] if decision["nearest_miss"] else None


def missing_seconds(decision: dict[str, Any]) -> int | None:
    """Return the seconds of the nearest miss, as the oracle gives them or as the answer tells them."""
    if "explanation" not in decision:
        missing: int | None = decision["missing_seconds"]
        return missing
    told = MISSING.match(decision["nearest_miss"] or "")
    return int(told[1] or 0) * 60 + int(told[2] or 0) if told else None


def assert_alike(connection: Connection, month: Facts) -> None:
    ours, theirs = decided_in(connection, month), decide(month)
    for answer, expected in zip(ours, theirs, strict=True):
        assert comparable(answer) == comparable(expected)


def of_terms(month: Facts) -> str:
    """Return the month and the agreement's terms, as a name."""
    changed = [f"{code}-{effect}" for code, effect in month.get("policies", {}).items()]
    return "-".join([month["month"], *map(str, month["agreement"].values()), *changed])


@pytest.mark.parametrize("month", [*edges(), *program_edges()], ids=of_terms)
def test_the_sql_and_the_oracle_agree_on_both_sides_of_every_edge(connection: Connection, month: Facts) -> None:
    assert_alike(connection, month)


@pytest.mark.parametrize("month", merged([worked.facts() for worked, *_ in CASES.values()]), ids=of_terms)
def test_the_sql_and_the_oracle_agree_on_every_worked_case(connection: Connection, month: Facts) -> None:
    assert_alike(connection, month)


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET, print_blob=True)
@given(month=client_months())
def test_the_sql_and_the_oracle_decide_any_month_alike(connection: Connection, month: Facts) -> None:
    assert_alike(connection, month)


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET, print_blob=True)
@given(month=mixed_client_months())
def test_the_sql_and_the_oracle_decide_any_mixture_of_programs_alike(connection: Connection, month: Facts) -> None:
    assert_alike(connection, month)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@settings(max_examples=5000, deadline=None, suppress_health_check=QUIET, print_blob=True, phases=[Phase.generate, Phase.shrink])
@given(month=mixed_client_months(most_patients=5), _salt=st.integers(0, 2**30))
def test_the_sql_and_the_oracle_decide_thousands_of_mixtures_alike(connection: Connection, month: Facts, _salt: int) -> None:
    assert_alike(connection, month)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=5000, deadline=None, suppress_health_check=QUIET, print_blob=True, phases=[Phase.generate, Phase.shrink])
@given(month=client_months(most_patients=6), _salt=st.integers(0, 2**30))
def test_the_sql_and_the_oracle_decide_thousands_of_months_alike(connection: Connection, month: Facts, _salt: int) -> None:
    assert_alike(connection, month)


@pytest.mark.parametrize("month", merged([*of_gates(), *of_reasons(), *of_dates(), *of_signals()]), ids=of_terms)
def test_the_sql_and_the_oracle_agree_on_each_gate_of_each_program_and_each_reason(connection: Connection, month: Facts) -> None:
    assert_alike(connection, month)


@pytest.mark.parametrize("month", merged(list(of_policies())), ids=of_terms)
def test_the_sql_and_the_oracle_agree_on_each_policy_that_a_vendor_may_change(connection: Connection, month: Facts) -> None:
    assert_alike(connection, month)


@pytest.mark.parametrize("month", list(of_a_month()), ids=of_terms)
def test_the_sql_and_the_oracle_agree_on_who_is_alone_in_a_month(connection: Connection, month: Facts) -> None:
    assert_alike(connection, month)

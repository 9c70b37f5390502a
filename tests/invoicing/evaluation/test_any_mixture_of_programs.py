"""What must hold of every decision, whatever programs a patient is in: seeds drawn anew by Hypothesis."""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from caretally.cms.rule_tables import rule_tables_of_files
from caretally.evaluation.load_facts import DECIDE_VENDOR
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.deciding import decided_in
from tests.builders.facts import Facts
from tests.builders.programs import client_month_of_programs

CODES = rule_tables_of_files().codes
# Pairs that nobody may bill together in a month, whoever the practitioners are, or that one practitioner may not.
NEVER_TOGETHER = (("99457", "98980"), ("99470", "99457"), ("99445", "99454"), ("99490", "99487"), ("99490", "99491"), ("G0557", "99490"))


@pytest.fixture
def connection(database: TestDatabase) -> Iterator[Connection]:
    with tenant_transaction(database.vendor_engine, TenantContext(DECIDE_VENDOR, "tester"), secret=database.secret) as connection:
        yield connection


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_every_decision_is_sound(connection: Connection, seed: int) -> None:
    facts = client_month_of_programs(Random(seed))
    answers = decided_in(connection, facts)
    assert [answer["ref"] for answer in answers] == [patient["ref"] for patient in facts["patients"]]
    for patient, answer in zip(facts["patients"], answers, strict=True):
        check_outcome(answer)
        check_claim(answer, facts["month"])
        check_seconds(answer, patient, facts["month"])


def check_outcome(answer: dict[str, Any]) -> None:
    assert (answer["outcome"] == "billable") <= bool(answer["claim"])
    assert (answer["outcome"] == "not_billable") <= (not answer["claim"])
    assert answer["outcome"] == "billable" or answer["exceptions"]
    assert not set(answer["exceptions"]) & set(answer["warnings"])


def check_claim(answer: dict[str, Any], month: str) -> None:
    claimed = [line["code"] for line in answer["claim"]]
    assert len(set(claimed)) == len(claimed)
    for line in answer["claim"]:
        code = CODES[line["code"]]
        assert 1 <= line["units"] <= code.max_units_month
        assert f"{code.first_valid:%Y-%m}" <= month and (code.last_valid is None or month <= f"{code.last_valid:%Y-%m}")
    assert not any({first, second} <= set(claimed) for first, second in NEVER_TOGETHER)


def check_seconds(answer: dict[str, Any], patient: Facts, month: str) -> None:
    raw = sum(
        int((datetime.fromisoformat(one["end"]) - datetime.fromisoformat(one["start"])).total_seconds())
        for one in patient["entries"]
        if one["start"].startswith(month)
    )
    assert sum(answer["counted_seconds"].values()) + sum(answer["excluded_seconds"].values()) == raw


@pytest.mark.drill
def test_the_generated_months_meet_what_the_rules_are_about(connection: Connection) -> None:
    met = set()
    for seed in range(80):
        for answer in decided_in(connection, client_month_of_programs(Random(seed))):
            met |= {line["code"] for line in answer["claim"]} | {*answer["exceptions"], *answer["warnings"]}
    assert connection.scalar(text("SELECT count(*) FROM program")) == 12
    assert {
        "MUTUALLY_EXCLUSIVE",
        "TIME_DOUBLE_COUNTED",
        "ADDON_WITHOUT_BASE",
        "DEVICE_DAYS_BELOW_MINIMUM",
        "99490",
        "99457",
        "99454",
        "G0557",
    } <= met

"""Facts given to `decide` on a real database."""

from typing import Any

from sqlalchemy import Connection, text

from caretally.evaluation.facts import decide
from caretally.evaluation.load_facts import DECIDE_VENDOR
from caretally.evaluation.read_facts import read_facts
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.facts import Facts

CHANGE_POLICY = text(
    "INSERT INTO vendor_policy (vendor_id, gate_code, effect, valid_from, valid_to) VALUES (:vendor_id, :code, :effect, :from, :to)"
)


def decided(database: TestDatabase, given: Facts) -> list[dict[str, Any]]:
    """Return the answers about some facts."""
    with tenant_transaction(database.vendor_engine, TenantContext(DECIDE_VENDOR, "tester"), secret=database.secret) as connection:
        return decided_in(connection, given)


def decided_in(connection: Connection, given: Facts) -> list[dict[str, Any]]:
    """Return the answers about some facts, in a transaction of the vendor that is thrown away.

    `policies` are the vendor's own: an effect by gate, or an effect with its first and last day.
    """
    policies = given.get("policies") or {}
    plain = {name: value for name, value in given.items() if name != "policies"}
    savepoint = connection.begin_nested()
    try:
        for code, said in policies.items():
            dated = {"effect": said} if isinstance(said, str) else said
            connection.execute(CHANGE_POLICY, {"from": "2015-01-01", "to": None, "code": code, "vendor_id": DECIDE_VENDOR} | dated)
        return decide(connection, read_facts(plain))
    finally:
        savepoint.rollback()

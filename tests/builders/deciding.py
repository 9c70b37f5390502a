"""Facts given to `decide` on a real database."""

from typing import Any

from sqlalchemy import Connection

from caretally.evaluation.facts import decide
from caretally.evaluation.load_facts import DECIDE_VENDOR
from caretally.evaluation.read_facts import read_facts
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.facts import Facts


def decided(database: TestDatabase, given: Facts) -> list[dict[str, Any]]:
    """Return the answers about some facts."""
    with tenant_transaction(database.vendor_engine, TenantContext(DECIDE_VENDOR, "tester"), secret=database.secret) as connection:
        return decided_in(connection, given)


def decided_in(connection: Connection, given: Facts) -> list[dict[str, Any]]:
    """Return the answers about some facts, in a transaction of the vendor that is thrown away."""
    return decide(connection, read_facts(given))

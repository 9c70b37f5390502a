"""An auditor sees one client in one period: the database shows nothing of other months, and each weakened policy is seen."""

from datetime import date

import pytest
from sqlalchemy import text

from caretally.tenancy.context import TenantContext, signed_context
from caretally.tenancy.declared import PERIODS
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.twins import A1, Sower

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
SEPTEMBER = (date(2026, 9, 1), date(2026, 9, 30))


def seen(database: TestDatabase, table: str, period: tuple[date, date] | None) -> int:
    """Return how many rows of a table an auditor with this period sees; the twin's rows are of October 2026."""
    context = TenantContext(A1.vendor_id, "auditor", (A1.client_id,), period)
    with tenant_transaction(database.practice_engine, context, secret=database.secret) as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


@pytest.mark.parametrize("table", PERIODS)
@pytest.mark.usefixtures("sower")
def test_rows_of_the_period_are_seen_and_others_are_not(database: TestDatabase, table: str) -> None:
    with database.admin_engine.begin() as connection:
        connection.execute(text(f'GRANT SELECT ON {table} TO "{database.roles.name("practice")}"'))
    assert (seen(database, table, None), seen(database, table, OCTOBER), seen(database, table, SEPTEMBER)) == (1, 1, 0)


@pytest.mark.parametrize("weakened", ["DROP POLICY tenant_period ON {}", "ALTER POLICY tenant_period ON {} USING (true)"])
@pytest.mark.parametrize("table", PERIODS)
def test_a_weakened_policy_of_the_period_is_seen(database: TestDatabase, sower: Sower, table: str, weakened: str) -> None:
    assert sower.shape.columns[table]
    context = TenantContext(A1.vendor_id, "auditor", (A1.client_id,), SEPTEMBER)
    practice = database.roles.name("practice")
    with database.admin_engine.connect() as owner, owner.begin() as planted:
        owner.execute(text(f'GRANT SELECT ON {table} TO "{practice}"'))
        owner.execute(text(weakened.format(table)))
        planted.commit()
    try:
        with tenant_transaction(database.practice_engine, context, secret=database.secret) as connection:
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1
    finally:
        with database.admin_engine.begin() as owner:
            owner.execute(text(f"DROP POLICY IF EXISTS tenant_period ON {table}"))
            using = PERIODS[table].replace(" AS period_first", "").replace(" AS period_last", "")
            using = using.replace(" AS period_starts_at", "").replace(" AS period_ends_at", "")
            owner.execute(text(f'CREATE POLICY tenant_period ON {table} AS RESTRICTIVE FOR ALL TO "{practice}" USING {using}'))
    assert seen(database, table, SEPTEMBER) == 0


def test_a_period_without_clients_is_never_signed() -> None:
    with pytest.raises(ValueError, match="period"):
        signed_context(TenantContext(A1.vendor_id, "auditor", None, OCTOBER), key=bytes(32))


def test_a_period_cannot_be_widened(database: TestDatabase) -> None:
    context = TenantContext(A1.vendor_id, "auditor", (A1.client_id,), SEPTEMBER)
    with tenant_transaction(database.practice_engine, context, secret=database.secret) as connection:
        widened = str(connection.scalar(text("SELECT current_setting('caretally.context')"))).replace("2026-09-30", "2026-10-31")
        connection.execute(text("SELECT set_config('caretally.context', :context, true)"), {"context": widened})
        with pytest.raises(Exception, match="forged"):
            connection.execute(text("SELECT count(*) FROM client_month"))
        connection.rollback()

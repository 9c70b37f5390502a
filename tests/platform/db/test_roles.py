"""Who logs in to the database, and with what patience."""

import pytest
from sqlalchemy import Engine, text

from tests.builders.databases import TestDatabase


def engine_of(database: TestDatabase, kind: str) -> Engine:
    """Return the pool of a kind of login."""
    engine: Engine = getattr(database, f"{kind}_engine")
    return engine


@pytest.mark.parametrize("kind", ["vendor", "practice", "operator", "auth", "migrate"])
def test_each_pool_logs_in_as_its_own_role_and_never_changes_it(database: TestDatabase, kind: str) -> None:
    with engine_of(database, kind).connect() as connection:
        who = connection.execute(text("SELECT session_user, current_user")).one()
    assert who == (database.roles.name(kind), database.roles.name(kind))


@pytest.mark.parametrize("kind", ["vendor", "practice", "operator", "auth", "migrate", "owner"])
def test_no_role_is_a_superuser_bypasses_row_security_or_makes_databases_and_roles(database: TestDatabase, kind: str) -> None:
    flags = text("SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = :name")
    with database.admin_engine.connect() as connection:
        assert connection.scalar(flags, {"name": database.roles.name(kind)}) is False


@pytest.mark.parametrize("kind", ["vendor", "practice", "operator", "auth"])
def test_a_login_owns_nothing_and_creates_nothing(database: TestDatabase, kind: str) -> None:
    question = text(
        "SELECT (SELECT count(*) FROM pg_class WHERE relowner = :name ::regrole AND relnamespace = 'caretally'::regnamespace), "
        "has_schema_privilege(:name, 'caretally', 'CREATE'), has_database_privilege(:name, current_database(), 'CREATE')"
    )
    with database.admin_engine.connect() as connection:
        assert connection.execute(question, {"name": database.roles.name(kind)}).one() == (0, False, False)


def test_every_table_belongs_to_the_owner_who_cannot_log_in(database: TestDatabase) -> None:
    owners = text(
        "SELECT DISTINCT r.rolname, r.rolcanlogin FROM pg_tables t JOIN pg_roles r ON r.rolname = t.tableowner WHERE schemaname = 'caretally'"
    )
    with database.admin_engine.connect() as connection:
        assert connection.execute(owners).all() == [(database.roles.name("owner"), False)]


def test_a_web_statement_waits_two_seconds_for_a_lock_and_runs_fifteen(database: TestDatabase) -> None:
    with database.practice_engine.connect() as connection:
        waits = [connection.scalar(text(f"SHOW {name}")) for name in ("lock_timeout", "statement_timeout")]
    assert waits == ["2s", "15s"]


def test_a_command_runs_ten_minutes(database: TestDatabase) -> None:
    with database.vendor_engine.connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "10min"

"""The schema and the roles, made once and again."""

import re

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from caretally.db.migrate import migrate
from caretally.db.revision import migrations_folder, newest_schema, require_newest_schema, schema_of
from caretally.db.roles import Roles
from caretally.db.sql_files import with_role_names
from caretally.db.versions import refuse_old_server
from caretally.errors import DependencyDown, UsageMistake
from tests.builders.databases import MAY_CREATE, TestDatabase, database_of_a_login, role_names


def test_migrating_again_changes_nothing(database: TestDatabase) -> None:
    head = newest_schema()
    assert migrate(database.url, roles=database.roles, secret=database.secret) == (head, head)


def test_the_newest_schema_is_the_one_that_alembic_takes_for_the_head() -> None:
    assert newest_schema() == ScriptDirectory(str(migrations_folder())).get_current_head()


def test_a_migrated_database_is_at_the_schema_that_this_release_needs(database: TestDatabase) -> None:
    with database.admin_engine.connect() as connection:
        found = schema_of(connection)
    require_newest_schema(found)
    assert found == newest_schema()


def test_a_database_without_the_schema_is_told_to_migrate(fresh_database: TestDatabase) -> None:
    with fresh_database.admin_engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        with pytest.raises(DependencyDown, match="run caretally migrate"):
            require_newest_schema(schema_of(connection))


def test_a_wrong_password_is_one_sentence_without_the_password(database: TestDatabase) -> None:
    url = database.url.set(username="nobody_known", password="hunter2-hunter2")
    with pytest.raises(DependencyDown) as caught:
        migrate(url, roles=database.roles, secret=database.secret)
    assert "hunter2" not in str(caught.value)


SHUT = "REVOKE ALL ON DATABASE {name} FROM PUBLIC"


def test_a_login_that_makes_roles_and_owns_its_database_is_enough(server: URL) -> None:
    with database_of_a_login(server, owned=True) as url:
        assert migrate(url, roles=Roles.of(url), secret=b"secret") == (None, newest_schema())


def test_a_login_that_makes_roles_and_may_create_in_its_database_is_enough(server: URL) -> None:
    with database_of_a_login(server, MAY_CREATE) as url:
        assert migrate(url, roles=Roles.of(url), secret=b"secret") == (None, newest_schema())
        assert migrate(url, roles=Roles.of(url), secret=b"secret") == (newest_schema(), newest_schema())


def test_a_login_that_may_not_create_in_its_database_is_told_the_statement_to_run(server: URL) -> None:
    with database_of_a_login(server) as url, pytest.raises(UsageMistake, match=f'GRANT CREATE ON DATABASE "{url.database}"'):
        migrate(url, roles=Roles.of(url), secret=b"secret")


def test_a_login_that_may_not_make_roles_is_one_sentence(server: URL) -> None:
    with database_of_a_login(server, MAY_CREATE, makes_roles=False) as url, pytest.raises(DependencyDown, match="permission denied"):
        migrate(url, roles=Roles.of(url), secret=b"secret")


def test_a_database_that_is_shut_to_everybody_is_opened_to_our_logins_only(server: URL) -> None:
    may_open = "GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {name} WITH GRANT OPTION"
    with database_of_a_login(server, SHUT, MAY_CREATE, may_open) as url:
        roles = Roles.of(url)
        assert migrate(url, roles=roles, secret=b"secret") == (None, newest_schema())
        with create_engine(roles.login(url, "vendor", secret=b"secret"), poolclass=NullPool).connect() as connection:
            connection.execute(text("CREATE TEMPORARY TABLE held (id int)"))
            assert connection.scalar(text("SELECT has_database_privilege('public', current_database(), 'CONNECT')")) is False


def test_a_database_that_nobody_may_open_to_our_logins_is_told_the_statement_to_run(server: URL) -> None:
    with (
        database_of_a_login(server, SHUT, MAY_CREATE, "GRANT CONNECT ON DATABASE {name} TO {name}") as url,
        pytest.raises(UsageMistake, match="WITH GRANT OPTION as its owner"),
    ):
        migrate(url, roles=Roles.of(url), secret=b"secret")


def test_a_schema_of_somebody_elses_under_one_of_our_names_is_refused(server: URL) -> None:
    with (
        database_of_a_login(server, MAY_CREATE, "CREATE SCHEMA guard") as url,
        pytest.raises(UsageMistake, match=f"has a schema guard that belongs to {server.username}"),
    ):
        migrate(url, roles=Roles.of(url), secret=b"secret")


def test_a_migration_that_fails_at_its_end_leaves_neither_tables_nor_roles(server: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("the server went away")

    monkeypatch.setattr("caretally.db.migrate.install_context_key", fail)
    with database_of_a_login(server, MAY_CREATE) as url:
        with pytest.raises(DependencyDown, match="went away"):
            migrate(url, roles=Roles.of(url), secret=b"secret")
        with create_engine(url, poolclass=NullPool).connect() as connection:
            left = connection.execute(
                text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"), {"names": role_names(url.database or "")}
            )
            assert left.all() == []
            assert connection.scalar(text("SELECT to_regnamespace('caretally')")) is None


@pytest.mark.parametrize("version", [140000, 150013, 160009, 170005])
def test_a_server_with_known_leaks_is_refused(version: int) -> None:
    with pytest.raises(DependencyDown, match="CVE"):
        refuse_old_server(version)


@pytest.mark.parametrize("version", [150014, 160010, 170006, 180000, 190000])
def test_a_server_without_them_is_taken(version: int) -> None:
    refused = False
    try:
        refuse_old_server(version)
    except DependencyDown:
        refused = True
    assert not refused


def test_role_names_are_quoted_in_statements_and_plain_inside_literals() -> None:
    text_with_names = with_role_names("TO {{vendor}} '{{practice:name}}'", Roles("o'k"))
    assert text_with_names == "TO \"o'k_vendor\" 'o''k_practice'"


def test_a_database_name_too_long_for_its_roles_is_refused() -> None:
    with pytest.raises(UsageMistake, match="too long"):
        Roles("d" * 60)


def test_no_migration_names_the_schema_public() -> None:
    files = sorted((migrations_folder() / "sql").glob("*.sql"))
    assert files
    assert [file.name for file in files if re.search(r"\bpublic\b", file.read_text(encoding="utf-8"))] == []

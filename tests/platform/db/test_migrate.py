"""The schema and the roles, made once and again."""

import pytest
from sqlalchemy import text

from caretally.db.migrate import migrate, newest_schema, require_newest_schema
from caretally.db.roles import Roles
from caretally.db.sql_files import with_role_names
from caretally.db.versions import refuse_old_server
from caretally.errors import DependencyDown, UsageMistake
from tests.builders.databases import TestDatabase


def test_migrating_again_changes_nothing(database: TestDatabase) -> None:
    head = newest_schema()
    assert migrate(database.url, roles=database.roles, secret=database.secret) == (head, head)


def test_the_vendors_login_may_ask_for_the_schema(database: TestDatabase) -> None:
    with database.admin_engine.connect() as connection:
        require_newest_schema(connection)


def test_a_database_without_the_schema_is_told_to_migrate(fresh_database: TestDatabase) -> None:
    with fresh_database.admin_engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        with pytest.raises(DependencyDown, match="run caretally migrate"):
            require_newest_schema(connection)


def test_a_wrong_password_is_one_sentence_without_the_password(database: TestDatabase) -> None:
    url = database.url.set(username="nobody_known", password="hunter2-hunter2")
    with pytest.raises(DependencyDown) as caught:
        migrate(url, roles=database.roles, secret=database.secret)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("version", [140000, 150013, 160009, 170005])
def test_a_server_with_known_leaks_is_refused(version: int) -> None:
    with pytest.raises(DependencyDown, match="CVE"):
        refuse_old_server(version)


@pytest.mark.parametrize("version", [150014, 160010, 170006, 180000, 190000])
def test_a_server_without_them_is_taken(version: int) -> None:
    refuse_old_server(version)


def test_role_names_are_quoted_in_statements_and_plain_inside_literals() -> None:
    text_with_names = with_role_names("TO {{vendor}} '{{practice:name}}'", Roles("o'k"))
    assert text_with_names == "TO \"o'k_vendor\" 'o''k_practice'"


def test_a_database_name_too_long_for_its_roles_is_refused() -> None:
    with pytest.raises(UsageMistake, match="too long"):
        Roles("d" * 60)

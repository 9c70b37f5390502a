"""A database is dropped although somebody is in it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import closing
from threading import Timer

import psycopg
import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from caretally.db.drop import drop_database
from caretally.db.migrate import migrate
from caretally.db.roles import Roles
from tests.builders.databases import database_of_a_login, execute


@pytest.fixture
def name(server: URL) -> Iterator[str]:
    """A new database and a login of the same name that the administrator may not end."""
    made = f"{os.environ['CARETALLY_TEST_PREFIX']}_{secrets.token_hex(3)}"
    execute(server, f"CREATE ROLE {made} LOGIN PASSWORD '{made}'", f"CREATE DATABASE {made}")
    yield made
    drop_database(server, made, roles=Roles(made))
    execute(server, f"DROP ROLE {made}")


def session(url: URL) -> psycopg.Connection:
    """Open a session in a database."""
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)


def exists(server: URL, name: str) -> bool:
    """Tell whether a database exists."""
    with create_engine(server, poolclass=NullPool).connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": name}))


def test_our_own_sessions_in_it_are_ended(server: URL, name: str) -> None:
    with closing(session(server.set(database=name))):
        drop_database(server, name, roles=Roles(name))
    assert not exists(server, name)


def test_a_statement_that_runs_on_for_a_killed_process_is_ended(server: URL) -> None:
    with database_of_a_login(server, owned=True) as url:
        roles = Roles.of(url)
        migrate(url, roles=roles, secret=b"secret")
        with closing(session(roles.login(url, "vendor", secret=b"secret"))) as left:
            left.pgconn.send_query(b"SET statement_timeout = 0; SELECT pg_sleep(600)")
            drop_database(server.set(username=url.username, password=url.password), roles.prefix, roles=roles)
        assert not exists(server, roles.prefix)


def test_a_strangers_session_that_leaves_is_waited_for(server: URL, name: str) -> None:
    """Autovacuum's worker is such a stranger: it belongs to the superuser and is gone within moments."""
    with closing(session(server.set(database=name, username=name, password=name))) as stranger, closing(session(server.set(database=name))):
        with closing(session(server)) as administrator, pytest.raises(psycopg.errors.InsufficientPrivilege):
            administrator.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        leaving = Timer(1, stranger.close)
        leaving.start()
        drop_database(server, name, roles=Roles(name))
        leaving.join()
    assert not exists(server, name)


def test_what_does_not_exist_is_no_mistake(server: URL, name: str) -> None:
    drop_database(server, f"{name}_never", roles=Roles(name))
    assert exists(server, name)

"""A database of the suite and its pools."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from caretally.config.secret import installation_secret
from caretally.config.settings import read_settings
from caretally.db.drop import drop_database, drop_roles
from caretally.db.engines import LONG, login_engine, operator_engine, practice_engine, session_engine, vendor_engine
from caretally.db.roles import LOGINS, Roles
from caretally.tenancy.registry import SCHEMA

SECRET_TEXT = "the secret of the test suite, known to all"


@dataclass(frozen=True)
class TestDatabase:
    """One database with its pools; each engine is made at its first use and closed when the database is dropped.

    `admin_engine` logs in as the administrator and has acted as the schema's owner since its connections began, so it is
    under row level security like everybody (FORCE); without a context it sees no tenant's row.
    """

    __test__: ClassVar[bool] = False
    secret: ClassVar[bytes] = installation_secret(read_settings({"CARETALLY_SECRET_KEY": SECRET_TEXT}))

    url: URL
    roles: Roles

    @cached_property
    def vendor_engine(self) -> Engine:
        """The vendor's pool with the patience of a command."""
        return vendor_engine(self.url, roles=self.roles, secret=self.secret, statement_timeout=LONG)

    @cached_property
    def web_engine(self) -> Engine:
        """The vendor's pool as the web process has it."""
        return vendor_engine(self.url, roles=self.roles, secret=self.secret)

    @cached_property
    def practice_engine(self) -> Engine:
        """The practice's pool."""
        return practice_engine(self.url, roles=self.roles, secret=self.secret)

    @cached_property
    def operator_engine(self) -> Engine:
        """The operator's pool."""
        return operator_engine(self.url, roles=self.roles, secret=self.secret)

    @cached_property
    def auth_engine(self) -> Engine:
        """The sign-in's pool."""
        return login_engine(self.url, "auth", roles=self.roles, secret=self.secret)

    @cached_property
    def session_engine(self) -> Engine:
        """The pool that looks up sessions."""
        return session_engine(self.url, roles=self.roles, secret=self.secret)

    @cached_property
    def migrate_engine(self) -> Engine:
        """The pool of the login that migrates."""
        return login_engine(self.url, "migrate", roles=self.roles, secret=self.secret)

    @cached_property
    def admin_engine(self) -> Engine:
        """The administrator's connections, acting as the schema's owner."""
        act = f"-c role={self.roles.name('owner')} -c search_path={SCHEMA},pg_temp"
        return create_engine(self.url, poolclass=NullPool, connect_args={"options": act})

    def environment(self, *, home: Path) -> dict[str, str]:
        """Return the variables with which the program `caretally` works on this database."""
        return {
            "CARETALLY_HOME": str(home),
            "CARETALLY_DATABASE_URL": self.url.render_as_string(hide_password=False),
            "CARETALLY_ROLE_PREFIX": self.roles.prefix,
            "CARETALLY_SECRET_KEY": SECRET_TEXT,
        }

    def dispose(self) -> None:
        """Close every pool that was opened."""
        for value in vars(self).values():
            if isinstance(value, Engine):
                value.dispose()


def execute(url: URL, *statements: str) -> None:
    """Execute statements outside a transaction."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


MAY_CREATE = "GRANT CREATE ON DATABASE {name} TO {name}"


@contextmanager
def database_of_a_login(server: URL, *prepare: str, makes_roles: bool = True, owned: bool = False) -> Iterator[URL]:
    """Give the address of a new database and a new login, both called by one name; drop both, and its roles, afterwards.

    Without `owned` the database is the administrator's, who executes the statements of `prepare` in it, with `{name}` for the name.
    """
    name = f"{os.environ['CARETALLY_TEST_PREFIX']}_{secrets.token_hex(3)}"
    execute(server, f"CREATE ROLE {name} LOGIN PASSWORD '{name}' {'CREATEROLE' if makes_roles else ''}", f"GRANT {name} TO CURRENT_USER")
    execute(server, f"CREATE DATABASE {name} {f'OWNER {name}' if owned else ''}")
    try:
        execute(server.set(database=name), *(statement.format(name=name) for statement in prepare))
        yield server.set(username=name, password=name, database=name)
    finally:
        drop_database(server, name, roles=Roles(name))
        if makes_roles:
            drop_roles(server.set(username=name, password=name), Roles(name))
        execute(server, f"DROP ROLE {name}")


def role_names(prefix: str) -> list[str]:
    """Return the roles that a migration makes."""
    return [Roles(prefix).name(kind) for kind in (*LOGINS, "owner")]

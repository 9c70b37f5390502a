"""Brings a database to the newest schema."""

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from caretally.db.address import unreachable
from caretally.db.revision import become, migrations_folder, schema_of
from caretally.db.roles import Roles, create_roles, psycopg_connection
from caretally.db.versions import refuse_old_server
from caretally.tenancy.transaction import install_context_key

ONE_MIGRATION_AT_A_TIME = 4_207_114_911


def migrate(url: URL, *, roles: Roles, secret: bytes) -> tuple[str | None, str | None]:
    """Bring the database to the newest schema, its roles and context key included, and return the schemas before and after.

    All in one transaction, one process at a time; running it again changes nothing. Raises `DependencyDown` when the
    server is too old, cannot be reached, or the login lacks a right.
    """
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection, connection.begin():
            return migrate_in_transaction(connection, roles=roles, secret=secret)
    except DBAPIError as error:
        raise unreachable(url, error.orig) from error
    except psycopg.Error as error:
        raise unreachable(url, error) from error
    finally:
        engine.dispose()


def migrate_in_transaction(connection: Connection, *, roles: Roles, secret: bytes) -> tuple[str | None, str | None]:
    """Migrate on a connection whose transaction the caller ends."""
    refuse_old_server(psycopg_connection(connection).info.server_version)
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_MIGRATION_AT_A_TIME})
    create_roles(connection, roles, secret=secret)
    become(connection, roles.name("owner"))
    before = schema_of(connection)
    command.upgrade(alembic_config(connection, roles), "head")
    install_context_key(connection, secret=secret)
    return before, schema_of(connection)


def alembic_config(connection: Connection, roles: Roles) -> Config:
    """Return alembic's configuration with the connection and the role names in it."""
    config = Config(attributes={"connection": connection, "roles": roles})
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    return config

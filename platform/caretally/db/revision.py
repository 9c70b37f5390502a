"""Which schema a database has and which one this release needs, told without alembic, whose import takes half a second of every command."""

from pathlib import Path

from psycopg import errors, sql
from sqlalchemy import Connection, inspect, text

from caretally.db.roles import psycopg_connection
from caretally.errors import DependencyDown
from caretally.tenancy.registry import SCHEMA

VERSION_TABLE = "alembic_version"
READ = text(f"SELECT version_num FROM {SCHEMA}.{VERSION_TABLE}")


class UnknownRole(DependencyDown):
    """The database has no role of this name, so its roles were made under another prefix."""


def migrations_folder() -> Path:
    """Return the folder with alembic's scripts: beside this file when installed, at the top of a checkout otherwise."""
    installed = Path(__file__).with_name("migrations")
    return installed if installed.is_dir() else Path(__file__).parents[3] / "migrations"


def become(connection: Connection, role: str) -> None:
    """Act as the owner for the rest of the transaction, so that everything made belongs to it. Raises `UnknownRole`."""
    raw = psycopg_connection(connection)
    try:
        raw.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
    except errors.InvalidParameterValue as error:
        raise UnknownRole(f'role "{role}" does not exist') from error
    raw.execute(sql.SQL("SET LOCAL search_path = {}, pg_temp").format(sql.Identifier(SCHEMA)))


def schema_of(connection: Connection) -> str | None:
    """Return the schema's revision, or None before the first migration."""
    return connection.scalar(READ) if inspect(connection).has_table(VERSION_TABLE, schema=SCHEMA) else None


def newest_schema() -> str | None:
    """Return the revision that this release brings: the scripts' names begin with their revisions, which count up."""
    return max((script.name.partition("_")[0] for script in (migrations_folder() / "versions").glob("[0-9]*.py")), default=None)


def require_newest_schema(found: str | None) -> None:
    """Raise `DependencyDown` when a database at the schema `found` is not at the one that this release needs."""
    needed = newest_schema()
    if found != needed:
        raise DependencyDown(f"The database's schema is {found or 'empty'}, this release needs {needed}; run caretally migrate.")

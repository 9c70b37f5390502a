"""Runs the migrations on the connection that `caretally migrate` hands over, in one transaction."""

from alembic import context
from sqlalchemy import Connection

from caretally.tenancy.registry import SCHEMA


def run_migrations(connection: Connection) -> None:
    """Run what is missing; the connection's transaction and role are the caller's."""
    context.configure(connection=connection, target_metadata=None, version_table_schema=SCHEMA, transaction_per_migration=False)
    context.run_migrations()


run_migrations(context.config.attributes["connection"])

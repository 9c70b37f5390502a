"""Drops a database although somebody, or the server's own vacuum, is still in it, and the roles of one that is gone."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import errors
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from caretally.db.address import unreachable
from caretally.db.roles import LOGINS, Roles

# FORCE is refused as a whole while a login that is not ours to end is there, as autovacuum's is for a moment. Without it, the server asks
# autovacuum to leave and waits five seconds for the rest. So the two take turns.
TURNS = ("WITH (FORCE)", "") * 5
SOMEBODY_IS_THERE = (errors.InsufficientPrivilege, errors.ObjectInUse)
THERE = text("SELECT rolname FROM pg_roles WHERE rolname = ANY (CAST(:names AS text[]))")
# Since PostgreSQL 16 who makes a login does not thereby have the right to end its sessions.
NOT_OURS_TO_END = text("SELECT rolname FROM pg_roles WHERE rolname = ANY (CAST(:names AS text[])) AND NOT pg_has_role(rolname, 'USAGE')")


def drop_database(url: URL, name: str, *, roles: Roles) -> None:
    """Drop the database `name` from the server of `url`; one that does not exist is no mistake.

    Sessions in it are ended, those of its `roles` too, a statement that runs on for a killed process among them. Raises
    `DependencyDown` when a session that is not ours to end stays for half a minute.
    """
    with _administering(url) as connection:
        for login in connection.scalars(NOT_OURS_TO_END, {"names": _names(roles)}).all():
            connection.exec_driver_sql(f'GRANT "{login}" TO CURRENT_USER')
        for turn, how in enumerate(TURNS, start=1):
            if _dropped(connection, f'DROP DATABASE IF EXISTS "{name}" {how}', last=turn == len(TURNS)):
                break


def drop_roles(url: URL, roles: Roles) -> None:
    """Drop the roles of a database that is gone; those that do not exist are no mistake."""
    with _administering(url) as connection:
        for role in connection.scalars(THERE, {"names": _names(roles)}).all():
            connection.exec_driver_sql(f'DROP ROLE "{role}"')


@contextmanager
def _administering(url: URL) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise unreachable(url, error.orig) from error
    finally:
        engine.dispose()


def _names(roles: Roles) -> list[str]:
    return [roles.name(kind) for kind in (*LOGINS, "owner")]


def _dropped(connection: Connection, statement: str, *, last: bool) -> bool:
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if last or not isinstance(error.orig, SOMEBODY_IS_THERE):
            raise
        return False
    return True

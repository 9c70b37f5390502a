"""Drops a database although somebody, or the server's own vacuum, is still in it."""

from psycopg import errors
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from caretally.db.address import unreachable
from caretally.db.roles import LOGINS, Roles

# FORCE is refused as a whole while a login that is not ours to end is there, as autovacuum's is for a moment. Without it, the server asks
# autovacuum to leave and waits five seconds for the rest. So the two take turns.
TURNS = ("WITH (FORCE)", "") * 5
THERE = text("SELECT rolname FROM pg_roles WHERE rolname = ANY (CAST(:names AS text[]))")
SOMEBODY_IS_THERE = (errors.InsufficientPrivilege, errors.ObjectInUse)


def drop_database(url: URL, name: str, *, roles: Roles | None = None) -> None:
    """Drop the database `name` from the server of `url`, and then these roles; what does not exist is no mistake.

    Sessions in it are ended. Raises `DependencyDown` when one that is not ours to end stays for half a minute.
    """
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for turn, how in enumerate(TURNS, start=1):
                if _dropped(connection, f'DROP DATABASE IF EXISTS "{name}" {how}', last=turn == len(TURNS)):
                    break
            for role in connection.scalars(THERE, {"names": [roles.name(kind) for kind in (*LOGINS, "owner")] if roles else []}).all():
                connection.exec_driver_sql(f'DROP ROLE "{role}"')
    except DBAPIError as error:
        raise unreachable(url, error.orig) from error
    finally:
        engine.dispose()


def _dropped(connection: Connection, statement: str, *, last: bool) -> bool:
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if last or not isinstance(error.orig, SOMEBODY_IS_THERE):
            raise
        return False
    return True

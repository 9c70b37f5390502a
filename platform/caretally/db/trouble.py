"""What the database says when it is nobody's defect: it went away, has no room, or somebody else was first."""

import psycopg
from sqlalchemy.exc import DBAPIError

from caretally.errors import CareTallyError, Conflict, DependencyDown

# Classes of SQLSTATE: connection lost, no resources, stopped by an operator or by its own time limit, the system beneath it failed.
GONE, NO_ROOM, STOPPED, SYSTEM = "08", "53", "57", "58"
RACES = {"40001", "40P01", "55P03"}


class DatabaseFull(DependencyDown):
    """The database has no room, memory or connection left."""


def trouble_of(error: BaseException) -> CareTallyError | None:
    """Return the one sentence for a database that went away, is full or is held by somebody, None for anything else."""
    said = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(said, psycopg.Error):
        return None
    state = said.sqlstate or ""
    if state in RACES:
        return Conflict("Another process holds what this command needs, so it was rolled back; run it again.")
    if state[:2] == NO_ROOM:
        return DatabaseFull("The database has no room left, so what was not finished was rolled back; make room and run it again.")
    if state[:2] in {GONE, STOPPED, SYSTEM} or (not state and isinstance(said, psycopg.OperationalError)):
        return DependencyDown("The database stopped answering, so what was not finished was rolled back; run it again when it is back.")
    return None

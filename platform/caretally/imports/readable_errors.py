"""What the database says about a merge that is nobody's defect, in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError

from caretally.errors import Conflict, DependencyDown

RACE_STATES = {"23505", "40001", "40P01", "55P03", "CT001"}
NO_ROOM_STATES = {"53100", "53200", "53400"}


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn what the database says about a race, a closed month or a full disk into one sentence and its exit code."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:  # a COPY speaks to the driver itself
        said = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(said, psycopg.Error):
            raise
        state = said.sqlstate
        if state == "CT001":
            raise Conflict(f"{said.diag.message_primary}.") from error
        if state in RACE_STATES:
            raise Conflict("Somebody else wrote the same rows at the same moment, so nothing was imported; run it again.") from error
        if state in NO_ROOM_STATES:
            raise DependencyDown("The database has no room left, so nothing was imported; free some and run it again.") from error
        raise

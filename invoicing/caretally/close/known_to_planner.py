"""The planner must know how large a client is before its rows are read as a whole."""

from uuid import UUID

from sqlalchemy import Connection, text

SOURCES = (
    "staff",
    "patient",
    "enrolment",
    "assignment",
    "condition",
    "consent",
    "visit",
    "care_plan",
    "review",
    "mdm",
    "stay",
    "time_entry",
)
UNKNOWN = text("SELECT tenancy.unknown_to_planner(:client_id, :names, :few)")
ANALYSE = text("SELECT tenancy.analyse(:names)")
NO_LOOPS = "SET LOCAL enable_nestloop = off"


def make_known_to_planner(connection: Connection, client_id: UUID, *names: str, few: int = 200) -> bool:
    """Analyse those of the tables of which the planner expects far too little of this client, and tell whether it knows them all now.

    A new client beside far larger ones is unknown until PostgreSQL analyses by itself, which waits until a tenth of the whole table
    has changed. `few` rows of a table are no reason to. A table that another transaction is just analysing stays unknown.
    """
    values = {"client_id": client_id, "few": few}
    unknown = connection.scalar(UNKNOWN, {**values, "names": list(names)})
    if not unknown:
        return True
    connection.execute(ANALYSE, {"names": unknown})
    return not connection.scalar(UNKNOWN, {**values, "names": unknown})


def make_sources_known(connection: Connection, client_id: UUID) -> None:
    """Make what an evaluation reads known, or else let the rest of the transaction do without the loops that a wrong guess would choose."""
    if not make_known_to_planner(connection, client_id, *SOURCES):
        connection.exec_driver_sql(NO_LOOPS)

"""The identifiers of every patient as they are compared, made again when the patient's row says something else."""

from collections.abc import Collection, Iterator
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.persons.names import READING, PlainName, plain_name
from caretally.persons.statements import statement
from caretally.tenancy.read_rows import driver_for_others

# Systems write it where they know no day of birth.
UNKNOWN_BIRTH_DATE = date(1900, 1, 1)
DROP = text(
    "DROP TABLE IF EXISTS pg_temp.person_stale, pg_temp.person_read, pg_temp.person_touched, pg_temp.person_group, pg_temp.person_found"
)
COUNT_STALE = text("SELECT count(*) FROM person_stale")
STALE = text("SELECT patient_id, family_name, given_name, mbi FROM person_stale")
CREATE_READ = text(
    "CREATE TEMP TABLE person_read (patient_id uuid, family text, given text, whole text, generation smallint, name_text text, traits text) ON COMMIT DROP"
)
COPY_READ = "COPY person_read FROM STDIN"
REFRESH = text("SELECT import.refresh_statistics('person_record', :added)")


def refresh_records(connection: Connection, *, again: Collection[UUID] = ()) -> int:
    """Read the patients whose identifiers changed, and those named in `again`, and return how many there were.

    Leaves them in the temporary table `person_stale`, and in `person_touched` with those that shared an identifier with what they were.
    """
    connection.execute(DROP)
    connection.execute(statement("stale"), {"reading": READING, "again": list(again)})
    stale: int = connection.execute(COUNT_STALE).scalar_one()
    connection.execute(text("ANALYZE person_stale"))
    connection.execute(statement("touched"))
    if stale:
        _read(connection)
        connection.execute(statement("keep_records"), {"unknown_birth_date": UNKNOWN_BIRTH_DATE})
        connection.execute(REFRESH, {"added": stale})
    return stale


def _read(connection: Connection) -> None:
    rows = connection.execute(STALE).all()
    connection.execute(CREATE_READ)
    with driver_for_others(connection).cursor() as cursor, cursor.copy(COPY_READ) as copy:
        for patient_id, family_name, given_name, mbi in rows:
            name = plain_name(family_name, given_name)
            copy.write_row((patient_id, name.family, name.given, name.whole, name.generation, name.key, " ".join(traits(name, mbi))))


def traits(name: PlainName, mbi: str | None) -> Iterator[str]:
    """Yield what two records must have one of to be compared: beginnings and ends of names, and pieces of the Medicare number.

    Whatever single character of a number is wrong, or swapped with its neighbour, one of the three pieces is left whole.
    """
    yield from sorted(name.traits)
    if mbi:
        yield from (f"1{mbi[:5]}", f"2{mbi[5:]}", f"3{mbi[:4]}{mbi[6:]}")

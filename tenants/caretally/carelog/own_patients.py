"""The patients of somebody who logs time: for whom they did lately, and how much of this month is logged for each so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection

from caretally.carelog.desk import Desk
from caretally.carelog.statements import statement

LATELY = timedelta(days=60)
SHOWN, LOOKED_AT = 12, 100


@dataclass(frozen=True)
class OwnPatient:
    """One patient who is enrolled in timed programs today; `seconds` were logged by anybody since the month began at their client's place."""

    id: UUID
    client_id: UUID
    patient: str
    mrn: str
    client: str
    programs: Sequence[str]
    seconds: int


def own_patients(connection: Connection, desk: Desk) -> list[OwnPatient]:
    """Return at most twelve patients of the person at this desk, those with least of this month first."""
    values = {"staff_id": desk.staff_id, "since": int((desk.now - LATELY).timestamp()), "most": SHOWN, "looked_at": LOOKED_AT}
    return [OwnPatient(*row) for row in connection.execute(statement("own_patients"), values)]

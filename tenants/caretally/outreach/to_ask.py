"""Finds the patients who could be asked to enrol, and what was tried with one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.db.lists import PAGE_SIZE
from caretally.errors import NothingToDo

STATES = ("new", "due", "tried")
TO_ASK = text((Path(__file__).parent / "to_ask.sql").read_text(encoding="utf-8"))
PROGRAMS = text(
    "SELECT DISTINCT l.program FROM program_limit l JOIN program p ON p.program = l.program WHERE l.name = 'conditions_needed' ORDER BY l.program"
)
ATTEMPTS = text(
    "SELECT a.outcome, a.script_version, a.call_back_on, a.attempted_at, a.attempted_by, (SELECT m.name FROM membership m "
    "WHERE m.vendor_id = a.vendor_id AND m.account_id::text = split_part(a.attempted_by, ':', 2) ORDER BY m.ended_at DESC NULLS FIRST LIMIT 1) AS person "
    "FROM outreach_attempt a WHERE a.patient_id = :patient_id AND a.program = :program ORDER BY a.attempted_at DESC, a.id DESC LIMIT 50"
)
PROVIDERS = text(
    "SELECT npi, given_name || ' ' || family_name || ', ' || credential AS name FROM provider "
    "WHERE client_id = :client_id AND coalesce(valid_to >= :today, true) ORDER BY family_name, given_name"
)


class NobodyToAsk(NothingToDo):
    """The patient is not one to be asked: enrolled, declined, without the conditions, or nobody that the transaction may see."""

    code = "nobody_to_ask"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToAsk:
    """A patient who could be asked: `codes` are the chronic conditions, `outcome` is the newest attempt's, `due` a call back of today or before."""

    id: UUID
    client_id: UUID
    client: str
    client_code: str
    mrn: str
    family_name: str
    given_name: str
    birth_date: date
    conditions: int
    codes: Sequence[str]
    attempts: int
    outcome: str | None
    attempted_at: datetime | None
    call_back_on: date | None
    due: bool
    today: date
    found: int


def programs_to_ask(connection: Connection) -> list[str]:
    """Return the programs whose rule table says how many conditions they need."""
    return list(connection.scalars(PROGRAMS))


def patients_to_ask(
    connection: Connection,
    program: str,
    *,
    client_id: UUID | None = None,
    patient_id: UUID | None = None,
    state: str = "",
    page: int = 1,
    size: int = PAGE_SIZE,
) -> list[ToAsk]:
    """Return a page of those to ask: call backs that are due first, then who was never tried, then the longest ago; pages count from 1."""
    values = {
        "program": program,
        "client_id": client_id,
        "patient_id": patient_id,
        "state": state if state in STATES else "",
        "size": size,
        "start": (page - 1) * size,
    }
    return [ToAsk(**row) for row in connection.execute(TO_ASK, values).mappings()]


def patient_to_ask(connection: Connection, program: str, patient_id: UUID) -> ToAsk:
    """Return one of those to ask. Raises `NobodyToAsk`."""
    found = patients_to_ask(connection, program, patient_id=patient_id, size=1)
    if not found:
        raise NobodyToAsk("This patient is not on the list of those to ask: enrolled meanwhile, declined, or without the conditions.")
    return found[0]


def attempts_at(connection: Connection, program: str, patient_id: UUID) -> Sequence[RowMapping]:
    """Return the attempts to reach a patient, newest first."""
    return connection.execute(ATTEMPTS, {"program": program, "patient_id": patient_id}).mappings().all()


def providers_for(connection: Connection, one: ToAsk) -> Sequence[RowMapping]:
    """Return who of the client can supervise: NPI and name."""
    return connection.execute(PROVIDERS, {"client_id": one.client_id, "today": one.today}).mappings().all()

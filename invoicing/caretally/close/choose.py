"""A named person chooses one of several programs that exclude each other, where neither a rule nor the client's list decides, or against the list."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.audit.reasons import digest_of, said_in_words
from caretally.close.close_client import take_locks
from caretally.close.prepare import Client, prepare
from caretally.close.read_month import latest_client_month
from caretally.errors import NothingToDo, UsageMistake
from caretally.evaluation.evaluate import has_lines
from caretally.evaluation.parameters import ClientMonth
from caretally.months import Month

READERS = "the practice may read it"
# Where a rule names the winner there is nothing to choose. A choice is of the program that a patient is enrolled in, so its device goes with it.
OPEN = text(
    "SELECT l.patient_id, l.mrn, array_agg(DISTINCT p.enrolled_as ORDER BY p.enrolled_as) AS programs, bool_or(l.undecided) AS waits "
    "FROM eval_line l JOIN program p USING (program) WHERE EXISTS (SELECT FROM eval_bar b WHERE b.patient_id = l.patient_id "
    "AND l.program IN (b.program, b.other) AND NOT b.by_rule) GROUP BY l.patient_id, l.mrn"
)
CHOSEN = text(
    "SELECT c.patient_id, p.mrn, c.program, c.chosen_by, c.chosen_at, c.reason FROM exclusion_choice c "
    "JOIN patient p ON p.vendor_id = c.vendor_id AND p.client_id = c.client_id AND p.id = c.patient_id "
    "WHERE c.vendor_id = :vendor_id AND c.client_id = :client_id AND c.month = :month"
)
CHOOSE = text(
    "INSERT INTO exclusion_choice (vendor_id, client_id, patient_id, month, program, chosen_by, reason) "
    "VALUES (:vendor_id, :client_id, :patient_id, :month, :program, tenancy.current_actor(), :reason) "
    "ON CONFLICT (vendor_id, client_id, patient_id, month) DO UPDATE SET program = excluded.program, chosen_by = excluded.chosen_by, "
    "chosen_at = now(), reason = excluded.reason"
)
TAKE_BACK = text(
    "DELETE FROM exclusion_choice WHERE vendor_id = :vendor_id AND client_id = :client_id AND patient_id = :patient_id AND month = :month"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A patient-month in which the rules leave a choice: the programs that exclude each other, in the order of their names.

    `waits` says that neither a person nor the client's priority list has decided; `chosen` is a person's choice, empty where there is none.
    """

    patient_id: UUID
    mrn: str
    programs: tuple[str, ...]
    waits: bool
    chosen: str = ""
    chosen_by: str = ""
    chosen_at: datetime | None = None
    reason: str = ""


def choices(connection: Connection, client: Client, month: Month) -> list[Choice]:
    """Return the choices of a client's month, as its facts stand now, in the order of record numbers; nothing is written.

    A choice that no longer meets two programs has none. Raises `ClientParked` for a month that cannot be priced.
    """
    savepoint = connection.begin_nested()
    try:
        prepare(connection, client, ClientMonth(client.vendor_id, client.id, client.code, client.timezone, month), acknowledge_jump=True)
        left_open = connection.execute(OPEN).all() if has_lines(connection) else []
    finally:
        savepoint.rollback()
    found = {
        row.patient_id: Choice(patient_id=row.patient_id, mrn=row.mrn, programs=tuple(row.programs), waits=row.waits) for row in left_open
    }
    for row in connection.execute(CHOSEN, _key(client, month)):
        met = found.get(row.patient_id)
        found[row.patient_id] = Choice(
            patient_id=row.patient_id,
            mrn=row.mrn,
            programs=met.programs if met else (),
            waits=met.waits if met else False,
            chosen=row.program,
            chosen_by=row.chosen_by,
            chosen_at=row.chosen_at,
            reason=row.reason,
        )
    return sorted(found.values(), key=lambda choice: choice.mrn)


def choose(connection: Connection, client: Client, month: Month, *, mrn: str, program: str, reason: str) -> bool:
    """Choose `program` for a patient's month in the caller's transaction and tell whether the month is closed already.

    What was closed stays as it is; the next close proposes what the choice would add. Raises `UsageMistake` for a reason that says nothing
    or a program that is not to be chosen, `NothingToDo` where nothing is left to choose or it was chosen before.
    """
    reason = said_in_words(reason, readers=READERS)
    take_locks(connection, client)
    choice = _of_patient(connection, client, month, mrn)
    if not choice.programs:
        raise NothingToDo(
            f"The rules leave no choice for {choice.mrn} of {client.code} in {month}: no two programs exclude each other there."
        )
    if program not in choice.programs:
        raise UsageMistake(
            f"{program[:20]!r} is not to be chosen for {choice.mrn} of {client.code} in {month}; it is one of {', '.join(choice.programs)}."
        )
    if program == choice.chosen:
        raise NothingToDo(f"{program} was chosen for {choice.mrn} of {client.code} in {month} already, by {choice.chosen_by}.")
    connection.execute(CHOOSE, _key(client, month) | {"patient_id": choice.patient_id, "program": program, "reason": reason})
    return _settled(connection, client, month, choice, program=program, reason=reason)


def take_choice_back(connection: Connection, client: Client, month: Month, *, mrn: str, reason: str) -> bool:
    """Take a person's choice back in the caller's transaction, so that the list or nobody decides; tell whether the month is closed already.

    Raises `UsageMistake` for a reason that says nothing, `NothingToDo` where nobody chose.
    """
    reason = said_in_words(reason, readers=READERS)
    take_locks(connection, client)
    choice = _of_patient(connection, client, month, mrn)
    if not choice.chosen:
        raise NothingToDo(f"Nobody has chosen a program for {choice.mrn} of {client.code} in {month}, so there is nothing to take back.")
    connection.execute(TAKE_BACK, _key(client, month) | {"patient_id": choice.patient_id})
    return _settled(connection, client, month, choice, program="", reason=reason)


def _key(client: Client, month: Month) -> dict[str, object]:
    return {"vendor_id": client.vendor_id, "client_id": client.id, "month": month.first_day}


def _of_patient(connection: Connection, client: Client, month: Month, mrn: str) -> Choice:
    for choice in choices(connection, client, month):
        if choice.mrn == mrn:
            return choice
    raise NothingToDo(f"The rules leave no choice for {mrn[:40]!r} of {client.code} in {month}; caretally choice list shows where they do.")


def _settled(connection: Connection, client: Client, month: Month, choice: Choice, *, program: str, reason: str) -> bool:
    """Write the choice to the audit log: ids and the digest of the reason, which may name somebody."""
    current = latest_client_month(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    append_event(
        connection,
        action="choice.made" if program else "choice.taken_back",
        detail={
            "client_id": client.id,
            "patient_id": choice.patient_id,
            "month": str(month),
            "program": program,
            "was": choice.chosen,
            "reason_sha256": digest_of(reason),
        },
    )
    return current is not None and current["status"] == "closed"

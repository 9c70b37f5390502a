"""Records one attempt: what came of it, and the consent and enrolment that a yes brings, the standing that a no brings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import Detail, append_event
from caretally.consents.import_consents import CONSENTS
from caretally.imports.importing import PATIENCE, TAKE_TURN
from caretally.imports.typed_rows import RowRefused, import_typed
from caretally.outreach.to_ask import ToAsk, patient_to_ask
from caretally.patients.import_history import ASSIGNMENTS, ENROLMENTS

OUTCOMES = ("no_answer", "left_message", "call_back", "wrong_number", "declined", "consented")
ACKNOWLEDGED = ("scope", "cost_sharing", "one_practitioner", "stop")
ADD = text(
    "INSERT INTO outreach_attempt (vendor_id, client_id, id, patient_id, program, outcome, script_version, call_back_on, attempted_by) "
    "VALUES (tenancy.current_vendor(), :client_id, :id, :patient_id, :program, :outcome, :script_version, :call_back_on, tenancy.current_actor()) "
    "ON CONFLICT (vendor_id, client_id, id) DO NOTHING"
)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What came of a call: `id` is made with the form, so that a form sent twice counts once; `consent` are columns of the file of consents."""

    id: UUID
    program: str
    outcome: str
    script_version: str = ""
    call_back_on: date | None = None
    taken_by: str = ""
    consent: Mapping[str, str] = field(default_factory=dict)

    @property
    def obtained_on(self) -> date | None:
        """The day of the consent, None when it is not written as a date field sends it; the rules of the file then refuse it."""
        try:
            return date.fromisoformat(self.consent.get("obtained_on", ""))
        except ValueError:
            return None


def record_attempt(connection: Connection, patient_id: UUID, attempt: Attempt) -> bool:
    """Record an attempt and what follows from it; return whether it was new.

    Raises `NobodyToAsk` when the patient is not to be asked any more, `RowRefused` by the columns of what was typed.
    """
    connection.execute(text(PATIENCE))
    connection.execute(text(TAKE_TURN))
    if connection.scalar(
        text("SELECT EXISTS (SELECT FROM outreach_attempt WHERE id = :id AND patient_id = :p)"), {"id": attempt.id, "p": patient_id}
    ):
        return False
    one = patient_to_ask(connection, attempt.program, patient_id)
    refuse_incomplete(attempt, one)
    values: dict[str, Any] = {name: getattr(attempt, name) for name in ("id", "program", "outcome", "script_version", "call_back_on")}
    added = connection.execute(ADD, values | {"client_id": one.client_id, "patient_id": patient_id}).rowcount
    if attempt.outcome == "consented":
        keep_consent(connection, one, attempt)
    elif attempt.outcome == "declined":
        keep_standing(connection, one, attempt, status="declined", first_day=one.today.isoformat())
    detail: dict[str, Detail] = {
        "client_id": one.client_id,
        "patient_id": patient_id,
        "attempt_id": attempt.id,
        "program": attempt.program,
        "outcome": attempt.outcome,
    }
    append_event(connection, action="outreach.attempted", detail=detail)
    return bool(added)


def refuse_incomplete(attempt: Attempt, one: ToAsk) -> None:
    """Raise `RowRefused` for an outcome that is none, a call back without its day, or a yes without what makes it a consent."""
    wrong: dict[str, str] = {}
    if attempt.outcome not in OUTCOMES:
        wrong["outcome"] = "Choose what came of the call."
    if attempt.outcome == "call_back" and (attempt.call_back_on is None or attempt.call_back_on < one.today):
        wrong["call_back_on"] = "Write the day to call back, today or later."
    if attempt.outcome == "consented":
        if not attempt.consent.get("npi"):
            wrong["npi"] = "Choose the practitioner to whom the consent was given."
        if (attempt.obtained_on or one.today) > one.today:
            wrong["obtained_on"] = "The consent cannot have been given on a day that lies ahead."
        if not attempt.script_version and attempt.consent.get("method") == "verbal":
            wrong["script_version"] = "Write the version of the script that was read."
        if any(attempt.consent.get(name) != "yes" for name in ACKNOWLEDGED):
            wrong["scope"] = "All four must be acknowledged, else it is no consent; choose another outcome otherwise."
    if wrong:
        raise RowRefused(wrong)


def keep_consent(connection: Connection, one: ToAsk, attempt: Attempt) -> None:
    """Keep the consent, the enrolment from its day on and the practitioner who supervises."""
    named = {"client": one.client_code, "mrn": one.mrn, "program": attempt.program}
    day = attempt.consent.get("obtained_on", "")
    consent = dict(attempt.consent) | {"script_version": attempt.script_version, "obtained_by": attempt.taken_by}
    import_typed(connection, CONSENTS, [named | consent])
    import_typed(connection, ASSIGNMENTS, [named | {"npi": attempt.consent["npi"], "from": day, "to": ""}])
    keep_standing(connection, one, attempt, status="enrolled", first_day=day)


def keep_standing(connection: Connection, one: ToAsk, attempt: Attempt, *, status: str, first_day: str) -> None:
    """Keep where the patient stands in the program from a day on."""
    row = {
        "client": one.client_code,
        "mrn": one.mrn,
        "program": attempt.program,
        "status": status,
        "from": first_day,
        "to": "",
        "reason": "",
    }
    import_typed(connection, ENROLMENTS, [row])

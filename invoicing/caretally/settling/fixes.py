"""The facts that fix an exception, recorded on the spot: a consent and a plan's review as by their imports, time as by the list of what waits."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from caretally.audit.chain import Detail, append_event
from caretally.carelog.approvals import Chosen, Waiting, approve, chosen_of
from caretally.consents.import_consents import CONSENTS
from caretally.errors import CareTallyError, Conflict, NothingToDo
from caretally.identity.memberships import VENDOR_ROLES
from caretally.imports.from_page import import_rows
from caretally.imports.kinds import ImportKind
from caretally.imports.results import ImportResult
from caretally.reviews.import_reviews import REVIEWS
from caretally.settling.statements import statement
from caretally.settling.worklist import QueueRow

PAGE = "exceptions page"
# Which form fixes which reason; what each asks is in the gate table.
FORMS = {
    "NO_CONSENT": "consent",
    "CONSENT_INCOMPLETE": "consent",
    "CONSENT_OTHER_PRACTITIONER": "consent",
    "CONSENT_AGED": "consent",
    "BEFORE_CONSENT": "consent",
    "TIME_PENDING": "time",
    "TIME_UNAPPROVED": "time",
    "CARE_PLAN_REVIEW_OVERDUE": "review",
}
ACTIONS = {"consent": "Add consent", "time": "Approve time", "review": "Record review"}
ACKNOWLEDGED = {
    "scope": "what the service is",
    "cost_sharing": "that cost sharing may apply",
    "one_practitioner": "that one practitioner bills a month",
    "stop": "the right to stop at any time",
}
# The database says so when a month closed between the look and the write, or when two wrote the same row.
RACES = {"CT001", "23505", "40001", "40P01", "55P03"}
# A file is warned of a day to come, as a whole year of it may be; a fact that somebody types has happened.
AHEAD = "in_future"
FIXED = text(
    "INSERT INTO exception_work (vendor_id, client_id, patient_id, month, code, state, changed_by) VALUES "
    "(:vendor_id, :client_id, :patient_id, :month, :code, 'fixed', (SELECT tenancy.current_actor())) "
    "ON CONFLICT (vendor_id, client_id, month, patient_id, code) DO UPDATE SET state = 'fixed', version = exception_work.version + 1, "
    "changed_by = EXCLUDED.changed_by, changed_at = now()"
)


class TimeChanged(Conflict):
    """Entries that were ticked are no longer what the page showed, or were decided on since."""

    code = "time_changed"


class FactRefused(CareTallyError):
    """A fact that an import would refuse; `wrong` says for each column in one sentence what to do."""

    code = "fact_refused"
    status = 422

    def __init__(self, wrong: Mapping[str, str]) -> None:
        """Take the sentences by column."""
        super().__init__(" ".join(wrong.values()))
        self.wrong = dict(wrong)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the forms of an exception are filled with: providers (npi, name), the program and practitioner of the month (None: none), consents, plan
    versions (number, first day, last review, id), the entries that wait (token, start, end, seconds, staff, activity, description, whether they are one's own)
    in local time, the vendor's people (membership, name, role) and the row of the gate table that says who owns the exception and what fixes it."""

    providers: tuple[tuple[str, str], ...]
    assigned: tuple[str, str] | None
    consents: tuple[tuple[Any, ...], ...]
    plans: tuple[tuple[int, str, str | None, str], ...]
    waiting: tuple[tuple[str, str, str, int, str, str, str, bool], ...]
    people: tuple[tuple[str, str, str], ...]
    gate: Mapping[str, Any]

    @property
    def waiting_seconds(self) -> int:
        """The seconds that wait for an approval by whoever looks: all but their own."""
        return sum(seconds for _, _, _, seconds, *_, own in self.waiting if not own)


def facts_of(connection: Connection, row: QueueRow, *, vendor_id: UUID) -> Facts:
    """Return what the forms of an exception are filled with, in one query."""
    found = connection.execute(statement("fix_facts"), _key(row, vendor_id) | {"roles": [str(role) for role in VENDOR_ROLES]}).one()
    return Facts(
        tuple(tuple(one) for one in found.providers),
        tuple(found.assigned) if found.assigned else None,
        tuple(tuple(one) for one in found.consents),
        tuple(tuple(one) for one in found.plans),
        tuple(tuple(one) for one in found.waiting),
        tuple(tuple(one) for one in found.people),
        found.gate,
    )


def record_consent(connection: Connection, row: QueueRow, consent: Mapping[str, str], *, vendor_id: UUID) -> ImportResult:
    """Record a consent (the columns of its file but client and record number). Raises `FactRefused`, `NothingToDo` for one on record, `Conflict`."""
    return _recorded(connection, CONSENTS, row, [dict(consent)], vendor_id=vendor_id)


def record_review(connection: Connection, row: QueueRow, review: Mapping[str, str], *, vendor_id: UUID) -> ImportResult:
    """Record the review of a care plan version. Raises `FactRefused`, `NothingToDo` for one on record, `Conflict`."""
    return _recorded(connection, REVIEWS, row, [dict(review)], vendor_id=vendor_id)


def approve_entries(connection: Connection, row: QueueRow, tokens: Sequence[str], *, approved_by: str, vendor_id: UUID) -> list[Waiting]:
    """Approve entries by name as the list of what waits does, all or none of them; those of a closed month are kept beside it as late.

    Raises `NothingToDo` when none of them is of this patient, `NothingChosen`, `OwnTime`, `TimeChanged`, `Conflict`.
    """
    chosen = [Chosen.of(token) for token in tokens]
    of_patient = [one for one in chosen_of(connection, chosen) if (one.client_id, one.patient_id) == (row.client_id, row.patient_id)]
    if not of_patient:
        raise NothingToDo("None of these entries waits for an approval of this patient's time.")
    with _written(connection):
        approved = approve(connection, [Chosen(one.id, one.version) for one in of_patient], name=approved_by)
        if len(approved) < len({one.id for one in chosen}):
            raise TimeChanged("Some of these entries changed after you opened the page, so none was approved; look at what waits now.")
        _note_fixed(connection, row, vendor_id, {"kind": "time", "entries": len(approved)})
    return approved


def _recorded(connection: Connection, kind: ImportKind, row: QueueRow, rows: Sequence[dict[str, str]], *, vendor_id: UUID) -> ImportResult:
    of_patient = {"client": row.client_code, "mrn": row.mrn}
    with _written(connection):
        result = import_rows(connection, kind, [of_patient | one for one in rows], page=PAGE)
        _refuse(result)
        _note_fixed(connection, row, vendor_id, {"kind": kind.name, "batch": result.batch_id})
    return result


@contextmanager
def _written(connection: Connection) -> Iterator[None]:
    """Leave nothing of what is refused halfway, though the page then goes on in the same transaction."""
    try:
        with connection.begin_nested():
            yield
    except (DBAPIError, psycopg.Error) as error:
        raise _readable(error) from error


def _note_fixed(connection: Connection, row: QueueRow, vendor_id: UUID, by: Mapping[str, Detail]) -> None:
    connection.execute(FIXED, _key(row, vendor_id))
    append_event(connection, action="exception.fixed", detail=_told(row) | dict(by))


def _refuse(result: ImportResult) -> None:
    refused = {
        problem.column: problem.sentence for problem in reversed(result.problems) if problem.severity == "refused" or problem.rule == AHEAD
    }
    if refused:
        raise FactRefused(refused)
    if not result.new and not result.changed and not result.late:
        raise NothingToDo("This is on record already, word for word; nothing was changed.")


def _told(row: QueueRow) -> dict[str, Detail]:
    return {"client_id": row.client_id, "patient_id": row.patient_id, "month": str(row.month), "code": row.code}


def _key(row: QueueRow, vendor_id: UUID) -> dict[str, Any]:
    return {
        "vendor_id": vendor_id,
        "client_id": row.client_id,
        "patient_id": row.patient_id,
        "month": row.month.first_day,
        "code": row.code,
    }


def _readable(error: Exception) -> Exception:
    said = error.orig if isinstance(error, DBAPIError) else error
    state = said.sqlstate if isinstance(said, psycopg.Error) else None
    if state not in RACES:
        return error
    return Conflict(
        "Somebody else wrote the same rows or closed the month at the same moment, so nothing was recorded; open the page again."
    )

"""The work on one exception: who, until when, what was noted, and whether it is settled; two people do not write over each other."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import Detail, append_event
from caretally.audit.reasons import digest_of
from caretally.errors import Conflict
from caretally.settling.worklist import QueueRow

CHANGE = text(
    "UPDATE exception_work SET assignee_id = :assignee_id, due_on = :due_on, note = :note, state = :state, version = version + 1, "
    "changed_by = (SELECT tenancy.current_actor()), changed_at = now() WHERE vendor_id = :vendor_id AND client_id = :client_id AND month = :month "
    "AND patient_id = :patient_id AND code = :code AND version = :version"
)
# Nobody worked on it before: whoever was first wins.
BEGIN = text(
    "INSERT INTO exception_work (vendor_id, client_id, patient_id, month, code, assignee_id, due_on, note, state, changed_by) VALUES "
    "(:vendor_id, :client_id, :patient_id, :month, :code, :assignee_id, :due_on, :note, :state, (SELECT tenancy.current_actor())) "
    "ON CONFLICT (vendor_id, client_id, month, patient_id, code) DO NOTHING"
)


class WorkedOnMeanwhile(Conflict):
    """Somebody else changed the work on the exception after the page was opened; the page's answer is 412."""

    code = "worked_on_meanwhile"
    status = 412


@dataclass(frozen=True, kw_only=True)
class Work:
    """The work on an exception: a membership or nobody, a day or the gate's own, a note, `open`, `fixed` or `settled`."""

    assignee_id: UUID | None
    due_on: date | None
    note: str
    state: str


def change_work(connection: Connection, row: QueueRow, work: Work, *, vendor_id: UUID, version: int) -> None:
    """Write the work on an exception in the caller's transaction; `version` is the one that the page was made from, 0 before the first.

    Raises `WorkedOnMeanwhile`.
    """
    values = {
        "vendor_id": vendor_id,
        "client_id": row.client_id,
        "patient_id": row.patient_id,
        "month": row.month.first_day,
        "code": row.code,
        "version": version,
    } | vars(work)
    if connection.execute(CHANGE if version else BEGIN, values).rowcount != 1:
        raise WorkedOnMeanwhile("Somebody else worked on this exception after you opened the page; look at what is there now.")
    detail: dict[str, Detail] = {
        "client_id": row.client_id,
        "patient_id": row.patient_id,
        "month": str(row.month),
        "code": row.code,
        "state": work.state,
    }
    told: dict[str, Detail] = {"to": work.assignee_id, "on": str(work.due_on) if work.due_on else None}
    append_event(connection, action="exception.worked", detail=detail | told | ({"note_sha256": digest_of(work.note)} if work.note else {}))

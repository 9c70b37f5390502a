"""Saying something in a thread: the practice replies, accepts the line or withdraws; the vendor answers. Nothing said is ever changed."""

from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.errors import Conflict
from caretally.questions.threads import Thread, thread

SAY = text(
    "INSERT INTO line_message (vendor_id, client_id, question_id, seq, state, said, actor_name) "
    "VALUES (:vendor_id, :client_id, :question_id, :seq, :state, :said, :name) ON CONFLICT DO NOTHING RETURNING id"
)
Step = Literal["reply", "accept", "withdraw", "answer"]
LEADS_TO: dict[Step, str] = {"reply": "open", "accept": "accepted", "withdraw": "withdrawn", "answer": "answered"}
TAKEN_AS: dict[Step, str] = {"reply": "", "accept": "The line is accepted as it is.", "withdraw": "Withdrawn.", "answer": ""}


class SettledAlready(Conflict):
    """The thread was accepted or withdrawn, so nothing is added to it."""

    code = "settled_already"


class SaidMeanwhile(Conflict):
    """Somebody said something after the page was opened; what they said is on the page now."""

    code = "said_meanwhile"


def say(connection: Connection, question_id: UUID, step: Step, said: str, *, seen: int, vendor_id: UUID, name: str) -> Thread | None:
    """Add a message and return the thread as it was before, None when this very message is the newest already (sent twice).

    `seen` is the number of the last message that the writer saw. Raises `NoSuchQuestion`, `SettledAlready`, or `SaidMeanwhile` when the
    thread has gone on.
    """
    before = thread(connection, question_id, vendor_id=vendor_id)
    words, newest = said or TAKEN_AS[step], before.messages[-1]
    if newest.seq == seen + 1 and (newest.said, newest.state) == (words, LEADS_TO[step]):
        return None
    if not before.going_on:
        raise SettledAlready("This was settled already, so nothing was added; ask anew on the invoice if something is open.")
    message = {"client_id": before.client_id, "question_id": question_id, "seq": seen + 1, "state": LEADS_TO[step], "said": words}
    if newest.seq != seen or connection.scalar(SAY, message | {"vendor_id": vendor_id, "name": name}) is None:
        raise SaidMeanwhile("Somebody wrote here while you did; read it above and send yours again.")
    append_event(connection, action=f"question.{LEADS_TO[step]}", detail={"question_id": question_id, "message": seen + 1})
    return before

"""Asking about a line of an invoice, or disputing money of it. The invoice stays as it is."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.errors import NothingToDo, UsageMistake
from caretally.money import format_dollars
from caretally.questions.say import SAY
from caretally.questions.threads import GOING_ON, statement

LINE = text(
    "SELECT l.amount_cents, (SELECT s.state FROM invoice_state s WHERE s.vendor_id = i.vendor_id AND s.client_id = i.client_id "
    "AND s.invoice_id = i.id ORDER BY s.seq DESC LIMIT 1) AS state, (now() AT TIME ZONE (i.bill #>> '{client,timezone}'))::date AS today "
    "FROM invoice_line l JOIN invoice i ON i.vendor_id = l.vendor_id AND i.client_id = l.client_id "
    "AND i.id = l.invoice_id WHERE l.vendor_id = :vendor_id AND l.id = :invoice_line_id AND i.id = :invoice_id"
)
# Disputes of one line take turns, so that the sum of what is disputed is that of everything committed.
TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('caretally dispute ' || CAST(:invoice_line_id AS text), 0))")


class NoSuchLine(NothingToDo):
    """The invoice that the transaction may see has no such line."""

    code = "no_such_line"


class NotSent(NothingToDo):
    """The invoice is a draft or void, so nobody owes anything on it."""

    code = "invoice_not_sent"


class AmountRefused(UsageMistake):
    """A dispute names no amount of its line: nothing, or more than is left of it beside the disputes that are going on."""

    code = "amount_refused"


class NothingSaid(UsageMistake):
    """A thread would begin without a word."""

    code = "nothing_said"


class DayRefused(UsageMistake):
    """An answer is asked for by a day that has passed."""

    code = "day_refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a practice asks: `id` is made with the form, so that a form sent twice is one thread; `disputed_cents` of a dispute only."""

    id: UUID
    invoice_id: UUID
    invoice_line_id: UUID
    kind: Literal["dispute", "question"]
    said: str
    answer_by: date
    disputed_cents: int | None = None


def ask(connection: Connection, asked: Asked, *, vendor_id: UUID, name: str) -> bool:
    """Begin a thread and return True, False when this form had begun it before.

    Raises `NoSuchLine`, `NotSent` for a draft or a void, `AmountRefused` for a dispute of nothing or of more than is left of the line, and
    `DayRefused` for a day that has passed at the practice's place.
    """
    key = {"vendor_id": vendor_id, "invoice_id": asked.invoice_id, "invoice_line_id": asked.invoice_line_id}
    line = connection.execute(LINE, key).one_or_none()
    if line is None:
        raise NoSuchLine("This invoice has no such line; open the line again and ask from there.")
    if line.state in ("draft", "void"):
        raise NotSent("This invoice was not sent, so there is nothing to ask of it; ask once it is open.")
    if asked.kind == "dispute":
        check_amount(connection, asked, vendor_id=vendor_id, line_cents=line.amount_cents)
    if asked.answer_by < line.today:
        raise DayRefused("Choose today or a later day.")
    disputed = asked.disputed_cents if asked.kind == "dispute" else None
    values = key | {"id": asked.id, "kind": asked.kind, "disputed_cents": disputed, "answer_by": asked.answer_by}
    client_id = connection.execute(statement("ask"), values).scalar_one_or_none()
    if client_id is None:
        return False
    said = {"vendor_id": vendor_id, "client_id": client_id, "question_id": asked.id, "seq": 1, "state": "open", "said": asked.said}
    connection.execute(SAY, said | {"name": name})
    detail = {"question_id": asked.id, "invoice_line_id": asked.invoice_line_id, "kind": asked.kind, "cents": disputed}
    append_event(connection, action="question.asked", detail=detail)
    return True


def check_amount(connection: Connection, asked: Asked, *, vendor_id: UUID, line_cents: int) -> None:
    """Raise `AmountRefused` unless the amount is left of the line; the same form sent before is no dispute beside itself."""
    connection.execute(TAKE_TURN, {"invoice_line_id": asked.invoice_line_id})
    key = {"vendor_id": vendor_id, "invoice_line_id": asked.invoice_line_id, "id": asked.id, "states": list(GOING_ON)}
    others = connection.execute(statement("disputed"), key).one()
    left = line_cents - others.disputed_cents
    if others.begun or (asked.disputed_cents and 0 < asked.disputed_cents <= left):
        return
    whole, already = format_dollars(line_cents), format_dollars(others.disputed_cents)
    if left <= 0:
        raise AmountRefused(f"The whole line, {whole}, is disputed already; write in that thread, or ask a question here.")
    of_it = f"{already} of its {whole} is disputed already" if others.disputed_cents else "which is what the line costs"
    raise AmountRefused(f"Write an amount from $0.01 to {format_dollars(left)}, {of_it}.")

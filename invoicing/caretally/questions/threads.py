"""A thread about one line of an invoice, as both sides read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, RowMapping, TextClause, text

from caretally.errors import NothingToDo

Side = Literal["practice", "vendor"]
State = Literal["open", "answered", "accepted", "withdrawn"]
GOING_ON: tuple[State, ...] = ("open", "answered")
SETTLED: tuple[State, ...] = ("accepted", "withdrawn")


class NoSuchQuestion(NothingToDo):
    """No thread that the transaction may see has this id; nobody learns whether another one has it."""

    code = "no_such_question"


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What one person said; `state` is what the thread was since."""

    seq: int
    side: Side
    state: State
    said: str
    actor: str
    name: str
    at: datetime

    @property
    def initials(self) -> str:
        """Two letters for the picture beside it."""
        words = self.name.split() or ["?"]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """A question or a dispute of a line: money in cents, `line_cents` what the line cost when it was asked."""

    id: UUID
    invoice_id: UUID
    invoice_line_id: UUID
    client_id: UUID
    number: str
    client: str
    timezone: str
    month: date
    patient_month_id: UUID | None
    patient_name: str
    mrn: str
    code: str
    units: int
    kind: str
    line_cents: int
    disputed_cents: int | None
    answer_by: date
    messages: tuple[Message, ...]

    @property
    def state(self) -> State:
        """What the thread is since its newest message."""
        return self.messages[-1].state

    @property
    def going_on(self) -> bool:
        """Tell whether something may still be said."""
        return self.state in GOING_ON

    def waits_for(self, side: Side) -> bool:
        """Tell whether the next word is this side's."""
        return self.state == ("open" if side == "vendor" else "answered")


def disputed_of_lines(threads: Iterable[Thread]) -> dict[UUID, int]:
    """Return the cents that the disputes going on take of each line."""
    disputed: dict[UUID, int] = {}
    for one in threads:
        if one.going_on and one.disputed_cents:
            disputed[one.invoice_line_id] = disputed.get(one.invoice_line_id, 0) + one.disputed_cents
    return disputed


@cache
def statement(name: str) -> TextClause:
    """Return a statement of this capability by the name of its file."""
    return text((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))


def threads_of_line(connection: Connection, *, vendor_id: UUID, invoice_id: UUID, patient_month_id: UUID) -> tuple[Thread, ...]:
    """Return the threads about a patient's line of an invoice, the oldest first."""
    key = {"vendor_id": vendor_id, "question_id": None, "invoice_id": invoice_id, "patient_month_id": patient_month_id}
    return tuple(_thread(row) for row in connection.execute(statement("threads"), key).mappings())


def thread(connection: Connection, question_id: UUID, *, vendor_id: UUID) -> Thread:
    """Return one thread. Raises `NoSuchQuestion`."""
    key = {"vendor_id": vendor_id, "question_id": question_id, "invoice_id": None, "patient_month_id": None}
    row = connection.execute(statement("threads"), key).mappings().one_or_none()
    if row is None:
        raise NoSuchQuestion("There is no such question; choose one from the list of questions.")
    return _thread(row)


def _thread(row: RowMapping) -> Thread:
    known: dict[str, Any] = {name: row[name] for name in Thread.__dataclass_fields__ if name != "messages"}
    messages = tuple(Message(**one | {"at": datetime.fromisoformat(one["at"])}) for one in row["messages"])
    return Thread(**known, messages=messages)

"""Waives gates for many patients at once, by the rules of one waiver, or withdraws many waivers; each in one set-based statement."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import Detail, append_event
from caretally.audit.reasons import digest_of, said_in_words
from caretally.errors import NothingToDo, UsageMistake
from caretally.months import Month
from caretally.waivers.record import LONGEST_NAME, READERS

LOCK = text("SELECT FROM client_lock WHERE client_id = ANY (:clients) ORDER BY client_id FOR UPDATE")
HERE = Path(__file__).parent
ASKED = (HERE / "asked.sql").read_text(encoding="utf-8")
LAST_BEGINS = text(ASKED + "SELECT max(first_month) FROM asked")
ADD = text(ASKED + (HERE / "add_many.sql").read_text(encoding="utf-8"))
WITHDRAW = text(
    "UPDATE waiver SET withdrawn_at = now(), withdrawn_by = (SELECT tenancy.current_actor()) "
    "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = ANY (:ids) AND withdrawn_at IS NULL RETURNING client_id"
)
CLIENTS_OF = text("SELECT DISTINCT client_id FROM waiver WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = ANY (:ids)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A gate to waive for a patient from the first day of a month on."""

    client_id: UUID
    patient_id: UUID
    gate_code: str
    month: date


@dataclass(frozen=True, slots=True)
class Made:
    """A waiver that was made; `first_month` is the first day of the month from which it holds."""

    waiver_id: UUID
    client_id: UUID
    patient_id: UUID
    gate_code: str
    first_month: date


def add_waivers(
    connection: Connection, asked: Sequence[Asked], *, waived_by: str, reason: str, expires_on: date, today: date
) -> list[Made]:
    """Waive for all that are asked in the caller's transaction, which takes the clients' locks, and return what was made.

    What nobody may waive is left out, and so is what is waived as long already. Raises `UsageMistake` for an expiry that has passed or comes before
    the first month ends, for a name or reason that says nothing; `NothingToDo` when nothing is left to waive.
    """
    name = said_in_words(waived_by, what="who waives it", option="the name", longest=LONGEST_NAME, readers=READERS)
    words = said_in_words(reason, option="the reason", readers=READERS)
    if expires_on < today:
        raise UsageMistake(f"{expires_on} has passed; give the last day on which the waiver holds.")
    connection.execute(LOCK, {"clients": sorted({one.client_id for one in asked})})
    values = {
        "asked": json.dumps(
            [
                {"client_id": str(a.client_id), "patient_id": str(a.patient_id), "gate_code": a.gate_code, "month": str(a.month)}
                for a in asked
            ]
        )
    }
    begins: date | None = connection.scalar(LAST_BEGINS, values)
    if begins is not None and expires_on < Month.of(begins).last_day:
        last = Month.of(begins).last_day
        raise UsageMistake(
            f"Months that are closed stay as they were billed, so this waiver begins with {Month.of(begins)} and has to last through it; "
            f"give {last} or a later day, such as {last + timedelta(days=31)}."
        )
    rows = connection.execute(ADD, values | {"expires_on": expires_on, "waived_by": name, "reason": words}).all()
    if not rows:
        raise NothingToDo("All of these are waived through that day already.")
    detail: dict[str, Detail] = {"waivers": len(rows), "gates": sorted({row.gate_code for row in rows}), "expires_on": str(expires_on)}
    clients = sorted({str(row.client_id) for row in rows})
    append_event(connection, action="waivers.added", detail=detail | {"client_ids": clients, "reason_sha256": digest_of(words)})
    return [Made(*row) for row in rows]


def withdraw_waivers(connection: Connection, ids: Sequence[UUID]) -> int:
    """Withdraw waivers in the caller's transaction and return how many were in force; closed months keep what they were closed with."""
    if not ids:
        return 0
    connection.execute(LOCK, {"clients": sorted(connection.scalars(CLIENTS_OF, {"ids": list(ids)}))})
    withdrawn = connection.execute(WITHDRAW, {"ids": list(ids)}).rowcount
    append_event(connection, action="waivers.withdrawn", detail={"waivers": withdrawn, "waiver_ids": sorted(str(one) for one in ids)})
    return withdrawn

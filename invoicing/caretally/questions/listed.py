"""The list of threads, a page at a time."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from caretally.db.lists import PAGE_SIZE, PricedPage
from caretally.questions.threads import GOING_ON, SETTLED, State, statement

SHOWN: dict[str, tuple[State, ...]] = {"going-on": GOING_ON, "settled": SETTLED, "all": (*GOING_ON, *SETTLED)}


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedThread:
    """One thread of the list: what was said last, and when."""

    id: UUID
    kind: str
    disputed_cents: int | None
    answer_by: date
    month: date
    invoice_id: UUID
    number: str
    client: str
    patient_name: str
    state: State
    at: datetime
    said: str
    messages: int


def listed_threads(
    connection: Connection, *, vendor_id: UUID, shown: str = "going-on", kind: str = "", page: int = 1
) -> PricedPage[ListedThread]:
    """Return a page of the threads that are going on, settled, or both, and the cents they dispute; those to be answered soonest first."""
    states = SHOWN.get(shown, GOING_ON)
    key = {"vendor_id": vendor_id, "states": list(states), "kind": kind, "size": PAGE_SIZE, "start": (page - 1) * PAGE_SIZE}
    found = connection.execute(statement("listed"), key).mappings().all()
    rows = tuple(ListedThread(**{name: row[name] for name in ListedThread.__dataclass_fields__}) for row in found)
    return PricedPage(rows=rows, found=found[0]["found"] if found else 0, found_cents=found[0]["found_cents"] if found else 0, page=page)

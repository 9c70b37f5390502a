"""The list of threads, a page at a time."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from caretally.questions.threads import GOING_ON, SETTLED, State, statement

PAGE_SIZE = 50
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


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedThreads:
    """A page of threads, how many there are in all, and what they dispute in cents; pages count from 1."""

    rows: tuple[ListedThread, ...]
    found: int
    found_cents: int
    page: int

    @property
    def pages(self) -> int:
        """The number of pages, at least 1."""
        return max(-(-self.found // PAGE_SIZE), 1)


def listed_threads(connection: Connection, *, vendor_id: UUID, shown: str = "going-on", kind: str = "", page: int = 1) -> ListedThreads:
    """Return a page of the threads that are going on, settled, or both; those to be answered soonest first."""
    states = SHOWN.get(shown, GOING_ON)
    key = {"vendor_id": vendor_id, "states": list(states), "kind": kind, "size": PAGE_SIZE, "start": (page - 1) * PAGE_SIZE}
    found = connection.execute(statement("listed"), key).mappings().all()
    rows = tuple(ListedThread(**{name: row[name] for name in ListedThread.__dataclass_fields__}) for row in found)
    return ListedThreads(rows=rows, found=found[0]["found"] if found else 0, found_cents=found[0]["found_cents"] if found else 0, page=page)

"""Starts, stops and writes time on the pages, as a browser does, for tests of these pages."""

from typing import Any
from uuid import uuid4

from tests.builders.pages import Pages
from tests.builders.timekeeping import Timekeeping

WRITTEN = {
    "day": "2026-10-05",
    "starts": "10:00",
    "ends": "10:25",
    "program": "CCM",
    "activity": "call",
    "description": "Called about <readings> & diet.",
    "reason": "Out of the office.",
}


def started(keeping: Timekeeping, pages: Pages, *, mrn: str = "1001", **more: Any) -> str:
    """Start the nurse's timer on the page and return its id."""
    key = str(uuid4())
    answer = keeping.send(pages, "/time", to="/time/start", key=key, patient=keeping.patients[mrn], activity="call", **more)
    assert answer.headers["Location"] == "/time"
    return key


def stopped(keeping: Timekeeping, pages: Pages, timer_id: str) -> str:
    """Stop a timer on the page and return the address of what it left."""
    return keeping.send(pages, "/time", to=f"/time/{timer_id}/act", act="stop").headers["Location"]


def written(keeping: Timekeeping, pages: Pages, *, who: str = "nurse", **changed: Any) -> Any:
    """Write an entry by hand on the page."""
    path = f"/time/by-hand/{keeping.patients['1001']}"
    return keeping.send(pages, path, who, **{"key": uuid4(), **WRITTEN, **changed})

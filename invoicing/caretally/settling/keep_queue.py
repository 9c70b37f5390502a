"""What the queue's page keeps between two requests of this process: the lists it offers and the places of its rows, as they were at a stamp.

The stamp is read in each request under row level security, before anything that was read by it is used, and every change of what the queue counts,
shows or is ordered by leaves another (decision 22). Patients' names are read each time, by the rows' own keys: whom this transaction may not read it does
not show.
"""

from collections.abc import Hashable
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from caretally.settling.filters import Filters
from caretally.settling.read_queue import queue
from caretally.settling.worklist import Furniture, Places, Queue, furniture, with_names_now
from caretally.web.edge import signed_in
from caretally.web.parts import keep_now, kept_now, whose


def offered_now(connection: Connection) -> Furniture:
    """Return what the page offers now."""
    key = ("what the queue offers", whose())
    known = kept_now(key)
    offered = furniture(connection, vendor_id=signed_in().vendor_id, known=known)
    if offered.lists is not known:
        keep_now(key, offered.lists)
    return offered


def queue_now(connection: Connection, filters: Filters, offered: Furniture, *, today: date) -> Queue:
    """Return a page of the queue as it is now; what words or ticks ask for is read each time, since nobody asks so again."""
    vendor_id = signed_in().vendor_id
    if filters.words or filters.picked is not None or filters.patient:
        return queue(connection, filters, vendor_id=vendor_id)
    key = (
        "places of the queue",
        whose(),
        offered.lists.stamp,
        today,
        replace(filters, columns="", sealed=""),
        whom_it_hangs_on(filters, offered),
    )
    known: Places | None = kept_now(key)
    if known is not None:
        now = with_names_now(connection, known, vendor_id=vendor_id)
        if now is not known:
            keep_now(key, now)
        return now.named
    found = queue(connection, filters, vendor_id=vendor_id, today=today)
    # pages beyond the last have no end
    if found.rows:
        keep_now(key, Places.of(found))
    return found


def whom_it_hangs_on(filters: Filters, offered: Furniture) -> Hashable:
    """Return the people whom the places of these filters hang on: the memberships of who asks for what is theirs, and the names that an order goes by."""
    return offered.mine if filters.assignee == "me" else None, offered.people if filters.sort == "assignee" else None

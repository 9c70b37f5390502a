"""Work on the queue of exceptions, as the pages do it: an act on all that matches, the work on one."""

from typing import Any
from uuid import UUID, uuid4

from caretally.months import Month
from caretally.settling.acts import Act, do_act, tell_act
from caretally.settling.filters import Filters
from caretally.settling.read_queue import find_exception
from caretally.settling.work import Work, change_work
from tests.builders.office import OCTOBER, Office
from tests.builders.queue_office import patient_id


def act(office: Office, filters: Filters, **given: Any) -> UUID:
    """Do an act on all that matches."""
    act_id, wanted = uuid4(), Act(**given)
    with office.transaction() as connection:
        told = tell_act(connection, filters, wanted.kind, vendor_id=office.vendor_id)
        assert do_act(connection, filters, wanted, vendor_id=office.vendor_id, act_id=act_id, seen=told.seen)
    return act_id


def work(office: Office, mrn: str, code: str, *, month: Month = OCTOBER, **given: Any) -> None:
    """Write the work on one exception, from what stands there now."""
    changed = {"assignee_id": None, "due_on": None, "note": "", "state": "open"} | given
    with office.transaction() as connection:
        row = find_exception(connection, patient_id(office, mrn), month, code, vendor_id=office.vendor_id)
        change_work(connection, row, Work(**changed), vendor_id=office.vendor_id, version=row.version)


def member(office: Office, name: str) -> UUID:
    """Return a person's membership."""
    return UUID(str(office.value("SELECT id FROM membership WHERE name = :name", name=name)))

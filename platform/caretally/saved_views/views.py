"""Saved views: the filters of a page under a name, one's own or shared with the vendor's people."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.errors import Conflict, NothingToDo, UsageMistake
from caretally.tenancy.read_rows import Statement, read_rows

LONGEST_NAME = 60
LONGEST_FILTERS = 1000
MOST_VIEWS = 50
OFFERED = Statement(
    "WITH asks AS MATERIALIZED (SELECT CAST(said[2] AS uuid) AS vendor_id, said[4] AS actor FROM (SELECT tenancy.verified_context() AS said) context) "
    "SELECT id, name, filters, shared, owner = (SELECT actor FROM asks) AS own FROM saved_view WHERE vendor_id = (SELECT vendor_id FROM asks) "
    "AND page = :page AND (shared OR owner = (SELECT actor FROM asks)) ORDER BY lower(name), id"
)
OWN = text(
    "SELECT count(*) FROM saved_view WHERE vendor_id = (SELECT tenancy.current_vendor()) AND page = :page AND owner = (SELECT tenancy.current_actor())"
)
ADD = text(
    "INSERT INTO saved_view (vendor_id, page, owner, name, filters, shared) "
    "VALUES ((SELECT tenancy.current_vendor()), :page, (SELECT tenancy.current_actor()), :name, :filters, :shared) "
    "ON CONFLICT (vendor_id, page, owner, name) DO NOTHING RETURNING id"
)
DROP = text(
    "DELETE FROM saved_view WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id AND owner = (SELECT tenancy.current_actor()) RETURNING page"
)


class ViewExists(Conflict):
    """One's own view of this name is there already."""

    code = "view_exists"


@dataclass(frozen=True)
class SavedView:
    """A view as its page offers it: `filters` is the query of an address, `own` says that the visitor saved it."""

    id: UUID
    name: str
    filters: str
    shared: bool
    own: bool


def views_of(connection: Connection, page: str) -> Sequence[SavedView]:
    """Return one's own views of a page and those that others share, by name."""
    return [SavedView(*row) for row in read_rows(connection, OFFERED, {"page": page})]


def save_view(connection: Connection, *, page: str, name: str, filters: str, shared: bool) -> UUID:
    """Save filters (the query of an address) of a page under a name and return the view's id.

    Raises `UsageMistake` for a name that says nothing, filters that no page has or one view too many, `ViewExists` for a name used already.
    """
    called = " ".join(name.split())
    if not called or len(called) > LONGEST_NAME or not called.isprintable():
        raise UsageMistake(f"Name the view in 1 to {LONGEST_NAME} characters.")
    if len(filters) > LONGEST_FILTERS:
        raise UsageMistake("These filters are longer than any that the page has; choose them on the page and save them there.")
    if connection.execute(OWN, {"page": page}).scalar_one() >= MOST_VIEWS:
        raise UsageMistake(f"You have {MOST_VIEWS} views; delete one first.")
    view: UUID | None = connection.scalar(ADD, {"page": page, "name": called, "filters": filters, "shared": shared})
    if view is None:
        raise ViewExists(f"You have a view called “{called}” already; choose another name or delete it first.")
    append_event(connection, action="view.saved", detail={"view": view, "page": page, "shared": "yes" if shared else "no"})
    return view


def delete_view(connection: Connection, view_id: UUID) -> None:
    """Delete one's own view. Raises `NothingToDo` for one that is not there or somebody else's."""
    page = connection.scalar(DROP, {"id": view_id})
    if page is None:
        raise NothingToDo("There is no such view of yours; only who saved a view can delete it.")
    append_event(connection, action="view.deleted", detail={"view": view_id, "page": page})

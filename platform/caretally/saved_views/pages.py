"""Saving and deleting views, for every list that offers them: the list says its name and its own address."""

from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from flask import Blueprint, Flask, current_app, redirect, render_template
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.errors import CareTallyError, UsageMistake
from caretally.saved_views.views import LONGEST_NAME, SavedView, delete_view, save_view, views_of
from caretally.web.access import requires
from caretally.web.edge import connection
from caretally.web.form import Form, typed_into
from caretally.web.own_pages import page_of_ours
from caretally.web.search_words import DROPPED
from caretally.web.shell import may

pages = Blueprint("saved_views", __name__, template_folder="templates", url_prefix="/views")
TABLES = "caretally.tables_with_views"


class ViewForm(Form):
    """A name for the filters of an address of ours, the table that they are of, and whether the vendor's other people see them."""

    table = fields.String(load_default="")
    here = fields.String(load_default="")
    name = fields.String(load_default="")
    shared = fields.String(load_default="")


class PlaceForm(Form):
    """The page to go back to."""

    here = fields.String(load_default="")


def install_saved_views(app: Flask, tables: Iterable[str]) -> None:
    """Let views of these tables be saved."""
    app.extensions[TABLES] = frozenset(tables)


def offered_views(table: str) -> Sequence[SavedView] | None:
    """Return the views of a list that the visitor may use, None for who may save none."""
    return views_of(connection(), table) if may("save_views") else None


@pages.post("")
@requires("save_views")
def save() -> ResponseReturnValue:
    """Save the filters of the address that the list says it has, without words looked for, and go back to it."""
    filled = typed_into(ViewForm())
    here = page_of_ours(filled.typed.get("here", ""), otherwise="/")
    table = filled.typed.get("table", "")
    if table not in current_app.extensions[TABLES]:
        raise UsageMistake(
            "These filters were not chosen on a list that has views, so nothing was saved; open the list and save them there."
        )
    try:
        save_view(connection(), page=table, name=filled.typed.get("name", ""), filters=kept(here), shared=bool(filled.typed.get("shared")))
    except CareTallyError as error:
        return render_template("saved_views/name.html", filled=filled.refused(name=error.message), here=here, longest=LONGEST_NAME), 422
    return redirect(here, 303)


def kept(address: str) -> str:
    """Return the filters of an address: no words, which may be a name, and no place in the list."""
    return urlencode([(name, value) for name, value in parse_qsl(urlsplit(address).query) if name not in DROPPED], safe=",")


@pages.post("/<uuid:view_id>/delete")
@requires("save_views")
def delete(view_id: UUID) -> ResponseReturnValue:
    """Delete one's own view and go back to the list."""
    filled = typed_into(PlaceForm())
    delete_view(connection(), view_id)
    return redirect(page_of_ours(filled.typed.get("here", ""), otherwise="/"), 303)

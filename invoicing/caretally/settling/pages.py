"""The pages of the queue: the list with its files, acts on all that matches, saved views."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, pre_load, validate

from caretally.db.lists import refuse_more_than
from caretally.errors import CareTallyError
from caretally.identity.memberships import VENDOR_ROLES
from caretally.saved_views.views import delete_view, save_view
from caretally.settling.acts import KINDS, Act, ChangedSinceTold, do_act, person_to_assign, tell_act, undo_act
from caretally.settling.filters import DUE, OUTCOMES, OWNERS, SORTS, STATES, Filters
from caretally.settling.fixes import ACTIONS, FORMS
from caretally.settling.keep_queue import offered_now, queue_now
from caretally.settling.queue_parts import Looked, queue_parts, typed_before
from caretally.settling.read_queue import every_match
from caretally.settling.render_queue import FILES
from caretally.settling.worklist import MOST_IN_FILE, Furniture, note_read, shown_by, today_in_utc
from caretally.web.access import requires
from caretally.web.columns import Columns
from caretally.web.edge import connection, signed_in
from caretally.web.form import EMPTY, Filled, Form, typed_into
from caretally.web.queries import number_in_query
from caretally.web.search_words import address_words, words_in_query
from caretally.web.shell import may

pages = Blueprint("exceptions", __name__, template_folder="templates", url_prefix="/exceptions")
LONGEST_NOTE = 500
COLUMNS = Columns(
    "exceptions",
    "Patient and reason",
    {"fix": "What fixes it", "money": "Held", "assignee": "Assigned to", "due": "Due", "state": "State"},
    frozenset({"patient", "code"}),
)
CHOICES = {
    "outcomes": OUTCOMES,
    "states": STATES,
    "dues": DUE,
    "sorts": SORTS,
    "owners": OWNERS,
    "kinds": KINDS,
    "forms": FORMS,
    "actions": ACTIONS,
}


def note_field() -> fields.String:
    """Return a note, which may be empty."""
    return fields.String(load_default="", validate=validate.Length(max=LONGEST_NOTE, error=f"Write at most {LONGEST_NOTE} characters."))


def day_field(asked: str) -> fields.Date:
    """Return a day that may be left out; an empty one is none."""
    return fields.Date(load_default=None, allow_none=True, error_messages={"invalid": asked})


class ActForm(Form):
    """What to do to all that matches or to the ticked ones; once told, the fingerprint of what was told and the act's own id."""

    kind = fields.String(
        required=True, validate=validate.OneOf(list(KINDS), error="Choose what to do."), error_messages={"required": "Choose what to do."}
    )
    # as the form is first seen it is the ticked ones, and all that match where none is
    scope = fields.String(load_default="", validate=validate.OneOf(("", "all", "ticked"), error="Choose all or the ticked ones."))
    pick = fields.List(fields.String(validate=validate.Length(max=100)), load_default=list)
    to = fields.String(load_default="")
    on = day_field("Write the day as 2026-11-30.")
    note = note_field()
    until = day_field("Write the last day as 2026-12-31.")
    seen = fields.String(load_default="")
    act = fields.UUID(load_default=None)

    @pre_load
    def blank_is_none(self, typed: dict[str, Any], **_given: Any) -> dict[str, Any]:
        """Read days that were left blank as none."""
        return {name: None if name in ("on", "until") and value == "" else value for name, value in typed.items()}


class UndoForm(Form):
    """The act to undo: the one that the page showed, so that a form sent twice or from an old tab undoes no other."""

    act = fields.UUID(
        required=True, error_messages=dict.fromkeys(("required", "null", "invalid_uuid"), "Undo from the queue, which names the act.")
    )


class ViewForm(Form):
    """A name for the filters of the address, and whether the vendor's other people see it."""

    name = fields.String(required=True)
    shared = fields.String(load_default="")


@pages.get("")
@requires("settle_exceptions")
def listed() -> ResponseReturnValue:
    """Show the queue."""
    return queue_page(EMPTY)


def queue_page(filled: Filled, *, of_view: Filled = EMPTY, status: int = 200) -> ResponseReturnValue:
    """Return the queue by the filters of the address, with what was typed into its forms."""
    offered, today = offered_now(connection()), today_in_utc()
    filters = filters_of(offered)
    found = queue_now(connection(), filters, offered, today=today)
    columns = COLUMNS.shown()
    looked = Looked(filters=filters, columns=columns, today=today, permissions=signed_in().permissions)
    parts = queue_parts(found, offered.lists._replace(stamp=""), offered.people, looked=looked, typed=typed_before(filled))
    page = render_template(
        "settling/queue.html",
        asked=filters.address(),
        columns=columns,
        parts=parts,
        any_rows=bool(found.rows),
        offered=offered,
        filled=filled,
        of_view=of_view,
        done="done" in request.args,
        undone_before=request.args.get("undone") == "already",
        undone=(number_in_query("undone", otherwise=0), number_in_query("of", otherwise=0)),
        kinds=KINDS,
    )
    # last, since whoever reads something of this vendor at the same moment waits for it
    note_read(connection(), parts.shown, form="page")
    return page, status


def filters_of(offered: Furniture) -> Filters:
    """Return the filters of the address; no month means the newest."""
    words = words_in_query("q")
    newest = offered.months[0] if offered.months else None
    return Filters.read(request.args, newest=newest, words=words, sealed=address_words(words) or "", columns=COLUMNS.shown().address or "")


@pages.get("/file.<ending>")
@requires("export", also="settle_exceptions")
def download(ending: str) -> ResponseReturnValue:
    """Give all that matches as CSV or XLSX, or refuse when that is too much."""
    if ending not in FILES:
        abort(404)
    filters = filters_of(offered_now(connection()))
    found = every_match(connection(), filters, vendor_id=signed_in().vendor_id, most=MOST_IN_FILE)
    refuse_more_than(MOST_IN_FILE, found.exceptions, what="exceptions")
    note_read(connection(), shown_by(found.rows), form=ending)
    render, kind = FILES[ending]
    name = f"exceptions-{filters.month or 'all'}.{ending}"
    content = render(found, vendor=signed_in().vendor_name)
    return Response(content, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@pages.post("/act")
@requires("settle_exceptions")
def act() -> ResponseReturnValue:
    """Tell what an act would touch, with count and money; do it once it is confirmed."""
    filled = typed_into(ActForm())
    if not filled.given:
        return queue_page(filled, status=422)
    if filled.given["kind"] == "waive" and not may("waive_gates"):
        abort(403)
    filled = replace(filled, given={**filled.given, "scope": scope_of(filled)})
    filters = of_scope(filters_of(offered_now(connection())), filled)
    wrong = missing(filled)
    if wrong:
        return queue_page(filled.refused(**wrong), status=422)
    try:
        wanted, to = act_of(filled)
        if filled.given["seen"] and filled.given["act"]:
            do_act(connection(), filters, wanted, vendor_id=signed_in().vendor_id, act_id=filled.given["act"], seen=filled.given["seen"])
            return redirect(f"{url_for('exceptions.listed')}?{filters.address()}&done=1", 303)
        return told_page(filled, filters, wanted, to=to)
    except ChangedSinceTold as error:
        return told_page(filled, filters, wanted, to=to, changed=error.message)
    except CareTallyError as error:
        return queue_page(filled.refused(kind=error.message), status=422)


def scope_of(filled: Filled) -> str:
    """Return which exceptions are meant: `all` that match or the `ticked` ones."""
    return str(filled.given["scope"] or ("ticked" if filled.given["pick"] else "all"))


def of_scope(filters: Filters, filled: Filled) -> Filters:
    """Return the filters of all that matches, or of the ticked rows alone."""
    picked = tuple(filled.given["pick"]) if filled.given["scope"] == "ticked" else None
    return Filters(**{**vars(filters), "picked": picked})


def missing(filled: Filled) -> dict[str, str]:
    """Return what an act still needs, by field."""
    given = filled.given
    asked = {
        "pick": (given["scope"] == "ticked" and not given["pick"], "Tick at least one exception, or choose all that match."),
        "note": (
            given["kind"] in ("note", "waive", "settle") and not given["note"].strip(),
            "Write the note: why it is waived, or how it is settled.",
        ),
        "on": (
            given["kind"] == "due" and given["on"] is not None and given["on"] < today_in_utc(),
            "That day has passed; choose one from today on.",
        ),
        "until": (given["kind"] == "waive" and given["until"] is None, "Write the last day on which the waiver holds."),
        "to": (given["kind"] == "assign" and not given["to"], "Choose whom to assign to, or nobody."),
    }
    return {name: sentence for name, (lacks, sentence) in asked.items() if lacks}


def act_of(filled: Filled) -> tuple[Act, str]:
    """Return the act and the name of whom it assigns to. Raises `UsageMistake` for somebody who is not the vendor's."""
    given, to, name = filled.given, None, "nobody"
    if given["kind"] == "assign" and given["to"] != "nobody":
        to = id_of(given["to"])
        name = person_to_assign(connection(), to, [str(role) for role in VENDOR_ROLES], vendor_id=signed_in().vendor_id)
    note = printable(given["note"])
    return Act(kind=given["kind"], to=to, on=given["on"], note=note, until=given["until"], by=signed_in().name), name


def id_of(text: str) -> UUID:
    """Return an id that a form gave, one that nobody has for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def printable(text: str) -> str:
    """Return a note with its white space folded and without what nobody can read."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def told_page(filled: Filled, filters: Filters, wanted: Act, *, to: str, changed: str = "") -> ResponseReturnValue:
    """Return the page that tells what an act would touch and asks to confirm it."""
    told = tell_act(connection(), filters, wanted.kind, vendor_id=signed_in().vendor_id)
    page = render_template(
        "settling/told.html", filled=filled, filters=filters, wanted=wanted, told=told, to=to, act_id=uuid4(), changed=changed, **CHOICES
    )
    return page, 412 if changed else 200


@pages.post("/undo")
@requires("settle_exceptions")
def undo() -> ResponseReturnValue:
    """Undo the act that the page showed; once undone it stays so and nothing else is."""
    filled = typed_into(UndoForm())
    if not filled.given:
        return queue_page(EMPTY.refused(kind=filled.wrong["act"]), status=422)
    try:
        undone = undo_act(connection(), filled.given["act"], vendor_id=signed_in().vendor_id, may_waive=may("waive_gates"))
    except CareTallyError as error:
        return queue_page(EMPTY.refused(kind=error.message), status=422)
    filters = filters_of(offered_now(connection()))
    said = f"undone={undone.restored}&of={undone.exceptions}" if undone else "undone=already"
    return redirect(f"{url_for('exceptions.listed')}?{filters.address()}&{said}", 303)


@pages.post("/views")
@requires("settle_exceptions")
def save() -> ResponseReturnValue:
    """Save the filters of the address under a name."""
    filled = typed_into(ViewForm())
    offered = offered_now(connection())
    filters = filters_of(offered)
    newest = bool(offered.months) and filters.month == offered.months[0]
    try:
        save_view(
            connection(),
            page="exceptions",
            name=filled.typed.get("name", ""),
            filters=kept(filters, newest=newest),
            shared=bool(filled.typed.get("shared")),
        )
    except CareTallyError as error:
        return queue_page(EMPTY, of_view=filled.refused(name=error.message), status=422)
    return redirect(f"{url_for('exceptions.listed')}?{filters.address()}", 303)


def kept(filters: Filters, *, newest: bool) -> str:
    """Return what a view keeps of an address: no words, which may be a name, and no month where it is the newest one."""
    parts = [part for part in filters.address(words="").split("&") if part]
    return "&".join(part for part in parts if not (newest and "month" in parse_qs(part)))


@pages.post("/views/<uuid:view_id>/delete")
@requires("settle_exceptions")
def delete(view_id: UUID) -> ResponseReturnValue:
    """Delete one's own view."""
    delete_view(connection(), view_id)
    return redirect(url_for("exceptions.listed"), 303)

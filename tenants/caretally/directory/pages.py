"""The pages of the directory: clients, providers and staff, listed, shown and typed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.directory.fields import CLIENT_GROUPS, PROVIDER_GROUPS, STAFF_GROUPS, Group, labels_of
from caretally.directory.listed import (
    client_line,
    clients_listed,
    months_of_client,
    providers_listed,
    staff_listed,
    terms_of_client,
    zones,
)
from caretally.directory.records import (
    CLIENT,
    PROVIDER,
    STAFF_MEMBER,
    CodeTaken,
    RecordChangedMeanwhile,
    RecordKind,
    add_record,
    change_record,
    read_record,
    version_of,
)
from caretally.imports.typed_rows import RowRefused
from caretally.months import Month
from caretally.web.access import requires
from caretally.web.edge import connection
from caretally.web.form import Filled, Form, typed_into
from caretally.web.search_words import words_in_query

pages = Blueprint("directory", __name__, template_folder="templates")
NEW_CLIENT = {"timezone": "America/New_York", "setting": "physician", "place_of_service": "11", "terms_days": "30"}
NEW_STAFF = {"role": "clinical", "country": "US"}


@pages.get("/clients")
@requires("read_directory")
def clients() -> ResponseReturnValue:
    """List the clients, all or those whose name or code holds the words."""
    words = words_in_query("q")
    return render_template("directory/clients.html", clients=clients_listed(connection(), words=words), words=words)


@pages.get("/clients/<uuid:client_id>")
@requires("read_directory")
def client(client_id: UUID) -> ResponseReturnValue:
    """Show one client: its counts, providers, agreement and months."""
    line = client_line(connection(), client_id)
    return render_template(
        "directory/client.html",
        line=line,
        record=read_record(connection(), CLIENT, client_id),
        groups=CLIENT_GROUPS,
        providers=providers_listed(connection(), client_id=client_id),
        terms=terms_of_client(connection(), client_id),
        months=[dict(row) | {"month": Month.of(row["month"])} for row in months_of_client(connection(), client_id)],
    )


@pages.route("/clients/new", methods=["GET", "POST"])
@requires("import")
def new_client() -> ResponseReturnValue:
    """Add a client by the rules of the file of clients."""
    return add(CLIENT, CLIENT_GROUPS, given=NEW_CLIENT, then=url_for("directory.clients"), heading="New client")


@pages.route("/clients/<uuid:client_id>/edit", methods=["GET", "POST"])
@requires("import")
def edit_client(client_id: UUID) -> ResponseReturnValue:
    """Change a client; what somebody else changed meanwhile is shown beside what was typed."""
    return edit(CLIENT, CLIENT_GROUPS, client_id, then=url_for("directory.client", client_id=client_id))


@pages.get("/providers")
@requires("read_directory")
def providers() -> ResponseReturnValue:
    """List the providers of all clients."""
    words = words_in_query("q")
    return render_template("directory/providers.html", providers=providers_listed(connection(), words=words), words=words)


@pages.route("/clients/<uuid:client_id>/providers/new", methods=["GET", "POST"])
@requires("import")
def new_provider(client_id: UUID) -> ResponseReturnValue:
    """Add a provider to a client."""
    line = client_line(connection(), client_id)
    then = url_for("directory.client", client_id=client_id)
    return add(PROVIDER, PROVIDER_GROUPS, given={}, fixed={"client": line.code}, then=then, heading=f"New provider of {line.name}")


@pages.route("/providers/<uuid:provider_id>/edit", methods=["GET", "POST"])
@requires("import")
def edit_provider(provider_id: UUID) -> ResponseReturnValue:
    """Change a provider."""
    return edit(PROVIDER, PROVIDER_GROUPS, provider_id, then=url_for("directory.providers"))


@pages.get("/staff")
@requires("read_directory")
def staff() -> ResponseReturnValue:
    """List the staff."""
    words = words_in_query("q")
    return render_template("directory/staff.html", staff=staff_listed(connection(), words=words), words=words)


@pages.route("/staff/new", methods=["GET", "POST"])
@requires("import")
def new_staff() -> ResponseReturnValue:
    """Add a staff member."""
    return add(STAFF_MEMBER, STAFF_GROUPS, given=NEW_STAFF, then=url_for("directory.staff"), heading="New staff member")


@pages.route("/staff/<uuid:staff_id>/edit", methods=["GET", "POST"])
@requires("import")
def edit_staff(staff_id: UUID) -> ResponseReturnValue:
    """Change a staff member."""
    return edit(STAFF_MEMBER, STAFF_GROUPS, staff_id, then=url_for("directory.staff"))


def form_of(groups: Sequence[Group], *, seen: bool) -> Form:
    """Return the form of these fields: every one a text that may be empty, since the rules of the file judge them."""
    texts: dict[str, Any] = {name: fields.String(load_default="") for name in labels_of(groups)}
    made: Form = type("RecordForm", (Form,), texts | ({"seen": fields.String(required=True)} if seen else {}))()
    return made


def add(
    kind: RecordKind, groups: Sequence[Group], *, given: Mapping[str, str], then: str, heading: str, fixed: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    """Show the form of a new record and add what was typed."""
    filled = typed_into(form_of(groups, seen=False)) if request.method == "POST" else Filled(given)
    if filled.given:
        try:
            add_record(connection(), kind, plain(filled.given) | dict(fixed or {}))
            return redirect(then, 303)
        except RowRefused as error:
            filled = filled.refused(**error.problems)
        except CodeTaken as error:
            filled = filled.refused(**{kind.named_by[-1]: error.message})
    return typed_page(kind, groups, filled, heading=heading, then=then), 422 if filled.wrong else 200


def edit(kind: RecordKind, groups: Sequence[Group], record: UUID, *, then: str) -> ResponseReturnValue:
    """Show the form of a record and change it; 412 shows what is kept now beside what was typed."""
    kept = read_record(connection(), kind, record)
    filled = typed_into(form_of(groups, seen=True)) if request.method == "POST" else Filled(kept)
    meanwhile: dict[str, str] = {}
    if filled.given:
        typed = {name: value for name, value in plain(filled.given).items() if name not in {"seen", *kind.named_by}}
        try:
            change_record(connection(), kind, record, typed, seen=filled.given["seen"])
            return redirect(then, 303)
        except RecordChangedMeanwhile as error:
            kept = read_record(connection(), kind, record)
            meanwhile = {label: kept[name] for name, label in labels_of(groups).items() if name in typed and typed[name] != kept[name]}
            filled = filled.refused(**{next(iter(typed)): error.message})
        except RowRefused as error:
            filled = filled.refused(**error.problems)
    heading = f"Change {kept.get('name') or ' '.join((kept['given_name'], kept['family_name']))}"
    page = typed_page(kind, groups, filled, heading=heading, then=then, seen=version_of(kept), meanwhile=meanwhile, kept=kept)
    return page, 412 if meanwhile else 422 if filled.wrong else 200


def typed_page(
    kind: RecordKind,
    groups: Sequence[Group],
    filled: Filled,
    *,
    heading: str,
    then: str,
    seen: str = "",
    meanwhile: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> str:
    """Return the page of a form; a record's own names are shown and not asked for again."""
    return render_template(
        "directory/record.html",
        kind=kind,
        groups=groups,
        labels=labels_of(groups),
        filled=filled,
        heading=heading,
        then=then,
        seen=seen,
        meanwhile=meanwhile or {},
        kept=kept,
        zones=[(name, name) for name in zones(connection())] if kind is CLIENT else (),
    )


def plain(given: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed as a file would say it: lines end alike and nothing stands around a text."""
    return {name: value.replace("\r\n", "\n").strip() for name, value in given.items()}

"""The pages of the directory: clients, providers and staff, listed, shown and typed."""

from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from caretally.directory.fields import CLIENT_GROUPS, PROVIDER_GROUPS, STAFF_GROUPS
from caretally.directory.listed import (
    client_line,
    clients_listed,
    months_of_client,
    providers_listed,
    staff_listed,
    terms_of_client,
    zones,
)
from caretally.directory.records import CLIENT, PROVIDER, STAFF_MEMBER
from caretally.imports.record_pages import RecordForm, add, edit
from caretally.imports.records import read_record
from caretally.imports.typed_fields import Options
from caretally.months import Month
from caretally.web.access import requires
from caretally.web.edge import connection
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
    return add(RecordForm(CLIENT, CLIENT_GROUPS, "New client", url_for("directory.clients"), zone_options()), given=NEW_CLIENT)


@pages.route("/clients/<uuid:client_id>/edit", methods=["GET", "POST"])
@requires("import")
def edit_client(client_id: UUID) -> ResponseReturnValue:
    """Change a client; what somebody else changed meanwhile is shown beside what was typed."""
    return edit(RecordForm(CLIENT, CLIENT_GROUPS, "", url_for("directory.client", client_id=client_id), zone_options()), client_id)


def zone_options() -> Options:
    """Return the time zones to choose from."""
    return {"timezone": [(name, name) for name in zones(connection())]}


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
    form = RecordForm(PROVIDER, PROVIDER_GROUPS, f"New provider of {line.name}", url_for("directory.client", client_id=client_id))
    return add(form, given={}, fixed={"client": line.code})


@pages.route("/providers/<uuid:provider_id>/edit", methods=["GET", "POST"])
@requires("import")
def edit_provider(provider_id: UUID) -> ResponseReturnValue:
    """Change a provider."""
    return edit(RecordForm(PROVIDER, PROVIDER_GROUPS, "", url_for("directory.providers")), provider_id)


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
    return add(RecordForm(STAFF_MEMBER, STAFF_GROUPS, "New staff member", url_for("directory.staff")), given=NEW_STAFF)


@pages.route("/staff/<uuid:staff_id>/edit", methods=["GET", "POST"])
@requires("import")
def edit_staff(staff_id: UUID) -> ResponseReturnValue:
    """Change a staff member."""
    return edit(RecordForm(STAFF_MEMBER, STAFF_GROUPS, "", url_for("directory.staff")), staff_id)

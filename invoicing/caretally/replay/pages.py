"""The pages of agreements: all clients, the versions of one, and a new version that is replayed before it is kept."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.audit.chain import append_event
from caretally.close.prepare import Client
from caretally.imports.importing import take_turn
from caretally.imports.typed_rows import RowRefused
from caretally.replay.new_version import (
    VersionsChangedMeanwhile,
    digest_of,
    keep_version,
    refuse_changed_versions,
    refuse_first_day_taken,
    rows_that_make_room,
    tried_version,
    version_rows,
)
from caretally.replay.over_past_months import ReplayedMonth, client_of, replay
from caretally.replay.versions import Version, clients_with_terms, price_row, versions_of
from caretally.web.access import requires
from caretally.web.edge import connection
from caretally.web.form import EMPTY, Filled, Form, typed_into
from caretally.whatif.pages import BOUND

pages = Blueprint("replay", __name__, template_folder="templates", url_prefix="/agreements")
TERM_FIELDS = (
    "valid_from valid_to basis tier_mode minimum qhp_time date_of_service attestation_required copy_missing review_overdue po_required priority"
).split()
PRICE_FIELDS = ("code", "tier_from", "price", "percent")
EMPTY_PRICES = 4
# Twenty codes of ten tiers; more come as the file of agreements.
MOST_PRICES = 200
NEW = {
    "basis": "per_patient_month",
    "tier_mode": "graduated",
    "qhp_time": "pool",
    "date_of_service": "threshold",
    "attestation_required": "no",
    "copy_missing": "hold",
    "review_overdue": "hold",
    "po_required": "no",
}
LABELS = {
    "valid_from": "First day",
    "valid_to": "Last day",
    "basis": "Basis",
    "tier_mode": "Tiers",
    "minimum": "Minimum",
    "qhp_time": "Time of physicians and other QHPs",
    "date_of_service": "Date of service",
    "attestation_required": "Attestation",
    "copy_missing": "Copy of the plan missing",
    "review_overdue": "Review overdue",
    "po_required": "Purchase order",
    "priority": "Programs in order",
    "price": "Prices",
}


class VersionForm(Form):
    """The terms and prices of a new version; what may be tried and what is kept is decided by the rules of its file."""

    valid_from = fields.String(load_default="")
    valid_to = fields.String(load_default="")
    basis = fields.String(load_default="")
    tier_mode = fields.String(load_default="")
    minimum = fields.String(load_default="")
    qhp_time = fields.String(load_default="")
    date_of_service = fields.String(load_default="")
    attestation_required = fields.String(load_default="")
    copy_missing = fields.String(load_default="")
    review_overdue = fields.String(load_default="")
    po_required = fields.String(load_default="")
    priority = fields.String(load_default="")
    code = fields.List(fields.String(), load_default=list)
    tier_from = fields.List(fields.String(), load_default=list)
    price = fields.List(fields.String(), load_default=list)
    percent = fields.List(fields.String(), load_default=list)
    end_before = fields.String(load_default="")
    act = fields.String(load_default="replay")
    seen = fields.String(load_default="")


@pages.get("")
@requires("change_agreements")
def listed() -> ResponseReturnValue:
    """List every client with the version that holds today."""
    return render_template("replay/listed.html", clients=clients_with_terms(connection()))


@pages.get("/<uuid:client_id>")
@requires("change_agreements")
def versions(client_id: UUID) -> ResponseReturnValue:
    """Show all versions of a client's agreement."""
    client = client_of(connection(), client_id)
    return render_template("replay/versions.html", client=client, versions=versions_of(connection(), client_id))


@pages.route("/<uuid:client_id>/new", methods=["GET", "POST"])
@requires("change_agreements")
def new(client_id: UUID) -> ResponseReturnValue:
    """Type a new version, see what it would have brought over the past months, and keep it."""
    client = client_of(connection(), client_id)
    asked = typed_into(VersionForm()) if request.method == "POST" else EMPTY
    keeps = asked.given.get("act") == "keep"
    if keeps:
        take_turn(connection())
    standing = versions_of(connection(), client_id)
    filled, status, months = asked if request.method == "POST" else Filled(first_typed(standing)), 200, None
    try:
        if filled.given:
            refuse_changed_versions(standing, seen=filled.given["seen"])
            rows = rows_typed(client, filled.given, standing)
            if keeps:
                keep_version(connection(), rows)
                return redirect(url_for("replay.versions", client_id=client_id), 303)
            months = tried(client, rows)
    except RowRefused as error:
        filled, status = filled.refused(**{name if name in LABELS else "price": said for name, said in error.problems.items()}), 422
    except VersionsChangedMeanwhile as error:
        filled, status = filled.refused(valid_from=error.message), error.status
    return new_version_page(client, standing, filled, months), status


def new_version_page(client: Client, standing: Sequence[Version], filled: Filled, months: Sequence[ReplayedMonth] | None) -> str:
    """Return the form of a new version, with what its replay told."""
    return render_template(
        "replay/new.html",
        client=client,
        filled=filled,
        prices=prices_typed(filled.typed),
        labels=LABELS,
        standing=standing,
        seen=digest_of(standing),
        months=months,
    )


def first_typed(standing: Sequence[Version]) -> dict[str, Any]:
    """Return what the form holds at first: the newest version's terms and prices without its days."""
    if not standing:
        return NEW | {"end_before": "yes"}
    rows = [price_row(price) for price in standing[0].prices]
    prices = {name: [row[name] for row in rows] for name in PRICE_FIELDS}
    return standing[0].written() | {"valid_from": "", "valid_to": "", "end_before": "yes"} | prices


def prices_typed(typed: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of prices as they were typed, and some empty ones to go on."""
    columns = {name: list(typed.get(name, [])) for name in PRICE_FIELDS}
    longest = max(map(len, columns.values()))
    rows = [{name: columns[name][at] if at < len(columns[name]) else "" for name in PRICE_FIELDS} for at in range(longest)]
    kept = [row for row in rows if any(value.strip() for value in row.values())]
    return kept + [dict.fromkeys(PRICE_FIELDS, "")] * EMPTY_PRICES


def rows_typed(client: Client, given: Mapping[str, Any], standing: Sequence[Version]) -> list[dict[str, str]]:
    """Return the rows of the typed version, and before them those that end the one before it when that was asked for.

    Raises `RowRefused` for more prices than a form takes, and a first day that is taken.
    """
    terms = {name: given[name].strip() for name in TERM_FIELDS} | {"client": client.code}
    prices = prices_typed(given)[:-EMPTY_PRICES]
    if len(prices) > MOST_PRICES:
        raise RowRefused(
            {"price": f"These are {len(prices)} prices and a form takes {MOST_PRICES}; import the file of agreements instead."}
        )
    rows = version_rows(terms, prices)
    first_day = day_typed(terms["valid_from"])
    refuse_first_day_taken(standing, first_day)
    room = rows_that_make_room(standing, first_day) if given["end_before"] == "yes" and first_day else []
    return room + rows


def tried(client: Client, rows: Sequence[Mapping[str, str]]) -> list[ReplayedMonth]:
    """Return the past months under the typed version, and note in the audit log that it was tried."""
    first_day = day_typed(rows[-1]["valid_from"])
    if first_day is None:
        raise RowRefused({"valid_from": "Write the first day, as 2027-01-01."})
    version = tried_version(connection(), client.id, rows, first_day=first_day)
    connection().execute(BOUND)
    months = replay(connection(), client, version)
    append_event(connection(), action="agreement.replayed", detail={"client_id": client.id, "months": [str(one.month) for one in months]})
    return months


def day_typed(typed: str) -> date | None:
    """Return a day written as a date field sends it, None for anything else, which the rules of the file then refuse."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None

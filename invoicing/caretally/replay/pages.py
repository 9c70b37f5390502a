"""The pages of agreements: all clients, the versions of one, and a new version that is replayed before it is kept."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.close.prepare import Client
from caretally.imports.importing import take_turn
from caretally.imports.records import WorthALook
from caretally.imports.typed_fields import said_by_label
from caretally.imports.typed_rows import RowRefused
from caretally.jobs.read import JobSeen, newest_job_about
from caretally.replay.closed_months import ask_about_closed_months, closed_months_of
from caretally.replay.kept_replays import replay_of
from caretally.replay.new_version import VersionsChangedMeanwhile, digest_of, keep_version, refuse_changed_versions
from caretally.replay.over_past_months import ReplayedMonth, client_of
from caretally.replay.take_back import VersionStays, take_back, why_it_stays
from caretally.replay.typed_version import PRICE_FIELDS, day_typed, prices_typed, rows_typed, version_of
from caretally.replay.versions import Version, clients_with_terms, price_row, versions_of
from caretally.replay.work import ask_for_replay
from caretally.web.access import requires
from caretally.web.edge import connection
from caretally.web.form import EMPTY, Filled, Form, typed_into

pages = Blueprint("replay", __name__, template_folder="templates", url_prefix="/agreements")
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
# What of the form says what to do, and is no part of the version.
ASKED = {"act", "replay", "looked"}
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
PRICE_LABELS = {"code": "Code", "tier_from": "From volume", "price": "Price", "percent": "Percent"}


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
    looked = fields.String(load_default="")
    replay = fields.UUID(load_default=uuid4)


@pages.get("")
@requires("change_agreements")
def listed() -> ResponseReturnValue:
    """List every client with the version that holds today."""
    return render_template("replay/listed.html", clients=clients_with_terms(connection()))


class TakeBackForm(Form):
    """The form that takes a version back holds nothing but its token."""


@pages.get("/<uuid:client_id>")
@requires("change_agreements")
def versions(client_id: UUID) -> ResponseReturnValue:
    """Show all versions of a client's agreement."""
    return versions_page(client_of(connection(), client_id))


@pages.post("/<uuid:client_id>/versions/<uuid:version_id>/take-back")
@requires("change_agreements")
def taken_back(client_id: UUID, version_id: UUID) -> ResponseReturnValue:
    """Take the newest version back, or say in one sentence why it stays."""
    client = client_of(connection(), client_id)
    typed_into(TakeBackForm())
    try:
        take_back(connection(), client_id, version_id)
    except VersionStays as error:
        return versions_page(client, refused=error.message), 409
    return redirect(url_for("replay.versions", client_id=client_id), 303)


def versions_page(client: Client, *, refused: str = "") -> str:
    """Return the page of a client's versions, with what would come of taking the newest back, or why it was `refused`."""
    standing = versions_of(connection(), client.id)
    stays = why_it_stays(connection(), client.id, standing[0].id) if standing else ""
    return render_template("replay/versions.html", client=client, versions=standing, stays=stays, refused=refused)


@pages.route("/<uuid:client_id>/new", methods=["GET", "POST"])
@requires("change_agreements")
def new(client_id: UUID) -> ResponseReturnValue:
    """Type a new version, have it replayed over the past months in the background, and keep it."""
    client = client_of(connection(), client_id)
    asked = typed_into(VersionForm()) if request.method == "POST" else EMPTY
    if asked.given.get("act") == "keep":
        take_turn(connection())
    standing = versions_of(connection(), client_id)
    filled, status = asked if request.method == "POST" else Filled(first_typed(standing)), 200
    looks = WorthALook(())
    try:
        if filled.given:
            return redirect(kept_or_replayed(client, filled.given, standing), 303)
    except RowRefused as error:
        filled, status = filled.refused(**said_by_field(error.problems)), 422
    except VersionsChangedMeanwhile as error:
        filled, status = filled.refused(valid_from=error.message), error.status
    except WorthALook as error:
        looks, status = error, error.status
    return new_version_page(client, standing, filled, seen=digest_of(standing), looks=looks), status


def said_by_field(problems: Mapping[str, str]) -> dict[str, str]:
    """Return what the rules of the file say by the fields of the form, those of a price beside the prices."""
    labels = LABELS | PRICE_LABELS
    return {name if name in LABELS else "price": said_by_label(labels, name, said) for name, said in problems.items()}


def kept_or_replayed(client: Client, given: Mapping[str, Any], standing: Sequence[Version]) -> str:
    """Keep a typed version, or ask for its replay, and return where to go then.

    Raises `RowRefused`, `VersionsChangedMeanwhile`, and `WorthALook` before one is kept for months that are closed.
    """
    refuse_changed_versions(standing, seen=given["seen"])
    rows = rows_typed(client, given, standing)
    version_of(connection(), client, rows)
    if given["act"] == "keep":
        first_day, last_day = (day_typed(rows[-1][name]) for name in ("valid_from", "valid_to"))
        ask_about_closed_months(client, closed_months_of(connection(), client, first_day, last_day), looked=given["looked"])
        keep_version(connection(), rows)
        return url_for("replay.versions", client_id=client.id)
    ask_for_replay(connection(), client.id, given["replay"], {name: given[name] for name in given if name not in ASKED})
    return url_for("replay.replayed", client_id=client.id, replay_id=given["replay"])


@pages.get("/<uuid:client_id>/replays/<uuid:replay_id>")
@requires("change_agreements")
def replayed(client_id: UUID, replay_id: UUID) -> ResponseReturnValue:
    """Show how far a replay is and each month that it decided, beside what was typed; from here it is kept, or changed and replayed again."""
    client, found = client_of(connection(), client_id), replay_of(connection(), client_id, replay_id)
    job, standing = newest_job_about(connection(), replay_id), versions_of(connection(), client_id)
    return new_version_page(client, standing, Filled(found.typed), seen=found.typed["seen"], months=found.months, job=job)


def new_version_page(
    client: Client,
    standing: Sequence[Version],
    filled: Filled,
    *,
    seen: str,
    months: Sequence[ReplayedMonth] = (),
    job: JobSeen | None = None,
    looks: WorthALook | None = None,
) -> str:
    """Return the form of a new version made from the versions that were `seen`, with what its replay told so far."""
    return render_template(
        "replay/new.html",
        client=client,
        filled=filled,
        prices=prices_typed(filled.typed),
        labels=LABELS,
        standing=standing,
        seen=seen,
        months=months,
        job=job,
        replay=uuid4(),
        looks=looks,
    )


def first_typed(standing: Sequence[Version]) -> dict[str, Any]:
    """Return what the form holds at first: the newest version's terms and prices without its days."""
    if not standing:
        return NEW | {"end_before": "yes"}
    rows = [price_row(price) for price in standing[0].prices]
    prices = {name: [row[name] for row in rows] for name in PRICE_FIELDS}
    return standing[0].written() | {"valid_from": "", "valid_to": "", "end_before": "yes"} | prices

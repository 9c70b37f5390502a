"""The pages on which a patient and the facts about one are typed."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from caretally.audit.chain import append_with_commit
from caretally.charts.fields import PATIENT_GROUPS
from caretally.charts.records import FACTS, options_of, owner_of, patient_kind, refuse_strange_fact
from caretally.imports.pages import kinds
from caretally.imports.record_pages import RecordForm, add, edit
from caretally.imports.results import ImportResult
from caretally.months import Month, NotAMonth
from caretally.web.access import requires
from caretally.web.edge import connection

pages = Blueprint("charts", __name__, url_prefix="/patients")
KINDS = f"any({', '.join(map(repr, FACTS))})"
EXCEPTION = re.compile(r"[A-Z0-9_]{1,60}")
ADDED = text("SELECT id FROM patient WHERE created_batch_id = :batch_id")
CODE = text("SELECT code FROM client WHERE vendor_id = (SELECT tenancy.current_vendor()) AND client_id = :client_id")


@pages.route("/new", methods=["GET", "POST"])
@requires("import")
def new_patient() -> ResponseReturnValue:
    """Add a patient to a client by the rules of the file of patients."""
    form = RecordForm(
        patient_kind(kinds()["patients"]),
        PATIENT_GROUPS,
        "New patient",
        url_for("patients.listed"),
        options_of(connection(), PATIENT_GROUPS),
    )
    return add(form, given={"client": client_in_query()}, made=page_of_added)


def client_in_query() -> str:
    """Return the code of the client that the address names, nothing for all and for what is no id of one."""
    try:
        asked = UUID(request.args.get("client", ""))
    except ValueError:
        return ""
    return str(connection().scalar(CODE, {"client_id": asked}) or "")


def page_of_added(result: ImportResult) -> str:
    """Return the page of the patient that was just added."""
    return url_for("patients.show", patient_id=connection().scalar(ADDED, {"batch_id": result.batch_id}))


@dataclass(frozen=True)
class WayBack:
    """The address to go to without a change, and the one after a change; `month` is that of the exception on whose page the form was opened."""

    then: str
    done: str
    month: str = ""


def way_back(patient_id: UUID) -> WayBack:
    """Return the way back to the exception that the address names by month and code, else to the patient."""
    named, code = request.args.get("month", ""), request.args.get("code", "")
    try:
        exception: dict[str, Any] = {"patient_id": patient_id, "month": Month.parse(named), "code": code}
    except NotAMonth:
        exception = {}
    if not exception or not EXCEPTION.fullmatch(code):
        page = url_for("patients.show", patient_id=patient_id)
        return WayBack(page, page)
    return WayBack(url_for("exceptions_fix.show", **exception), url_for("exceptions_fix.show", recorded=1, **exception), named)


@pages.route("/<uuid:patient_id>/edit", methods=["GET", "POST"])
@requires("import")
def edit_patient(patient_id: UUID) -> ResponseReturnValue:
    """Correct a patient, the record number too; the audit log notes who read the whole record."""
    owner = owner_of(connection(), patient_id)
    kind = patient_kind(kinds()["patients"])
    back = way_back(patient_id)
    answer = edit(RecordForm(kind, PATIENT_GROUPS, f"Change patient {owner['mrn']}", back.then, done=back.done), patient_id)
    append_with_commit(
        connection(), action="patient.read", detail={"client_id": owner["client_id"], "patient_id": patient_id, "page": "edit"}
    )
    return answer


@pages.route(f"/<uuid:patient_id>/<{KINDS}:kind>/new", methods=["GET", "POST"])
@requires("import")
def new_fact(patient_id: UUID, kind: str) -> ResponseReturnValue:
    """Add a fact about a patient by the rules of its file."""
    owner, asked, back = owner_of(connection(), patient_id), FACTS[kind], way_back(patient_id)
    form = RecordForm(
        asked.kind,
        asked.groups,
        f"New {asked.kind.word} of patient {owner['mrn']}",
        back.then,
        options_of(connection(), asked.groups, client_id=owner["client_id"], patient_id=patient_id),
        back.done,
    )
    return add(form, given={"month": back.month}, fixed={"client": owner["code"], "mrn": owner["mrn"]})


@pages.route(f"/<uuid:patient_id>/<{KINDS}:kind>/<uuid:fact_id>/edit", methods=["GET", "POST"])
@requires("import")
def edit_fact(patient_id: UUID, kind: str, fact_id: UUID) -> ResponseReturnValue:
    """Change a fact about a patient; what names it stays."""
    owner, asked, back = owner_of(connection(), patient_id), FACTS[kind], way_back(patient_id)
    refuse_strange_fact(connection(), asked, fact_id, patient_id=patient_id)
    form = RecordForm(
        asked.kind,
        asked.groups,
        f"Change the {asked.kind.word} of patient {owner['mrn']}",
        back.then,
        options_of(connection(), asked.groups, client_id=owner["client_id"], patient_id=patient_id),
        back.done,
    )
    return edit(form, fact_id)

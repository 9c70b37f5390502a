"""The pages of enrolment calls: who could be asked, and one attempt with the consent it may bring."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields
from sqlalchemy import text

from caretally.db.lists import PAGE_SIZE
from caretally.imports.typed_fields import said_by_label
from caretally.imports.typed_rows import RowRefused
from caretally.outreach.attempt import ACKNOWLEDGED, OUTCOMES, Attempt, record_attempt
from caretally.outreach.to_ask import (
    STATES,
    ToAsk,
    attempts_at,
    patient_to_ask,
    patients_to_ask,
    programs_to_ask,
    providers_for,
)
from caretally.patients.roster import note_patients_shown
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in
from caretally.web.form import Filled, Form, typed_into
from caretally.web.queries import id_in_query, page_in_query
from caretally.web.search_words import words_in_query

pages = Blueprint("outreach", __name__, template_folder="templates", url_prefix="/outreach")
CLIENTS = text("SELECT client_id, name FROM client ORDER BY name, code")
NEW_ID = text("SELECT tenancy.new_id()")
LABELS = {
    "outcome": "What came of it",
    "call_back_on": "Call back on",
    "script_version": "Script version",
    "npi": "Practitioner",
    "method": "How",
    "obtained_on": "Given on",
    "scope": "What was acknowledged",
}


class AttemptForm(Form):
    """One attempt and the consent it brought."""

    attempt = fields.UUID(required=True)
    outcome = fields.String(load_default="")
    script_version = fields.String(load_default="")
    call_back_on = fields.String(load_default="")
    npi = fields.String(load_default="")
    method = fields.String(load_default="verbal")
    obtained_on = fields.String(load_default="")
    scope = fields.String(load_default="")
    cost_sharing = fields.String(load_default="")
    one_practitioner = fields.String(load_default="")
    stop = fields.String(load_default="")


@pages.get("")
@requires("record_outreach")
def listed() -> ResponseReturnValue:
    """List who could be asked to enrol."""
    programs = programs_to_ask(connection())
    program, state, page = program_in_query(programs), words_in_query("state"), page_in_query()
    client_id = id_in_query("client")
    found = patients_to_ask(connection(), program, client_id=client_id, state=state, page=page)
    made = render_template(
        "outreach/listed.html",
        found=found,
        programs=programs,
        program=program,
        state=state if state in STATES else "",
        clients=connection().execute(CLIENTS).mappings().all(),
        client_id=client_id,
        page=page,
        size=PAGE_SIZE,
    )
    note_patients_shown(connection(), "outreach.listed", (one.id for one in found))
    return made


@pages.route("/<uuid:patient_id>", methods=["GET", "POST"])
@requires("record_outreach")
def attempt(patient_id: UUID) -> ResponseReturnValue:
    """Record an attempt to reach a patient; a yes brings the consent, the enrolment and the supervising practitioner in the same form."""
    program = program_in_query(programs_to_ask(connection()))
    filled = typed_into(AttemptForm()) if request.method == "POST" else Filled({"method": "verbal"})
    if filled.given:
        try:
            with connection().begin_nested():
                record_attempt(connection(), patient_id, attempt_typed(filled.given, program))
            return redirect(url_for("outreach.listed", program=program), 303)
        except RowRefused as error:
            filled = filled.refused(
                **{name if name in LABELS else "scope": said_by_label(LABELS, name, said) for name, said in error.problems.items()}
            )
    one = patient_to_ask(connection(), program, patient_id)
    made = attempt_page(one, program, filled)
    note_patients_shown(connection(), "outreach.attempt", [patient_id])
    return made, 422 if filled.wrong else 200


def attempt_page(one: ToAsk, program: str, filled: Filled) -> str:
    """Return the page of a patient with the form of a new attempt; its id makes a form sent twice count once."""
    return render_template(
        "outreach/attempt.html",
        one=one,
        program=program,
        filled=filled,
        labels=LABELS,
        outcomes=OUTCOMES,
        attempt_id=filled.typed.get("attempt") or connection().execute(NEW_ID).scalar_one(),
        attempts=attempts_at(connection(), program, one.id),
        providers=providers_for(connection(), one),
    )


def attempt_typed(given: Any, program: str) -> Attempt:
    """Return what was typed as an attempt; the consent is read by the rules of its file."""
    consent = {name: given[name].strip() for name in ("npi", "method", "obtained_on")} | {
        name: given[name] or "no" for name in ACKNOWLEDGED
    }
    return Attempt(
        id=given["attempt"],
        program=program,
        outcome=given["outcome"],
        script_version=given["script_version"].strip()[:40],
        call_back_on=day_typed(given["call_back_on"]) if given["outcome"] == "call_back" else None,
        taken_by=signed_in().name,
        consent=consent if given["outcome"] == "consented" else {},
    )


def day_typed(typed: str) -> date | None:
    """Return a day as a date field sends it, None for anything else."""
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None


def program_in_query(programs: list[str]) -> str:
    """Return the program asked for, the first one for any other word."""
    asked = words_in_query("program")
    return asked if asked in programs else programs[0]

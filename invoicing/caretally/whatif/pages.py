"""The page on which other prices, terms, policies and waivers are tried over a month; nothing is written."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from caretally.audit.chain import Detail, append_with_commit
from caretally.close.close_month import clients_to_close
from caretally.close.prepare import Client
from caretally.errors import UsageMistake
from caretally.months import Month
from caretally.web.access import requires
from caretally.web.edge import connection
from caretally.web.form import Filled
from caretally.web.search_words import words_in_query
from caretally.whatif.changes import EFFECTS, PATIENT_MONTH, TERMS, Changes, read_changes
from caretally.whatif.what_if import what_if

pages = Blueprint("whatif", __name__, template_folder="templates")
FIELDS = {
    "client": "Client",
    "code": "Price of",
    "price": "New price",
    "term": "Term of the agreement",
    "policy": "Policy",
    "effect": "What it does",
    "waive": "Waive",
    "q": "For one patient",
}
LONGEST = 60
# A question of a page waits for no longer than this, and reads on behind nobody's locks.
BOUND = text("SET LOCAL statement_timeout = '30s'")
CODES = text("SELECT DISTINCT code FROM agreement_price WHERE vendor_id = (SELECT tenancy.current_vendor()) ORDER BY code")
POLICIES = text("SELECT code, label FROM gate WHERE vendor_may_change ORDER BY ordinal")
OF_CLIENT = text(
    "SELECT EXISTS (SELECT FROM patient WHERE vendor_id = (SELECT tenancy.current_vendor()) AND client_id = :client_id AND mrn = :mrn)"
)
WAIVABLE = text("SELECT code, label FROM gate JOIN waivable_gate ON gate_code = code ORDER BY ordinal")
SHOWN = 200


@pages.get("/months/<month:month>/what-if")
@requires("change_agreements")
def show(month: Month) -> ResponseReturnValue:
    """Ask what to try, and show what it would change; the address holds the question, a record number sealed and no name."""
    filled = Filled({name: request.args.get(name, "").strip()[:LONGEST] for name in FIELDS} | {"q": words_in_query("q").strip()})
    clients = clients_to_close(connection())
    client = chosen(clients, filled.typed["client"])
    found = None
    if client is not None:
        filled = filled.refused(**wrong_patient(client, filled.typed))
    if client is not None and not filled.wrong:
        try:
            connection().execute(BOUND)
            found = what_if(connection(), client, month, changes_of(filled.typed))
        except UsageMistake as error:
            filled = filled.refused(**{field_of(filled.typed): error.message})
    page = render_template(
        "whatif/show.html",
        month=month,
        filled=filled,
        labels=FIELDS,
        clients=clients,
        chosen=client,
        found=found,
        shown=SHOWN,
        codes=[code or PATIENT_MONTH for code in connection().scalars(CODES)],
        terms=[f"{name}={value}" for name, values in TERMS.items() for value in values],
        policies=connection().execute(POLICIES).all(),
        waivable=connection().execute(WAIVABLE).all(),
        effects=EFFECTS,
    )
    if found is not None and client is not None and found.patients:
        detail: dict[str, Detail] = {"page": "what-if", "month": str(month), "client_id": client.id, "patients": len(found.patients)}
        append_with_commit(connection(), action="patients.read", detail=detail)
    return page, 422 if filled.wrong else 200


def chosen(clients: list[Client], written_id: str) -> Client | None:
    """Return the client that the question names, None for none; an id that is nobody's leads nowhere."""
    if not written_id:
        return None
    found = next((one for one in clients if str(one.id) == written_id), None)
    return found or abort(404)


def wrong_patient(client: Client, typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with the patient of the question, by field."""
    if typed["q"] and not typed["waive"]:
        return {"waive": "Choose what would be waived for the patient."}
    if typed["q"] and not connection().scalar(OF_CLIENT, {"client_id": client.id, "mrn": typed["q"]}):
        return {"q": f"{client.name} has no patient with the record number “{typed['q']}”; leave it empty to try it for everybody."}
    return {}


def changes_of(typed: Any) -> Changes:
    """Return the changes as the fields give them. Raises `ChangeRefused` and `NotAnAmount`."""
    return read_changes(
        connection(),
        terms=[typed["term"]] if typed["term"] else [],
        prices=[f"{typed['code']}={typed['price']}"] if typed["code"] or typed["price"] else [],
        policies=[f"{typed['policy']}={typed['effect']}"] if typed["policy"] or typed["effect"] else [],
        rules=None,
        waive=[typed["waive"]] if typed["waive"] else [],
        waive_for=typed["q"] or None,
    )


def field_of(typed: Any) -> str:
    """Return the field beside which a refused change is told: the first that was filled in."""
    return next((name for name in ("price", "policy", "term", "waive") if typed[name]), "code")

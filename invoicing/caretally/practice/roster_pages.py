"""The pages of a practice's own roster beside the enrolled patients. The vendor has no page and no right to any of it."""

import tempfile
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.audit.chain import append_with_commit
from caretally.db.lists import PAGE_SIZE
from caretally.errors import CareTallyError
from caretally.files.scratch import scratch_folder
from caretally.files.table_file import TABLE_ENDINGS, table_file
from caretally.imports.refusals import FileRefused
from caretally.practice.own_clients import closed_months_of_practice
from caretally.practice.roster import (
    COLUMNS,
    RESULTS,
    GivenRoster,
    RosterUnreadable,
    cells_of,
    compare,
    read_roster,
    roster,
    roster_rows,
    rosters,
)
from caretally.web.access import requires
from caretally.web.attachment import attachment
from caretally.web.edge import connection, edge, signed_in
from caretally.web.form import Filled, Form, typed_into, written
from caretally.web.queries import page_in_query

LONGEST_NAME = 120
roster_pages = Blueprint("rosters", __name__, template_folder="templates", url_prefix="/practice/rosters")


class RosterForm(Form):
    """Which month the file is compared with; `roster` is made with the page."""

    roster = fields.UUID(required=True)
    of = written("Choose a month.", longest=60)


def read_file() -> None:
    """Read the file that a form brings in a process of its own, before the transaction begins; what is wrong with it is told by the page."""
    g.roster, g.roster_refused = None, "Choose a file."
    sent = request.files.get("file")
    if request.method != "POST" or sent is None or not sent.filename:
        return
    with scratch_folder(edge().scratch) as folder, tempfile.TemporaryDirectory(dir=folder) as below:
        # The name that the browser gave is only ever told back: what it may hold is no path of ours.
        kept = Path(below) / f"roster{'.xlsx' if sent.filename.lower().endswith('.xlsx') else '.csv'}"
        sent.save(kept)
        called = name_told(sent.filename)
        try:
            g.roster, g.roster_refused = replace(read_roster(kept, scratch=folder), file_name=called), ""
        except (FileRefused, RosterUnreadable) as error:
            g.roster_refused = error.message.replace(kept.name, called)


def name_told(sent: str) -> str:
    """Return a file's name as it is told back: without folders and what cannot be printed, and no longer than a line."""
    last = sent.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:LONGEST_NAME] or "your file"


@roster_pages.route("", methods=["GET", "POST"])
@requires("audit_care", first=read_file)
def listed() -> ResponseReturnValue:
    """List the comparisons that were made, and make another one."""
    months = closed_months_of_practice(connection(), vendor_id=signed_in().vendor_id)
    filled = typed_into(RosterForm()) if request.method == "POST" else Filled({"roster": str(uuid4())})
    given: GivenRoster | None = g.roster
    if filled.typed and request.method == "POST" and given is None:
        filled = Filled(filled.typed, {**filled.wrong, "file": g.roster_refused})
    chosen = next((one for one in months if one.key == filled.given.get("of")), None)
    if filled.given and given is not None:
        try:
            if chosen is None:
                raise RosterUnreadable("Choose a month that is closed.")
            key = {"roster_id": filled.given["roster"], "client_id": chosen.client_id, "month": chosen.month}
            compare(connection(), given, **key, vendor_id=signed_in().vendor_id, name=signed_in().name)
            return redirect(url_for("rosters.show", roster_id=filled.given["roster"]), 303)
        except CareTallyError as error:
            filled = filled.refused(of=error.message)
    made = rosters(connection(), vendor_id=signed_in().vendor_id)
    return render_template("practice/rosters.html", rosters=made, months=months, filled=filled), 422 if filled.wrong else 200


@roster_pages.get("/<uuid:roster_id>")
@requires("audit_care")
def show(roster_id: UUID) -> ResponseReturnValue:
    """Show a comparison: what differs first."""
    of, result, page = roster(connection(), roster_id, vendor_id=signed_in().vendor_id), result_in_query(), page_in_query()
    found = roster_rows(connection(), roster_id, vendor_id=signed_in().vendor_id, result=result, page=page)
    append_with_commit(connection(), action="patients.read", detail={"patients": len(found.rows), "form": "page"})
    return render_template("practice/roster.html", roster=of, found=found, result=result, results=RESULTS, size=PAGE_SIZE)


@roster_pages.get("/<uuid:roster_id>/file.<ending>")
@requires("export", also="audit_care")
def download(roster_id: UUID, ending: str) -> ResponseReturnValue:
    """Give a comparison as CSV or XLSX."""
    if ending not in TABLE_ENDINGS:
        abort(404)
    of = roster(connection(), roster_id, vendor_id=signed_in().vendor_id)
    found = roster_rows(connection(), roster_id, vendor_id=signed_in().vendor_id, result=result_in_query(), size=None)
    append_with_commit(connection(), action="patients.read", detail={"patients": len(found.rows), "form": ending})
    made = table_file(ending, COLUMNS, cells_of(found), title=f"Roster {of.month}", author=of.client)
    return attachment(made, f"roster-{of.month}.{ending}")


def result_in_query() -> str:
    """Return which rows the address asks for, empty for all."""
    result = request.args.get("result", "")
    return result if result in RESULTS else ""

"""The page of the search box."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from caretally.patients.roster import note_patients_shown
from caretally.search.find import MOST_OF_A_KIND, find
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in
from caretally.web.search_words import words_in_query

pages = Blueprint("search", __name__, template_folder="templates", url_prefix="/search")


@pages.get("")
@requires("read_months")
def found() -> ResponseReturnValue:
    """Show what holds the words, kind by kind."""
    words, who = words_in_query("q"), signed_in()
    patients, invoices = "read_patients" in who.permissions, "read_invoices" in who.permissions
    result = find(connection(), words, vendor_id=who.vendor_id, patients=patients, invoices=invoices)
    made = render_template("search/found.html", found=result, words=words.strip(), most=MOST_OF_A_KIND)
    note_patients_shown(connection(), "search", (one.id for one in result.patients))
    return made

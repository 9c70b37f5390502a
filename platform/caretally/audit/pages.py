"""The page of the audit log."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from caretally.audit.events import actions_seen, names_of, read_events
from caretally.web.access import requires
from caretally.web.edge import connection
from caretally.web.queries import number_in_query

pages = Blueprint("audit", __name__, template_folder="templates", url_prefix="/audit-log")
PAGE_SIZE = 100
GREATEST_NUMBER = 2**62


@pages.get("")
@requires("read_audit_log")
def listed() -> ResponseReturnValue:
    """List the newest events, all or of one action; `before` is the number of the event that older ones are asked from."""
    known = actions_seen(connection())
    action = request.args.get("action", "") if request.args.get("action") in known else None
    before = number_in_query("before", otherwise=GREATEST_NUMBER)
    events = read_events(connection(), action=action, before=before, limit=PAGE_SIZE + 1)
    return render_template(
        "audit/listed.html",
        events=events[:PAGE_SIZE],
        more=len(events) > PAGE_SIZE,
        names=names_of(connection(), (event["actor"] for event in events)),
        known=known,
        action=action,
        newest=before == GREATEST_NUMBER,
    )

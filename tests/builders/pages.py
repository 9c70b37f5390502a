"""The web application over a database of the suite, opened as one visitor or another without signing in."""

import gc
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from uuid import UUID, uuid4

from flask import Flask, Request, render_template_string, request
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from sqlalchemy import Engine, event, text
from werkzeug.test import TestResponse

from caretally.app.create_app import create_app
from caretally.break_glass.statements import tell_statements
from caretally.mail.message import Mail
from caretally.sign_in.people import find_visitor
from caretally.web.access import open_to_all, requires
from caretally.web.edge import Edge, after_commit, connection
from caretally.web.form import EMPTY, Form, typed_into
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase

HERE = "http://localhost"
TESTER = "X-Tester"
TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
EVERYTHING = frozenset({"read_months", "read_invoices", "read_patients", "export", "read_audit_log", "manage_people", "probe"})
OF_VENDOR = frozenset(
    (
        "answer_questions approve_break_glass approve_time change_agreements change_identity_provider "
        "change_settings close_month export import log_time read_break_glass read_directory read_forecast read_isolation_report read_work "
        "record_outreach save_views send_invoice settle_exceptions void_invoice waive_gates"
    ).split()
)
OF_PRACTICE = frozenset({"ask_questions", "audit_care"})


def visitor_of(
    vendor_id: UUID, *, clients: Iterable[UUID] | None = None, permissions: frozenset[str] | None = None, **changes: Any
) -> Visitor:
    """Return a visitor of a vendor, or of some of its clients."""
    given: dict[str, Any] = {
        "actor": "person:tester",
        "name": "Dana Whitfield",
        "role": "Billing administrator",
        "vendor_name": "Meridian Care Partners",
        "session_key": str(uuid4()),
    }
    held = EVERYTHING | (OF_VENDOR if clients is None else OF_PRACTICE) if permissions is None else permissions
    return Visitor(**given | changes, vendor_id=vendor_id, permissions=held, clients=None if clients is None else tuple(clients))


FILLED = """{% extends "web/base.html" %}{% from "web/forms.html" import field, summary with context %}{% block title %}Probe{% endblock %}
{% block page %}<form class="card form" method="post" novalidate><h1>Probe</h1>{{ form_token() }}
{{ summary(filled, {"email": "Email", "password": "Password"}) }}
{{ field(filled, "email", "Email", type="email", autocomplete="username") }}{{ field(filled, "password", "Password", type="password", hint="Twelve letters.") }}
<button class="btn pri">Sign in</button></form>{% endblock %}"""


class ProbeForm(Form):
    """A form with two fields, one of them secret."""

    secret = frozenset({"password"})
    email = fields.Email(required=True, error_messages={"invalid": "Write it as name@example.org.", "required": "Write your address."})
    password = fields.String(required=True, validate=validate.Length(min=1, error="Write your password."))


def edge_of(database: TestDatabase, **given: Any) -> Edge:
    """Return an edge over a database of the suite; `given` takes the place of its parts."""
    parts: dict[str, Any] = {
        "vendor_pool": database.web_engine,
        "practice_pool": database.practice_engine,
        "secret": database.secret,
        "find_visitor": find_visitor,
        "auth_pool": database.auth_engine,
        "post": print,
        "operator_pool": database.operator_engine,
        "session_pool": database.session_engine,
        "tell_reading": tell_statements,
    }
    return Edge(**parts | given)


@dataclass
class Pages:
    """An application and the visitors it knows; `get` and `post` open pages as one of them, or as nobody."""

    database: TestDatabase
    app: Flask = field(init=False)
    visitors: dict[str, Visitor] = field(default_factory=dict)
    posted: list[Mail] = field(default_factory=list)

    def __post_init__(self) -> None:
        edge = edge_of(self.database, find_visitor=self._find, post=self.posted.append)
        self.app = create_app(edge)
        add_probes(self.app)

    def _find(self, of: Request) -> Visitor | None:
        return self.visitors.get(of.headers.get(TESTER, "")) or find_visitor(of)

    def client(self, who: Visitor | None = None) -> FlaskClient:
        """Return a browser of its own for this visitor."""
        client = self.app.test_client()
        if who is not None:
            self.visitors[who.session_key] = who
            client.environ_base["HTTP_X_TESTER"] = who.session_key
        return client

    def get(self, path: str, who: Visitor | None = None, **options: Any) -> TestResponse:
        """Open a page."""
        return self.client(who).get(path, buffered=True, **options)


@contextmanager
def spool_left_to_collector() -> Iterator[None]:
    """Collect, within the block, the temporary file of a request that was too large: werkzeug leaves it open, and its end would warn in another test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def add_probes(app: Flask) -> None:
    """Add pages that only tests have: a form, a defect, and one that says what the database knows of its visitor."""

    @app.route("/probe/form", methods=["GET", "POST"])
    @open_to_all("a test's form")
    def probe_form() -> ResponseReturnValue:
        if request.method == "POST":
            return f"changed {len(request.form)}"
        return app.jinja_env.from_string("<form>{{ form_token() }}</form>").render()

    @app.route("/probe/filled", methods=["GET", "POST"])
    @open_to_all("a test's form with fields")
    def probe_filled() -> ResponseReturnValue:
        filled = typed_into(ProbeForm()) if request.method == "POST" else EMPTY
        if filled.given:
            return f"changed to {filled.given['email']}"
        return render_template_string(FILLED, filled=filled), 422 if filled.wrong else 200

    @app.get("/probe/defect")
    @requires("probe")
    def probe_defect() -> ResponseReturnValue:
        raise ValueError("Alma Abara, born 1941-03-02")

    @app.post("/probe/write")
    @requires("probe")
    def probe_write() -> ResponseReturnValue:
        connection().execute(text("UPDATE client SET name = :name"), {"name": request.form["name"]})
        if request.form.get("then") == "fail":
            raise ValueError("after the change")
        return "changed"

    @app.post("/probe/write-and-fail-after")
    @requires("probe")
    def probe_write_and_fail_after() -> ResponseReturnValue:
        connection().execute(text("UPDATE client SET name = :name"), {"name": request.form["name"]})
        after_commit(fail_with_a_name)
        return "changed"

    @app.get("/probe/role")
    @requires("probe")
    def probe_role() -> ResponseReturnValue:
        return "\n".join(map(str, connection().execute(text("SELECT current_user::text, (SELECT count(*) FROM client)")).one()))


def fail_with_a_name() -> None:
    """Fail as a defect does, with a patient's name in its mouth."""
    raise ValueError("Alma Abara, born 1941-03-02")


def form_token(page: TestResponse) -> str:
    """Return the token of the form on a page."""
    found = TOKEN.search(page.text)
    assert found is not None
    return found[1]


def words(page: TestResponse) -> str:
    """Return what a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def statements_of(pages: Pages, path: str, who: Visitor) -> int:
    """Return how many statements the database executes for one page."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert pages.get(path, who).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(seen)

"""An operator reads a vendor's data only when asked for, approved by another person, for a while, and with every statement in the vendor's log."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from caretally.app.create_app import create_app
from caretally.break_glass.requests import NotDecided, ask, decide, request_of
from caretally.identity.roles import BREAK_GLASS
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import bind_context, read_only_transaction, tenant_transaction
from caretally.web.visitor import Reading
from tests.builders.accounts import Signer, give_role, new_operator, new_signer, operating, sign_in, submit
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, edge_of, statements_of, visitor_of, words
from tests.builders.pages_office import invoice_id, office_with_closed_month

LIST = "/operator/break-glass"


@dataclass
class Installation:
    """A vendor with a closed month and its administrator, and two operators."""

    pages: Pages
    office: Office
    administrator: Signer
    first: Signer
    second: Signer

    @property
    def vendor_id(self) -> UUID:
        """The vendor whose data is asked for."""
        return self.office.vendor_id

    def asked_by(self, client: FlaskClient, *, minutes: int = 30) -> UUID:
        """Ask as the operator of this browser, and return the request's id."""
        page = submit(client, f"{LIST}/ask", vendor_id=self.vendor_id, reason="A client cannot open its invoice.", minutes=minutes)
        assert page.headers["Location"] == LIST
        return UUID(str(self.office.value("SELECT id FROM break_glass ORDER BY requested_at DESC LIMIT 1")))

    def at(self, request_id: UUID, act: str) -> str:
        """Return the operator's address of an act on a request."""
        return f"{LIST}/{self.vendor_id}/{request_id}/{act}"

    def reading(self) -> tuple[FlaskClient, UUID]:
        """Return a browser in which the first operator reads, approved by the second, and the request's id."""
        client = operating(self.pages, self.first)
        request_id = self.asked_by(client)
        second = operating(self.pages, self.second)
        assert submit(second, LIST, to=self.at(request_id, "decide"), decision="approve").status_code == 303
        assert submit(client, LIST, to=self.at(request_id, "read")).headers["Location"] == "/"
        return client, request_id

    def events(self, action: str) -> list[dict[str, Any]]:
        """Return the details of the vendor's events of an action, oldest first."""
        rows = self.office.rows("SELECT detail FROM audit_event WHERE action = :action ORDER BY seq", action=action)
        return [dict(detail) for (detail,) in rows]


@pytest.fixture
def here(database: TestDatabase, pages: Pages) -> Installation:
    """A vendor of its own for each test."""
    office = office_with_closed_month(database, "A1")
    administrator = new_signer(database, name="Renée Okafor")
    give_role(database, administrator, office.vendor_id, "vendor_admin")
    pages.posted.clear()
    return Installation(pages, office, administrator, new_operator(database), new_operator(database, name="Ada Lund"))


def test_the_vendor_sees_the_request_at_once_and_its_administrators_are_mailed_without_the_reason(here: Installation) -> None:
    here.asked_by(operating(here.pages, here.first))
    client = sign_in(here.pages, here.administrator)
    assert "1 to look at" in words(client.get("/people"))
    page = words(client.get("/break-glass"))
    assert "Sam Keller" in page
    assert "A client cannot open its invoice." in page
    assert "Waits for a decision" in page
    assert [mail.to for mail in here.pages.posted] == [here.administrator.email]
    assert "invoice" not in here.pages.posted[0].text
    assert [event["minutes"] for event in here.events("break-glass.asked")] == [30]


def test_the_vendors_administrator_approves_and_the_operator_reads_under_a_banner_until_it_is_ended(here: Installation) -> None:
    operator, administrator = operating(here.pages, here.first), sign_in(here.pages, here.administrator)
    request_id = here.asked_by(operator)
    assert operator.get("/invoices").status_code == 403
    assert submit(administrator, "/break-glass", to=f"/break-glass/{request_id}/decide", decision="approve").status_code == 303
    assert submit(operator, LIST, to=here.at(request_id, "read")).status_code == 303
    for path in ("/months/2026-10", "/invoices", f"/invoices/{invoice_id(here.office, 'A1')}", "/audit-log"):
        page = operator.get(path)
        assert page.status_code == 200, path
        assert "every statement is in their audit log" in words(page)
    assert submit(administrator, "/break-glass", to=f"/break-glass/{request_id}/end").status_code == 303
    assert operator.get("/invoices").status_code == 403
    assert "every statement is in their audit log" not in words(operator.get("/operator/vendors"))
    assert operator.get("/operator/vendors").status_code == 200


def test_a_refused_a_foreign_and_an_undecided_request_open_nothing(here: Installation) -> None:
    operator, administrator = operating(here.pages, here.first), sign_in(here.pages, here.administrator)
    request_id = here.asked_by(operator)
    assert submit(operator, LIST, to=here.at(request_id, "read")).status_code == 409
    assert submit(operator, LIST, to=here.at(uuid4(), "read")).status_code == 404
    assert submit(operator, LIST, to=f"{LIST}/{uuid4()}/{request_id}/read").status_code == 404
    assert submit(administrator, "/break-glass", to=f"/break-glass/{request_id}/decide", decision="refuse").status_code == 303
    assert submit(operator, LIST, to=here.at(request_id, "read")).status_code == 409
    assert operator.get("/invoices").status_code == 403


def test_an_access_is_for_who_asked_and_another_operator_cannot_use_it(here: Installation) -> None:
    _, request_id = here.reading()
    second = operating(here.pages, here.second)
    assert submit(second, LIST, to=here.at(request_id, "read")).status_code == 409
    assert second.get("/invoices").status_code == 403


def test_who_asks_does_not_decide_not_even_as_the_vendors_administrator(here: Installation, database: TestDatabase) -> None:
    operator = operating(here.pages, here.first)
    request_id = here.asked_by(operator)
    refused = submit(operator, LIST, to=here.at(request_id, "decide"), decision="approve")
    assert refused.status_code == 409
    assert "another person has to decide" in words(refused)
    give_role(database, here.first, here.vendor_id, "vendor_admin")
    same_person = TenantContext(here.vendor_id, f"person:{here.first.id}")
    with pytest.raises(NotDecided), tenant_transaction(database.vendor_engine, same_person, secret=database.secret) as connection:
        decide(connection, request_id, name="Sam Keller", approved=True)
    approve = text(
        "UPDATE break_glass SET approved = true, decided_by = :by, decider_name = 'x', decided_at = now(), ends_at = now() WHERE id = :id"
    )
    for by in (same_person.actor, f"person:{here.second.id}"):
        with pytest.raises(DBAPIError), tenant_transaction(database.operator_engine, same_person, secret=database.secret) as connection:
            connection.execute(approve, {"id": request_id, "by": by})


@pytest.mark.parametrize("minutes", [0, 61, "many", ""])
def test_an_access_is_for_an_hour_at_most(here: Installation, minutes: object) -> None:
    page = submit(operating(here.pages, here.first), f"{LIST}/ask", vendor_id=here.vendor_id, reason="Why", minutes=minutes)
    assert page.status_code == 422
    assert "Choose from 1 to 60 minutes." in words(page)
    assert "Why" in page.text


def test_the_database_takes_no_access_of_more_than_an_hour_or_beyond_what_was_asked(here: Installation, database: TestDatabase) -> None:
    context = TenantContext(here.vendor_id, "person:a")
    with (
        pytest.raises(DBAPIError, match="minutes_check"),
        tenant_transaction(database.operator_engine, context, secret=database.secret) as connection,
    ):
        ask(connection, name="Sam Keller", reason="Why", minutes=61)
    with tenant_transaction(database.operator_engine, context, secret=database.secret) as connection:
        request_id = ask(connection, name="Sam Keller", reason="Why", minutes=10)
    longer = text(
        "UPDATE break_glass SET approved = true, decided_by = 'person:b', decider_name = 'x', decided_at = now(), ends_at = now() + interval '11 minutes' "
        "WHERE id = :id"
    )
    other = TenantContext(here.vendor_id, "person:b")
    with (
        pytest.raises(DBAPIError, match="check"),
        tenant_transaction(database.operator_engine, other, secret=database.secret) as connection,
    ):
        connection.execute(longer, {"id": request_id})


def test_an_access_ends_by_the_clock_and_the_database_refuses_its_context(here: Installation, database: TestDatabase) -> None:
    client, request_id = here.reading()
    assert client.get("/invoices").status_code == 200
    with database.admin_engine.begin() as connection:
        connection.execute(text("ALTER TABLE break_glass DISABLE TRIGGER steps"))
    with database.admin_engine.begin() as connection:
        with_context = TenantContext(here.vendor_id, "tester")
        turn = text(
            "UPDATE break_glass SET decided_at = decided_at - interval '1 hour', ends_at = ends_at - interval '1 hour' WHERE id = :id"
        )
        bind_context(connection, with_context, secret=database.secret)
        connection.execute(turn, {"id": request_id})
    with database.admin_engine.begin() as connection:
        connection.execute(text("ALTER TABLE break_glass ENABLE TRIGGER steps"))
    assert client.get("/invoices").status_code == 403
    over = TenantContext(here.vendor_id, "person:x", reads_only=True, ends_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(DBAPIError, match="expired"), read_only_transaction(database.vendor_engine, over, secret=database.secret):
        pass


def test_every_statement_stands_in_the_vendors_log_before_it_is_executed(here: Installation) -> None:
    client, request_id = here.reading()
    path = f"/invoices/{invoice_id(here.office, 'A1')}"
    told = len(here.events("break-glass.statement"))
    assert client.get(path).status_code == 200
    events = here.events("break-glass.statement")[told:]
    assert {(event["access"], event["page"]) for event in events} == {(str(request_id), "invoices.show")}
    assert any("FROM invoice" in event["statement"] for event in events)
    assert not any("Castellano" in event["statement"] for event in events)
    [read] = here.events("invoice.read")
    assert read["form"] == "page"


def test_as_many_events_are_written_as_statements_read_and_a_page_that_tells_none_is_seen(
    here: Installation, database: TestDatabase
) -> None:
    reading = Reading(uuid4(), datetime.now(UTC) + timedelta(minutes=30))
    permissions = frozenset(map(str, BREAK_GLASS))
    who = visitor_of(here.vendor_id, permissions=permissions, reading=reading)
    own = statements_of(here.pages, "/invoices", visitor_of(here.vendor_id, permissions=permissions))
    assert here.pages.get("/invoices", who).status_code == 200
    # The statements of a page, less the one that binds its context, which the log's own transactions execute too.
    assert len(here.events("break-glass.statement")) == own - 1
    silent = create_app(edge_of(database, find_visitor=lambda _request: who, tell_reading=lambda *_: None))
    assert silent.test_client().get("/invoices").status_code == 200
    assert len(here.events("break-glass.statement")) == own - 1


def test_when_the_log_cannot_be_written_nothing_is_read(here: Installation, database: TestDatabase) -> None:
    client, _ = here.reading()
    context = TenantContext(here.vendor_id, "tester")
    with tenant_transaction(database.vendor_engine, context, secret=database.secret) as connection:
        connection.execute(text("SELECT tenancy.append_event('tester.holds', '{}')"))
        page = client.get("/invoices")
    assert page.status_code == 409
    assert "Castellano" not in page.text


def test_a_page_that_fails_leaves_its_statements_in_the_log(here: Installation) -> None:
    client, _ = here.reading()
    told = len(here.events("break-glass.statement"))
    assert client.get(f"/invoices/{uuid4()}").status_code == 404
    assert len(here.events("break-glass.statement")) > told


def test_nothing_can_be_changed_by_break_glass(here: Installation, database: TestDatabase) -> None:
    client, _ = here.reading()
    assert client.get("/people/invite").status_code == 403
    assert client.get("/settings").status_code in {403, 404}
    context = TenantContext(here.vendor_id, "person:x", reads_only=True)
    change = text("UPDATE client SET name = 'changed'")
    with (
        pytest.raises(DBAPIError, match="read-only"),
        read_only_transaction(database.vendor_engine, context, secret=database.secret) as connection,
    ):
        connection.execute(change)
    with (
        pytest.raises(DBAPIError, match="read-write mode"),
        read_only_transaction(database.vendor_engine, context, secret=database.secret) as connection,
    ):
        connection.execute(text("SET TRANSACTION READ WRITE"))
    with pytest.raises(DBAPIError, match="only reads"), tenant_transaction(database.vendor_engine, context, secret=database.secret):
        pass
    with pytest.raises(DBAPIError, match="another login"), read_only_transaction(database.practice_engine, context, secret=database.secret):
        pass


def test_leaving_ends_the_access_and_leads_back_to_the_console(here: Installation, database: TestDatabase) -> None:
    client, request_id = here.reading()
    assert submit(client, "/invoices", to=f"{LIST}/leave").headers["Location"] == LIST
    assert client.get("/invoices").status_code == 403
    with tenant_transaction(database.vendor_engine, TenantContext(here.vendor_id, "tester"), secret=database.secret) as connection:
        assert request_of(connection, request_id).state == "ended"
    assert [event["request"] for event in here.events("break-glass.ended")] == [str(request_id)]


def test_who_is_no_operator_finds_none_of_its_pages(here: Installation) -> None:
    client = sign_in(here.pages, here.administrator)
    assert [client.get(path).status_code for path in (LIST, f"{LIST}/ask", "/operator/vendors", "/operator/health")] == [403] * 4
    assert submit(client, "/choose", to="/choose/operate").status_code == 404


def test_an_operator_who_is_one_no_more_is_out_with_the_next_request(here: Installation, database: TestDatabase) -> None:
    client, _ = here.reading()
    with database.auth_engine.begin() as connection:
        connection.execute(text("UPDATE account SET is_operator = false WHERE account_id = :id"), {"id": here.first.id})
    assert client.get("/invoices").headers["Location"].startswith("/sign-in")
    assert client.get("/operator/vendors").headers["Location"].startswith("/sign-in")


def test_the_vendor_of_decide_is_nobodys_to_read_and_is_not_offered(here: Installation) -> None:
    client = operating(here.pages, here.first)
    assert "Facts under decision" not in client.get(f"{LIST}/ask").text
    answer = submit(client, f"{LIST}/ask", vendor_id="00000000-0000-7000-8000-000000000001", reason="To look at it", minutes=5)
    assert answer.status_code == 422
    assert "Choose a vendor." in answer.text

"""The first page tells everybody what waits for them and for nobody else, and leads there in one click."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from caretally.carelog.approvals import Chosen, send_back, waiting
from caretally.carelog.desk import desk_of_actor
from caretally.carelog.entries import Work, keep_written
from caretally.carelog.timer import For, start, stop
from caretally.identity.roles import MATRIX, Role
from caretally.questions.ask import Asked, ask
from caretally.questions.say import say
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import office_with_closed_month, send_all
from tests.builders.queue_office import one, person, queue_office
from tests.builders.timekeeping import Timekeeping, new_timekeeping, some_minutes_ago


@pytest.fixture
def keeping(database: TestDatabase) -> Timekeeping:
    """A vendor with a nurse, a colleague and a supervisor."""
    return new_timekeeping(database)


def write(keeping: Timekeeping) -> UUID:
    """Let the nurse write ten minutes of today by hand, and return the entry's id."""
    starts = some_minutes_ago(30)
    with keeping.transaction() as connection:
        work = Work(
            client_id=keeping.office.clients["A1"],
            patient_id=keeping.patients["1001"],
            staff_id=desk_of_actor(connection).staff_id,
            program="CCM",
            activity="call",
            pieces=[(starts, starts + timedelta(minutes=10))],
            description="Readings: 132/84.",
        )
        made = keep_written(connection, work, key=uuid4(), reason="The call came in while I was on the road.")
    assert made is not None
    return made


def told(pages: Pages, who: Visitor, sentence: str) -> str:
    """Return where the sentence of a task leads on a visitor's first page; empty when they are not told."""
    found = re.search(rf'<a href="([^"]*)">{re.escape(sentence)}', pages.get("/overview", who).text)
    return found[1] if found else ""


def test_as_many_entries_wait_on_the_first_page_as_its_link_lists(pages: Pages, keeping: Timekeeping) -> None:
    write(keeping)
    keeping.office.add_time("A1", keeping.patients["1001"], "rn", starts=datetime(2026, 6, 5, 14, tzinfo=UTC), source="manual")
    keeping.office.close()
    keeping.office.add_late_time(
        "A1", keeping.patients["1001"], "rn", starts=datetime(2026, 10, 5, 14, tzinfo=UTC), seconds=600, source="manual"
    )
    supervisor = keeping.visitors["supervisor"]
    listed = told(pages, supervisor, "3 entries wait for approval")
    assert "3 entries written by hand wait" in words(pages.get(listed, supervisor))
    send_one_back(keeping)
    assert "2 entries written by hand wait" in words(pages.get(told(pages, supervisor, "2 entries wait for approval"), supervisor))


def send_one_back(keeping: Timekeeping) -> None:
    """Send back the newest entry that waits."""
    with keeping.transaction("supervisor") as connection:
        send_back(connection, [Chosen.of(waiting(connection)[0].token)], because="Which call?", name="Supervisor Person")


def test_an_entry_that_was_sent_back_is_told_to_its_person_alone(pages: Pages, keeping: Timekeeping) -> None:
    entry, says = write(keeping), "1 entry of yours was sent back"
    assert "of yours" not in words(pages.get("/overview", keeping.visitors["nurse"]))
    with keeping.transaction("supervisor") as connection:
        found = [Chosen.of(each.token) for each in waiting(connection)]
        send_back(connection, found, because="Which call?", name="Supervisor Person")
    assert told(pages, keeping.visitors["nurse"], says) == f"/time/entries/{entry}"
    assert [told(pages, keeping.visitors[who], says) for who in ("colleague", "supervisor")] == ["", ""]


def test_a_note_without_its_confirmation_and_a_timer_that_runs_are_told(pages: Pages, keeping: Timekeeping) -> None:
    nurse, timer = keeping.visitors["nurse"], uuid4()
    with keeping.transaction() as connection:
        start(connection, timer, For("call", keeping.patients["1001"]))
        earlier = "running_since - interval '5 minutes'"
        connection.exec_driver_sql(f"UPDATE timer SET started_at = {earlier}, running_since = {earlier}")
    with keeping.transaction() as connection:
        entry = stop(connection, timer).logged_id
    with keeping.transaction() as connection:
        start(connection, uuid4(), For("call", keeping.patients["1002"]))
    assert told(pages, nurse, "1 note of yours is not confirmed") == f"/time/entries/{entry}"
    assert told(pages, nurse, "Your timer is not stopped") == "/time"
    assert "timer is not stopped" not in words(pages.get("/overview", keeping.visitors["colleague"]))


def test_what_was_assigned_to_somebody_is_told_to_them(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "W1")
    mine, other = (person(database, office, Role.COORDINATOR, name) for name in ("Corin Vale", "Sam Ode"))
    address = one(office, "W1-Noconsent", "NO_CONSENT")
    pages.get(address, mine)
    with office.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO exception_work (vendor_id, client_id, patient_id, month, code, assignee_id, changed_by) "
            "SELECT p.vendor_id, p.client_id, p.patient_id, p.month, 'NO_CONSENT', m.id, 'tester' FROM patient_month p "
            f"JOIN membership m ON m.vendor_id = p.vendor_id AND 'person:' || m.account_id = '{mine.actor}' WHERE p.primary_reason = 'NO_CONSENT'"
        )
    assert told(pages, mine, "1 exception is assigned to you") == "/exceptions?month=all&amp;assignee=me"
    assert told(pages, other, "1 exception is assigned to you") == ""
    assert "Castellano-W1, Noconsent" in words(pages.get("/exceptions?assignee=me", mine))


def test_a_question_is_told_to_who_answers_and_its_answer_to_who_asked(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "W2")
    send_all(office)

    def held_by(role: Role, **changes: Any) -> Visitor:
        return visitor_of(office.vendor_id, permissions=frozenset(map(str, MATRIX[role])), **changes)

    dana, nora = held_by(Role.BILLING_ADMIN), held_by(Role.PRACTICE_ADMINISTRATOR, clients=[office.clients["W2"]])
    assert told(pages, dana, "1 question of a practice waits") == ""
    question = asked_of(office, nora)
    assert told(pages, dana, "1 question of a practice waits for an answer") == "/questions"
    assert "The first by 15 Jan 2030, $12.00 disputed." in pages.get("/overview", dana).text
    assert told(pages, nora, "1 question of yours has an answer") == ""
    with office.transaction() as connection:
        say(connection, question, "answer", "By phone, at ten.", seen=1, vendor_id=office.vendor_id, name="Dana Whitfield")
    assert told(pages, dana, "1 question of a practice waits for an answer") == ""
    assert told(pages, nora, "1 question of yours has an answer") == "/questions"


def test_an_auditor_is_told_nothing_of_what_a_practice_has_to_pay_or_cure(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "W3")
    send_all(office)
    auditor, nora = (
        visitor_of(office.vendor_id, permissions=frozenset(map(str, MATRIX[role])), clients=[office.clients["W3"]])
        for role in (Role.AUDITOR, Role.PRACTICE_ADMINISTRATOR)
    )
    assert "Nothing waits for you" in words(pages.get("/overview", auditor))
    assert "Nothing waits for you" not in words(pages.get("/overview", nora))


def asked_of(office: Office, who: Visitor) -> UUID:
    """Let a practice dispute twelve dollars of the first line of its invoice, and return the thread's id."""
    assert who.clients is not None
    context = TenantContext(office.vendor_id, who.actor, tuple(who.clients))
    with tenant_transaction(office.database.practice_engine, context, secret=office.database.secret) as connection:
        line = connection.execute(text("SELECT id, invoice_id FROM invoice_line ORDER BY line_number LIMIT 1")).one()
        asked = Asked(
            id=uuid4(),
            invoice_id=line.invoice_id,
            invoice_line_id=line.id,
            kind="dispute",
            said="Our log shows no call.",
            answer_by=date(2030, 1, 15),
            disputed_cents=1200,
        )
        ask(connection, asked, vendor_id=office.vendor_id, name="Nora Beck")
    return asked.id

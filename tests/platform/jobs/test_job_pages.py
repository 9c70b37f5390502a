"""A person finds background work again, sees how far it is, and has what failed tried again."""

from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from caretally.app.job_kinds import KINDS
from caretally.audit.chain import append_event
from caretally.jobs.run_job import run_job
from caretally.web.visitor import Visitor
from tests.builders.accounts import give_role, new_signer
from tests.builders.databases import TestDatabase
from tests.builders.jobs import ask, ask_and_hint, hint, state, workshop
from tests.builders.office import Office, new_office
from tests.builders.pages import HERE, Pages, form_token, statements_of, visitor_of, words


@pytest.fixture
def office(database: TestDatabase) -> Office:
    return new_office(database, "A")


@pytest.fixture
def dana(office: Office) -> Visitor:
    return visitor_of(office.vendor_id)


def send(pages: Pages, path: str, who: Visitor, **typed: str) -> TestResponse:
    client = pages.client(who)
    return client.post(path, data={"form_token": form_token(client.get("/probe/form")), **typed}, headers={"Origin": HERE})


def put(office: Office, job_id: UUID, **values: object) -> None:
    """Set how a job stands."""
    with office.transaction() as connection:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        connection.execute(text(f"UPDATE job SET {sets} WHERE id = :id"), {"id": job_id, **values})


RUNNING: Mapping[str, object] = {"status": "running", "attempts": 1, "done": 3, "total": 60, "what": "clients closed"}


def test_a_job_under_way_says_how_far_it_is_and_has_a_link_for_who_has_no_script(pages: Pages, office: Office, dana: Visitor) -> None:
    (job_id,) = ask(office, "check_audit_log")
    put(office, job_id, **RUNNING)
    page = pages.get(f"/work/{job_id}", dana)
    assert "Running 3 of 60 clients closed" in words(page)
    assert "See how far it is now" in page.text
    assert ("data-unfinished" in page.text, "http-equiv" in page.text) == (True, False)


def test_a_job_that_has_ended_stands_still_and_says_what_came_of_it(pages: Pages, office: Office, dana: Visitor) -> None:
    (job_id,) = ask(office, "check_audit_log")
    put(office, job_id, status="refused", said="October 2026 is closed for Lakeside; add an adjustment.")
    page = pages.get(f"/work/{job_id}", dana)
    assert "Not done" in words(page)
    assert "add an adjustment" in words(page)
    assert "refresh" not in page.text


def test_all_work_is_found_again_and_what_is_not_finished_by_itself(pages: Pages, office: Office, dana: Visitor) -> None:
    done, waiting = (ask(office, "check_audit_log")[0] for _ in range(2))
    put(office, done, status="done", said="All 7 events follow from one another.")
    everything, unfinished = pages.get("/work", dana), pages.get("/work?show=unfinished", dana)
    assert [str(job_id) in everything.text for job_id in (done, waiting)] == [True, True]
    assert [f"/work/{job_id}" in unfinished.text for job_id in (done, waiting)] == [False, True]
    assert "All 7 events" in words(everything)


def test_a_list_of_many_has_pages_and_few_statements(pages: Pages, office: Office, dana: Visitor) -> None:
    ask(office, "check_audit_log", jobs=60)
    assert pages.get("/work", dana).text.count("Check of the audit log</a>") == 50
    assert pages.get("/work?page=2", dana).text.count("Check of the audit log</a>") == 10
    assert statements_of(pages, "/work", dana) <= 6


def test_a_vendor_without_work_is_told_what_will_stand_here(pages: Pages, dana: Visitor) -> None:
    assert "No work yet" in words(pages.get("/work", dana))
    assert "Nothing is under way" in words(pages.get("/work?show=unfinished", dana))


def test_the_audit_log_is_checked_in_the_background_and_the_event_is_one_click_away(
    pages: Pages, office: Office, dana: Visitor, database: TestDatabase
) -> None:
    with office.transaction() as connection:
        append_event(connection, action="probe.before", detail={})
    address = send(pages, "/work/audit-log-check", dana).headers["Location"]
    hint(office)
    run_job(workshop(database, KINDS), office.vendor_id, UUID(address.rpartition("/")[2]))
    page = pages.get(address, dana)
    assert "events of the audit log follow from one another" in words(page)
    assert 'href="/audit-log?action=audit-log.checked"' in page.text
    checked = office.rows("SELECT actor, detail ->> 'broken_at' FROM audit_event WHERE action = 'audit-log.checked'")
    assert checked == [("person:tester", None)]


def test_an_audit_log_that_was_changed_is_named_by_its_event(office: Office, database: TestDatabase) -> None:
    with office.transaction() as connection:
        seq = append_event(connection, action="probe.before", detail={})
    with database.admin_engine.begin() as owner:
        owner.execute(text("ALTER TABLE audit_event NO FORCE ROW LEVEL SECURITY"))
        owner.execute(text("ALTER TABLE audit_event DISABLE TRIGGER never_changed"))
        changed = text("UPDATE audit_event SET actor = 'x' WHERE vendor_id = :v AND seq = :seq")
        owner.execute(changed, {"v": office.vendor_id, "seq": seq})
        owner.execute(text("ALTER TABLE audit_event ENABLE TRIGGER never_changed"))
        owner.execute(text("ALTER TABLE audit_event FORCE ROW LEVEL SECURITY"))
    job_id = ask_and_hint(office, "check_audit_log")
    run_job(workshop(database, KINDS), office.vendor_id, job_id)
    assert f"does not hold at event {seq}" in office.value("SELECT said FROM job")


def test_the_button_pressed_twice_asks_once_and_after_a_look_asks_anew(pages: Pages, office: Office, dana: Visitor) -> None:
    first, second = (send(pages, "/work/audit-log-check", dana).headers["Location"] for _ in range(2))
    third = send(pages, "/work/audit-log-check", dana, after=first.rpartition("/")[2]).headers["Location"]
    assert (first == second, first == third, office.value("SELECT count(*) FROM job")) == (True, False, 2)


def test_what_waits_for_a_person_is_counted_in_the_rail_and_tried_again_by_who_may_ask_for_it(
    pages: Pages, office: Office, dana: Visitor
) -> None:
    (job_id,) = ask(office, "check_audit_log")
    put(office, job_id, status="quarantined", attempts=3)
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM job_outbox"))
    may_not = visitor_of(office.vendor_id, permissions=frozenset({"read_work"}))
    assert '<b>1<span class="vh"> to look at</span></b>' in pages.get("/work", dana).text
    assert "Try it again" not in pages.get(f"/work/{job_id}", may_not).text
    assert send(pages, f"/work/{job_id}/again", may_not).status_code == 403
    assert "Try it again" in pages.get(f"/work/{job_id}", dana).text
    assert send(pages, f"/work/{job_id}/again", dana).status_code == 303
    assert state(office, job_id) == ("waiting", 0)
    assert send(pages, f"/work/{job_id}/again", dana).status_code == 409


def test_a_run_that_closes_is_tried_again_with_a_fresh_second_factor_only(pages: Pages, office: Office) -> None:
    (job_id,) = ask(office, "closing_run")
    put(office, job_id, status="quarantined", attempts=3)
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM job_outbox"))
    stale = visitor_of(office.vendor_id, must_step_up=frozenset({"close_month"}))
    assert send(pages, f"/work/{job_id}/again", stale).headers["Location"].startswith("/step-up")
    assert state(office, job_id) == ("quarantined", 3)


def test_who_asked_is_told_by_name(pages: Pages, office: Office, database: TestDatabase, dana: Visitor) -> None:
    signer = new_signer(database, name="Robin Vance")
    give_role(database, signer, office.vendor_id, "billing_admin")
    for actor in (f"person:{signer.id}", "scheduler", "operator-cli:root"):
        ask(Office(database, office.vendor_id, actor), "check_audit_log")
    shown = words(pages.get("/work", dana))
    assert [name in shown for name in ("Robin Vance", "the schedule", "the operator's command line")] == [True] * 3


def test_a_practice_sees_no_work_of_its_vendor(pages: Pages, office: Office) -> None:
    of_practice = visitor_of(office.vendor_id, clients=[office.clients["A"]])
    assert pages.get("/work", of_practice).status_code == 403


def test_another_vendors_job_answers_as_one_that_does_not_exist(pages: Pages, office: Office, database: TestDatabase) -> None:
    (job_id,) = ask(office, "check_audit_log")
    stranger = visitor_of(new_office(database, "B").vendor_id)
    for path in (f"/work/{job_id}", f"/work/{uuid4()}"):
        assert (pages.get(path, stranger).status_code, send(pages, f"{path}/again", stranger).status_code) == (404, 404)

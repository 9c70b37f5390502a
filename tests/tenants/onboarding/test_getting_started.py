"""The checklist tells what is there and what comes next; the sample fills an empty vendor and never one that has something of its own."""

import pytest
from sqlalchemy import text

from caretally.app.job_kinds import KINDS
from caretally.identity.roles import MATRIX, Role
from caretally.jobs.run_job import run_job
from caretally.web.visitor import NO_VENDOR
from tests.builders.databases import TestDatabase
from tests.builders.jobs import hint, state, workshop
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.pages_office import office_with_closed_month
from tests.builders.sending_files import send_form

HEADS = {
    "name": "Trial Care",
    "slug": "trial-care",
    "timezone": "America/New_York",
    "administrator": "Ada Trial",
    "email": "ada@trial.example",
}


@pytest.fixture(scope="module")
def filled(database: TestDatabase) -> Office:
    """An empty vendor that its administrator filled with the sample."""
    office = Office(database, new_office(database).vendor_id)
    browser = Pages(database).client(visitor_of(office.vendor_id))
    begun = send_form(browser, "/setup/sample", page="/setup")
    assert "Filling with sample data" in words(browser.get(begun.location))
    assert "Waiting not begun yet" in words(browser.get(begun.location))
    fill(office)
    return office


def fill(office: Office) -> None:
    """Do what was asked for, as a worker does."""
    (job,) = office.rows("SELECT id FROM job WHERE kind = 'fill_sample'")
    hint(office)
    run_job(workshop(office.database, KINDS), office.vendor_id, job.id)
    assert state(office, job.id) == ("done", 1)


def test_the_checklist_of_a_new_vendor_names_what_is_missing_and_one_act_for_it(pages: Pages, database: TestDatabase) -> None:
    page = pages.get("/setup", visitor_of(new_office(database).vendor_id))
    assert "next: your details" in words(page)
    assert "4. Clients 0 practices on record. Missing Import the file of clients" in words(page)
    assert 'href="/imports?kind=clients"' in page.text
    assert "Fill with sample data" in words(page)


def test_the_checklist_follows_what_is_there_and_offers_no_sample_beside_real_clients(pages: Pages, database: TestDatabase) -> None:
    said = words(pages.get("/setup", visitor_of(office_with_closed_month(database, "A1").vendor_id)))
    assert "Agreements 1 of 1 client have one that holds today. Done" in said
    assert "First month 1 month closed. Done" in said
    assert "Fill with sample data" not in said


def test_the_sample_has_one_client_forty_patients_and_three_months_of_which_two_are_closed(filled: Office) -> None:
    assert filled.value("SELECT count(*) FROM client") == 1
    assert filled.value("SELECT count(*) FROM patient") == 40
    assert filled.value("SELECT count(DISTINCT date_trunc('month', started_at AT TIME ZONE 'America/New_York')) FROM time_entry") == 3
    assert filled.value("SELECT count(*) FROM client_month WHERE status = 'closed'") == 2
    assert filled.value("SELECT count(*) FROM invoice WHERE total_cents > 0") == 2


def test_the_sample_came_through_the_imports_and_stands_in_the_audit_log(filled: Office) -> None:
    assert filled.value("SELECT count(DISTINCT kind) FROM import_batch WHERE rows_refused = 0") >= 14
    assert filled.value("SELECT count(*) FROM audit_event WHERE action = 'vendor.sample_filled'") == 1


def test_how_far_it_is_was_told_and_the_page_of_the_work_leads_back(pages: Pages, filled: Office) -> None:
    (job,) = filled.rows("SELECT id, done, total, said FROM job WHERE kind = 'fill_sample'")
    assert job.total >= 15
    assert job.done == job.total
    assert "40 patients" in job.said
    assert 'href="/setup"' in pages.get(f"/work/{job.id}", visitor_of(filled.vendor_id)).text


def test_asked_for_twice_a_vendor_is_filled_once(pages: Pages, database: TestDatabase) -> None:
    office = Office(database, new_office(database).vendor_id)
    browser = pages.client(visitor_of(office.vendor_id))
    assert len({send_form(browser, "/setup/sample", page="/setup").location for _ in range(2)}) == 1
    assert office.value("SELECT count(*) FROM job") == 1


def test_the_sample_has_somebody_to_ask_and_the_checklist_is_nearly_done(pages: Pages, filled: Office) -> None:
    dana = visitor_of(filled.vendor_id)
    assert "Oyelaran, Bisi" in words(pages.get("/outreach", dana))
    assert "Fill with sample data" not in words(pages.get("/setup", dana))


def test_a_vendor_with_clients_of_its_own_is_never_filled(pages: Pages, database: TestDatabase) -> None:
    office = new_office(database, "OWN")
    answer = send_form(pages.client(visitor_of(office.vendor_id)), "/setup/sample", page="/imports")
    assert answer.status_code == 409
    assert "clients or patients of its own" in words(answer)
    assert office.value("SELECT count(*) FROM client") == 1


def test_the_sample_closes_months_and_asks_for_what_a_close_asks_for(pages: Pages, database: TestDatabase) -> None:
    office = new_office(database)
    stale = visitor_of(office.vendor_id, must_step_up=frozenset({"close_month"}))
    assert send_form(pages.client(stale), "/setup/sample", page="/setup").headers["Location"].startswith("/step-up")
    may_not = visitor_of(office.vendor_id, permissions=frozenset({"change_settings", "import"}))
    assert send_form(pages.client(may_not), "/setup/sample", page="/probe/form").status_code == 403
    assert office.value("SELECT count(*) FROM client_month") == 0


def test_an_operator_makes_a_sample_vendor_and_sees_its_counts_only(pages: Pages, database: TestDatabase) -> None:
    held = frozenset(map(str, MATRIX[Role.OPERATOR]))
    operator = visitor_of(NO_VENDOR, permissions=held, operates=True, vendor_name="This installation")
    browser = pages.client(operator)
    assert send_form(browser, "/operator/vendors/sample", **HEADS).status_code == 303
    with database.operator_engine.connect() as connection:
        fill(Office(database, connection.scalars(text("SELECT vendor_id FROM vendor WHERE slug = 'trial-care'")).one()))
    assert "Trial Care trial-care America/New_York 1 40 1" in words(browser.get("/operator/vendors"))
    assert [mail.to for mail in pages.posted] == ["ada@trial.example"]


def test_the_checklist_asks_one_question(pages: Pages, filled: Office) -> None:
    assert statements_of(pages, "/setup", visitor_of(filled.vendor_id)) <= 4

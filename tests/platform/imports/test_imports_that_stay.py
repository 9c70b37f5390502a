"""The page of an import whose rows a closed month has used: it says so instead of offering to take the import back."""

import pytest
from flask.testing import FlaskClient

from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.sending_files import send_form

AGREED = "client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,38\nHIL,2026-01-01,per_patient_month,38\n"
TIME = "external_id,client,mrn,staff,started_at,duration,program,description,source\n"
# The signed context, its check, the count in the rail, the import, the work about it, and whether a month was closed since.
QUERIES = 6


@pytest.fixture
def desk(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A vendor with two clients that have agreements."""
    made = new_desk(database, tmp_path_factory.mktemp("desk"))
    made.imports("agreements", AGREED)
    return made


@pytest.fixture
def browser(pages: Pages, desk: Desk) -> FlaskClient:
    """A browser of the vendor's billing administrator."""
    return pages.client(visitor_of(desk.office.vendor_id))


def test_an_import_that_a_closed_month_used_says_which_and_has_no_button(browser: FlaskClient, desk: Desk) -> None:
    at = f"/imports/{desk.imports('time', TIME + 'e1,LFM,1,rn,2026-10-05T09:00,20,CCM,call,dialer').batch_id}"
    assert "Take back 1 row" in words(browser.get(at))
    desk.office.close("LFM")
    said = words(browser.get(at))
    assert "It stays as it is 2026-10 was closed for client LFM after this import, so it stays; record an adjustment instead." in said
    assert "Take back 1 row" not in said
    assert send_form(browser, f"{at}/undo", page="/imports").status_code == 409


def test_an_import_of_another_client_keeps_its_button(browser: FlaskClient, desk: Desk) -> None:
    batch = desk.imports("patients", "client,mrn,family_name,given_name,birth_date\nHIL,9,Osei,Ama,1940-02-01\n").batch_id
    desk.office.close("LFM")
    assert "Take back 1 row" in words(browser.get(f"/imports/{batch}"))


def test_an_import_of_the_vendors_staff_stays_once_any_month_was_closed(browser: FlaskClient, desk: Desk) -> None:
    batch = desk.imports("staff", "staff,family_name,given_name,role\nlpn,Cole,Ann,clinical\n").batch_id
    desk.office.close("HIL")
    assert "2026-10 was closed for client HIL after this import" in words(browser.get(f"/imports/{batch}"))


def test_a_refusal_stands_in_the_place_of_the_button(browser: FlaskClient, desk: Desk) -> None:
    batch = desk.imports("patients", "client,mrn,family_name,given_name,birth_date\nLFM,9,Osei,Ama,1940-02-01\n").batch_id
    desk.imports("conditions", "client,mrn,icd10\nLFM,9,I10\n")
    answer = send_form(browser, f"/imports/{batch}/undo", page=f"/imports/{batch}")
    assert "are used by condition rows" in words(answer)
    assert (answer.status_code, "Take back 1 row" in words(answer)) == (409, False)


def test_the_page_asks_the_database_little(pages: Pages, desk: Desk) -> None:
    batch = desk.imports("time", TIME + "e1,LFM,1,rn,2026-10-05T09:00,20,CCM,call,dialer").batch_id
    desk.office.close("LFM")
    assert statements_of(pages, f"/imports/{batch}", visitor_of(desk.office.vendor_id)) <= QUERIES

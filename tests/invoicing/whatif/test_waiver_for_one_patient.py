"""A waiver for one patient is tried on the page: the money of that patient alone, and a record number that stands in no address."""

from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.queue_office import change, one, patient_id, queue_office
from tests.builders.sending_files import send_form

PAGE = "/months/2026-10/what-if"


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients whose October is closed; at the first, two patients are held for the review of their plan."""
    made = queue_office(database, "A1", "A2", close=False)
    change(made, "UPDATE care_plan SET effective_on = '2025-06-01' WHERE patient_id = :patient", patient_id(made, "A1-Billed"))
    made.close()
    return made


@pytest.fixture
def browser(pages: Pages, office: Office) -> FlaskClient:
    """A browser of the vendor's billing administrator."""
    return pages.client(visitor_of(office.vendor_id))


def asked(browser: FlaskClient, office: Office, **typed: str) -> tuple[TestResponse, str]:
    """Send the page's form as a browser does; return the answer and its address."""
    sent = {"client": str(office.clients["A1"]), "waive": "CARE_PLAN_REVIEW_OVERDUE", "to": PAGE} | typed
    answer = send_form(browser, "/look-for", page=PAGE, **sent)
    assert answer.status_code == 303
    return browser.get(answer.location), answer.location


def test_a_waiver_for_everybody_and_for_one_patient_differ_by_the_other_patient(browser: FlaskClient, office: Office) -> None:
    everybody, _ = asked(browser, office)
    assert "+$76.00 for Practice A1, 2 patient-months of 5 different" in words(everybody)
    alone, _ = asked(browser, office, q="A1-Overdue")
    assert "+$38.00 for Practice A1, 1 patient-month of 5 different" in words(alone)
    assert "A1-Billed" not in words(alone)
    assert 'value="A1-Overdue"' in alone.text


def test_the_record_number_stands_in_no_address_and_in_no_line_of_the_log(
    browser: FlaskClient, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    answer, address = asked(browser, office, q="A1-Overdue")
    assert "A1-Overdue" not in unquote(address)
    assert "A1-Overdue" not in capsys.readouterr().err
    assert "A1-Overdue" not in str(office.rows("SELECT detail FROM audit_event WHERE action = 'patients.read'"))
    form = next(part for part in answer.text.split("<form") if 'name="waive"' in part)
    assert 'method="post" action="/look-for"' in form


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"q": "A2-Overdue"}, "Practice A1 has no patient with the record number “A2-Overdue”"),
        ({"q": "A1-Overdue", "waive": ""}, "Choose what would be waived for the patient"),
    ],
)
def test_what_cannot_be_tried_is_said_beside_its_field_and_stays_as_it_was_typed(
    browser: FlaskClient, office: Office, typed: dict[str, str], said: str
) -> None:
    answer, _ = asked(browser, office, **typed)
    assert answer.status_code == 422
    assert said in words(answer)
    assert f'value="{typed["q"]}"' in answer.text


def test_nothing_is_waived_by_trying(browser: FlaskClient, office: Office) -> None:
    asked(browser, office, q="A1-Overdue")
    assert office.value("SELECT count(*) FROM waiver") == 0


def test_an_exception_that_may_be_waived_leads_there_with_its_patient(browser: FlaskClient, office: Office) -> None:
    page = browser.get(one(office, "A1-Overdue", "CARE_PLAN_REVIEW_OVERDUE")).text
    link = next(part.split('"')[0] for part in page.split('href="')[1:] if part.startswith(PAGE)).replace("&amp;", "&")
    assert "Overdue" not in unquote(link).replace("CARE_PLAN_REVIEW_OVERDUE", "")
    assert "+$38.00 for Practice A1" in words(browser.get(link))

"""The way from an exception to the form of the patient's chart that records what is missing, and back."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from caretally.charts.records import FACTS
from caretally.identity.roles import Role
from caretally.settling.chart_forms import CHART_FORMS
from caretally.settling.fixes import FORMS
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.queue_office import change, one, patient_id, person
from tests.builders.sending_files import send_form
from tests.builders.typed_forms import form_of

# A patient for each exception, and how it comes about.
LACKS = {
    "Novisit": ("NO_INITIATING_VISIT", "DELETE FROM visit WHERE patient_id = :patient"),
    "Onecondition": ("CHRONIC_CONDITIONS_LT_2", "DELETE FROM condition WHERE icd10 = 'I10' AND patient_id = :patient"),
    "Noplan": ("NO_CARE_PLAN", "DELETE FROM care_plan WHERE patient_id = :patient"),
    "Nocopy": ("CARE_PLAN_COPY_MISSING", "UPDATE care_plan SET copy_given_on = NULL WHERE patient_id = :patient"),
    "Noconsent": ("NO_CONSENT", "DELETE FROM consent WHERE patient_id = :patient"),
}


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor whose October is previewed with a patient for each exception."""
    made = new_office(database, "A1")
    for number, (given, (_, statement)) in enumerate(LACKS.items()):
        patient = made.add_patient("A1", f"A1-{given}", family_name=f"Vale-{number}", given_name=given, birth_date=f"194{number}-03-04")
        made.add_time("A1", patient, "rn", seconds=1500 - number)
        change(made, statement, patient)
    made.close(dry_run=True)
    return made


@pytest.fixture
def browser(pages: Pages, office: Office) -> FlaskClient:
    """A browser of somebody who may do everything at the vendor."""
    return pages.client(visitor_of(office.vendor_id))


@pytest.fixture
def fix_link(office: Office, browser: FlaskClient) -> Callable[[str], str]:
    """Return the address to which the page of a patient's exception leads."""

    def link(given: str) -> str:
        page = browser.get(one(office, f"A1-{given}", LACKS[given][0])).text
        found = re.search(r'id="fix".*?href="(/patients/[^"]+)"', page, re.DOTALL)
        assert found is not None
        return found[1].replace("&amp;", "&")

    return link


@pytest.mark.parametrize(("given", "kind"), [("Novisit", "visits"), ("Onecondition", "conditions"), ("Noplan", "care-plans")])
def test_an_exception_leads_to_the_form_that_records_what_is_missing(
    office: Office, fix_link: Callable[[str], str], given: str, kind: str
) -> None:
    assert fix_link(given).startswith(f"/patients/{patient_id(office, f'A1-{given}')}/{kind}/new?")


def test_what_is_recorded_leads_back_to_the_exception(office: Office, browser: FlaskClient, fix_link: Callable[[str], str]) -> None:
    exception, form = one(office, "A1-Novisit", "NO_INITIATING_VISIT"), fix_link("Novisit")
    assert f'href="{exception}"' in browser.get(form).text
    recorded = send_form(browser, form, visited_on="2026-01-05", kind="AWV")
    assert (recorded.status_code, recorded.location) == (303, f"{exception}?recorded=1")
    assert office.value("SELECT count(*) FROM visit WHERE patient_id = :p", p=patient_id(office, "A1-Novisit")) == 1


def test_a_copy_that_was_not_given_is_recorded_in_the_plan_itself(
    office: Office, browser: FlaskClient, fix_link: Callable[[str], str]
) -> None:
    plan = office.value("SELECT id FROM care_plan WHERE patient_id = :p", p=patient_id(office, "A1-Nocopy"))
    form = fix_link("Nocopy")
    assert f"/care-plans/{plan}/edit?" in form
    changed = send_form(browser, form, **form_of(browser, form) | {"copy_given_on": "2026-10-20"})
    assert changed.location == f"{one(office, 'A1-Nocopy', 'CARE_PLAN_COPY_MISSING')}?recorded=1"


def test_whoever_may_not_change_charts_sees_no_such_link(pages: Pages, office: Office) -> None:
    visitor = visitor_of(office.vendor_id, permissions=frozenset({"settle_exceptions", "read_patients"}))
    page = pages.get(one(office, "A1-Noplan", "NO_CARE_PLAN"), visitor)
    assert (page.status_code, "/care-plans/new" in page.text) == (200, False)


def test_a_coordinator_sees_what_the_role_may_do(pages: Pages, office: Office, database: TestDatabase) -> None:
    coordinator = person(database, office, Role.COORDINATOR, "Tia Rivers")
    page = pages.get(one(office, "A1-Noplan", "NO_CARE_PLAN"), coordinator)
    assert ("/care-plans/new" in page.text) == ("import" in coordinator.permissions)


@pytest.mark.parametrize("query", ["month=2026-10", "code=NO_CARE_PLAN", "month=x&code=NO_CARE_PLAN", "month=2026-10&code=//evil.example"])
def test_a_way_back_that_is_none_leads_to_the_patient(office: Office, browser: FlaskClient, query: str) -> None:
    patient = patient_id(office, "A1-Onecondition")
    page = browser.get(f"/patients/{patient}/conditions/new?{query}")
    assert (page.status_code, f'href="/patients/{patient}"' in page.text) == (200, True)
    assert "evil" not in page.text


def test_each_exception_has_one_fix_and_each_form_is_there(office: Office) -> None:
    gates = {row[0] for row in office.rows("SELECT code FROM gate")}
    assert set(CHART_FORMS) <= gates
    assert not set(CHART_FORMS) & set(FORMS)
    assert {form.kind for form in CHART_FORMS.values()} <= {*FACTS, ""}


def test_the_page_says_what_to_record(office: Office, browser: FlaskClient) -> None:
    assert "Record the care plan" in words(browser.get(one(office, "A1-Noplan", "NO_CARE_PLAN")))

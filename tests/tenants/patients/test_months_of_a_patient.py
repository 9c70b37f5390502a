"""The months on a patient's page: each leads to that month of the patient, and one under way is among them."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import office_with_closed_month

RUNNING = "SELECT to_char(clock_timestamp() AT TIME ZONE timezone, 'YYYY-MM') FROM client WHERE code = 'A1'"


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor whose October 2026 is closed."""
    return office_with_closed_month(database, "A1")


def page_of(pages: Pages, office: Office, mrn: str, **visitor: Any) -> str:
    """Return the page of a patient."""
    patient = office.value("SELECT id FROM patient WHERE mrn = :mrn", mrn=mrn)
    return pages.get(f"/patients/{patient}", visitor_of(office.vendor_id, **visitor)).text


def test_a_month_leads_to_that_month_of_the_patient(pages: Pages, office: Office) -> None:
    patient = office.value("SELECT id FROM patient WHERE mrn = 'A1-Carla'")
    page = page_of(pages, office, "A1-Carla")
    assert f'href="/patients/{patient}/2026-10"' in page
    assert 'href="/months/2026-10"' not in page.split("<h2>Months</h2>")[1].split("</section>")[0]


def test_the_month_under_way_is_listed_and_opens(pages: Pages, office: Office) -> None:
    patient, running = office.value("SELECT id FROM patient WHERE mrn = 'A1-Carla'"), office.value(RUNNING)
    shown = pages.get(f"/patients/{patient}", visitor_of(office.vendor_id))
    assert f'href="/patients/{patient}/{running}"' in shown.text
    assert f"{running} under way" in words(shown)
    assert pages.get(f"/patients/{patient}/{running}", visitor_of(office.vendor_id)).status_code == 200


def test_a_practice_is_shown_closed_months_alone(pages: Pages, office: Office) -> None:
    assert "under way" not in page_of(pages, office, "A1-Carla", clients=[office.clients["A1"]])


@pytest.mark.parametrize("status", ["withdrawn", "paused"])
def test_a_month_in_which_the_patient_is_not_enrolled_is_not_listed(pages: Pages, office: Office, status: str) -> None:
    mrn = f"OUT-{status}"
    patient = office.add_patient("A1", mrn, family_name=f"Gone-{status}", given_name="Gil")
    with office.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO enrolment (vendor_id, client_id, patient_id, program, status, valid_from) "
                "VALUES (:vendor, :client, :patient, 'CCM', :status, '2026-06-01')"
            ),
            {"vendor": office.vendor_id, "client": office.clients["A1"], "patient": patient, "status": status},
        )
    assert "under way" not in page_of(pages, office, mrn)

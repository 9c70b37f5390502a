"""The page of a month under way: where a client will end and whom to call first; a month that is over says why there is none."""

from datetime import date

import pytest

from caretally.months import Month
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, visitor_of, words


@pytest.fixture(scope="module")
def under_way(pages: Pages) -> Office:
    """A vendor with a patient who is short of time in the month that the database's clock is in."""
    office = new_office(pages.database, "U1")
    patient = office.add_patient("U1", "u-1", family_name="Castellano", given_name="Carla")
    with office.transaction() as connection:
        now = connection.exec_driver_sql(
            "SELECT date_trunc('month', now() AT TIME ZONE 'America/New_York') AT TIME ZONE 'America/New_York'"
        ).scalar_one()
        office.insert_time(connection, "U1", patient, "rn", starts=now, seconds=600)
    return office


def this_month(office: Office) -> Month:
    """Return the month that the client's clock is in."""
    today: date = office.value("SELECT (now() AT TIME ZONE 'America/New_York')::date")
    return Month.of(today)


def test_a_month_without_forecasts_offers_to_make_them_and_each_client(pages: Pages, under_way: Office) -> None:
    said = words(pages.get(f"/months/{this_month(under_way)}/forecast", visitor_of(under_way.vendor_id)))
    assert "Practice U1 not forecast yet" in said
    assert "Forecast all clients now" in said


def test_a_client_under_way_says_how_far_it_is_and_that_its_patients_were_read(pages: Pages, under_way: Office) -> None:
    path = f"/months/{this_month(under_way)}/forecast?client={under_way.clients['U1']}"
    said = words(pages.get(path, visitor_of(under_way.vendor_id)))
    assert "0 reached a code, 1 are short" in said or "1 patient" in said
    [(action, detail)] = under_way.rows("SELECT action, detail FROM audit_event ORDER BY seq DESC LIMIT 1")
    assert (action, detail["page"], detail["patients"]) == ("patients.read", "forecast", 1)


def test_a_month_that_is_over_says_why_there_is_no_forecast(pages: Pages, under_way: Office) -> None:
    page = pages.get(f"/months/2026-01/forecast?client={under_way.clients['U1']}", visitor_of(under_way.vendor_id))
    assert page.status_code == 200
    assert "There is no forecast" in words(page)

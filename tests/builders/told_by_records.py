"""Months whose decision rests on rows that no facts of `decide` hold: the day on which a device was set up, and what was billed in a month closed before."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.evaluation.evaluate import evaluate
from caretally.evaluation.parameters import ClientMonth, Terms
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import ELEMENTS, PRICES, Office, insert, new_office

CODES = text("SELECT codes FROM pg_temp.eval_decision")


def codes_in(connection: Connection, office: Office, month: Month) -> list[str]:
    """Return the codes of the only patient-month of the office's client W, evaluated in a transaction of the vendor."""
    subject = ClientMonth(office.vendor_id, office.clients["W"], "W", "America/New_York", month)
    evaluate(connection, subject, Terms())
    return [code for codes in connection.scalars(CODES) for code in codes]


def device_set_up_in_time(database: TestDatabase) -> tuple[Office, Month]:
    """Return a device whose thirty days end on 1 January 2022, on which its codes began, and that month."""
    office, key, by_provider = _patient(database, "RTM")
    with office.transaction() as connection:
        insert(connection, "enrolment", key | {"program": "RTM", "status": "enrolled", "valid_from": "2021-12-01"})
        insert(connection, "assignment", key | by_provider | {"valid_from": "2021-12-01"})
        days = {"program": "RTM_RESPIRATORY", "period_from": "2021-12-03", "days": 20, "setup_on": "2021-12-10"}
        insert(connection, "device_period", key | days)
    return office, Month(2022, 1)


def first_visit_billed_before(database: TestDatabase) -> tuple[Office, Month]:
    """Return care that begins anew in March 2024, after the first visit of its first beginning was billed in the closed March 2023, 366 days earlier."""
    office, key, by_provider = _patient(database, "CCM")
    with office.transaction() as connection:
        for number, (start, end) in enumerate((("2023-03-01", "2023-06-30"), ("2024-03-01", None)), start=1):
            insert(connection, "enrolment", key | {"program": "CCM", "status": "enrolled", "valid_from": start, "valid_to": end})
            insert(connection, "assignment", key | by_provider | {"valid_from": start, "valid_to": end})
            insert(connection, "visit", key | {"visited_on": start, "kind": "AWV", "ccm_discussed": True})
            plan = dict.fromkeys(("effective_on", "copy_given_on", "signed_on"), start)
            insert(connection, "care_plan", key | plan | {"version": number, "elements": ELEMENTS})
        for icd10 in ("E119", "I10"):
            insert(connection, "condition", key | {"icd10": icd10})
    for year in (2023, 2024):
        office.add_time("W", key["patient_id"], "rn", starts=datetime(year, 3, 5, 15, tzinfo=UTC))
    (closed,) = office.close("W", month=Month(2023, 3))
    assert office.value("SELECT codes FROM patient_month") == ["99490", "G0506"], closed
    return office, Month(2024, 3)


def _patient(database: TestDatabase, program: str) -> tuple[Office, dict[str, Any], dict[str, Any]]:
    office = new_office(database)
    office.add_client("W", prices=PRICES | {"G0506": 3000}, valid_from="2015-01-01")
    key: dict[str, Any] = {"vendor_id": office.vendor_id, "client_id": office.clients["W"]}
    by_provider: dict[str, Any] = {"program": program, "provider_id": office.providers["W"]}
    person = {"mrn": "1", "family_name": "Abara", "given_name": "Alma", "birth_date": "1941-03-02", "state": "NY"}
    with office.transaction() as connection:
        covered = {"qmb": False, "part_b_from": "2010-01-01"}
        key["patient_id"] = UUID(str(insert(connection, "patient", key | person | covered)))
        agreed = dict.fromkeys(("scope", "cost_sharing", "one_practitioner", "stop"), True)
        insert(connection, "consent", key | by_provider | agreed | {"method": "verbal", "obtained_on": "2021-12-01"})
    return office, key, by_provider

"""Facts about a patient typed on pages: each kind goes in by the rules of its file, is changed and stands on the patient's page."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from tests.builders.databases import TestDatabase
from tests.builders.import_files import DOCTOR
from tests.builders.office import Office, insert
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import office_with_closed_month
from tests.builders.sending_files import send_form
from tests.builders.typed_forms import form_of, looked_at

# What is typed of each kind, what is changed after, and what the patient's page shows then.
TYPED: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "enrolments": (
        {"program": "PCM", "status": "enrolled", "from": "2026-11-02"},
        {"status": "paused", "reason": "in hospital"},
        "in hospital",
    ),
    "assignments": ({"program": "PCM", "npi": DOCTOR, "from": "2026-11-02"}, {"to": "2026-11-20"}, "2026-11-02 to 2026-11-20"),
    "conditions": (
        {"icd10": "n18.31", "onset_on": "2020-02-01", "expected_months": "12", "risk_documented": "no"},
        {"onset_on": "2019-02-01", "risk_documented": "yes"},
        "2019-02-01",
    ),
    "consents": (
        {"program": "PCM", "npi": DOCTOR, "method": "verbal", "obtained_on": "2026-11-02", "scope": "yes"},
        {"revoked_on": "2026-11-20"},
        "Revoked 2026-11-20",
    ),
    "visits": ({"visited_on": "2026-11-03", "kind": "EM", "code": "99214"}, {"code": "99215"}, "99215"),
    "care-plans": (
        {"version": "2", "effective_on": "2026-11-03", "elements": "goals"},
        {"signed_on": "2026-11-04"},
        "2 2026-11-03 2026-11-04",
    ),
    "reviews": (
        {"plan_version": "1", "reviewed_on": "2026-11-05", "reviewer": "Rosa Okafor", "outcome": "no_change"},
        {"outcome": "updated"},
        "2026-11-05 updated",
    ),
    "stays": ({"kind": "hospice", "from": "2026-11-02"}, {"to": "2026-11-09"}, "Hospice 2026-11-02 to 2026-11-09"),
    "services": ({"code": "99214", "on": "2026-11-02"}, {"minutes": "25"}, "2026-11-02 99214"),
    "discharges": ({"discharged_on": "2026-11-02"}, {"contacted_on": "2026-11-03"}, "2026-11-02 contacted 2026-11-03, seen not yet"),
    "decisions": (
        {"month": "2026-11", "level": "low", "npi": DOCTOR, "documented_on": "2026-11-20"},
        {"level": "high"},
        "2026-11 High documented 2026-11-20",
    ),
}
KINDS = tuple(TYPED)


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients, a closed month and a provider whose number is whole."""
    made = office_with_closed_month(database, "A1", "A2")
    with made.transaction() as connection:
        person = {"npi": DOCTOR, "family_name": "Lind", "given_name": "Per", "credential": "MD"}
        insert(connection, "provider", {"vendor_id": made.vendor_id, "client_id": made.clients["A1"]} | person)
    return made


@pytest.fixture
def browser(pages: Pages, office: Office) -> FlaskClient:
    """A browser of the vendor's billing administrator."""
    return pages.client(visitor_of(office.vendor_id))


@pytest.fixture
def patient(office: Office) -> UUID:
    """A patient of the first client, of this test alone."""
    return office.add_patient("A1", f"P-{uuid4()}", family_name=f"Vale-{uuid4()}", birth_date="1938-10-30")


def edit_path(browser: FlaskClient, patient: UUID, kind: str) -> str:
    """Return the address at which the newest fact of a kind is changed, as the patient's page links it."""
    page = browser.get(f"/patients/{patient}").text
    return next(
        part.split('"')[0] for part in page.split('href="')[1:] if part.startswith(f"/patients/{patient}/{kind}/") and "/edit" in part
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_fact_is_added_and_changed_on_the_page_of_the_patient(browser: FlaskClient, patient: UUID, kind: str) -> None:
    new, changed, shown = TYPED[kind]
    added = send_form(browser, f"/patients/{patient}/{kind}/new", **new)
    assert (added.status_code, added.location) == (303, f"/patients/{patient}")
    path = edit_path(browser, patient, kind)
    assert send_form(browser, path, **form_of(browser, path) | changed).status_code == 303
    assert shown in words(browser.get(f"/patients/{patient}"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_fact_that_is_there_is_not_changed_by_adding_it_again(browser: FlaskClient, patient: UUID, kind: str) -> None:
    new, changed, _ = TYPED[kind]
    send_form(browser, f"/patients/{patient}/{kind}/new", **new)
    again = send_form(browser, f"/patients/{patient}/{kind}/new", **new | changed)
    assert again.status_code == 422
    assert "already; change" in words(again)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fact_of_another_patient_answers_as_one_that_does_not_exist(
    browser: FlaskClient, patient: UUID, office: Office, kind: str
) -> None:
    send_form(browser, f"/patients/{patient}/{kind}/new", **TYPED[kind][0])
    path = edit_path(browser, patient, kind)
    other = office.value("SELECT id FROM patient WHERE mrn = 'A1-Carla'")
    answers = [browser.get(one) for one in (path.replace(str(patient), str(other)), f"/patients/{other}/{kind}/{uuid4()}/edit")]
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize(
    ("kind", "typed", "said"),
    [
        ("enrolments", {"to": "2026-10-01"}, "The last day 2026-10-01 lies before the first day."),
        ("enrolments", {"status": ""}, "Standing is missing; fill it in."),
        ("assignments", {"npi": "1245319599"}, "This client has no provider with the NPI 1245319599."),
        ("consents", {"obtained_on": "1850-01-01"}, "1850-01-01 lies before the patient was born; look whether its year is right."),
        ("conditions", {"icd10": "hello"}, "is not written as an ICD-10-CM code"),
        ("consents", {"revoked_on": "2026-11-01"}, "The consent was revoked on 2026-11-01, before it was given."),
        ("care-plans", {"version": "0"}, "Plan versions count from 1, not 0."),
        ("reviews", {"plan_version": "7"}, "This patient has no care plan version 7."),
        ("services", {"on": "2026-10-05"}, "2026-10 is closed for this client, so this row cannot change it; record an adjustment."),
        ("discharges", {"visited_on": "2026-11-01"}, "The visit on 2026-11-01 lies before the discharge."),
    ],
)
def test_a_fact_goes_by_the_rules_of_its_file(browser: FlaskClient, patient: UUID, kind: str, typed: dict[str, str], said: str) -> None:
    answer = send_form(browser, f"/patients/{patient}/{kind}/new", **TYPED[kind][0] | typed)
    assert answer.status_code == 422
    assert said in words(answer)


def test_a_day_to_come_is_asked_about_and_kept_once_it_was_looked_at(browser: FlaskClient, patient: UUID, office: Office) -> None:
    visit = {"visited_on": "2031-01-05", "kind": "AWV"}
    asked = send_form(browser, f"/patients/{patient}/visits/new", **visit)
    assert "2031-01-05 lies ahead; look whether its year is right." in words(asked)
    other = send_form(browser, f"/patients/{patient}/visits/new", **visit | {"visited_on": "2032-01-05", "looked": looked_at(asked)})
    assert "2032-01-05 lies ahead" in words(other)
    assert send_form(browser, f"/patients/{patient}/visits/new", **visit | {"looked": looked_at(asked)}).status_code == 303
    assert office.value("SELECT count(*) FROM visit WHERE patient_id = :p AND visited_on > '2030-01-01'", p=patient) == 1


def test_several_elements_of_a_plan_are_ticked_and_taken_away_again(browser: FlaskClient, patient: UUID, office: Office) -> None:
    plan: dict[str, Any] = TYPED["care-plans"][0] | {"elements": ["goals", "problems"]}
    send_form(browser, f"/patients/{patient}/care-plans/new", **plan)
    held = "SELECT elements FROM care_plan WHERE patient_id = :p AND version = 2"
    assert sorted(office.value(held, p=patient)) == ["goals", "problems"]
    path = edit_path(browser, patient, "care-plans")
    kept = form_of(browser, path)
    kept.pop("elements")
    assert send_form(browser, path, **kept).status_code == 303
    assert office.value(held, p=patient) == []


def test_what_somebody_else_changed_meanwhile_is_shown_beside_what_was_typed(browser: FlaskClient, patient: UUID) -> None:
    path = edit_path(browser, patient, "consents")
    mine, theirs = form_of(browser, path), form_of(browser, path)
    assert send_form(browser, path, **theirs | {"script_version": "v7"}).status_code == 303
    answer = send_form(browser, path, **mine | {"script_version": "v8"})
    assert answer.status_code == 412
    assert "Script version v8 v7 v8" in words(answer)
    assert 'value="v8"' in answer.text


def test_only_who_may_import_adds_and_changes_facts(pages: Pages, browser: FlaskClient, patient: UUID, office: Office) -> None:
    nurse = visitor_of(office.vendor_id, permissions=frozenset({"read_patients", "read_months"}))
    paths = [f"/patients/{patient}/consents/new", edit_path(browser, patient, "consents")]
    assert [pages.get(path, nurse).status_code for path in paths] == [403, 403]
    assert "/edit" not in pages.get(f"/patients/{patient}", nurse).text

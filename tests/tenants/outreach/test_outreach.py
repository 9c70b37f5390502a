"""Who could be asked to enrol, and what an attempt brings: one effect, a consent by the rules of its file, nothing of another vendor."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.builders.databases import TestDatabase
from tests.builders.office import Office, insert, new_office
from tests.builders.pages import Pages, form_token, statements_of, visitor_of, words
from tests.builders.sending_files import send_form

YES = {"outcome": "consented", "script_version": "CCM-3", "method": "verbal", "obtained_on": "2026-11-02"}
FOUR = dict.fromkeys(("scope", "cost_sharing", "one_practitioner", "stop"), "yes")


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients and nobody enrolled."""
    return new_office(database, "A1", "A2")


@pytest.fixture
def browser(pages: Pages, office: Office) -> FlaskClient:
    """A browser of a person who calls patients."""
    return pages.client(visitor_of(office.vendor_id))


def somebody(office: Office, name: str, *codes: str, client: str = "A1", **facts: Any) -> UUID:
    """Add a patient with conditions and nothing else."""
    key = {"vendor_id": office.vendor_id, "client_id": office.clients[client]}
    person = {"mrn": name, "family_name": name, "given_name": "Pat", "birth_date": "1944-01-02"} | facts
    with office.transaction() as connection:
        patient: UUID = insert(connection, "patient", key | person)
        for code in codes:
            insert(connection, "condition", key | {"patient_id": patient, "icd10": code})
    return patient


def npi(office: Office) -> str:
    """Return the NPI of the first client's provider."""
    found: str = office.value("SELECT npi FROM provider WHERE client_id = :c", c=office.clients["A1"])
    return found


def attempt_of(browser: FlaskClient, patient: UUID) -> str:
    """Return the id that the form of a patient carries."""
    return browser.get(f"/outreach/{patient}").text.split('name="attempt" value="', 1)[1][:36]


def test_the_list_holds_who_has_two_chronic_conditions_and_no_standing(browser: FlaskClient, office: Office) -> None:
    for name, codes in (("Twochronic", ("E119", "I10")), ("Onechronic", ("E119", "J069")), ("Fewchronic", ("E119",))):
        somebody(office, name, *codes)
    somebody(office, "Departed", "E119", "I10", died_on="2026-01-01")
    office.add_patient("A1", "Enrolledalready", family_name="Enrolledalready")
    listed = words(browser.get("/outreach"))
    assert "Twochronic" in listed
    assert [name for name in ("Onechronic", "Fewchronic", "Departed", "Enrolledalready") if name in listed] == []


def test_a_resolved_condition_does_not_count(browser: FlaskClient, office: Office) -> None:
    patient = somebody(office, "Resolved", "E119", "I10")
    with office.transaction() as connection:
        connection.execute(text("UPDATE condition SET resolved_on = '2026-01-01' WHERE patient_id = :p AND icd10 = 'I10'"), {"p": patient})
    assert "Resolved" not in words(browser.get("/outreach"))


def test_a_yes_brings_consent_enrolment_and_practitioner_and_takes_the_patient_off_the_list(browser: FlaskClient, office: Office) -> None:
    patient = somebody(office, "Willing", "E119", "I10")
    sent = send_form(browser, f"/outreach/{patient}", attempt=attempt_of(browser, patient), npi=npi(office), **YES, **FOUR)
    assert sent.status_code == 303
    consent = office.rows(
        "SELECT program, method, obtained_on::text, script_version, obtained_by FROM consent WHERE patient_id = :p", p=patient
    )
    assert consent == [("CCM", "verbal", "2026-11-02", "CCM-3", "Dana Whitfield")]
    assert office.rows("SELECT status, valid_from::text FROM enrolment WHERE patient_id = :p", p=patient) == [("enrolled", "2026-11-02")]
    assert office.value("SELECT count(*) FROM assignment WHERE patient_id = :p", p=patient) == 1
    assert "Willing" not in words(browser.get("/outreach"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stop": ""}, "All four must be acknowledged"),
        ({"npi": ""}, "Choose the practitioner"),
        ({"script_version": ""}, "version of the script"),
        ({"obtained_on": "2999-01-01"}, "lies ahead"),
        ({"outcome": ""}, "Choose what came of the call"),
        ({"outcome": "call_back", "call_back_on": ""}, "Write the day to call back"),
    ],
)
def test_what_makes_no_consent_is_refused_and_nothing_is_recorded(
    browser: FlaskClient, office: Office, changes: dict[str, str], said: str
) -> None:
    patient = somebody(office, f"Unsure{uuid4().hex[:6]}", "E119", "I10")
    typed = {"npi": npi(office)} | YES | FOUR | changes
    answer = send_form(browser, f"/outreach/{patient}", attempt=attempt_of(browser, patient), **typed)
    assert answer.status_code == 422
    assert said in words(answer)
    for table in ("outreach_attempt", "consent", "enrolment", "assignment"):
        assert office.value(f"SELECT count(*) FROM {table} WHERE patient_id = :p", p=patient) == 0


def test_a_form_sent_twice_counts_once(browser: FlaskClient, office: Office) -> None:
    patient = somebody(office, "Doubled", "E119", "I10")
    page = browser.get(f"/outreach/{patient}")
    token, attempt = form_token(page), page.text.split('name="attempt" value="', 1)[1][:36]
    for _ in range(2):
        browser.post(
            f"/outreach/{patient}",
            data={"form_token": token, "attempt": attempt, "outcome": "no_answer"},
            headers={"Origin": "http://localhost"},
        )
    assert office.value("SELECT count(*) FROM outreach_attempt WHERE patient_id = :p", p=patient) == 1
    assert "No answer" in words(browser.get("/outreach?state=tried"))


def test_a_no_takes_the_patient_off_the_list_and_a_call_back_comes_first_when_it_is_due(browser: FlaskClient, office: Office) -> None:
    unwilling, later = somebody(office, "Unwilling", "E119", "I10"), somebody(office, "Zlater", "E119", "I10")
    send_form(browser, f"/outreach/{unwilling}", attempt=attempt_of(browser, unwilling), outcome="declined")
    today = office.value("SELECT (clock_timestamp() AT TIME ZONE timezone)::date::text FROM vendor")
    send_form(browser, f"/outreach/{later}", attempt=attempt_of(browser, later), outcome="call_back", call_back_on=today)
    listed = words(browser.get("/outreach"))
    assert "Unwilling" not in listed
    assert listed.index("Zlater") < listed.index("Twochronic") if "Twochronic" in listed else "Zlater" in listed
    assert "Zlater" in words(browser.get("/outreach?state=due"))


def test_an_attempt_is_never_changed(office: Office) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), office.transaction() as connection:
        connection.execute(text("UPDATE outreach_attempt SET outcome = 'consented'"))


def test_a_patient_of_another_vendor_answers_as_one_that_does_not_exist(pages: Pages, office: Office, database: TestDatabase) -> None:
    stranger = pages.client(visitor_of(new_office(database, "Z1").vendor_id))
    patient = somebody(office, "Foreign", "E119", "I10")
    assert [stranger.get(f"/outreach/{one}").status_code for one in (patient, uuid4())] == [404, 404]
    sent = send_form(stranger, f"/outreach/{patient}", page="/imports", attempt=str(uuid4()), outcome="no_answer")
    assert sent.status_code == 404
    assert office.value("SELECT count(*) FROM outreach_attempt WHERE patient_id = :p", p=patient) == 0


def test_the_list_asks_a_handful_of_questions_however_long_it_is(pages: Pages, office: Office) -> None:
    dana = visitor_of(office.vendor_id)
    somebody(office, "First", "E119", "I10")
    few = statements_of(pages, "/outreach", dana)
    for number in range(20):
        somebody(office, f"More{number}", "E119", "I10")
    assert statements_of(pages, "/outreach", dana) == few <= 9

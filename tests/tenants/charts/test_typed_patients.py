"""A patient typed on a page: the rules of the file, corrections that lose nothing, and who may be one person asked about before anything is kept."""

from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from caretally.app.import_kinds import IMPORT_KINDS
from caretally.imports.undo import undo_import
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import office_with_closed_month
from tests.builders.sending_files import send_form
from tests.builders.typed_forms import form_of, looked_at

NEW = {"client": "A1", "mrn": "N-100", "family_name": "Oyelaran", "given_name": "Bisi", "birth_date": "1949-03-11", "state": "NY"}


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients and a closed month."""
    return office_with_closed_month(database, "A1", "A2")


@pytest.fixture
def browser(pages: Pages, office: Office) -> FlaskClient:
    """A browser of the vendor's billing administrator."""
    return pages.client(visitor_of(office.vendor_id))


def patient(office: Office, mrn: str, client: str = "A1") -> UUID:
    """Return the id of a patient."""
    found: UUID = office.value("SELECT id FROM patient WHERE mrn = :mrn AND client_id = :c", mrn=mrn, c=office.clients[client])
    return found


def test_what_breaks_a_rule_of_the_file_is_said_by_its_field_and_nothing_typed_is_lost(browser: FlaskClient) -> None:
    answer = send_form(browser, "/patients/new", **NEW | {"birth_date": "2031-01-01", "mbi": "no", "mrn": ""})
    assert answer.status_code == 422
    for said in ("Nobody was born on 2031-01-01", "not a Medicare Beneficiary Identifier", "Record number is missing; fill it in."):
        assert said in words(answer)
    assert 'value="Oyelaran"' in answer.text


def test_a_new_patient_stands_on_a_page_of_its_own_in_the_audit_log_and_among_the_imports(browser: FlaskClient, office: Office) -> None:
    answer = send_form(browser, "/patients/new", **NEW)
    assert answer.location == f"/patients/{patient(office, 'N-100')}"
    assert "Bisi Oyelaran" in words(browser.get(answer.location))
    assert office.value("SELECT search_name FROM patient WHERE mrn = 'N-100'") == "oyelaran bisi"
    assert office.value("SELECT detail ->> 'kind' FROM audit_event WHERE action = 'import' ORDER BY seq DESC LIMIT 1") == "patients"


def test_a_record_number_that_is_taken_is_refused_and_the_patient_stays(browser: FlaskClient, office: Office) -> None:
    answer = send_form(browser, "/patients/new", **NEW | {"mrn": "A1-Carla"})
    assert answer.status_code == 422
    assert "This client has a patient with the record number A1-Carla already" in words(answer)
    assert office.value("SELECT family_name FROM patient WHERE mrn = 'A1-Carla'") == "Castellano-A1"


def test_a_record_number_is_corrected_with_the_rest_and_the_import_that_did_it_can_be_taken_back(
    browser: FlaskClient, office: Office
) -> None:
    found = office.add_patient("A1", "WRONG-1", family_name="Stone", given_name="Una", mbi="1EG4TE5MK73")
    path = f"/patients/{found}/edit"
    assert send_form(browser, path, **form_of(browser, path) | {"mrn": "RIGHT-1", "given_name": "Unna"}).status_code == 303
    kept = "SELECT mrn, given_name, search_name, mbi FROM patient WHERE id = :id"
    assert office.rows(kept, id=found) == [("RIGHT-1", "Unna", "stone unna", "1EG4TE5MK73")]
    assert office.value("SELECT count(*) FROM consent WHERE patient_id = :id", id=found) == 1
    batch = office.value("SELECT batch_id FROM patient WHERE id = :id", id=found)
    with office.transaction() as connection:
        undo_import(connection, IMPORT_KINDS, batch)
    assert office.rows(kept, id=found)[0][:2] == ("WRONG-1", "Una")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"mrn": "A1-Shirley"}, "Another patient of this client has the record number “A1-Shirley”"),
        ({"mrn": "zero\u200bwidth"}, "which nobody can see"),
        ({"died_on": "1901-01-01"}, "The day of death 1901-01-01 lies before the birth"),
        ({"family_name": ""}, "Family name is missing; fill it in."),
    ],
)
def test_a_correction_goes_by_the_rules_of_the_file(browser: FlaskClient, office: Office, typed: dict[str, str], said: str) -> None:
    path = f"/patients/{patient(office, 'A1-Carla')}/edit"
    answer = send_form(browser, path, **form_of(browser, path) | typed)
    assert answer.status_code == 422
    assert said in words(answer)
    assert office.rows("SELECT mrn, died_on FROM patient WHERE id = :id", id=patient(office, "A1-Carla")) == [("A1-Carla", None)]


def test_what_somebody_else_corrected_meanwhile_is_shown_beside_what_was_typed(browser: FlaskClient, office: Office) -> None:
    path = f"/patients/{patient(office, 'A1-Shirley')}/edit"
    mine, theirs = form_of(browser, path), form_of(browser, path)
    assert send_form(browser, path, **theirs | {"payer": "Medicare"}).status_code == 303
    answer = send_form(browser, path, **mine | {"payer": "Medicare Advantage"})
    assert answer.status_code == 412
    assert "Payer Medicare" in words(answer)
    assert 'value="Medicare Advantage"' in answer.text
    again = mine | {"payer": "Medicare Advantage", "seen": form_of(browser, path)["seen"]}
    assert send_form(browser, path, **again).status_code == 303
    assert office.value("SELECT payer FROM patient WHERE mrn = 'A1-Shirley'") == "Medicare Advantage"


def test_who_may_be_somebody_already_known_is_asked_about_first_and_matched_as_after_an_import(
    browser: FlaskClient, office: Office
) -> None:
    office.add_patient("A2", "TWO-1", family_name="Abernathy", given_name="Wilhelmina", birth_date="1944-05-06")
    twice = NEW | {"mrn": "TWO-2", "family_name": "Abernathy", "given_name": "Wilhelmina", "birth_date": "1944-05-06"}
    asked = send_form(browser, "/patients/new", **twice)
    assert asked.status_code == 422
    assert "have a second record; a month is held under both" in words(asked)
    assert office.value("SELECT count(*) FROM patient WHERE mrn = 'TWO-2'") == 0
    assert send_form(browser, "/patients/new", **twice | {"looked": looked_at(asked)}).status_code == 303
    assert office.value("SELECT count(DISTINCT person_key) FROM patient WHERE family_name = 'Abernathy'") == 1
    path = f"/patients/{patient(office, 'TWO-2')}/edit"
    assert send_form(browser, path, **form_of(browser, path) | {"payer": "Medicare"}).status_code == 303


def test_a_medicare_number_that_another_patient_of_the_client_carries_is_asked_about_first(browser: FlaskClient, office: Office) -> None:
    office.add_patient("A2", "MBI-1", family_name="Vale", given_name="Ida", birth_date="1950-02-03", mbi="2FH5UF6NK84")
    second = NEW | {"client": "A2", "mrn": "MBI-2", "family_name": "Reed", "birth_date": "1938-10-30", "mbi": "2FH5-UF6-NK84"}
    asked = send_form(browser, "/patients/new", **second)
    assert "The patient MBI-1 of this client carries the same Medicare number." in words(asked)
    assert send_form(browser, "/patients/new", **second | {"looked": looked_at(asked)}).status_code == 303


def test_a_closed_month_stays_as_it_was_closed(browser: FlaskClient, office: Office) -> None:
    closed = "SELECT entries_hash, evidence_hash FROM patient_month ORDER BY id"
    before = office.rows(closed)
    path = f"/patients/{patient(office, 'A2-Carla', 'A2')}/edit"
    assert send_form(browser, path, **form_of(browser, path) | {"died_on": "2026-10-01", "mrn": "A2-Karla"}).status_code == 303
    assert office.rows(closed) == before


def test_who_reads_the_whole_medicare_number_stands_in_the_audit_log_without_it(browser: FlaskClient, office: Office) -> None:
    found = office.add_patient("A1", "READ-1", family_name="Hill", given_name="Jo", birth_date="1941-01-01", mbi="3GJ6VG7PL95")
    assert "3GJ6VG7PL95" in browser.get(f"/patients/{found}/edit").text
    detail = office.value("SELECT detail FROM audit_event WHERE action = 'patient.read' ORDER BY seq DESC LIMIT 1")
    assert (detail["patient_id"], detail["page"]) == (str(found), "edit")
    assert "3GJ6" not in str(detail)


def test_only_who_may_import_adds_and_corrects_patients(pages: Pages, office: Office) -> None:
    nurse = visitor_of(office.vendor_id, permissions=frozenset({"read_patients", "read_months"}))
    found = patient(office, "A1-Carla")
    assert [pages.get(path, nurse).status_code for path in ("/patients/new", f"/patients/{found}/edit")] == [403, 403]
    assert "/patients/new" not in pages.get("/patients", nurse).text
    assert f"/patients/{found}/edit" not in pages.get(f"/patients/{found}", nurse).text


def test_a_patient_of_another_vendor_answers_as_one_that_does_not_exist(pages: Pages, office: Office, database: TestDatabase) -> None:
    stranger = visitor_of(office_with_closed_month(database, "Z1", name="Quill").vendor_id)
    answers = [pages.get(f"/patients/{one}/edit", stranger) for one in (patient(office, "A1-Carla"), uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]

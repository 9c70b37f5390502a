"""The pages of the directory: the same rules as the files, nobody's change lost, nothing of another vendor."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, insert
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.pages_office import office_with_closed_month
from tests.builders.sending_files import send_form
from tests.builders.typed_forms import form_of, typed_in

# The signed context, its check, and the count of requests that wait in the rail.
IN_FRAME = 3
CLIENT = {"code": "NEW", "name": "Newfield Practice", "timezone": "America/Chicago"}


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients and a closed month."""
    return office_with_closed_month(database, "A1", "A2")


@pytest.fixture
def browser(pages: Pages, office: Office) -> FlaskClient:
    """A browser of the vendor's billing administrator."""
    return pages.client(visitor_of(office.vendor_id))


def test_a_client_typed_on_the_page_goes_in_by_the_rules_of_its_file_and_can_be_taken_back(browser: FlaskClient, office: Office) -> None:
    refused = send_form(browser, "/clients/new", **CLIENT | {"timezone": "Mars/Base", "terms_days": "900"})
    assert refused.status_code == 422
    assert "not the name of a time zone" in words(refused)
    assert "Payment terms are 0 to 365 days" in words(refused)
    assert 'value="Newfield Practice"' in refused.text
    assert send_form(browser, "/clients/new", **CLIENT).status_code == 303
    assert "Newfield Practice" in words(browser.get("/clients?q=newf"))
    assert office.value("SELECT kind FROM import_batch ORDER BY at DESC LIMIT 1") == "clients"


def test_a_code_that_is_taken_is_refused_and_changes_nothing(browser: FlaskClient, office: Office) -> None:
    answer = send_form(browser, "/clients/new", **CLIENT | {"code": "A1"})
    assert "There is a client A1 already" in words(answer)
    assert office.value("SELECT name FROM client WHERE code = 'A1'") == "Practice A1"


def test_a_time_zone_stays_once_a_month_is_closed(browser: FlaskClient, office: Office) -> None:
    path = f"/clients/{office.clients['A2']}/edit"
    answer = send_form(browser, path, **form_of(browser, path) | {"timezone": "America/Denver"})
    assert answer.status_code == 422
    assert "has closed months, so its time zone stays America/New_York" in words(answer)


def test_what_somebody_else_changed_meanwhile_is_shown_and_nothing_typed_is_lost(browser: FlaskClient, office: Office) -> None:
    path = f"/clients/{office.clients['A1']}/edit"
    mine, theirs = form_of(browser, path), form_of(browser, path)
    assert send_form(browser, path, **theirs | {"contact_name": "Ines Faro"}).status_code == 303
    answer = send_form(browser, path, **mine | {"contact_name": "Otto Lang"})
    assert answer.status_code == 412
    assert "Ines Faro" in words(answer)
    assert 'value="Otto Lang"' in answer.text
    again = {**mine, "contact_name": "Otto Lang", "seen": form_of(browser, path)["seen"]}
    assert send_form(browser, path, **again).status_code == 303
    assert office.value("SELECT contact_name FROM client WHERE code = 'A1'") == "Otto Lang"


def test_what_is_wrong_is_said_in_the_words_of_the_form_and_not_of_the_file(browser: FlaskClient) -> None:
    nurse = {"staff": "", "family_name": "Oko\tro", "given_name": "Jo\ny", "role": "clinical", "excluded_to": "2026-01-01"}
    said = words(send_form(browser, "/staff/new", **nurse))
    for sentence in ("Code is missing; fill it in.", "Given name holds a line break", "its first day is missing; give “First day”"):
        assert sentence in said
    for column in ("The staff", "given_name", "excluded_from"):
        assert column not in said


def test_an_email_that_is_none_is_refused_wherever_it_is_typed(browser: FlaskClient, office: Office) -> None:
    client = office.clients["A2"]
    path = f"/clients/{client}/edit"
    forms = (
        (path, form_of(browser, path) | {"contact_email": "nope"}),
        ("/staff/new", {"staff": "n8", "family_name": "Okoro", "given_name": "Joy", "role": "clinical", "email": "nope"}),
        (
            f"/clients/{client}/providers/new",
            {"npi": "1245319599", "family_name": "Lind", "given_name": "Per", "credential": "NP", "email": "nope"},
        ),
    )
    for address, typed in forms:
        answer = send_form(browser, address, **typed)
        assert (answer.status_code, "“nope” is not an email address; write name@example.org." in words(answer)) == (422, True)
    assert send_form(browser, path, **form_of(browser, path) | {"contact_email": " Ines@lakeside.example "}).status_code == 303
    assert office.value("SELECT contact_email FROM client WHERE code = 'A2'") == "Ines@lakeside.example"


def test_what_somebody_else_changed_stays_where_i_changed_nothing(browser: FlaskClient, office: Office) -> None:
    path = f"/clients/{office.clients['A2']}/edit"
    mine, theirs = form_of(browser, path), form_of(browser, path)
    send_form(browser, path, **theirs | {"tin": "12-7", "contact_name": "Ines Faro"})
    answer = send_form(browser, path, **mine | {"po_number": "PO-9", "contact_name": "Otto Lang"})
    assert answer.status_code == 412
    again = typed_in(answer)
    assert [again[name] for name in ("tin", "po_number", "contact_name")] == ["12-7", "PO-9", "Otto Lang"]
    assert send_form(browser, path, **again).status_code == 303
    assert office.rows("SELECT tin, po_number, contact_name FROM client WHERE code = 'A2'") == [("12-7", "PO-9", "Otto Lang")]


def test_the_difference_stands_on_top_with_both_values_and_the_last_change(browser: FlaskClient, office: Office) -> None:
    path = f"/clients/{office.clients['A2']}/edit"
    mine = form_of(browser, path)
    send_form(browser, path, **form_of(browser, path) | {"terms_days": "45", "bill_to": "Room 7"})
    answer = send_form(browser, path, **mine | {"bill_to": "Room 8"})
    said = words(answer)
    assert "Somebody else changed this client after you opened the page" in said
    assert "The last change is by person:tester" in said
    assert "Payment terms in days not changed 45 45" in said
    assert "Bill to Room 8 Room 7 Room 8" in said
    assert ("things are not right" in said, 'class="wrong"' in answer.text) == (False, False)


def test_a_form_that_says_nothing_of_what_it_began_with_keeps_what_was_typed(browser: FlaskClient, office: Office) -> None:
    path = f"/clients/{office.clients['A2']}/edit"
    mine = form_of(browser, path)
    for was in ("", "[]", "{", '{"code": 7}', '{"tin": "x"}'):
        send_form(browser, path, **form_of(browser, path) | {"address": f"Road {len(was)}"})
        answer = send_form(browser, path, **mine | {"address": "Mine", "was": was})
        assert (answer.status_code, typed_in(answer)["address"]) == (412, "Mine")


def test_a_previewed_month_shows_its_figures_as_a_closed_one_does(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "P1", name="Previewed")
    client = pages.client(visitor_of(office.vendor_id))
    closed = words(client.get(f"/clients/{office.clients['P1']}"))
    assert "October 2026 Closed 2 enrolled 1 0 $54.00" in closed
    patient = office.value("SELECT id FROM patient WHERE mrn = 'P1-Carla'")
    office.add_time("P1", patient, "rn-P1", starts=datetime(2026, 11, 5, 14, tzinfo=UTC), seconds=47 * 60)
    office.close("P1", month=Month(2026, 11), dry_run=True)
    assert "November 2026 Previewed 2 enrolled 1 0 $54.00" in words(client.get(f"/clients/{office.clients['P1']}"))


def test_an_emptied_field_is_emptied_and_the_others_stay(browser: FlaskClient, office: Office) -> None:
    path = f"/clients/{office.clients['A2']}/edit"
    send_form(browser, path, **form_of(browser, path) | {"po_number": "PO-7", "baa_on": "2026-01-02"})
    send_form(browser, path, **form_of(browser, path) | {"po_number": ""})
    assert office.rows("SELECT po_number, baa_on::text FROM client WHERE code = 'A2'") == [("", "2026-01-02")]


def test_a_provider_and_a_staff_member_are_added_and_changed(browser: FlaskClient, office: Office) -> None:
    client = office.clients["A1"]
    provider = {"npi": "1234567890", "family_name": "Lind", "given_name": "Per", "credential": "NP"}
    assert "check digit" in words(send_form(browser, f"/clients/{client}/providers/new", **provider))
    assert send_form(browser, f"/clients/{client}/providers/new", **provider | {"npi": "1245319599"}).status_code == 303
    found: UUID = office.value("SELECT id FROM provider WHERE npi = '1245319599'")
    path = f"/providers/{found}/edit"
    send_form(browser, path, **form_of(browser, path) | {"specialty": "Geriatrics"})
    assert "Geriatrics" in words(browser.get(f"/clients/{client}"))
    nurse = {"staff": "n7", "family_name": "Okoro", "given_name": "Joy", "role": "clinical", "credential": "RN", "licensed_states": "NY;NJ"}
    assert send_form(browser, "/staff/new", **nurse).status_code == 303
    assert "NY, NJ" in words(browser.get("/staff?q=okoro"))
    path = f"/staff/{office.value('SELECT id FROM staff WHERE code = :c', c='n7')}/edit"
    send_form(browser, path, **form_of(browser, path) | {"excluded_from": "2026-01-01"})
    assert "Excluded" in words(browser.get("/staff?q=okoro"))


def test_the_patients_list_finds_names_without_accents_and_record_numbers_and_notes_the_reading(
    browser: FlaskClient, office: Office
) -> None:
    office.add_patient("A1", "N-1", family_name="Núñez", given_name="José", search_name="nunez jose")
    for asked in ("jose nunez", "NÚÑEZ", "núñez, j", "N-1"):
        assert "Núñez, José" in words(browser.get(f"/patients?q={asked}"))
    assert "Nobody is found so" in words(browser.get("/patients?q=zzz"))
    detail = office.value("SELECT detail FROM audit_event WHERE action = 'patients.read' ORDER BY seq DESC LIMIT 1")
    assert (detail["page"], detail["patients"]) == ("patients.listed", 1)
    assert "Núñez" not in str(detail)


def test_a_patients_page_shows_the_record_masks_the_medicare_number_and_notes_the_reading(browser: FlaskClient, office: Office) -> None:
    patient = office.add_patient("A1", "MASK-1", family_name="Hidden", given_name="Nora", mbi="1EG4TE5MK73")
    shown = browser.get(f"/patients/{patient}")
    assert "1EG4" not in shown.text
    assert "MK73" in shown.text
    assert "E11.9" in words(shown)
    detail = office.value("SELECT detail FROM audit_event WHERE action = 'patient.read' ORDER BY seq DESC LIMIT 1")
    assert detail["patient_id"] == str(patient)


def test_a_patients_page_shows_what_is_documented_of_each_condition(browser: FlaskClient, office: Office) -> None:
    patient = office.add_patient("A1", "RISK-1", family_name="Said", given_name="Rhea")
    said = {"E119": (True, 240, None), "I10": (False, 7, False), "C259": (None, 2, True), "N1831": (None, None, None)}
    with office.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM condition WHERE patient_id = %s", (patient,))
        for code, (risk, months, lifelong) in said.items():
            key = {"vendor_id": office.vendor_id, "client_id": office.clients["A1"], "patient_id": patient, "icd10": code}
            insert(connection, "condition", key | {"risk_documented": risk, "expected_months": months, "until_death": lifelong})
    table = words(browser.get(f"/patients/{patient}")).partition("to conditions ICD-10")[2].partition("Consents")[0]
    ends = [table.partition(code)[2].split("Chronic", 1)[1].strip() for code in ("E11.9", "I10", "C25.9", "N18.31")]
    shown = ("240 months risk documented", "7 months risk not documented", "until death —", "— —")
    assert [end.startswith(start) for end, start in zip(ends, shown, strict=True)] == [True] * 4, table


def test_the_list_can_be_taken_along_as_it_is_shown_by_who_may_and_no_cell_is_run(pages: Pages, office: Office) -> None:
    office.add_patient("A1", "=1+1", family_name="Takeaway", given_name="Tess", mbi="1EG4TE5MK73")
    dana = visitor_of(office.vendor_id, permissions=frozenset({"read_patients", "export", "read_months"}))
    file = pages.get("/patients/file.csv?q=takeaway", dana)
    assert file.headers["Content-Disposition"] == 'attachment; filename="patients.csv"'
    assert file.text.splitlines()[1] == "'=1+1,Takeaway,Tess,1941-03-02,Practice A1,enrolled,CCM"
    assert "Castellano" not in file.text
    assert pages.get("/patients/file.xlsx?q=takeaway", dana).data[:2] == b"PK"
    assert pages.get("/patients/file.exe", dana).status_code == 404
    nurse = visitor_of(office.vendor_id, permissions=frozenset({"read_patients", "read_months"}))
    assert pages.get("/patients/file.csv", nurse).status_code == 403


def test_a_file_that_could_not_hold_every_patient_is_refused_with_their_number(
    pages: Pages, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caretally.patients.pages.MOST_IN_A_FILE", 1)
    refused = pages.get("/patients/file.csv?q=castellano-a1", visitor_of(office.vendor_id))
    assert refused.status_code == 400
    assert "2 patients are found and a file holds at most 1, so none was made" in words(refused)


@pytest.mark.parametrize(
    "page", ["/clients/{}", "/clients/{}/edit", "/clients/{}/providers/new", "/patients/{}", "/staff/{}/edit", "/providers/{}/edit"]
)
def test_a_record_of_another_vendor_answers_as_one_that_does_not_exist(
    pages: Pages, office: Office, page: str, database: TestDatabase
) -> None:
    stranger = visitor_of(office_with_closed_month(database, "Z1", name="Quill").vendor_id)
    ours = {
        "/clients": office.clients["A1"],
        "/patients": office.value("SELECT id FROM patient LIMIT 1"),
        "/staff": office.staff["rn"],
        "/providers": office.providers["A1"],
    }
    owned = next(found for start, found in ours.items() if page.startswith(start))
    answers = [pages.get(page.format(one), stranger) for one in (owned, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_practice_sees_its_own_patients_only_and_no_directory(pages: Pages, office: Office) -> None:
    practice = visitor_of(office.vendor_id, clients=[office.clients["A1"]])
    listed = words(pages.get("/patients", practice))
    assert "Castellano-A1" in listed
    assert "Castellano-A2" not in listed
    assert pages.get("/clients", practice).status_code == 403


def test_the_pages_ask_a_handful_of_questions_however_many_rows_there_are(pages: Pages, office: Office) -> None:
    dana = visitor_of(office.vendor_id)
    few = {
        path: statements_of(pages, path, dana)
        for path in ("/clients", f"/clients/{office.clients['A1']}", "/providers", "/staff", "/patients")
    }
    for number in range(30):
        office.add_patient("A1", f"many-{number}")
        office.add_staff(f"many-{number}")
    assert {path: statements_of(pages, path, dana) for path in few} == few
    assert max(few.values()) <= IN_FRAME + 6, few

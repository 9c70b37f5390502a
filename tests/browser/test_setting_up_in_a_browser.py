"""Setting a vendor up in a real browser: nothing for axe to find, the file's way in by clicks, and the keys."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from caretally.app.job_kinds import KINDS
from caretally.identity.roles import MATRIX, Role
from caretally.jobs.run_job import run_job
from caretally.web.visitor import NO_VENDOR, Visitor
from tests.browser.conftest import Visit
from tests.browser.looks import assert_every_look, violations
from tests.builders.databases import TestDatabase
from tests.builders.jobs import hint, workshop
from tests.builders.office import Office, insert, new_office
from tests.builders.pages import Pages, visitor_of
from tests.builders.pages_office import office_with_closed_month
from tests.builders.sending_files import send_file, send_form

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
MIXED = "client,mrn,family_name,given_name,birth_date,state\nA1,20,Stone,Una,1944-05-06,NY\nA1,21,Reed,Max,1944-13-45,NY\nNOPE,22,Hill,Jo,1941-01-01,NY\n"
STRANGE = "Practice,Chart,Last,First,DOB\nA1,50,Vale,Ida,1950-02-03\n"
PATHS = {
    "getting started": "/setup",
    "imports": "/imports",
    "columns": "{columns}",
    "check": "{check}",
    "import done": "/imports/{batch}",
    "clients": "/clients",
    "client": "/clients/{client}",
    "client form": "/clients/{client}/edit",
    "new client": "/clients/new",
    "providers": "/providers",
    "staff": "/staff",
    "patients": "/patients",
    "nobody found": "/patients?q=nobody",
    "patient": "/patients/{patient}",
    "new patient": "/patients/new",
    "patient form": "/patients/{patient}/edit",
    "new enrolment": "/patients/{patient}/enrolments/new",
    "new consent": "/patients/{patient}/consents/new",
    "new care plan": "/patients/{patient}/care-plans/new",
    "consent form": "/patients/{patient}/consents/{consent}/edit",
    "agreements": "/agreements",
    "versions": "/agreements/{client}",
    "new version": "/agreements/{client}/new",
    "enrolment calls": "/outreach",
    "enrolment call": "/outreach/{asked}",
    "search": "/search?q=a1",
    "nothing found": "/search?q=nothing-at-all",
    "help": "/help",
    "help on imports": "/help/imports",
}
EMPTY = ("/setup", "/imports", "/clients", "/providers", "/staff", "/patients", "/agreements", "/outreach", "/search")


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor whose October is closed, with somebody to ask to enrol."""
    made = office_with_closed_month(database, "A1", "A2", "A3")
    key = {"vendor_id": made.vendor_id, "client_id": made.clients["A1"]}
    with made.transaction() as connection:
        person = {"mrn": "ASK-1", "family_name": "Oyelaran", "given_name": "Bisi", "birth_date": "1949-03-11", "mbi": "1EG4TE5MK73"}
        patient = insert(connection, "patient", key | person)
        for code in ("E119", "I10", "N1831"):
            insert(connection, "condition", key | {"patient_id": patient, "icd10": code})
        connection.exec_driver_sql(
            "UPDATE condition SET risk_documented = icd10 = 'I10', expected_months = 240, until_death = icd10 = 'E119'"
        )
    return made


@pytest.fixture(scope="module")
def dana(office: Office) -> Visitor:
    """The vendor's billing administrator."""
    return visitor_of(office.vendor_id)


@pytest.fixture(scope="module")
def places(pages: Pages, office: Office, dana: Visitor) -> dict[str, str]:
    """What the addresses name: a client, a patient, files on their way and one that is in."""
    browser = pages.client(dana)
    done = send_form(browser, "/clients/new", code="OAK", name="Oakdale Health", timezone="America/Chicago")
    assert done.status_code == 303
    return {
        "client": str(office.clients["A1"]),
        "patient": str(office.value("SELECT id FROM patient WHERE mrn = 'A1-Carla'")),
        "consent": str(office.value("SELECT f.id FROM consent f JOIN patient p ON p.id = f.patient_id WHERE p.mrn = 'A1-Carla'")),
        "asked": str(office.value("SELECT id FROM patient WHERE mrn = 'ASK-1'")),
        "check": send_file(browser, "patients", MIXED, name="october.csv").location,
        "columns": send_file(browser, "patients", STRANGE, name="ehr-export.csv").location,
        "batch": str(office.value("SELECT id FROM import_batch LIMIT 1")),
    }


@pytest.mark.parametrize("name", PATHS)
def test_axe_finds_nothing_and_nothing_lies_beside_the_screen(visit: Visit, places: dict[str, str], dana: Visitor, name: str) -> None:
    with visit(PATHS[name].format(**places), dana) as page:
        assert_every_look(page, f"setup-{name}")


@pytest.mark.parametrize("path", EMPTY)
def test_axe_finds_nothing_where_there_is_nothing_yet(visit: Visit, database: TestDatabase, path: str) -> None:
    with visit(path, visitor_of(new_office(database).vendor_id)) as page:
        assert_every_look(page, f"empty-{path[1:]}")


def test_axe_finds_nothing_on_the_operators_form_of_a_sample(visit: Visit, office: Office) -> None:
    held = frozenset(map(str, MATRIX[Role.OPERATOR]))
    operator = visitor_of(NO_VENDOR, permissions=held, operates=True, vendor_name="This installation", role="Operator")
    with visit("/operator/vendors/sample", operator) as page:
        assert violations(page) == []


def test_without_scripts_a_file_is_sent_corrected_and_imported(visit: Visit, office: Office, dana: Visitor, tmp_path: Path) -> None:
    path = tmp_path / "november.csv"
    path.write_text(MIXED.replace("20,", "120,").replace("21,", "121,").replace("22,", "122,"))
    with visit("/imports", dana, scripts=False) as page:
        page.get_by_label("What it holds").select_option("patients")
        page.get_by_label("File", exact=True).set_input_files(path)
        page.get_by_role("button", name="Send the file").click()
        page.get_by_label("birth_date of line 3").fill("1944-12-04")
        page.get_by_label("client of line 4").fill("A2")
        page.get_by_role("button", name="Correct and check again").click()
        page.get_by_role("button", name="Import 3 rows").click()
        expect(page.get_by_role("heading", name="3 rows of patients")).to_be_visible()
    assert office.value("SELECT count(*) FROM patient WHERE mrn IN ('120', '121', '122')") == 3


def test_without_scripts_a_patient_is_added_corrected_and_enrolled(visit: Visit, office: Office, dana: Visitor) -> None:
    with visit("/patients/new", dana, scripts=False) as page:
        page.get_by_label("Client").select_option("A3")
        page.get_by_label("Family name").fill("Castellano-A1")
        page.get_by_label("Given name").fill("Carla")
        page.get_by_label("Born on").fill("1941-03-10")
        page.get_by_role("button", name="Add the patient").click()
        expect(page.get_by_text("Record number is missing; fill it in.").first).to_be_visible()
        page.get_by_label("Record number").fill("W-1")
        page.get_by_role("button", name="Add the patient").click()
        expect(page.get_by_text("Nothing is kept yet: look at this first")).to_be_visible()
        page.get_by_role("button", name="Add it all the same").click()
        page.get_by_role("link", name="Change", exact=True).click()
        page.get_by_label("Record number").fill("W-2")
        page.get_by_role("button", name="Keep the changes").click()
        page.get_by_role("link", name="Add to enrolments").click()
        page.get_by_label("Program").select_option("CCM")
        page.get_by_label("Standing").select_option("Enrolled")
        page.get_by_label("First day").fill("2026-11-02")
        page.get_by_role("button", name="Add the enrolment").click()
        expect(page.get_by_role("heading", name="Carla Castellano-A1 Enrolled")).to_be_visible()
    assert office.value("SELECT count(*) FROM enrolment e JOIN patient p ON p.id = e.patient_id WHERE p.mrn = 'W-2'") == 1


def test_axe_finds_nothing_where_somebody_is_asked_to_look_first(visit: Visit, office: Office, dana: Visitor) -> None:
    patient = office.value("SELECT id FROM patient WHERE mrn = 'A1-Shirley'")
    with visit(f"/patients/{patient}/visits/new", dana) as page:
        page.get_by_label("Day").fill("2031-01-05")
        page.get_by_label("Kind").select_option("AWV")
        page.get_by_role("button", name="Add the visit").click()
        page.get_by_role("heading", name="Nothing is kept yet").wait_for()
        assert_every_look(page, "setup-look-first")


def work_off(office: Office) -> None:
    """Do what was asked for last, as a worker does."""
    (job,) = office.rows("SELECT j.id FROM job j JOIN job_outbox o ON o.id = j.id ORDER BY j.asked_at DESC LIMIT 1")
    hint(office)
    run_job(workshop(office.database, KINDS), office.vendor_id, job.id)


def test_a_replay_follows_by_itself_and_shows_its_months_beside_what_was_typed(
    visit: Visit, places: dict[str, str], dana: Visitor, office: Office
) -> None:
    with visit(f"/agreements/{places['client']}/new", dana) as page:
        page.get_by_label("First day").fill("2027-01-01")
        page.get_by_label("Dollars of price 1", exact=True).fill("50.00")
        page.get_by_role("button", name="Replay over past months").click()
        page.get_by_text("Waiting").wait_for()
        assert_every_look(page, "setup-replay-waiting")
        page.get_by_label("Dollars of price 2", exact=True).fill("22.00")
        work_off(office)
        page.get_by_text("nothing was written", exact=False).last.wait_for()
        page.get_by_role("cell", name="October 2026").wait_for()
        typed = [page.get_by_label(f"Dollars of price {price}", exact=True).input_value() for price in (1, 2)]
        assert typed == ["50.00", "22.00"]
        assert_every_look(page, "setup-replay")


def test_a_large_file_follows_from_its_check_to_its_import(visit: Visit, dana: Visitor, office: Office, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text(MIXED.splitlines()[0] + "\n" + "".join(f"A1,MANY{number},Many,Ada,1944-05-06,NY\n" for number in range(1001)))
    with visit("/imports", dana) as page:
        page.get_by_label("What it holds").select_option("patients")
        page.get_by_label("File", exact=True).set_input_files(path)
        page.get_by_role("button", name="Send the file").click()
        page.get_by_role("heading", name="The file is being checked").wait_for()
        assert_every_look(page, "setup-import-working")
        work_off(office)
        page.get_by_role("button", name="Import 1,001 rows").click()
        page.get_by_role("heading", name="The file is being imported").wait_for()
        work_off(office)
        page.get_by_role("heading", name="1,001 rows of patients").wait_for()


def focused_after(visit: Visit, dana: Visitor, *keys: str) -> str:
    """Press keys on the list of patients and return the id or the address of what has the focus then."""
    with visit("/patients", dana) as page:
        for key in keys:
            page.keyboard.press(key)
        return str(page.evaluate("document.activeElement.id || document.activeElement.href"))


def test_the_keys_search_move_and_list_themselves(visit: Visit, dana: Visitor) -> None:
    assert focused_after(visit, dana, "/") == "search"
    first, second, back = (focused_after(visit, dana, *keys) for keys in ("j", "jj", "jjk"))
    assert first == back != second
    with visit("/patients", dana) as page:
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        assert violations(page) == []


def test_g_and_a_letter_go_to_a_page_and_keys_in_a_field_are_letters(visit: Visit, dana: Visitor) -> None:
    with visit("/patients", dana) as page:
        page.keyboard.press("g")
        page.keyboard.press("i")
        page.wait_for_url("**/invoices")
        field = page.get_by_role("searchbox", name="Number or client")
        field.press_sequentially("gcj/?")
        expect(field).to_have_value("gcj/?")
        assert page.url.endswith("/invoices")


def test_e_opens_the_row_or_changes_the_page_and_t_goes_to_the_timer(visit: Visit, places: dict[str, str], dana: Visitor) -> None:
    with visit("/patients", dana) as page:
        page.keyboard.press("j")
        wanted = page.evaluate("document.activeElement.href")
        page.keyboard.press("e")
        page.wait_for_url(wanted)
    with visit(f"/clients/{places['client']}", dana) as page:
        page.keyboard.press("e")
        page.wait_for_url(f"**/clients/{places['client']}/edit")
        page.keyboard.press("Escape")
    with visit("/overview", dana) as page:
        page.keyboard.press("t")
        page.wait_for_url("**/time")


def test_axe_finds_nothing_in_the_question_before_a_version_and_in_what_two_people_changed(
    visit: Visit, places: dict[str, str], dana: Visitor
) -> None:
    with visit(f"/agreements/{places['client']}/new", dana) as page:
        page.get_by_label("First day").fill("2026-06-01")
        page.get_by_role("button", name="Keep this version").click()
        page.get_by_role("button", name="Keep it all the same").wait_for()
        assert_every_look(page, "setup-version-asked")
    path = f"/clients/{places['client']}/edit"
    with visit(path, dana) as mine, visit(path, dana) as theirs:
        theirs.get_by_label("Tax number").fill("12-3456789")
        theirs.get_by_role("button", name="Keep the changes").click()
        mine.get_by_label("Tax number").fill("98-7654321")
        mine.get_by_role("button", name="Keep the changes").click()
        mine.get_by_text("Nothing of yours is kept yet").wait_for()
        assert_every_look(mine, "setup-changed-by-two")

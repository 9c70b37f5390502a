"""The queue: what it shows agrees with what was closed, however it is filtered, and it takes as many statements for 2,000 rows as for ten."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from caretally.identity.roles import Role
from caretally.web.parts import PARTS
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.queue_office import patient_id, person, queue_office

HELD = 3 * 3800
STATEMENTS = 5  # one binds the context, one is the audit event


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients whose October is closed."""
    return queue_office(database, "A1", "A2")


def test_the_totals_agree_with_the_rows_that_were_closed(pages: Pages, office: Office) -> None:
    said = words(pages.get("/exceptions?outcome=held", visitor_of(office.vendor_id)))
    held = office.value("SELECT sum(held_cents)::bigint FROM patient_month WHERE outcome = 'held'")
    assert held == 2 * HELD
    assert "6 exceptions of 6 patients match, $228.00 held" in said
    assert words(pages.get("/months/2026-10", visitor_of(office.vendor_id))).count("$228.00") >= 1


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("code=NO_CONSENT", "2 exceptions of 2 patients match, $76.00 held"),
        ("outcome=not_billable", "2 exceptions of 2 patients match, $0.00 held"),
        ("owner=clinical_supervisor&outcome=held", "2 exceptions of 2 patients match, $76.00 held"),
        ("q=a1-nocon", "1 exception of 1 patient matches, $38.00 held"),
        ("q=castellano-a2&code=TIME_PENDING", "1 exception of 1 patient matches, $38.00 held"),
        ("q=100%25", "0 exceptions"),
        ("state=settled", "0 exceptions"),
        ("assignee=nobody&outcome=held", "6 exceptions of 6 patients match"),
        ("assignee=me", "0 exceptions"),
        ("month=2026-09", "0 exceptions"),
        ("month=all&outcome=held", "6 exceptions of 6 patients match"),
        ("month=nonsense&outcome=held&sort=nonsense&page=x&due=never&client=no", "6 exceptions of 6 patients match"),
    ],
)
def test_each_filter_of_the_address_lets_through_what_it_says(pages: Pages, office: Office, query: str, told: str) -> None:
    assert told in words(pages.get(f"/exceptions?{query}", visitor_of(office.vendor_id)))


@pytest.mark.parametrize("sort", ["money", "due", "client", "patient", "code", "assignee"])
def test_every_sort_shows_the_same_rows(pages: Pages, office: Office, sort: str) -> None:
    page = pages.get(f"/exceptions?outcome=held&sort={sort}", visitor_of(office.vendor_id)).text
    assert page.count('name="pick"') == 6
    assert f'<option value="{sort}" selected>' in page


def test_a_client_of_another_vendor_finds_nothing(pages: Pages, office: Office) -> None:
    assert "0 exceptions" in words(pages.get(f"/exceptions?client={uuid4()}", visitor_of(office.vendor_id)))


def test_each_row_says_what_fixes_it_and_who_owns_it_in_the_words_of_the_gate_table(pages: Pages, office: Office) -> None:
    fix, owner = office.rows("SELECT fix, owner_role FROM gate WHERE code = 'NO_CONSENT'")[0]
    said = words(pages.get("/exceptions?code=NO_CONSENT", visitor_of(office.vendor_id)))
    assert fix in said
    assert f"{owner.capitalize()} owns it" in said


def test_150_rows_come_fifty_a_page_with_the_same_five_statements(pages: Pages, office: Office, database: TestDatabase) -> None:
    many = queue_office(database, "M1", close=False)
    with many.transaction() as connection:
        for number in range(150):
            patient = many.insert_patient(connection, "M1", f"M{number:04d}", family_name=f"Okoro{number:04d}")
            connection.execute(text("DELETE FROM consent WHERE patient_id = :patient"), {"patient": patient})
    many.close()
    dana = visitor_of(many.vendor_id, permissions=frozenset({"settle_exceptions", "waive_gates", "read_patients", "read_months"}))
    few = visitor_of(office.vendor_id, permissions=dana.permissions)
    page = pages.get("/exceptions?page=3", dana).text
    assert page.count('name="pick"') == 50
    assert "Page 3 of" in page
    pages.app.extensions[PARTS].forget()
    assert statements_of(pages, "/exceptions?page=3", dana) == statements_of(pages, "/exceptions", few) == STATEMENTS


def test_a_page_beyond_the_last_still_says_what_there_is_and_leads_back(pages: Pages, office: Office) -> None:
    said = words(pages.get("/exceptions?outcome=held&page=7", visitor_of(office.vendor_id)))
    assert "6 exceptions of 6 patients match" in said
    assert "This page has no rows" in said


def test_one_exception_takes_no_more_statements_than_a_page(pages: Pages, office: Office) -> None:
    dana = visitor_of(office.vendor_id, permissions=frozenset({"settle_exceptions"}))
    for code, mrn in (("NO_CONSENT", "A1-Noconsent"), ("TIME_PENDING", "A1-Pending"), ("CARE_PLAN_REVIEW_OVERDUE", "A1-Overdue")):
        assert statements_of(pages, f"/exceptions/{patient_id(office, mrn)}/2026-10/{code}", dana) <= 6


def test_a_look_at_the_queue_stands_in_the_audit_log_with_the_digest_of_whom_it_showed(pages: Pages, office: Office) -> None:
    pages.get("/exceptions?code=NO_CONSENT", visitor_of(office.vendor_id))
    action, patients, same = office.rows(
        "SELECT action, (detail ->> 'patients')::int, detail ->> 'patients_sha256' = encode(sha256(convert_to((SELECT string_agg(patient_id::text, E'\\n' "
        "ORDER BY patient_id) FROM patient_month WHERE primary_reason = 'NO_CONSENT'), 'UTF8')), 'hex') FROM audit_event ORDER BY seq DESC LIMIT 1"
    )[0]
    assert (action, patients, same) == ("exceptions.read", 2, True)


def test_the_file_of_what_is_shown_has_its_rows_and_no_formula(pages: Pages, office: Office) -> None:
    with office.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO exception_work (vendor_id, client_id, patient_id, month, code, note, changed_by) "
                "SELECT vendor_id, client_id, id, '2026-10-01', 'TIME_PENDING', '=cmd|1', 'tester' FROM patient WHERE mrn = 'A2-Pending'"
            )
        )
    lines = pages.get("/exceptions/file.csv?code=TIME_PENDING", visitor_of(office.vendor_id)).text.splitlines()
    assert len(lines) == 3
    assert sum("'=cmd|1" in line for line in lines) == 1
    assert all(",=cmd" not in line for line in lines)
    workbook = pages.get("/exceptions/file.xlsx", visitor_of(office.vendor_id))
    assert workbook.data.startswith(b"PK")


def test_a_file_that_could_not_hold_every_exception_is_refused_with_their_number(
    pages: Pages, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caretally.settling.pages.MOST_IN_FILE", 1)
    refused = pages.get("/exceptions/file.csv?code=TIME_PENDING", visitor_of(office.vendor_id))
    assert refused.status_code == 400
    assert "2 exceptions are found and a file holds at most 1, so none was made" in words(refused)


def test_who_may_not_settle_exceptions_sees_no_queue(pages: Pages, office: Office, database: TestDatabase) -> None:
    nurse = person(database, office, Role.CLINICAL_STAFF, "Nora Fields")
    assert pages.get("/exceptions", nurse).status_code == 403
    for role in (Role.COORDINATOR, Role.CLINICAL_SUPERVISOR, Role.BILLING_ADMIN, Role.VENDOR_ADMIN):
        assert pages.get("/exceptions", person(database, office, role, str(role))).status_code == 200


def test_a_vendor_without_a_month_is_told_where_exceptions_come_from(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "N1", close=False)
    assert "No month has been previewed or closed yet" in words(pages.get("/exceptions", visitor_of(office.vendor_id)))

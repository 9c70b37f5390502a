"""The first page of each visitor: what waits for them, the newest month accounted for, twelve months, each figure a link."""

import re
from datetime import UTC, datetime

import pytest

from caretally.identity.roles import MATRIX, Role
from caretally.invoices.send import drafts, send_invoices
from caretally.months import Month
from caretally.overview.trend_picture import trend_picture
from tests.builders.closing import busy_office
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.pages_office import office_with_closed_month

HANDSHAKE = 2  # every transaction sets its signed context and has it verified
MOST_QUERIES = 6


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor whose October is closed at two clients."""
    return office_with_closed_month(database, "O1", "O2")


def held_by(role: Role) -> frozenset[str]:
    """Return what a role may do."""
    return frozenset(map(str, MATRIX[role]))


def test_the_start_leads_everybody_of_a_vendor_or_practice_to_the_overview(pages: Pages, office: Office) -> None:
    practice = visitor_of(office.vendor_id, clients=[office.clients["O1"]])
    answers = [pages.get("/", who) for who in (visitor_of(office.vendor_id), practice)]
    assert [answer.headers["Location"] for answer in answers] == ["/overview"] * 2


def test_every_enrolled_patient_of_the_newest_month_is_accounted_for(pages: Pages, office: Office) -> None:
    said = words(pages.get("/overview", visitor_of(office.vendor_id)))
    assert "October 2026 4 enrolled = 2 billable + 0 held + 2 not billable" in said


def test_a_practice_sees_its_own_clients_only_and_no_draft(pages: Pages, office: Office) -> None:
    practice = visitor_of(office.vendor_id, clients=[office.clients["O1"]], permissions=held_by(Role.PRACTICE_ADMINISTRATOR))
    said = words(pages.get("/overview", practice))
    assert "2 enrolled = 1 billable + 0 held + 1 not billable" in said
    assert "Nothing waits for you" in said
    assert "draft" not in said.lower()


def test_a_practice_is_told_what_is_open_once_it_is_sent(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "P1", "P2")
    with office.transaction() as connection:
        found = drafts(connection)
        send_invoices(connection, [one.id for one in found], shown_cents=sum(one.total_cents for one in found))
    practice = visitor_of(office.vendor_id, clients=[office.clients["P1"]], permissions=held_by(Role.PRACTICE_ADMINISTRATOR))
    said = words(pages.get("/overview", practice))
    cents = office.value("SELECT total_cents FROM invoice WHERE client_id = :client", client=office.clients["P1"])
    assert (
        f"1 invoice is open, ${cents // 100}.{cents % 100:02d}" in said
        or f"1 invoice is overdue, ${cents // 100}.{cents % 100:02d}" in said
    )


def test_billing_is_told_what_to_send(pages: Pages, office: Office) -> None:
    said = words(pages.get("/overview", visitor_of(office.vendor_id, permissions=held_by(Role.BILLING_ADMIN))))
    assert "Send 2 invoices, $" in said


def test_the_supervisor_alone_is_told_to_approve_time(pages: Pages, database: TestDatabase) -> None:
    office = busy_office(database)
    patient = office.value("SELECT id FROM patient WHERE client_id = :client LIMIT 1", client=office.clients["A"])
    office.add_time("A", patient, "rn", starts=office.value("SELECT now() - interval '1 hour'"), source="manual")
    said = {
        role: words(pages.get("/overview", visitor_of(office.vendor_id, permissions=held_by(role))))
        for role in (Role.CLINICAL_SUPERVISOR, Role.CLINICAL_STAFF, Role.BILLING_ADMIN)
    }
    told = [role for role, text in said.items() if "1 entry waits for approval" in text]
    assert told == [Role.CLINICAL_SUPERVISOR]


def test_a_coordinator_is_told_which_reasons_hold_patients(pages: Pages, database: TestDatabase) -> None:
    office = new_office(database, "H1")
    patient = office.add_patient("H1", "1")
    office.add_time("H1", patient, "rn", starts=datetime(2026, 10, 5, 14, tzinfo=UTC), seconds=1500)
    with office.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM consent")
    office.close(dry_run=True)
    said = words(pages.get("/overview", visitor_of(office.vendor_id, permissions=held_by(Role.COORDINATOR))))
    assert re.search(r"1 patient, \$38\.00 held in October, waiting on", said)


@pytest.mark.parametrize(
    ("days_left", "told"),
    [(61, []), (60, ["1 held patient"]), (0, ["1 held patient"]), (-1, [])],
    ids=["not yet", "first day", "last day", "over"],
)
def test_billing_is_told_of_held_patients_whose_filing_time_runs_out(
    pages: Pages, database: TestDatabase, days_left: int, told: list[str]
) -> None:
    office = office_with_held_patient(database, days_left)
    said = words(pages.get("/overview", visitor_of(office.vendor_id, permissions=held_by(Role.BILLING_ADMIN))))
    assert re.findall(r"Filing time runs out: (1 held patient)", said) == told


def test_a_held_patient_whom_somebody_settled_waits_for_no_filing(pages: Pages, database: TestDatabase) -> None:
    office = office_with_held_patient(database, 30)
    with office.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO exception_work (vendor_id, client_id, patient_id, month, code, state, changed_by) "
            "SELECT vendor_id, client_id, patient_id, month, primary_reason, 'settled', 'tester' FROM patient_month"
        )
    assert "Filing time" not in words(pages.get("/overview", visitor_of(office.vendor_id, permissions=held_by(Role.BILLING_ADMIN))))


def test_billing_is_told_of_a_month_of_last_year_that_was_begun_and_not_closed(pages: Pages, database: TestDatabase) -> None:
    office = new_office(database, "T2")
    today = office.value("SELECT (now() AT TIME ZONE timezone)::date FROM vendor WHERE vendor_id = :vendor", vendor=office.vendor_id)
    with office.transaction() as connection:
        connection.exec_driver_sql("UPDATE agreement SET valid_from = valid_from - interval '3 years'")
    office.close(month=Month(today.year - 1, today.month).next(), dry_run=True)
    said = words(pages.get("/overview", visitor_of(office.vendor_id, permissions=held_by(Role.BILLING_ADMIN))))
    assert "Filing time runs out: 1 client's month not closed" in said


def office_with_held_patient(database: TestDatabase, days_left: int) -> Office:
    """A vendor with one held patient in a closed month, whose claim can be filed for so many days more."""
    office = new_office(database, "T1")
    patient = office.add_patient("T1", "1")
    served = office.value(
        "SELECT ((now() AT TIME ZONE v.timezone)::date + CAST(:days AS int) - interval '12 months')::date FROM vendor v WHERE v.vendor_id = :vendor",
        days=days_left,
        vendor=office.vendor_id,
    )
    office.add_time("T1", patient, "rn", starts=datetime(served.year, served.month, served.day, 17, tzinfo=UTC), seconds=1500)
    with office.transaction() as connection:
        connection.exec_driver_sql("UPDATE agreement SET valid_from = valid_from - interval '3 years'")
        connection.exec_driver_sql("UPDATE enrolment SET valid_from = valid_from - interval '3 years'")
        connection.exec_driver_sql("UPDATE assignment SET valid_from = valid_from - interval '3 years'")
        connection.exec_driver_sql("DELETE FROM consent")
    office.close(month=Month.of(served))
    assert office.value("SELECT date_of_service FROM patient_month WHERE outcome = 'held'") == served
    return office


def test_a_new_vendor_is_told_what_comes_first(pages: Pages, database: TestDatabase) -> None:
    said = words(pages.get("/overview", visitor_of(new_office(database).vendor_id)))
    assert "Nothing waits for you" in said
    assert "no month has figures yet" in said


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_every_role_has_a_first_page(pages: Pages, office: Office, role: Role) -> None:
    clients = [office.clients["O1"]] if role in (Role.PRACTICE_ADMINISTRATOR, Role.PROVIDER, Role.AUDITOR) else None
    page = pages.get("/overview", visitor_of(office.vendor_id, clients=clients, permissions=held_by(role)))
    assert page.status_code == 200


def test_every_link_of_the_overview_leads_to_a_page_that_its_visitor_may_open(pages: Pages, office: Office) -> None:
    for role in (Role.VENDOR_ADMIN, Role.COORDINATOR, Role.CLINICAL_STAFF, Role.CLINICAL_SUPERVISOR):
        who = visitor_of(office.vendor_id, permissions=held_by(role))
        found = {*re.findall(r'href="(/[^"#]*)"', pages.get("/overview", who).text.split("<main")[1])}
        wrong = [path for path in found if pages.get(path.replace("&amp;", "&"), who).status_code not in (200, 302)]
        assert wrong == [], role


@pytest.mark.parametrize("path", ["/overview", "/months/2026-10", "/months/2026-10?sort=held&down=1&page=2", "/months/2026-10/preview"])
def test_a_page_of_a_vendor_with_two_hundred_clients_takes_at_most_six_queries(pages: Pages, many_clients: Office, path: str) -> None:
    assert statements_of(pages, path, visitor_of(many_clients.vendor_id)) - HANDSHAKE <= MOST_QUERIES


@pytest.fixture(scope="module")
def many_clients(database: TestDatabase) -> Office:
    """A vendor with two hundred clients, one of them previewed."""
    office = busy_office(database)
    with office.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO client (vendor_id, code, name, timezone) "
            "SELECT tenancy.current_vendor(), 'C' || n, 'Practice ' || n, 'America/New_York' FROM generate_series(1, 198) AS n"
        )
        connection.exec_driver_sql(
            "INSERT INTO patient (vendor_id, client_id, mrn, family_name, given_name, birth_date) "
            "SELECT vendor_id, client_id, '1', 'Castellano', 'Carla', DATE '1941-03-05' FROM client WHERE left(code, 1) = 'C'"
        )
        connection.exec_driver_sql(
            "INSERT INTO enrolment (vendor_id, client_id, patient_id, program, status, valid_from) "
            "SELECT p.vendor_id, p.client_id, p.id, 'CCM', 'enrolled', DATE '2026-01-05' FROM patient p "
            "JOIN client c USING (client_id) WHERE left(c.code, 1) = 'C'"
        )
    office.close("A", dry_run=True)
    return office


def test_the_table_of_two_hundred_clients_is_filtered_sorted_and_paged_by_its_address(pages: Pages, many_clients: Office) -> None:
    who = visitor_of(many_clients.vendor_id)
    said = words(pages.get("/months/2026-10", who))
    assert "Page 1 of 4" in said
    assert words(pages.get("/months/2026-10?show=ready", who)).count("Practice A") == 1
    found = words(pages.get("/months/2026-10?q=practice+19", who))
    assert "Practice 198" in found
    assert "Practice 77" not in found
    first = pages.get("/months/2026-10?sort=invoice&down=1", who).text
    assert first.index("Practice A") < first.index("Practice 1<")


def test_the_clients_table_is_a_file_of_all_that_match(pages: Pages, many_clients: Office) -> None:
    who = visitor_of(many_clients.vendor_id)
    csv = pages.get("/months/2026-10/clients.csv?q=practice+19", who)
    assert csv.headers["Content-Disposition"] == 'attachment; filename="clients-2026-10.csv"'
    assert len(csv.text.splitlines()) == 1 + 10
    assert pages.get("/months/2026-10/clients.xlsx", who).data[:2] == b"PK"
    [(detail,)] = many_clients.rows("SELECT detail FROM audit_event WHERE action = 'month.exported' ORDER BY seq LIMIT 1")
    assert detail == {"month": "2026-10", "clients": 10, "form": "csv"}


def test_a_client_whose_name_begins_like_a_formula_is_text_in_the_file(pages: Pages, database: TestDatabase) -> None:
    office = new_office(database, "F1")
    office.add_patient("F1", "1")
    with office.transaction() as connection:
        connection.exec_driver_sql("UPDATE client SET name = '=1+1'")
    assert "'=1+1" in pages.get("/months/2026-10/clients.csv", visitor_of(office.vendor_id)).text


def test_a_preview_and_its_close_leave_the_same_figures_and_so_do_their_rows(database: TestDatabase) -> None:
    office = busy_office(database)
    office.close(dry_run=True)
    before = office.rows("SELECT summary FROM client_month ORDER BY client_id")
    office.close()
    assert office.rows("SELECT summary FROM client_month ORDER BY client_id") == before
    [(of_rows, of_summary)] = office.rows(
        "SELECT (SELECT sum(held_cents) FROM patient_month), (SELECT sum((summary ->> 'held_cents')::int) FROM client_month)"
    )
    assert of_rows == of_summary
    counted = office.rows("SELECT count(*) FILTER (WHERE outcome = 'not_billable') FROM patient_month WHERE enrolled")
    assert office.value("SELECT sum((summary ->> 'not_billable')::int) FROM client_month") == counted[0][0]


def test_the_trend_has_a_bar_for_each_month_and_the_tallest_fills_it() -> None:
    picture = trend_picture([0, 5, 10], colour="bill", label="Billable")
    assert picture.count("<rect") == 2
    assert 'height="48"' in picture


def test_a_month_that_somebody_previews_tells_how_near_a_code_patients_came(pages: Pages, database: TestDatabase) -> None:
    office = new_office(database, "N1")
    patient = office.add_patient("N1", "1")
    office.add_time("N1", patient, "rn", starts=datetime(2026, 10, 5, 14, tzinfo=UTC), seconds=16 * 60)
    office.close(dry_run=True, month=Month(2026, 10))
    said = words(pages.get("/months/2026-10", visitor_of(office.vendor_id)))
    assert "1 $38.00 not reached" in said
    assert "1 patient stopped within 5 minutes of a code." in said
    lines = re.findall(r'class="k"[^>]*>(\d+)<', pages.get("/months/2026-10", visitor_of(office.vendor_id)).text)
    assert lines == ["20", "40", "60"]

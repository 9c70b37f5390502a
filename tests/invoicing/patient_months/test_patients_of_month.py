"""Each figure of a month leads to a list of exactly the patients whom it counts, as the month was closed or as it stands now."""

import io
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from caretally.web.visitor import Reading, Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.queue_office import queue_office

LIST = "/months/2026-10/patients"
COUNTED = re.compile(r'<a[^>]*href="(/months/\d{4}-\d\d/patients[^"]*)"[^>]*>(?:<span class="sw [a-z-]+"></span>)?(?:<b>)?(\d[\d,]*\d|\d)')
FOUND = re.compile(r"([\d,]+) patients?(?: enrolled| billable| held| not billable| with)")


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients whose October is closed with patients of every outcome."""
    office = queue_office(database, "A1", "A2", close=False)
    near = office.add_patient("A1", "A1-NEAR", family_name="Near", given_name="Nina")
    office.add_time("A1", near, "rn-A1", starts=datetime(2026, 10, 12, 20, tzinfo=UTC), seconds=17 * 60)
    office.close()
    return office


@pytest.fixture(scope="module")
def dana(office: Office) -> Visitor:
    """The vendor's administrator."""
    return visitor_of(office.vendor_id)


def counted_by(pages: Pages, who: Visitor, path: str) -> list[tuple[str, str]]:
    """Return the addresses of patients on a page with the figures that they stand for."""
    return [(address.replace("&amp;", "&"), figure) for address, figure in COUNTED.findall(pages.get(path, who).text)]


@pytest.mark.parametrize("path", ["/overview", "/months/2026-10"])
def test_each_figure_of_patients_leads_to_as_many_of_them(pages: Pages, dana: Visitor, path: str) -> None:
    figures = counted_by(pages, dana, path)
    assert len({address for address, _ in figures}) >= 4
    assert any(figure != "0" for _, figure in figures)
    for address, figure in figures:
        found = FOUND.search(words(pages.get(address, dana)))
        assert found is not None, address
        assert found[1] == figure, address


def test_the_figures_of_a_practice_lead_to_its_own_patients(pages: Pages, office: Office) -> None:
    practice = visitor_of(office.vendor_id, clients=[office.clients["A1"]])
    for path in ("/practice", "/months/2026-10", "/overview"):
        figures = counted_by(pages, practice, path)
        assert figures
        for address, figure in figures:
            said = words(pages.get(address, practice))
            assert FOUND.findall(said)[:1] == [figure], address
            assert "A2-" not in said


def test_the_enrolled_are_listed_once_with_their_outcome_and_lead_to_why(pages: Pages, office: Office, dana: Visitor) -> None:
    page = pages.get(LIST, dana)
    enrolled = office.rows("SELECT patient_id, mrn FROM patient_month WHERE enrolled ORDER BY mrn")
    assert sorted(re.findall(r'href="/patients/([0-9a-f-]+)/2026-10"', page.text)) == sorted(str(one) for one, _ in enrolled)
    assert f"{len(enrolled)} patients enrolled" in words(page)


def test_whoever_has_time_and_no_enrolment_is_listed_apart(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "A1", close=False)
    with office.transaction() as connection:
        connection.execute(
            text("DELETE FROM enrolment WHERE patient_id IN (SELECT patient_id FROM time_entry ORDER BY patient_id LIMIT 1)")
        )
    office.close()
    [(mrn,)] = office.rows("SELECT mrn FROM patient_month WHERE NOT enrolled")
    who = visitor_of(office.vendor_id)
    assert mrn not in words(pages.get(LIST, who))
    apart = words(pages.get(f"{LIST}?outcome=not_enrolled", who))
    assert "1 patient with time and no enrolment" in apart
    assert mrn in apart


def test_a_list_is_sorted_narrowed_and_paged_by_its_address(pages: Pages, office: Office, dana: Visitor) -> None:
    by_minutes = re.findall(r'<small class="mono">([^<]+)</small>', pages.get(f"{LIST}?sort=-minutes", dana).text)
    seconds = dict(office.rows("SELECT mrn, clinical_seconds + qhp_seconds FROM patient_month"))
    assert [seconds[mrn] for mrn in by_minutes] == sorted((seconds[mrn] for mrn in by_minutes), reverse=True)
    near = words(pages.get(f"{LIST}?near=1", dana))
    assert "1 patient enrolled within 5 minutes of a code" in near
    assert "Near, Nina" in near
    in_step = words(pages.get(f"{LIST}?minutes=15", dana))
    assert "with 15 to 19 minutes" in in_step
    assert "Near, Nina" in in_step
    assert "No patient is on this page" in words(pages.get(f"{LIST}?minutes=75", dana))
    assert "No patient is on this page" in words(pages.get(f"{LIST}?page=9", dana))


@pytest.mark.parametrize(
    "query", ["?outcome=rich", "?reason=held", "?minutes=16", "?minutes=x", "?near=2", "?sort=amount;drop", "?reason=%27", "?client=x"]
)
def test_what_an_address_says_wrongly_is_as_if_it_were_not_there(pages: Pages, dana: Visitor, query: str) -> None:
    assert FOUND.findall(words(pages.get(LIST + query, dana))) == FOUND.findall(words(pages.get(LIST, dana)))


def test_a_reason_narrows_to_those_whom_it_decides(pages: Pages, office: Office, dana: Visitor) -> None:
    for code, patients in office.rows(
        "SELECT primary_reason, count(*) FROM patient_month WHERE enrolled AND outcome <> 'billable' GROUP BY 1"
    ):
        said = words(pages.get(f"{LIST}?reason={code}", dana))
        assert f"{patients} patient{'s' if patients > 1 else ''} enrolled for" in said, code


def test_a_client_of_another_vendor_leads_nowhere(pages: Pages, database: TestDatabase, dana: Visitor) -> None:
    foreign = queue_office(database, "B1").clients["B1"]
    assert pages.get(f"{LIST}?client={foreign}", dana).status_code == 404


def test_the_files_hold_all_that_are_found_with_their_sums(pages: Pages, office: Office, dana: Visitor) -> None:
    file = pages.get(f"{LIST}/list.csv?outcome=billable", dana)
    assert file.headers["Content-Disposition"] == 'attachment; filename="patients-2026-10.csv"'
    lines = file.text.splitlines()
    [(patients, cents)] = office.rows("SELECT count(*), sum(amount_cents) FROM patient_month WHERE enrolled AND outcome = 'billable'")
    assert len(lines) == 1 + patients
    sheet = load_workbook(io.BytesIO(pages.get(f"{LIST}/list.xlsx?outcome=billable", dana).data)).worksheets[0]
    total = [cell.value for cell in list(sheet.iter_rows())[-1]]
    assert total[0] == "Total"
    assert total[8] == cents / 100
    assert pages.get(f"{LIST}/list.exe", dana).status_code == 404


def test_a_reading_stands_in_the_audit_log_with_how_many(pages: Pages, office: Office, dana: Visitor) -> None:
    pages.get(f"{LIST}?near=1", dana)
    [(detail,)] = office.rows("SELECT detail FROM audit_event WHERE action = 'patient_months.read' ORDER BY seq DESC LIMIT 1")
    assert detail == {"month": "2026-10", "patients": 1, "form": "page"}


def test_a_closed_list_takes_at_most_six_queries(pages: Pages, dana: Visitor) -> None:
    assert statements_of(pages, LIST, dana) - 2 <= 6


def test_a_month_that_is_not_closed_is_listed_as_a_close_would_decide_it_and_nothing_is_written(
    pages: Pages, database: TestDatabase
) -> None:
    office = queue_office(database, "A1", "A2", close=False)
    office.close("A1", dry_run=True)
    who = visitor_of(office.vendor_id)
    whole = words(pages.get(LIST, who))
    assert "Not closed 2 clients" in whole
    assert "Nobody is decided for good yet" in whole
    for path in ("/months/2026-10", LIST):
        for address, figure in counted_by(pages, who, path):
            if "client=" in address:
                assert FOUND.findall(words(pages.get(address, who)))[:1] == [figure], address
    told = words(pages.get(f"{LIST}?client={office.clients['A2']}", who))
    assert "this is what a close would decide now, and nothing was written" in told
    assert office.rows("SELECT 1 FROM patient_month") == []
    now = re.findall(r'<small class="mono">([^<]+)</small>', pages.get(f"{LIST}?client={office.clients['A2']}&sort=minutes", who).text)
    office.close()
    closed = re.findall(r'<small class="mono">([^<]+)</small>', pages.get(f"{LIST}?client={office.clients['A2']}&sort=minutes", who).text)
    assert now == closed != []


def test_a_practice_or_an_operator_who_reads_learns_nothing_of_a_month_that_is_not_closed(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "A1", close=False)
    office.close(dry_run=True)
    client = office.clients["A1"]
    reading = Reading(uuid4(), datetime.now(UTC) + timedelta(minutes=30))
    for who in (visitor_of(office.vendor_id, clients=[client]), visitor_of(office.vendor_id, reading=reading)):
        whole, asked = (words(pages.get(path, who)) for path in (LIST, f"{LIST}?client={client}"))
        assert "0 patients" in whole or "No client has closed" in whole
        assert "is not closed in this month" in asked
        assert "A1-" not in whole + asked


def test_a_client_that_cannot_be_priced_says_why(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "A1", close=False)
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM agreement_price"))
        connection.execute(text("DELETE FROM agreement"))
    path = f"{LIST}?client={office.clients['A1']}"
    said = words(pages.get(path, visitor_of(office.vendor_id)))
    assert "There is nobody to show" in said
    assert "has no agreement for 2026-10" in said


def test_a_practice_is_led_to_its_newest_closed_month(pages: Pages, office: Office, database: TestDatabase) -> None:
    practice = visitor_of(office.vendor_id, clients=[office.clients["A1"]])
    assert pages.get("/practice/patients", practice).headers["Location"] == LIST
    fresh = queue_office(database, "A1", close=False)
    assert "No month is closed yet" in words(pages.get("/practice/patients", visitor_of(fresh.vendor_id, clients=[fresh.clients["A1"]])))


@pytest.mark.parametrize("path", ["/overview", "/months/2026-10"])
def test_a_figure_of_clients_that_are_closed_and_others_that_are_not_counts_both(pages: Pages, database: TestDatabase, path: str) -> None:
    office = queue_office(database, "A1", "A2", "A3", close=False)
    office.close("A1")
    office.close("A2", dry_run=True)
    who = visitor_of(office.vendor_id)
    figures = [one for one in counted_by(pages, who, path) if "client=" not in one[0]]
    assert any(figure != "0" for _, figure in figures)
    for address, figure in figures:
        assert FOUND.findall(words(pages.get(address, who)))[:1] == [figure], address


def test_a_page_beyond_the_last_says_how_many_there_are(pages: Pages, dana: Visitor) -> None:
    first, beyond = (FOUND.findall(words(pages.get(f"{LIST}{query}", dana)))[0] for query in ("", "?page=9"))
    assert first == beyond != "0"

"""The list of invoices and the page of one: what the documents say, found by words, opened line by line."""

import csv
import io
import re
from decimal import Decimal
from uuid import uuid4

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from caretally.close.reopen import reopen_month
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import invoice_id, office_with_closed_month, send_all


@pytest.fixture(scope="module")
def address(closed_office: Office) -> str:
    """The address of the first client's invoice."""
    return f"/invoices/{invoice_id(closed_office, 'A1')}"


def test_the_list_shows_each_invoice_once(pages: Pages, closed_office: Office, dana: Visitor) -> None:
    said = words(pages.get("/invoices", dana))
    assert "2 invoices" in said
    assert all(said.count(number) == 1 for (number,) in closed_office.rows("SELECT number FROM invoice"))


@pytest.mark.parametrize(
    ("looked_for", "found"), [("practice a1", 1), ("inv-", 2), ("%", 0), ("_", 0), ("\\", 0), ("'; --", 0), ("\0", 2), ("<b>", 0)]
)
def test_the_words_looked_for_are_words_and_no_pattern(pages: Pages, dana: Visitor, looked_for: str, found: int) -> None:
    answer = pages.get("/invoices", dana, query_string={"q": looked_for})
    assert len(re.findall(r"/invoices/[0-9a-f-]{36}", answer.text)) == found
    assert "<b>" not in answer.text.split("<main")[1].split("</h1>")[1].split("card")[0]


@pytest.mark.parametrize("page", ["0", "-1", "2.5", "x", "9999999", "٣", ""])
def test_a_page_number_that_is_none_shows_the_first_page(pages: Pages, dana: Visitor, page: str) -> None:
    assert "2 invoices" in words(pages.get("/invoices", dana, query_string={"page": page}))


def test_the_page_says_what_the_invoice_says(pages: Pages, closed_office: Office, dana: Visitor, address: str) -> None:
    said = words(pages.get(address, dana))
    cents = closed_office.value("SELECT total_cents FROM invoice WHERE id = :id", id=address.rsplit("/", maxsplit=1)[1])
    assert f"${cents // 100}.{cents % 100:02d} for 1 patient" in said
    assert "Castellano-A1, Carla" in said
    assert "Enrolled in October 2026 2" in said


@pytest.mark.parametrize("looked_for", ["duong", "DƯƠNG", "thi duong", "Dương, Thị"])
def test_names_are_found_without_their_marks(pages: Pages, database: TestDatabase, looked_for: str) -> None:
    office = new_office(database, "A1", "A2")
    for code, family in (("A1", "Dương"), ("A2", "Reed")):
        patient = office.add_patient(
            code, "1", family_name=family, given_name="Thị", birth_date="1941-03-02" if code == "A1" else "1950-05-05"
        )
        office.add_staff(f"rn-{code}")
        office.add_time(code, patient, f"rn-{code}")
    with office.transaction() as connection:
        connection.execute(text("UPDATE client SET name = 'Dương Thị Praxis' WHERE code = 'A1'"))
    office.close()
    send_all(office)
    dana = visitor_of(office.vendor_id)
    for who in (dana, visitor_of(office.vendor_id, clients=[office.clients["A1"]])):
        for path in (f"/invoices/{invoice_id(office, 'A1')}", "/months/2026-10/patients"):
            found = words(pages.get(path, who, query_string={"q": looked_for}))
            assert "Dương, Thị" in found.split("Filter", maxsplit=1)[-1].replace("“" + looked_for, ""), path
            assert "Reed, Thị" not in found
    listed = pages.get("/invoices", dana, query_string={"q": looked_for.replace(",", "")})
    assert len(re.findall(r"/invoices/[0-9a-f-]{36}", listed.text)) == 1


def test_a_line_is_opened_to_its_entries_by_its_number(pages: Pages, dana: Visitor, address: str) -> None:
    closed, opened = words(pages.get(address, dana)), words(pages.get(f"{address}?open=1", dana))
    assert "Time logged in" not in closed
    assert "Time logged in October 2026 47:00 minutes, 1 entry" in opened
    assert "10:00–10:47" in opened
    assert "Why $" in opened


@pytest.mark.parametrize("query", ["open=0", "open=99", "open=x", "page=7", "page=99999&open=1"])
def test_a_line_or_page_that_is_not_there_breaks_nothing(pages: Pages, dana: Visitor, address: str, query: str) -> None:
    assert pages.get(f"{address}?{query}", dana).status_code == 200


@pytest.mark.parametrize(("ending", "starts"), [("pdf", b"%PDF"), ("csv", b"invoice,"), ("xlsx", b"PK")])
def test_the_files_come_as_attachments_named_for_the_invoice(pages: Pages, dana: Visitor, address: str, ending: str, starts: bytes) -> None:
    answer = pages.get(f"{address}/file.{ending}", dana)
    assert answer.status_code == 200
    assert answer.data.startswith(starts)
    assert f'.{ending}"' in answer.headers["Content-Disposition"]


def test_the_pdf_is_the_invoice_of_the_page(pages: Pages, closed_office: Office, dana: Visitor, address: str) -> None:
    pdf = PdfReader(io.BytesIO(pages.get(f"{address}/file.pdf", dana).data))
    number = closed_office.value("SELECT number FROM invoice WHERE id = :id", id=address.rsplit("/", maxsplit=1)[1])
    assert number in pdf.pages[0].extract_text()


def test_a_file_of_another_kind_is_not_there(pages: Pages, dana: Visitor, address: str) -> None:
    assert pages.get(f"{address}/file.exe", dana).status_code == 404


def test_anothers_invoice_and_one_that_does_not_exist_are_the_same(pages: Pages, address: str) -> None:
    stranger = visitor_of(office_with_closed_month(pages.database, "B1", name="Stranger").vendor_id)
    foreign, absent = pages.get(address, stranger), pages.get(f"/invoices/{uuid4()}", stranger)
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert words(foreign).split("Request")[0] == words(absent).split("Request")[0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"month": "2026-10"}, 2),
        ({"month": "2026-09"}, 0),
        ({"state": "draft"}, 2),
        ({"state": "paid"}, 0),
        ({"state": "nonsense"}, 2),
        ({"month": "x", "client": "x", "sort": "total_cents; --"}, 2),
        ({"client": str(uuid4())}, 0),
    ],
)
def test_the_list_is_narrowed_by_the_address_and_adds_up(
    pages: Pages, closed_office: Office, dana: Visitor, query: dict[str, str], found: int
) -> None:
    answer = pages.get("/invoices", dana, query_string=query)
    cents = int(closed_office.value("SELECT sum(total_cents) FROM invoice"))
    assert len(re.findall(r"/invoices/[0-9a-f-]{36}", answer.text)) == found
    assert not found or f"${cents // 100:,}.{cents % 100:02d} in all" in words(answer)


def test_the_list_sorts_both_ways(pages: Pages, dana: Visitor) -> None:
    orders = [re.findall(r"/invoices/([0-9a-f-]{36})", pages.get(f"/invoices?sort={sort}", dana).text) for sort in ("client", "-client")]
    assert orders[0] == orders[1][::-1]


def test_the_list_comes_as_files_with_what_is_shown(pages: Pages, dana: Visitor) -> None:
    assert pages.get("/invoices/list.csv?q=practice+a1", dana).text.count("\r\n") == 2
    assert pages.get("/invoices/list.xlsx", dana).data.startswith(b"PK")
    assert pages.get("/invoices/list.exe", dana).status_code == 404


def test_the_reasons_not_billed_add_up_and_lead_to_the_patients_behind_them(
    pages: Pages, dana: Visitor, closed_office: Office, address: str
) -> None:
    assert "Not enough time 1 Billed on this invoice 1 Enrolled in October 2026 2" in words(pages.get(address, dana))
    said = words(pages.get(f"{address}/not-billed/TIME_BELOW_THRESHOLD", dana))
    assert "1 patient of 2 enrolled" in said
    assert "Castellano-A1, Shirley" in said
    assert "Not billable: only 5 min of care time counts" in said
    assert pages.get(f"{address}/not-billed/NO_SUCH_REASON", dana).status_code == 404


def test_a_practice_takes_the_files_once_it_has_proved_itself_anew(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "P1")
    send_all(office)
    clients, address = [office.clients["P1"]], f"/invoices/{invoice_id(office, 'P1')}"
    stale = visitor_of(office.vendor_id, clients=clients, must_step_up=frozenset({"export"}))
    sent = pages.get(f"{address}/file.pdf", stale)
    assert (sent.status_code, sent.headers["Location"].split("?")[0]) == (303, "/step-up")
    assert pages.get(f"{address}/file.pdf", visitor_of(office.vendor_id, clients=clients)).data.startswith(b"%PDF")


def test_the_total_of_the_page_is_the_sum_of_the_lines_in_the_file(pages: Pages, dana: Visitor, address: str) -> None:
    rows = csv.DictReader(io.StringIO(pages.get(f"{address}/file.csv", dana).text))
    assert f"Total ${sum(Decimal(row['amount']) for row in rows)}" in words(pages.get(address, dana))


def test_a_practice_finds_no_draft_anywhere_until_it_is_sent(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "D1", "D2")
    practice, invoice = visitor_of(office.vendor_id, clients=[office.clients["D1"]]), invoice_id(office, "D1")
    number = office.value("SELECT number FROM invoice WHERE id = :id", id=invoice)
    patient = office.value("SELECT id FROM patient WHERE mrn = 'D1-Carla'")
    own = [f"/invoices/{invoice}{rest}" for rest in ("", "/not-billed/TIME_BELOW_THRESHOLD", "/file.pdf", "/file.csv", "/file.xlsx")]
    report = f"/exception-reports/{office.clients['D1']}/2026-10"
    shown = ("/invoices", "/invoices/list.csv", "/practice", "/months/2026-10", f"/patients/{patient}/2026-10", report)
    assert [pages.get(path, practice).status_code for path in own] == [404] * 5
    assert [path for path in shown if number in pages.get(path, practice).text or str(invoice) in pages.get(path, practice).text] == []
    assert "Nothing is found" in words(pages.get(f"/search?q={number}", practice))
    send_all(office)
    assert [pages.get(path, practice).status_code for path in own] == [200] * 5
    assert [path for path in shown if number not in pages.get(path, practice).text] == []
    assert str(invoice) in pages.get(f"/search?q={number}", practice).text


def test_a_void_is_no_invoice_to_a_practice(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "V1")
    invoice, client = invoice_id(office, "V1"), office.client("V1")
    with office.transaction() as connection:
        reopen_month(connection, client, OCTOBER, reason="wrong rate")
    assert pages.get(f"/invoices/{invoice}", visitor_of(office.vendor_id)).status_code == 200
    practice = visitor_of(office.vendor_id, clients=[office.clients["V1"]])
    assert pages.get(f"/invoices/{invoice}", practice).status_code == 404
    assert "There are no invoices yet" in words(pages.get("/invoices", practice))


def test_words_that_were_looked_for_stand_sealed_in_every_address_of_the_list(pages: Pages, dana: Visitor) -> None:
    page = pages.get("/invoices?q=practice", dana).text
    assert "q=~" in page
    assert "q=practice" not in page

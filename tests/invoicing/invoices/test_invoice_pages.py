"""The list of invoices and the page of one: what the documents say, found by words, opened line by line."""

import io
import re
from uuid import uuid4

import pytest
from pypdf import PdfReader

from caretally.web.visitor import Visitor
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import invoice_id, office_with_closed_month


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
    assert len(re.findall(r"/invoices/[0-9a-f]{8}-", answer.text)) == found
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

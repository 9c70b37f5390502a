"""An invoice of 2,000 lines: found, narrowed and sorted by the address, in six queries and no more bytes than fifty lines need."""

import re

import pytest

from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.long_invoices import add_many_patients
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.pages_office import invoice_id, send_all

LINES = 2_000
MOST_QUERIES = 6
# The two that bind the signed context are no reading of the page's.
BINDING = 2
MOST_BYTES = 120_000


@pytest.fixture(scope="module")
def long_office(database: TestDatabase) -> Office:
    """A vendor whose one client has an invoice of 2,000 lines."""
    office = new_office(database, "L1")
    add_many_patients(office, "L1", patients=LINES)
    office.close()
    send_all(office)
    return office


@pytest.fixture(scope="module")
def nora(long_office: Office) -> Visitor:
    """The practice's administrator."""
    return visitor_of(long_office.vendor_id, clients=[long_office.clients["L1"]])


def shown(page: str) -> list[str]:
    """Return the family names on a page in their order."""
    return re.findall(r"</span>(Family[0-9]+), Given", page)


@pytest.mark.parametrize("query", ["", "?open=7", "?q=Family012", "?only=addons&sort=-amount", "?sort=-minutes&page=40"])
def test_a_page_takes_six_queries_and_few_bytes_however_long_the_invoice_is(
    pages: Pages, long_office: Office, nora: Visitor, query: str
) -> None:
    address = f"/invoices/{invoice_id(long_office, 'L1')}{query}"
    page = pages.get(address, nora)
    assert statements_of(pages, address, nora) - BINDING <= MOST_QUERIES
    assert len(page.data) <= MOST_BYTES
    assert 1 <= len(shown(page.text)) <= 50


def test_the_lines_are_narrowed_sorted_and_paged_by_the_address_and_add_up(pages: Pages, long_office: Office, nora: Visitor) -> None:
    address = f"/invoices/{invoice_id(long_office, 'L1')}"
    first = pages.get(address, nora)
    assert f"{LINES:,} lines, one per patient" in words(first)
    assert shown(first.text)[0] == "Family00001"
    assert shown(pages.get(f"{address}?page=40", nora).text)[-1] == f"Family{LINES:05d}"
    assert shown(pages.get(f"{address}?sort=-name", nora).text)[0] == f"Family{LINES:05d}"
    found = pages.get(f"{address}?q=l-0123", nora)
    assert shown(found.text) == [f"Family0{number}" for number in range(1230, 1240)]
    assert f"10 of {LINES}" in words(found)


def test_a_line_found_by_its_name_opens_with_its_own_number(pages: Pages, long_office: Office, nora: Visitor) -> None:
    address = f"/invoices/{invoice_id(long_office, 'L1')}?q=Family01234"
    [opens] = re.findall(r'href="([^"]*open=1234[^"]*)#line-1234"', pages.get(address, nora).text)
    assert "Time logged in October 2026" in words(pages.get(opens.replace("&amp;", "&"), nora))


def test_the_lines_of_the_page_are_the_lines_of_the_file(pages: Pages, long_office: Office, nora: Visitor) -> None:
    file = pages.get(f"/invoices/{invoice_id(long_office, 'L1')}/file.csv", nora)
    assert len({row.split(",")[5] for row in file.text.splitlines()[1:]}) == LINES

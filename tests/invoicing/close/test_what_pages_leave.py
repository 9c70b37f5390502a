"""What a page leaves to the garbage collector: its rounds cost each page a twentieth of its time while templates brought their macros along with themselves."""

import gc
from collections.abc import Callable, Iterator

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER
from tests.builders.pages import Pages, visitor_of
from tests.builders.pages_office import invoice_id, office_with_closed_month

TIMES = 5
# The router leaves a function with its cells at each request; a template with macros of its own left sixty to eighty objects.
MOST_OF_ONE = 10


@pytest.fixture
def collector() -> Iterator[Callable[[], int]]:
    """The collector as it works only when asked; it returns how many objects it found."""
    gc.collect()
    gc.disable()
    yield gc.collect
    gc.enable()


def test_the_pages_opened_most_leave_next_to_nothing(database: TestDatabase, pages: Pages, collector: Callable[[], int]) -> None:
    office = office_with_closed_month(database, "A1")
    dana = visitor_of(office.vendor_id)

    def left_by(address: str) -> int:
        for _ in range(2):
            assert pages.get(address, dana).status_code == 200
        collector()
        for _ in range(TIMES):
            pages.get(address, dana)
        return collector()

    of_client = left_by("/livez")
    for address in ("/exceptions", f"/months/{OCTOBER}", f"/invoices/{invoice_id(office, 'A1')}"):
        assert (left_by(address) - of_client) // TIMES <= MOST_OF_ONE, address

"""What the pages of invoicing are looked at over: a vendor with closed months, and its billing administrator."""

import pytest

from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import visitor_of
from tests.builders.pages_office import office_with_closed_month


@pytest.fixture(scope="module")
def closed_office(database: TestDatabase) -> Office:
    """A vendor with two clients whose October is closed."""
    return office_with_closed_month(database, "A1", "A2")


@pytest.fixture(scope="module")
def dana(closed_office: Office) -> Visitor:
    """The vendor's billing administrator."""
    return visitor_of(closed_office.vendor_id)

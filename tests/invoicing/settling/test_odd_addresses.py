"""Addresses of exceptions that nobody was given: each answers as one that there is not."""

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of
from tests.builders.queue_office import patient_id, queue_office


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor whose October is closed."""
    return queue_office(database, "A1")


@pytest.mark.parametrize("code", ["%00", "NO_CONSENT%00", "%F0%9F%98%80", "-", "NO%20CONSENT", "A" * 500])
def test_a_code_that_is_none_is_not_found(pages: Pages, office: Office, code: str) -> None:
    address = f"/exceptions/{patient_id(office, 'A1-Noconsent')}/2026-10/{code}"
    assert pages.get(address, visitor_of(office.vendor_id)).status_code == 404

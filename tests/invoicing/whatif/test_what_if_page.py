"""The page on which prices, terms, policies and waivers are tried: a table, a difference in money, and nothing written."""

import pytest

from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import office_with_closed_month


@pytest.fixture(scope="module")
def tried(pages: Pages) -> Office:
    """A vendor whose October is closed at two clients."""
    return office_with_closed_month(pages.database, "W1", "W2")


def answer(pages: Pages, office: Office, **asked: str) -> str:
    """Return what the page says to a question about the first client."""
    page = pages.client(visitor_of(office.vendor_id)).get("/months/2026-10/what-if", query_string={"client": office.clients["W1"], **asked})
    assert page.status_code == 200
    return words(page)


def test_another_price_tells_the_difference_in_money_and_per_patient(pages: Pages, tried: Office) -> None:
    said = answer(pages, tried, code="99490", price="40.00")
    assert "+$2.00 for Practice W1, 1 patient-month of 2 different" in said
    assert "W1-Carla" in said


def test_a_policy_and_a_waiver_that_change_nothing_say_so(pages: Pages, tried: Office) -> None:
    for asked in ({"policy": "CONSENT_AGED", "effect": "off"}, {"waive": "CARE_PLAN_REVIEW_OVERDUE"}):
        assert "Nobody would be different" in answer(pages, tried, **asked)


def test_nothing_is_written_but_that_patients_were_read(pages: Pages, tried: Office) -> None:
    events = "SELECT count(*) FROM audit_event"
    before = tried.rows("SELECT price_cents FROM agreement_price ORDER BY id"), tried.value(events)
    answer(pages, tried, code="99490", price="41.00")
    assert tried.rows("SELECT price_cents FROM agreement_price ORDER BY id") == before[0]
    assert tried.value(events) == before[1] + 1
    [(action, detail)] = tried.rows("SELECT action, detail FROM audit_event ORDER BY seq DESC LIMIT 1")
    assert (action, detail["patients"], detail["client_id"]) == ("patients.read", 1, str(tried.clients["W1"]))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"code": "99490", "price": "forty"}, "'forty' is not an amount in dollars; write it as 38.00."),
        ({"policy": "NO_CONSENT", "effect": "off"}, "NO_CONSENT is not a vendor's to change"),
        ({}, "Nothing is to be tried"),
    ],
)
def test_what_cannot_be_tried_is_said_beside_its_field_and_stays_as_it_was_typed(
    pages: Pages, tried: Office, asked: dict[str, str], said: str
) -> None:
    query = {"client": tried.clients["W1"], **asked}
    page = pages.client(visitor_of(tried.vendor_id)).get("/months/2026-10/what-if", query_string=query)
    assert page.status_code == 422
    assert said in words(page)
    assert asked.get("price", "") in page.text


def test_whoever_may_not_change_agreements_may_not_try_them(pages: Pages, tried: Office) -> None:
    reader = visitor_of(tried.vendor_id, permissions=frozenset({"read_months"}))
    assert pages.get("/months/2026-10/what-if", reader).status_code == 403

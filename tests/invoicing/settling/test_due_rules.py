"""When an exception is due by a vendor's own rule: in the queue, on its page and in the report alike, from a month on; a day set by hand wins."""

import csv
import io
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from caretally.months import Month
from tests.builders.accounts import submit
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.queue_office import one, queue_office
from tests.builders.sending_files import send_form

NOVEMBER = Month(2026, 11)


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor of its own for each test, whose October is still open."""
    return queue_office(database, "A1", close=False)


def set_rule(pages: Pages, office: Office, subject: str, days: str, start: str) -> None:
    """Let a finding or an owner's findings be due after so many days, on the settings page."""
    client = pages.client(visitor_of(office.vendor_id))
    assert submit(client, "/settings/due-dates", subject=subject, days=days, start=start).status_code == 303


def due_in_queue(pages: Pages, office: Office, code: str) -> str:
    """Return the day that the queue's file says for a reason."""
    file = pages.get(f"/exceptions/file.csv?code={code}&month=all", visitor_of(office.vendor_id)).text
    return next(csv.DictReader(io.StringIO(file.removeprefix("\ufeff"))))["due_on"]


def after_october(days: int) -> str:
    """Return the day so many days after October."""
    return str(OCTOBER.last_day + timedelta(days=days))


def test_a_rule_of_a_finding_goes_before_its_owners_and_both_before_what_is_delivered(pages: Pages, office: Office) -> None:
    set_rule(pages, office, "coordinator", "20", "2026-10")
    set_rule(pages, office, "NO_CONSENT", "3", "2026-10")
    office.close()
    assert due_in_queue(pages, office, "NO_CONSENT") == after_october(3)
    assert due_in_queue(pages, office, "CARE_PLAN_REVIEW_OVERDUE") == after_october(20)
    assert due_in_queue(pages, office, "TIME_PENDING") == after_october(5)


def test_a_rule_shows_in_the_queue_of_a_previewed_month_at_once(pages: Pages, office: Office) -> None:
    office.close(dry_run=True)
    assert due_in_queue(pages, office, "NO_CONSENT") == after_october(5)
    set_rule(pages, office, "NO_CONSENT", "0", "2026-10")
    assert due_in_queue(pages, office, "NO_CONSENT") == after_october(0)
    assert "0 days after the month" in words(pages.get(one(office, "A1-Noconsent", "NO_CONSENT"), visitor_of(office.vendor_id)))


def test_the_report_says_the_day_that_the_queue_says_to_the_practice_too(pages: Pages, office: Office) -> None:
    set_rule(pages, office, "NO_CONSENT", "9", "2026-10")
    office.close()
    client = office.clients["A1"]
    for who in (visitor_of(office.vendor_id), visitor_of(office.vendor_id, clients=[client])):
        assert after_october(9) in pages.get(f"/exception-reports/{client}/2026-10/file.csv", who).text


def test_a_day_set_by_hand_wins_and_goes_back_to_the_rule_when_it_is_emptied(pages: Pages, office: Office) -> None:
    set_rule(pages, office, "NO_CONSENT", "9", "2026-10")
    office.close()
    browser, path = pages.client(visitor_of(office.vendor_id)), one(office, "A1-Noconsent", "NO_CONSENT")
    typed = {"to": "", "note": "", "state": "open"}
    send_form(browser, f"{path}/work", page=path, **typed, on="2026-12-24", version="0")
    assert due_in_queue(pages, office, "NO_CONSENT") == "2026-12-24"
    send_form(browser, f"{path}/work", page=path, **typed, on="", version="1")
    assert due_in_queue(pages, office, "NO_CONSENT") == after_october(9)


def test_a_month_that_is_closed_keeps_its_days_and_a_rule_that_reaches_into_it_is_refused(pages: Pages, office: Office) -> None:
    office.close()
    client = pages.client(visitor_of(office.vendor_id))
    refused = submit(client, "/settings/due-dates", subject="NO_CONSENT", days="9", start="2026-10")
    assert refused.status_code == 422
    assert "A1 closed October 2026" in words(refused)
    set_rule(pages, office, "NO_CONSENT", "9", "2026-11")
    assert due_in_queue(pages, office, "NO_CONSENT") == after_october(5)


def test_a_later_rule_takes_the_place_of_an_earlier_one_and_none_goes_back_to_what_is_delivered(pages: Pages, office: Office) -> None:
    for days, start in (("9", "2026-10"), ("12", "2027-01"), ("", "2026-11")):
        set_rule(pages, office, "NO_CONSENT", days, start)
    assert office.rows("SELECT subject, days, valid_from, valid_to FROM due_rule") == [
        ("NO_CONSENT", 9, date(2026, 10, 1), date(2026, 10, 31))
    ]
    events = office.rows("SELECT detail FROM audit_event WHERE action = 'due_rule.changed' ORDER BY seq")
    assert [event["days"] for (event,) in events] == [9, 12, None]


def test_the_60_days_of_an_overpayment_review_are_not_the_vendors_to_change(pages: Pages, office: Office) -> None:
    client = pages.client(visitor_of(office.vendor_id))
    refused = submit(client, "/settings/due-dates", subject="OVERPAYMENT_REVIEW", days="300", start="2026-11")
    assert refused.status_code == 422
    set_rule(pages, office, "billing_admin", "300", "2026-11")
    days = "SELECT code, days FROM tenancy.due_days('2026-11-01') WHERE code IN ('OVERPAYMENT_REVIEW', 'LATE_ENTRY') ORDER BY code"
    assert office.rows(days) == [("LATE_ENTRY", 300), ("OVERPAYMENT_REVIEW", 60)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"subject": "nobody"}, "Choose whose findings, or one finding."),
        ({"days": "-1"}, "Write 0 to 365 days"),
        ({"days": "soon"}, "Write 0 to 365 days"),
        ({"days": "1000"}, "Write 0 to 365 days"),
        ({"start": "soon"}, "soon"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(pages: Pages, office: Office, typed: dict[str, str], said: str) -> None:
    client = pages.client(visitor_of(office.vendor_id))
    answer = submit(client, "/settings/due-dates", **{"subject": "NO_CONSENT", "days": "9", "start": "2026-11"} | typed)
    assert answer.status_code == 422
    assert said in words(answer)
    assert office.value("SELECT count(*) FROM due_rule") == 0


def test_only_who_changes_settings_may_and_no_other_vendors_rule_counts(pages: Pages, office: Office, database: TestDatabase) -> None:
    billing = visitor_of(office.vendor_id, permissions=frozenset({"read_months", "settle_exceptions"}))
    assert pages.get("/settings/due-dates", billing).status_code == 403
    other = queue_office(database, "B1", close=False)
    set_rule(pages, other, "NO_CONSENT", "77", "2026-10")
    with office.transaction() as connection:
        days = connection.scalar(text("SELECT days FROM tenancy.due_days('2026-10-01') WHERE code = 'NO_CONSENT'"))
    assert days == 5

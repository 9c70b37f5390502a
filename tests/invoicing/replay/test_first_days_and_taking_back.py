"""The first day of a new version, the question before one that reaches into closed months, and taking the newest version back."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from caretally.agreements.import_agreements import AGREEMENTS
from caretally.errors import Conflict
from caretally.imports.typed_rows import import_typed
from caretally.imports.undo import undo_import
from caretally.months import Month
from caretally.replay.versions import versions_of
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import office_with_closed_month
from tests.builders.sending_files import send_form
from tests.invoicing.replay.test_agreement_pages import send_version, terms_kept, typed

STOOD = [("2026-01-01", None, 26400)]


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with clients whose October 2026 is closed."""
    return office_with_closed_month(database, "F1", "F2", "F3", "F4", "F5", "F6")


@pytest.fixture
def browser(pages: Pages, office: Office) -> FlaskClient:
    """A browser of the vendor's billing administrator."""
    return pages.client(visitor_of(office.vendor_id))


def new(office: Office, code: str) -> str:
    """Return the address of a client's form."""
    return f"/agreements/{office.clients[code]}/new"


def newest(office: Office, code: str) -> str:
    """Return the id of a client's newest version."""
    return str(office.value("SELECT id FROM agreement WHERE client_id = :id ORDER BY valid_from DESC LIMIT 1", id=office.clients[code]))


def take_back(browser: FlaskClient, office: Office, code: str, *, version: str = "") -> TestResponse:
    """Send the form that takes a client's newest version back."""
    page = f"/agreements/{office.clients[code]}"
    return send_form(browser, f"{page}/versions/{version or newest(office, code)}/take-back", page=new(office, code))


def looked_on(page: TestResponse) -> str:
    """Return what the form sends along of what was looked at."""
    return page.text.split('name="looked" value="')[1].split('"')[0]


@pytest.mark.parametrize("act", ["keep", "replay"])
def test_a_first_day_within_a_month_is_refused_at_its_field(browser: FlaskClient, office: Office, act: str) -> None:
    answer = send_version(browser, new(office, "F1"), **typed(act=act, valid_from="2027-06-15"))
    said = "A version begins on the first of a month, because one version governs a whole month; write 2027-06-01 or 2027-07-01"
    assert (answer.status_code, said in answer.text.split('id="valid_from-wrong"')[1]) == (422, True)
    assert terms_kept(office, "F1") == STOOD


def test_a_version_that_reaches_into_closed_months_is_asked_about_before_it_is_kept(browser: FlaskClient, office: Office) -> None:
    asked = send_version(browser, new(office, "F2"), **typed(act="keep", valid_from="2026-06-01"))
    assert (asked.status_code, terms_kept(office, "F2")) == (422, STOOD)
    assert "October 2026 is closed for Practice F2 and stays as it was closed" in words(asked)
    assert "Keep it all the same" in words(asked)
    kept = send_version(browser, new(office, "F2"), **typed(act="keep", valid_from="2026-06-01", looked=looked_on(asked)))
    assert kept.status_code == 303
    assert terms_kept(office, "F2") == [("2026-01-01", "2026-05-31", 26400), ("2026-06-01", None, 28000)]


def test_a_version_that_ends_before_the_closed_months_is_kept_at_once(browser: FlaskClient, office: Office) -> None:
    with office.transaction() as connection:
        connection.execute(text("UPDATE agreement SET valid_from = '2026-10-01' WHERE client_id = :id"), {"id": office.clients["F6"]})
    given = typed(act="keep", valid_from="2026-06-01", valid_to="2026-06-30", end_before="")
    assert send_version(browser, new(office, "F6"), **given).status_code == 303


def test_the_newest_version_is_taken_back_and_the_one_before_it_ends_as_before(browser: FlaskClient, office: Office) -> None:
    send_version(browser, new(office, "F3"), **typed(act="keep"))
    version = newest(office, "F3")
    assert take_back(browser, office, "F3").status_code == 303
    assert terms_kept(office, "F3") == STOOD
    told = office.rows("SELECT detail ->> 'version', detail ->> 'valid_from' FROM audit_event WHERE action = 'agreement.taken_back'")
    assert [tuple(row) for row in told] == [(version, "2027-01-01")]
    assert office.value("SELECT count(*) FROM import_batch WHERE kind = 'agreements' AND undone_at IS NOT NULL") == 1


def test_a_version_is_taken_back_although_a_month_before_it_closed_since(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "N1", name="November")
    browser = pages.client(visitor_of(office.vendor_id))
    send_version(browser, new(office, "N1"), **typed(act="keep"))
    assert [one.status for one in office.close(month=Month(2026, 9))] == ["closed"]
    assert take_back(browser, office, "N1").status_code == 303
    assert terms_kept(office, "N1") == STOOD


def test_a_version_that_a_month_was_closed_with_stays_and_the_page_says_why(browser: FlaskClient, office: Office) -> None:
    page = browser.get(f"/agreements/{office.clients['F4']}")
    assert "October 2026 was closed with it, so it stays; a change needs a new version." in words(page)
    assert "/take-back" not in page.text
    refused = take_back(browser, office, "F4")
    assert (refused.status_code, terms_kept(office, "F4")) == (409, STOOD)
    assert "October 2026 was closed with it" in words(refused)


def test_only_the_newest_version_is_taken_back(browser: FlaskClient, office: Office) -> None:
    older = newest(office, "F5")
    send_version(browser, new(office, "F5"), **typed(act="keep"))
    page = browser.get(f"/agreements/{office.clients['F5']}")
    assert (page.text.count("/take-back"), "Take this version back" in words(page)) == (1, True)
    assert "The version before it then ends as it did before this one was kept." in words(page)
    assert take_back(browser, office, "F5", version=older).status_code == 409
    assert len(terms_kept(office, "F5")) == 2


def test_whoever_may_not_change_agreements_takes_none_back(pages: Pages, office: Office) -> None:
    visitor = visitor_of(office.vendor_id, permissions=frozenset({"read_months", "import"}))
    browser = pages.client(visitor)
    address = f"/agreements/{office.clients['F4']}/versions/{newest(office, 'F4')}/take-back"
    assert send_form(browser, address, page="/probe/form").status_code == 403


@pytest.mark.parametrize("began", ["after", "before"])
@pytest.mark.parametrize("of", ["the newest", "the one before it"])
def test_versions_that_a_later_import_changed_are_taken_back_once_that_is(
    pages: Pages, database: TestDatabase, of: str, began: str
) -> None:
    office = office_with_closed_month(database, "L1", name="Later")
    browser = pages.client(visitor_of(office.vendor_id))
    if began == "after":
        send_version(browser, new(office, "L1"), **typed(act="keep"))
    with office.transaction() as connection:
        if began == "before":  # a long import, whose transaction began before the version was kept
            connection.execute(text("SELECT now()"))
            send_version(browser, new(office, "L1"), **typed(act="keep"))
        newer, older = versions_of(connection, office.clients["L1"])
        changed = newer.rows(valid_to="") if of == "the newest" else older.rows(valid_to="2026-12-31")
        result = import_typed(connection, AGREEMENTS, [dict(row) | {"minimum": "12.00"} for row in changed])
    refused = take_back(browser, office, "L1")
    assert refused.status_code == 409
    assert "changed these versions since. Take it back on the page of imports first" in words(refused)
    assert result.batch_id is not None
    with office.transaction() as connection:
        undo_import(connection, {AGREEMENTS.name: AGREEMENTS}, result.batch_id)
    assert take_back(browser, office, "L1").status_code == 303
    assert terms_kept(office, "L1") == STOOD


def test_an_undo_whose_place_is_taken_is_refused_in_a_sentence(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "T1", name="Taken")
    send_version(pages.client(visitor_of(office.vendor_id)), new(office, "T1"), **typed(act="keep"))
    with office.transaction() as connection:
        newer, _ = versions_of(connection, office.clients["T1"])
        changed = [dict(row) | {"minimum": "12.00"} for row in newer.rows(valid_to="")]
        result = import_typed(connection, AGREEMENTS, changed)
        connection.execute(text("DELETE FROM agreement WHERE id = :id"), {"id": newer.id})
        connection.execute(text("UPDATE agreement SET valid_to = NULL WHERE client_id = :id"), {"id": office.clients["T1"]})
    assert result.batch_id is not None
    with pytest.raises(Conflict, match="Other rows stand where those were"), office.transaction() as connection:
        undo_import(connection, {AGREEMENTS.name: AGREEMENTS}, result.batch_id)

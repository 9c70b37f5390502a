"""A person chooses which columns of a wide table are shown: in the address, kept in this browser, never the one that names a row."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from caretally.identity.roles import Role
from caretally.months import Month
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import HERE, Pages, form_token, words
from tests.builders.queue_office import person, queue_office
from tests.builders.timekeeping import new_timekeeping, now_of

# Each table: its page, a column that may be hidden with its header, a header that stays.
TABLES = {
    "exceptions": ("/exceptions?month=all", "fix", "What fixes it", "Patient"),
    "invoices": ("/invoices", "issued", "Issued", "Number"),
    "patients": ("/patients", "born", "Born", "Patient"),
    "clients": ("/months/2026-10", "billable", "Billable", "Client"),
}


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients whose October is closed."""
    return queue_office(database, "A1", "A2")


@pytest.fixture(scope="module")
def dana(database: TestDatabase, office: Office) -> Visitor:
    """The vendor's administrator."""
    return person(database, office, Role.VENDOR_ADMIN, "Dana Whitfield")


@pytest.fixture
def browser(pages: Pages, dana: Visitor) -> FlaskClient:
    """A browser of hers that keeps cookies."""
    return pages.client(dana)


def headers(page: str) -> list[str]:
    """Return what stands in the heads of the page's first table that is a list of rows."""
    head = page.partition('<table class="cards')[2].partition("</thead>")[0]
    return [part.partition(">")[2].partition("</th>")[0] for part in head.split("<th ")[1:]]


def has(page: str, label: str) -> bool:
    """Tell whether a column with this label is shown."""
    return any(label in head for head in headers(page))


def choose(browser: FlaskClient, to: str, table: str, *columns: str, of: int = 99, **more: str) -> str:
    """Send the choice from a page and return where it leads."""
    typed = {"form_token": form_token(browser.get(to)), "to": to, "table": table, "of": str(of), "column": list(columns), **more}
    answer = browser.post("/columns", data=typed, headers={"Origin": HERE})
    assert answer.status_code == 303
    return answer.headers["Location"]


@pytest.mark.parametrize("table", TABLES)
def test_the_address_says_which_columns_are_shown_and_the_name_of_a_row_stays(browser: FlaskClient, table: str) -> None:
    path, column, label, stays = TABLES[table]
    mark = "&" if "?" in path else "?"
    whole, without, only = (browser.get(path + rest).text for rest in ("", f"{mark}columns=none", f"{mark}columns={column}"))
    assert (has(whole, label), has(without, label), has(only, label)) == (True, False, True)
    assert all(has(page, stays) for page in (whole, without, only))
    assert all(cells_fit(page) for page in (whole, without, only))


def cells_fit(page: str) -> bool:
    """Tell whether every row of the table has a cell for each head."""
    body = page.partition('<table class="cards')[2].partition("</table>")[0].partition("<tbody>")[2]
    rows = [row for row in body.replace("<tfoot>", "").split("<tr")[1:] if "colspan" not in row]
    return {row.count("<td") for row in rows} == {len(headers(page))}


@pytest.mark.parametrize("table", TABLES)
def test_a_choice_goes_back_to_the_page_and_is_kept_in_the_browser_until_all_are_shown(browser: FlaskClient, table: str) -> None:
    path, column, label, stays = TABLES[table]
    there = choose(browser, path, table, column)
    assert there == f"{path}{'&' if '?' in path else '?'}columns={column}"
    page = browser.get(path).text
    assert len(headers(page)) < len(headers(browser.get(choose(browser, path, table, all="yes")).text))
    assert has(page, label)
    assert has(page, stays)


def test_every_column_ticked_is_no_choice_and_none_ticked_hides_them_all(browser: FlaskClient) -> None:
    assert choose(browser, "/patients", "patients", "mrn", "born", of=2) == "/patients"
    assert choose(browser, "/patients", "patients") == "/patients?columns=none"
    assert len(headers(browser.get("/patients").text)) == 1


@pytest.mark.parametrize("table", TABLES)
def test_a_column_that_a_table_does_not_have_is_refused_in_one_sentence(browser: FlaskClient, table: str) -> None:
    path = TABLES[table][0]
    answer = browser.get(f"{path}{'&' if '?' in path else '?'}columns=<b>colour")
    assert answer.status_code == 400
    assert f"The table of {table} has no column “<b>colour”; open the page without “columns” and choose there." in words_of(answer.text)
    assert "<b>colour" not in answer.text


def words_of(page: str) -> str:
    """Return a page with what HTML writes for its letters put right."""
    return page.replace("&lt;", "<").replace("&gt;", ">")


def test_a_choice_that_no_page_of_ours_sends_is_refused(browser: FlaskClient) -> None:
    token = form_token(browser.get("/patients"))
    for typed in ({"table": "../x"}, {"table": "patients", "column": "a b"}, {"table": "patients", "column": ["mrn"] * 31}):
        assert browser.post("/columns", data={"form_token": token, **typed}, headers={"Origin": HERE}).status_code == 400
    gone = browser.post("/columns", data={"form_token": token, "table": "patients", "to": "//evil.example"}, headers={"Origin": HERE})
    assert gone.headers["Location"] == "/?columns=none"


def test_nobody_signed_in_is_sent_to_sign_in(pages: Pages) -> None:
    browser = pages.client()
    answer = browser.post("/columns", data={"form_token": form_token(browser.get("/sign-in"))}, headers={"Origin": HERE})
    assert answer.headers["Location"].startswith("/sign-in")


def test_a_cookie_that_names_what_is_no_column_breaks_no_page(browser: FlaskClient) -> None:
    browser.set_cookie("caretally_columns_patients", "mrn,gone,<b>")
    assert [has(browser.get("/patients").text, label) for label in ("Record number", "Born")] == [True, False]


def test_links_of_the_page_and_a_saved_view_keep_the_columns(browser: FlaskClient, office: Office) -> None:
    assert "sort=due&amp;columns=money,due" in browser.get("/exceptions?columns=money,due").text
    assert "sort=-amount&amp;columns=amount" in browser.get("/invoices?columns=amount").text
    token = form_token(browser.get("/exceptions"))
    browser.post("/exceptions/views?columns=money,due", data={"form_token": token, "name": "Short"}, headers={"Origin": HERE})
    assert office.value("SELECT filters FROM saved_view") == "columns=money,due"


def test_the_files_hold_every_column_and_the_page_says_so(browser: FlaskClient) -> None:
    assert "The files hold every column." in words(browser.get("/invoices?columns=none"))
    assert browser.get("/invoices/list.csv?columns=none").text.startswith("invoice,client,month,issued_on,due_on,")


def test_the_lists_of_time_hide_what_is_not_chosen(pages: Pages, database: TestDatabase) -> None:
    keeping = new_timekeeping(database)
    with keeping.transaction() as connection:
        starts = now_of(connection) - timedelta(minutes=30)
    patient = keeping.patients["1001"]
    keeping.office.add_time("A1", patient, "rn", starts=starts, seconds=600)
    for path, label in (("/time/week", "State"), (f"/time/patients/{patient}/{Month.of(starts.date())}", "Sum")):
        whole, without = (keeping.page(pages, path + rest).text for rest in ("", "?columns=none"))
        assert (has(whole, label), has(without, label)) == (True, False)
        assert cells_fit(whole)
        assert cells_fit(without)
        assert keeping.page(pages, f"{path}?columns=colour").status_code == 400

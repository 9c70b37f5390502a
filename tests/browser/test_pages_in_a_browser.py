"""The pages in a real browser: nothing for axe to find in either colour scheme and on a phone, nothing beside the screen, no script needed."""

from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from caretally.break_glass.requests import ask
from caretally.close.close_month import clients_to_close
from caretally.forecast.kept_forecasts import FIGURES, keep_forecast
from caretally.identity.roles import MATRIX, Role
from caretally.months import Month
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.visitor import NO_VENDOR, Visitor
from tests.browser.conftest import Visit
from tests.browser.looks import assert_every_look, violations
from tests.builders.databases import TestDatabase
from tests.builders.jobs import work_under_way
from tests.builders.office import Office, new_office
from tests.builders.pages import visitor_of
from tests.builders.pages_office import invoice_id, keep_isolation_reports, month_to_review, office_with_closed_month

# A browser that leaves a page early leaves the file that the test's server was sending to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
RUN = UUID(int=7)
PATHS = {
    "overview": "/overview",
    "month": "/months/2026-10",
    "month to review": "/months/2026-11?show=all&sort=invoice&down=1",
    "month preview": "/months/2026-11/preview",
    "month close": "/months/2026-11/close",
    "month run": "/months/2026-11/runs/{run}",
    "month reopen": "/months/2026-10/clients/{client}/reopen",
    "patients of a month": "/months/2026-10/patients",
    "patients of a month to review": "/months/2026-11/patients",
    "patients as they stand": "/months/2026-11/patients?client={client}",
    "no patient of a month found": "/months/2026-10/patients?minutes=75",
    "forecast": "/months/2026-10/forecast",
    "forecast of all clients": "/months/2026-11/forecast",
    "no forecast": "/months/2026-10/forecast?client={client}",
    "what if": "/months/2026-10/what-if?client={client}&code=99490&price=40.00",
    "send": "/invoices/send",
    "month without a close": "/months/2026-12",
    "invoices": "/invoices",
    "no invoice found": "/invoices?q=nothing",
    "invoice": "/invoices/{invoice}",
    "invoice with a line open": "/invoices/{invoice}?open=1",
    "exceptions": "/exceptions",
    "no exception found": "/exceptions?q=nothing",
    "exception": "/exceptions/{patient}/2026-10/TIME_BELOW_THRESHOLD",
    "exception reports": "/exception-reports",
    "exception report": "/exception-reports/{client}/2026-10",
    "audit log": "/audit-log",
    "settings": "/settings",
    "policies": "/settings/policies",
    "due dates": "/settings/due-dates",
    "provider": "/settings/sign-in",
    "isolation": "/isolation",
    "break-glass": "/break-glass",
    "background work": "/work",
    "work under way": "/work/{work}",
    "no such page": "/nowhere",
}


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor whose October is closed, with two isolation reports."""
    made = office_with_closed_month(database, "A1", "A2", "A3")
    month_to_review(made, RUN)
    keep_isolation_reports(made)
    keep_forecasts(made)
    return made


def keep_forecasts(office: Office) -> None:
    """Keep what the forecasts of November came to, one of a client that has none."""
    figures = dict.fromkeys(FIGURES, 12_345)
    with office.transaction() as connection:
        first, second, *_ = clients_to_close(connection)
        keep_forecast(
            connection, second, Month(2026, 11), f"{second.code} has no agreement for 2026-11; import one whose dates cover the month."
        )
        keep_forecast(connection, first, Month(2026, 11), "")
        connection.execute(
            text(
                f"UPDATE kept_forecast SET as_of = DATE '2026-11-16', {', '.join(f'{name} = :{name}' for name in FIGURES)} WHERE why = ''"
            ),
            figures,
        )


@pytest.fixture(scope="module")
def dana(office: Office) -> Visitor:
    """The vendor's billing administrator."""
    return visitor_of(office.vendor_id)


@pytest.mark.parametrize("name", PATHS)
def test_axe_finds_nothing_and_nothing_lies_beside_the_screen(visit: Visit, office: Office, dana: Visitor, name: str) -> None:
    with visit(PATHS[name].format(**ids(office)), dana) as page:
        assert_every_look(page, name)


def ids(office: Office) -> dict[str, object]:
    """Return what stands in the addresses: the first client, its invoice, its patient with an exception, a run of closes and a job."""
    client = office.clients["A1"]
    patient = office.value("SELECT id FROM patient WHERE client_id = :client AND given_name = 'Shirley'", client=client)
    return {"invoice": invoice_id(office, "A1"), "client": client, "patient": patient, "run": RUN, "work": work_under_way(office)}


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_axe_finds_nothing_on_pages_for_nobody_and_for_a_new_vendor(visit: Visit, database: TestDatabase, path: str) -> None:
    for who in (None, visitor_of(new_office(database).vendor_id)) if path == "/nowhere" else (visitor_of(new_office(database).vendor_id),):
        with visit(path, who) as page:
            assert violations(page) == []


def test_without_scripts_one_comes_from_the_month_to_the_minutes_in_three_clicks(visit: Visit, dana: Visitor) -> None:
    with visit("/months/2026-10", dana, scripts=False) as page:
        page.get_by_role("link", name="on INV-").first.click()
        page.get_by_role("link", name="Castellano").first.click()
        expect(page.get_by_text("47:00 minutes, 1 entry")).to_be_visible()
        expect(page.get_by_role("heading", name="Evidence")).to_be_visible()


def test_without_scripts_a_view_is_saved_on_a_list_used_and_deleted(visit: Visit, dana: Visitor) -> None:
    with visit("/invoices?sort=-amount", dana, scripts=False) as page:
        page.get_by_role("button", name="Save view").click()
        expect(page.get_by_text("Name the view in 1 to 60 characters.").first).to_be_visible()
        page.get_by_label("Name").fill("Largest first")
        page.get_by_role("button", name="Save view").click()
        page.goto("/invoices")
        page.get_by_role("link", name="Largest first").click()
        assert page.url.endswith("/invoices?sort=-amount")
        page.get_by_role("button", name="Delete the view Largest first").click()
        expect(page.get_by_text("none saved yet")).to_be_visible()


def test_axe_finds_nothing_where_a_view_needs_a_name_and_where_a_list_has_views(visit: Visit, dana: Visitor) -> None:
    with visit("/months/2026-10", dana) as page:
        page.get_by_role("button", name="Save view").click()
        assert_every_look(page, "view needs a name")
        page.get_by_label("Name").fill("All")
        page.get_by_role("button", name="Save view").click()
        assert_every_look(page, "month with a view")


def test_the_search_box_finds_an_invoice_by_its_client(visit: Visit, dana: Visitor) -> None:
    with visit("/", dana) as page:
        page.get_by_role("searchbox").fill("practice a2")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=~*")
        expect(page.get_by_role("region", name="Invoices").get_by_role("row")).to_have_count(2)


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(visit: Visit, dana: Visitor) -> None:
    with visit("/invoices", dana) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_a_printed_invoice_has_neither_rail_nor_buttons(visit: Visit, office: Office, dana: Visitor) -> None:
    with visit(f"/invoices/{invoice_id(office, 'A1')}", dana) as page:
        page.emulate_media(media="print")
        expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
        expect(page.get_by_text("XLSX")).to_be_hidden()
        expect(page.get_by_text("Summary by service")).to_be_visible()


def test_a_refused_form_has_the_focus_on_what_is_wrong_and_keeps_what_was_typed(visit: Visit) -> None:
    with visit("/probe/filled") as page:
        page.get_by_label("Email").fill("dana")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector(".summary:focus")
        expect(page.get_by_label("Email")).to_have_value("dana")
        assert page.get_by_label("Email").evaluate("field => getComputedStyle(field).borderTopWidth") == "2px"
        assert_every_look(page, "form")
        page.get_by_role("link", name="Email: Write").click()
        page.wait_for_selector("#email:focus")


def test_axe_finds_nothing_on_an_operators_pages(visit: Visit, office: Office) -> None:
    held = frozenset(map(str, MATRIX[Role.OPERATOR]))
    operator = visitor_of(NO_VENDOR, permissions=held, operates=True, vendor_name="This installation", role="Operator")
    for path in ("/operator/vendors", "/operator/vendors/new", "/operator/health", "/operator/break-glass", "/operator/break-glass/ask"):
        with visit(path, operator) as page:
            assert_every_look(page, path.strip("/").replace("/", "-"))


def test_on_a_phone_a_number_in_the_rail_does_not_widen_the_page(
    visit: Visit, office: Office, database: TestDatabase, dana: Visitor
) -> None:
    context = TenantContext(office.vendor_id, "person:operator")
    with tenant_transaction(database.operator_engine, context, secret=database.secret) as connection:
        ask(connection, name="Sam Keller", reason="A client cannot open its invoice.", minutes=30)
    with visit("/break-glass", dana, width=390) as page:
        assert "1 to look at" in " ".join(page.inner_text("nav").split())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert violations(page) == []


def test_on_a_phone_the_rail_is_a_bar_however_short_the_page_is(visit: Visit, dana: Visitor) -> None:
    with visit("/invoices", dana, width=390) as page:
        bar = page.get_by_role("banner").bounding_box()
        assert bar is not None
        assert bar["height"] < 140


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_columns_are_chosen_on_the_page_and_stay_so(visit: Visit, dana: Visitor, *, scripts: bool) -> None:
    with visit("/invoices", dana, scripts=scripts) as page:
        page.locator("summary", has_text="Columns").focus()
        page.keyboard.press("Enter")
        page.get_by_role("checkbox", name="Issued").uncheck()
        if scripts:
            assert_every_look(page, "columns open")
            page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_role("button", name="Show these").click()
        page.wait_for_url("**columns=client,month,due,**")
        expect(page.get_by_role("columnheader", name="Issued")).to_have_count(0)
        page.goto("/invoices")
        expect(page.get_by_text("Columns, 1 hidden")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Number")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_text("Columns, 1 hidden")).to_be_hidden()


@pytest.mark.parametrize("path", ["/exceptions?columns=money", "/patients?columns=mrn", "/months/2026-10?columns=invoice"])
def test_a_table_with_few_columns_has_nothing_for_axe_and_nothing_beside_the_screen(visit: Visit, dana: Visitor, path: str) -> None:
    with visit(path, dana) as page:
        assert_every_look(page, path[1:].replace("?", "-").replace("/", "-"))


def test_on_a_desk_the_table_of_a_months_clients_shows_its_last_column_whole(visit: Visit, office: Office, database: TestDatabase) -> None:
    held = frozenset(map(str, MATRIX[Role.VENDOR_ADMIN]))
    made = office_with_closed_month(database, "B1", "B2")
    with made.transaction() as connection:
        connection.execute(text("UPDATE client SET name = 'Riverside Internal Medicine ' || code"))
    with visit("/months/2026-10", visitor_of(made.vendor_id, permissions=held)) as page:
        table = page.get_by_role("region", name="Clients")
        expect(table).to_contain_text("Reopen…")
        assert table.evaluate("box => box.scrollWidth - box.clientWidth") == 0

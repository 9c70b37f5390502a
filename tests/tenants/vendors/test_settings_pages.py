"""A vendor's administrator changes settings and policies; nothing is lost, nothing reaches a closed month or another vendor."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from werkzeug.test import TestResponse

from caretally.invoices.find_invoices import invoice_of
from caretally.vendors.policies import policies_of_vendor
from tests.builders.accounts import submit
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import HERE, Pages, form_token, visitor_of, words
from tests.builders.pages_office import invoice_id, office_with_closed_month

TYPED = {
    "name": "Meridian & Sons <Care>",
    "address": "12 Elm Street\r\nAlbany, NY 12207",
    "remit_to": "PO Box 9\r\nAlbany, NY 12201",
    "contact": "billing@meridian.example",
    "accent": "#7a1f5c",
    "timezone": "America/Chicago",
    "session_idle_minutes": "10",
    "session_hours": "8",
}


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor of its own for each test."""
    return new_office(database, "A1")


def saved(pages: Pages, office: Office, **changed: Any) -> TestResponse:
    """Open the settings and send them."""
    client = pages.client(visitor_of(office.vendor_id))
    return submit(client, "/settings", **{"seen": seen_on(client.get("/settings")), **TYPED, **changed})


def seen_on(page: TestResponse) -> str:
    """Return the version of the settings that a page was made from."""
    return page.text.split('name="seen" value="')[1][:64]


def test_settings_are_kept_and_the_log_names_what_changed_and_no_value(pages: Pages, office: Office) -> None:
    other = new_office(office.database, "B1")
    before = other.rows("SELECT name, timezone FROM vendor")
    assert saved(pages, office).headers["Location"] == "/settings?saved=1"
    kept = office.rows("SELECT name, address, remit_to, contact, accent, timezone, session_idle_minutes, session_hours FROM vendor")
    addresses = ("12 Elm Street\nAlbany, NY 12207", "PO Box 9\nAlbany, NY 12201")
    assert kept == [("Meridian & Sons <Care>", *addresses, "billing@meridian.example", "#7a1f5c", "America/Chicago", 10, 8)]
    [(detail,)] = office.rows("SELECT detail FROM audit_event WHERE action = 'settings.changed'")
    assert detail == {"changed": ["name", "address", "remit_to", "contact", "accent", "timezone", "session_idle_minutes", "session_hours"]}
    assert other.rows("SELECT name, timezone FROM vendor") == before
    page = pages.get("/settings", visitor_of(office.vendor_id))
    assert "Meridian &amp; Sons &lt;Care&gt;" in page.text
    assert "12 Elm Street\nAlbany, NY 12207</textarea>" in page.text


def test_invoices_made_from_now_on_print_the_new_name_and_addresses_and_earlier_ones_stay(pages: Pages, database: TestDatabase) -> None:
    earlier, office = office_with_closed_month(database, "A1"), new_office(database, "A1")
    for one in (earlier, office):
        saved(pages, one)
    patient = office.add_patient("A1", "1001")
    office.add_time("A1", patient, "rn", starts=datetime(2026, 10, 5, 14, tzinfo=UTC), seconds=47 * 60)
    office.close()
    issuers = []
    for one in (office, earlier):
        with one.transaction() as connection:
            issuers.append(invoice_of(connection, invoice_id(one, "A1"), vendor_id=one.vendor_id).issuer)
    assert (issuers[0].name, issuers[0].address) == (TYPED["name"], ("12 Elm Street", "Albany, NY 12207"))
    assert issuers[0].remit_to == ("PO Box 9", "Albany, NY 12201")
    assert TYPED["name"] in words(pages.get(f"/invoices/{invoice_id(office, 'A1')}", visitor_of(office.vendor_id)))
    assert (issuers[0].contact, issuers[0].accent) == ("billing@meridian.example", "#7a1f5c")
    assert (issuers[1].address, issuers[1].accent) == ((), "#0b6259")


def test_four_eyes_are_asked_for_and_left_again_and_the_log_names_the_setting(pages: Pages, office: Office) -> None:
    saved(pages, office)
    saved(pages, office, four_eyes="true")
    assert office.value("SELECT four_eyes FROM vendor") is True
    assert (
        'name="four_eyes" value="true" aria-describedby="four_eyes-hint" checked'
        in pages.get("/settings", visitor_of(office.vendor_id)).text
    )
    saved(pages, office)
    assert office.value("SELECT four_eyes FROM vendor") is False
    details = [detail for (detail,) in office.rows("SELECT detail FROM audit_event WHERE action = 'settings.changed' ORDER BY seq")]
    assert details[1:] == [{"changed": ["four_eyes"]}] * 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "Write the name that invoices print"),
        ({"timezone": "Mars/Olympus"}, "'Mars/Olympus' is not one of the time zones; choose one from the list."),
        ({"session_idle_minutes": "16"}, "Choose from 1 to 15 minutes."),
        ({"session_hours": "13"}, "Choose from 1 to 12 hours."),
        ({"session_hours": "many"}, "Choose from 1 to 12 hours."),
        ({"accent": "red"}, "Choose a colour, as #0b6259."),
        ({"accent": "#ffe08a"}, "This colour is too light to be seen on white; choose a darker one."),
        ({"contact": "x" * 201}, "Write whom to ask in at most 200 characters."),
        ({"remit_to": "x" * 501}, "Write where payments go in at most 500 characters."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(pages: Pages, office: Office, changed: dict[str, str], said: str) -> None:
    page = saved(pages, office, **changed)
    assert page.status_code == 422
    assert said in words(page)
    assert "12 Elm Street" in page.text
    assert office.value("SELECT session_hours FROM vendor") == 12


def test_what_somebody_else_changed_meanwhile_is_shown_beside_what_was_typed(pages: Pages, office: Office) -> None:
    client = pages.client(visitor_of(office.vendor_id))
    opened = client.get("/settings")
    saved(pages, office, name="Somebody else's name", session_hours="6")
    late = client.post("/settings", data={"form_token": form_token(opened), "seen": seen_on(opened), **TYPED}, headers={"Origin": HERE})
    assert late.status_code == 412
    assert "Somebody else changed these settings after you opened the page" in words(late)
    assert "Somebody else's name" in words(late)
    assert "Meridian &amp; Sons" in late.text
    assert office.value("SELECT name FROM vendor") == "Somebody else's name"
    again = client.post("/settings", data={"form_token": form_token(late), "seen": seen_on(late), **TYPED}, headers={"Origin": HERE})
    assert again.status_code == 303
    assert office.value("SELECT name FROM vendor") == TYPED["name"]


def test_a_policy_holds_from_its_month_on_and_the_evaluation_goes_by_it(pages: Pages, office: Office) -> None:
    client = pages.client(visitor_of(office.vendor_id))
    assert submit(client, "/settings/policies", code="CONSENT_AGED", effect="hold", start="2026-11").status_code == 303
    assert submit(client, "/settings/policies", code="CONSENT_AGED", effect="off", start="2037-02").status_code == 303
    with office.transaction() as connection:
        [aged] = [one for one in policies_of_vendor(connection, today=date(2026, 11, 24)) if one.code == "CONSENT_AGED"]
    assert (aged.now, aged.since, [(one.effect, one.first) for one in aged.later(date(2026, 11, 24))]) == (
        "hold",
        date(2026, 11, 1),
        [("off", date(2037, 2, 1))],
    )
    page = words(client.get("/settings/policies"))
    assert "Off from 2037-02" in page
    rows = office.rows("SELECT detail ->> 'effect' FROM audit_event WHERE action = 'policy.changed' ORDER BY seq")
    assert [effect for (effect,) in rows] == ["hold", "off"]


def test_a_later_word_takes_the_place_of_what_was_said_for_later(pages: Pages, office: Office) -> None:
    client = pages.client(visitor_of(office.vendor_id))
    for effect, start in (("hold", "2026-11"), ("off", "2037-02"), ("warn", "2027-01")):
        assert submit(client, "/settings/policies", code="BAA_MISSING", effect=effect, start=start).status_code == 303
    rows = office.rows("SELECT effect, valid_from, valid_to FROM vendor_policy ORDER BY valid_from")
    assert rows == [("hold", date(2026, 11, 1), date(2026, 12, 31)), ("warn", date(2027, 1, 1), None)]


def test_a_policy_of_a_closed_month_is_refused_in_one_sentence(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "A1")
    client = pages.client(visitor_of(office.vendor_id))
    page = submit(client, "/settings/policies", code="BAA_MISSING", effect="hold", start="2026-09")
    assert page.status_code == 422
    assert "A1 closed October 2026 under the policies of then; choose a month after it." in words(page)
    assert office.value("SELECT count(*) FROM vendor_policy") == 0
    assert submit(client, "/settings/policies", code="BAA_MISSING", effect="hold", start="2026-11").status_code == 303


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"code": "TIME_PENDING"}, "Choose one of the policies"),
        ({"code": "CARE_PLAN_REVIEW_OVERDUE"}, "Choose one of the policies"),
        ({"effect": "exclude"}, "Choose whether it holds, warns or is off."),
        ({"start": "soon"}, "soon"),
    ],
)
def test_a_policy_that_is_not_the_vendors_to_choose_is_refused(pages: Pages, office: Office, typed: dict[str, str], said: str) -> None:
    page = submit(
        pages.client(visitor_of(office.vendor_id)),
        "/settings/policies",
        **{"code": "BAA_MISSING", "effect": "warn", "start": "2026-11", **typed},
    )
    assert page.status_code == 422
    assert said in words(page)
    assert office.value("SELECT count(*) FROM vendor_policy") == 0


def test_a_practice_and_a_billing_admin_may_not_open_them(pages: Pages, office: Office) -> None:
    helen = visitor_of(office.vendor_id, clients=[office.clients["A1"]])
    billing = visitor_of(office.vendor_id, permissions=frozenset({"read_months"}))
    assert [pages.get(path, who).status_code for path in ("/settings", "/settings/policies") for who in (helen, billing)] == [403] * 4

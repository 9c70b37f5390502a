"""A month that is still open: the queue shows what its last preview found, with the money that its close will hold."""

import re

from caretally.identity.roles import Role
from tests.builders.databases import TestDatabase
from tests.builders.pages import HERE, Pages, form_token, visitor_of, words
from tests.builders.queue_office import one, patient_id, person, queue_office

HELD = "outcome=held"


def test_the_queue_shows_what_a_preview_found_and_the_money_that_the_close_holds(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "A1", close=False)
    dana = visitor_of(office.vendor_id)
    office.close(dry_run=True)
    assert "3 exceptions of 3 patients match, $114.00 held" in words(pages.get(f"/exceptions?{HELD}", dana))
    previewed = office.rows("SELECT patient_id, code, held_cents FROM previewed_exception WHERE outcome <> 'warning' ORDER BY 1, 2")
    office.close()
    closed = office.rows(
        "SELECT p.patient_id, e.code, e.held_cents FROM exception e JOIN patient_month p ON p.id = e.patient_month_id ORDER BY 1, 2"
    )
    assert previewed == closed
    assert "3 exceptions of 3 patients match, $114.00 held" in words(pages.get(f"/exceptions?{HELD}", dana))


def test_a_fact_for_an_open_month_is_gone_from_the_queue_after_the_next_preview(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "A1", close=False)
    supervisor = person(database, office, Role.CLINICAL_SUPERVISOR, "Mara Holt")
    office.close(dry_run=True)
    page = one(office, "A1-Pending", "TIME_PENDING")
    client = pages.client(supervisor)
    shown = client.get(page)
    assert "October 2026 is not closed" in words(shown)
    entries = re.findall(r'name="entries" value="([^"]+)"', shown.text)
    client.post(f"{page}/time", data={"form_token": form_token(shown), "entries": entries}, headers={"Origin": HERE})
    assert office.value("SELECT approved_by FROM time_entry WHERE source = 'manual'") == "Mara Holt"
    assert office.value("SELECT count(*) FROM late_entry") == 0
    office.close(dry_run=True)
    assert "2 exceptions of 2 patients match, $76.00 held" in words(pages.get(f"/exceptions?{HELD}", supervisor))


def test_a_waiver_of_an_open_month_begins_with_it_and_its_row_is_waived(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "A1", close=False)
    dana = person(database, office, Role.BILLING_ADMIN, "Dana Whitfield")
    office.close(dry_run=True)
    client = pages.client(dana)
    typed = {"kind": "waive", "note": "booked", "until": "2036-12-31", "scope": "ticked"}
    typed |= {
        "pick": f"{patient_id(office, 'A1-Overdue')}/2026-10/CARE_PLAN_REVIEW_OVERDUE",
        "form_token": form_token(client.get("/exceptions")),
    }
    told = client.post("/exceptions/act", data=typed, headers={"Origin": HERE})
    seen, act = (told.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("seen", "act"))
    client.post("/exceptions/act", data=typed | {"seen": seen, "act": act}, headers={"Origin": HERE})
    assert office.rows("SELECT state FROM exception_work") == [("waived",)]
    office.close(dry_run=True)
    assert "2 exceptions of 2 patients match, $76.00 held" in words(client.get(f"/exceptions?{HELD}"))

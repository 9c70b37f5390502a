"""One exception: the work on it by two people, and the facts that fix it, recorded by the rules of imports."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from caretally.carelog.approvals import Chosen, send_back, waiting
from caretally.carelog.staff_ties import tie
from caretally.identity.roles import Role
from caretally.months import Month
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office
from tests.builders.pages import HERE, Pages, form_token, visitor_of, words
from tests.builders.queue_office import change, one, patient_id, person, queue_office

NOVEMBER = Month(2026, 11)


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with a client whose October is closed."""
    return queue_office(database, "A1")


@pytest.fixture
def dana(office: Office) -> Visitor:
    """Somebody who may do everything at the vendor."""
    return visitor_of(office.vendor_id)


def send(pages: Pages, who: Visitor, page: str, act: str, /, **typed: Any) -> TestResponse:
    """Send a form of a page."""
    client = pages.client(who)
    token = form_token(client.get(page))
    return client.post(f"{page}/{act}", data={"form_token": token, **typed}, headers={"Origin": HERE})


def consent(office: Office, **changes: Any) -> dict[str, Any]:
    """Return what the form of a consent holds."""
    npi = office.value("SELECT npi FROM provider")
    plain = {"program": "CCM", "npi": npi, "method": "verbal", "obtained_on": "2026-01-05", "obtained_by": "Tia Rivers", "document_ref": ""}
    return plain | {"acknowledged": ["all"]} | changes


def boxes(page: TestResponse) -> list[str]:
    """Return what the page would send of each entry that waits."""
    return re.findall(r'name="entries" value="([^"]+)"', page.text)


def open_october(database: TestDatabase) -> tuple[Office, Visitor, str]:
    """Return a vendor whose October is previewed, its supervisor, and the page of the time that waits there."""
    office = queue_office(database, "A1", close=False)
    office.close(dry_run=True)
    return office, person(database, office, Role.CLINICAL_SUPERVISOR, "Mara Holt"), one(office, "A1-Pending", "TIME_PENDING")


def approved(office: Office) -> list[str]:
    """Return under whose names manual time is approved, empty for nobody's."""
    return [row[0] for row in office.rows("SELECT approved_by FROM time_entry WHERE source = 'manual' ORDER BY started_at")]


def proposed(office: Office) -> list[Any]:
    """Return what the next close proposed."""
    return office.rows("SELECT mrn, cured, amount_cents FROM adjustment")


def test_a_consent_for_a_closed_month_is_a_late_fact_and_the_next_close_proposes_an_adjustment(
    pages: Pages, office: Office, dana: Visitor
) -> None:
    page = one(office, "A1-Noconsent", "NO_CONSENT")
    assert "proposes an adjustment" in words(pages.get(page, dana))
    answer = send(pages, dana, page, "consent", **consent(office))
    assert answer.headers["Location"].endswith("recorded=1")
    assert office.rows("SELECT scope, stop, obtained_by FROM consent WHERE patient_id = :p", p=patient_id(office, "A1-Noconsent")) == [
        (True, True, "Tia Rivers")
    ]
    assert office.value("SELECT outcome FROM patient_month WHERE mrn = 'A1-Noconsent'") == "held"
    assert office.value("SELECT state FROM exception_work") == "fixed"
    assert "stays as it was closed" in words(pages.get(f"{page}?recorded=1", dana))
    office.close(month=NOVEMBER)
    assert proposed(office) == [("A1-Noconsent", ["NO_CONSENT"], 3800)]


def test_a_consent_recorded_here_is_an_import_that_can_be_undone(pages: Pages, office: Office, dana: Visitor) -> None:
    send(pages, dana, one(office, "A1-Noconsent", "NO_CONSENT"), "consent", **consent(office))
    assert office.rows("SELECT kind, file_name, rows_new FROM import_batch") == [("consents", "exceptions page", 1)]
    actions = [row.action for row in office.rows("SELECT action FROM audit_event ORDER BY seq DESC LIMIT 2")]
    assert actions == ["exception.fixed", "import"]


def test_four_acknowledgements_are_recorded_one_by_one_too(pages: Pages, office: Office, dana: Visitor) -> None:
    send(pages, dana, one(office, "A1-Noconsent", "NO_CONSENT"), "consent", **consent(office, acknowledged=["scope", "stop"]))
    found = office.rows(
        "SELECT scope, cost_sharing, one_practitioner, stop FROM consent WHERE patient_id = :p", p=patient_id(office, "A1-Noconsent")
    )
    assert found == [(True, False, False, True)]


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"obtained_on": "2026-02-30"}, "is not a date"),
        ({"obtained_on": "2099-01-01"}, "2099-01-01 lies ahead"),
        ({"obtained_on": "1850-01-01"}, "1850-01-01 lies before the patient was born"),
        ({"npi": "1234567890"}, "1234567890"),
        ({"method": "telepathy"}, "telepathy"),
        ({"obtained_on": ""}, "Write the day on which the patient agreed."),
    ],
)
def test_what_an_import_refuses_is_refused_by_the_field_in_the_same_words_and_stays_typed(
    pages: Pages, office: Office, dana: Visitor, changes: dict[str, str], asked: str
) -> None:
    page = send(pages, dana, one(office, "A1-Noconsent", "NO_CONSENT"), "consent", **consent(office, **changes))
    assert page.status_code == 422
    assert asked in words(page)
    assert 'value="Tia Rivers"' in page.text
    assert office.value("SELECT count(*) FROM consent WHERE patient_id = :p", p=patient_id(office, "A1-Noconsent")) == 0
    assert office.value("SELECT count(*) FROM exception_work") == 0


def test_a_supervisor_approves_waiting_time_of_a_closed_month_as_late(pages: Pages, office: Office, database: TestDatabase) -> None:
    supervisor = person(database, office, Role.CLINICAL_SUPERVISOR, "Mara Holt")
    page = one(office, "A1-Pending", "TIME_PENDING")
    shown = pages.get(page, supervisor)
    assert "Approve 25:00 minutes in my name" in words(shown)
    assert send(pages, supervisor, page, "time", entries=boxes(shown)).status_code == 303
    assert office.value("SELECT approved_by FROM time_entry WHERE source = 'manual'") == ""
    assert office.rows("SELECT kind, fields ->> 'approved_by' FROM late_entry") == [("approved", "Mara Holt")]
    assert "No entry waits for an approval here" in words(pages.get(page, supervisor))
    office.close(month=NOVEMBER)
    assert proposed(office) == [("A1-Pending", ["TIME_PENDING"], 3800)]


def test_imported_time_that_is_approved_here_is_decided_as_in_the_list_of_what_waits(pages: Pages, database: TestDatabase) -> None:
    office, mara, page = open_october(database)
    assert send(pages, mara, page, "time", entries=boxes(pages.get(page, mara))).status_code == 303
    assert approved(office) == ["Mara Holt"]
    assert office.rows("SELECT state, decided_by FROM logged_time") == [("approved", "Mara Holt")]
    actions = [row.action for row in office.rows("SELECT action FROM audit_event ORDER BY seq DESC LIMIT 2")]
    assert actions == ["exception.fixed", "time.approved"]


def test_nobody_approves_their_own_time_here(pages: Pages, database: TestDatabase) -> None:
    office, mara, page = open_october(database)
    before = boxes(pages.get(page, mara))
    with office.transaction() as connection:
        tie(connection, UUID(mara.actor.removeprefix("person:")), office.staff["rn-A1"])
    shown = pages.get(page, mara)
    assert boxes(shown) == []
    assert "Nobody approves their own time" in words(shown)
    answer = send(pages, mara, page, "time", entries=before)
    assert answer.status_code == 422
    assert "another supervisor decides" in words(answer)
    assert approved(office) == [""]


def test_time_that_was_sent_back_is_neither_offered_nor_approved(pages: Pages, database: TestDatabase) -> None:
    office, mara, page = open_october(database)
    before = boxes(pages.get(page, mara))
    with office.transaction() as connection:
        send_back(connection, [Chosen.of(token) for token in before], because="Which call?", name="Ines Ferro")
    assert boxes(pages.get(page, mara)) == []
    assert "waits any more as you saw it" in words(send(pages, mara, page, "time", entries=before))
    assert approved(office) == [""]


def test_nothing_is_approved_that_changed_after_the_page_was_opened(pages: Pages, database: TestDatabase) -> None:
    office, mara, page = open_october(database)
    pending = patient_id(office, "A1-Pending")
    office.add_time("A1", pending, "rn-A1", starts=datetime(2026, 10, 6, 12, tzinfo=UTC), seconds=600, source="manual")
    before = boxes(pages.get(page, mara))
    change(office, "UPDATE time_entry SET description = 'another call' WHERE patient_id = :patient AND started_at < '2026-10-06'", pending)
    answer = send(pages, mara, page, "time", entries=before)
    assert answer.status_code == 422
    assert "none was approved" in words(answer)
    assert approved(office) == ["", ""]
    assert office.value("SELECT count(*) FROM exception_work") == 0
    assert " checked" not in answer.text.partition('id="entries"')[2].partition("</table>")[0]
    assert send(pages, mara, page, "time", entries=boxes(answer)).status_code == 303
    assert approved(office) == ["Mara Holt", "Mara Holt"]


def test_who_may_not_approve_time_sees_whom_to_ask_and_cannot_send_the_form(pages: Pages, office: Office, database: TestDatabase) -> None:
    coordinator = person(database, office, Role.COORDINATOR, "Cora Lind")
    page = one(office, "A1-Pending", "TIME_PENDING")
    shown = pages.get(page, coordinator)
    assert "A clinical supervisor approves time" in words(shown)
    assert send(pages, coordinator, page, "time", entries=boxes(shown)).status_code == 403


def test_an_entry_of_another_patient_is_not_approved(pages: Pages, office: Office, dana: Visitor) -> None:
    office.add_time("A1", patient_id(office, "A1-Short"), "rn-A1", starts=datetime(2026, 11, 3, 12, tzinfo=UTC), source="manual")
    with office.transaction() as connection:
        [other] = [row.token for row in waiting(connection) if row.patient.endswith("Castellano-A1") and "Short" in row.patient]
    answer = send(pages, dana, one(office, "A1-Pending", "TIME_PENDING"), "time", entries=[other])
    assert answer.status_code == 422
    assert "None of these entries waits" in words(answer)


def test_a_review_is_recorded_and_cures_the_closed_month(pages: Pages, office: Office, dana: Visitor) -> None:
    page = one(office, "A1-Overdue", "CARE_PLAN_REVIEW_OVERDUE")
    review = {"plan_version": "1", "reviewed_on": "2026-10-20", "reviewer": "Tia Rivers", "outcome": "no_change"}
    assert send(pages, dana, page, "review", **review).status_code == 303
    office.close(month=NOVEMBER)
    assert proposed(office) == [("A1-Overdue", ["CARE_PLAN_REVIEW_OVERDUE"], 3800)]
    assert "Fix recorded" in words(pages.get(page, dana))


def test_a_review_before_the_plan_is_refused_by_its_field(pages: Pages, office: Office, dana: Visitor) -> None:
    review = {"plan_version": "1", "reviewed_on": "2025-01-20", "reviewer": "Tia Rivers", "outcome": "no_change"}
    answer = send(pages, dana, one(office, "A1-Overdue", "CARE_PLAN_REVIEW_OVERDUE"), "review", **review)
    assert "The review on 2025-01-20 lies before the plan took effect." in words(answer)


def test_the_same_fact_twice_is_told_and_changes_nothing(pages: Pages, office: Office, dana: Visitor) -> None:
    page = one(office, "A1-Noconsent", "NO_CONSENT")
    send(pages, dana, page, "consent", **consent(office))
    again = send(pages, dana, page, "consent", **consent(office))
    assert again.status_code == 422
    assert "on record already" in words(again)
    assert office.value("SELECT count(*) FROM import_batch") == 1


def test_two_people_do_not_write_over_each_other(pages: Pages, office: Office, dana: Visitor) -> None:
    page = one(office, "A1-Noconsent", "NO_CONSENT")
    typed = {"to": "", "on": "2026-11-20", "note": "called Monday", "state": "open", "version": "0"}
    assert send(pages, dana, page, "work", **typed).status_code == 303
    late = send(pages, visitor_of(office.vendor_id, actor="person:other"), page, "work", **typed | {"note": "called Tuesday"})
    assert late.status_code == 412
    assert "called Monday" in words(late)
    assert 'value="called Tuesday"' in late.text
    assert office.rows("SELECT note, version FROM exception_work") == [("called Monday", 1)]


def test_the_work_outlives_a_month_that_is_opened_again_and_closed_again(pages: Pages, office: Office, dana: Visitor) -> None:
    from caretally.close.reopen import reopen_month

    page = one(office, "A1-Noconsent", "NO_CONSENT")
    send(pages, dana, page, "work", to="", on="", note="called Monday", state="open", version="0")
    with office.transaction() as connection:
        reopen_month(connection, office.client("A1"), OCTOBER, reason="wrong rate")
    assert pages.get(page, dana).status_code == 404
    office.close()
    assert "called Monday" in pages.get(page, dana).text


def test_the_sentence_of_an_exception_is_filled_in_for_the_patient(pages: Pages, office: Office, dana: Visitor) -> None:
    said = words(pages.get(one(office, "A1-Pending", "TIME_PENDING"), dana))
    assert "25 min of time is waiting to be put right" in said
    assert "{" not in said

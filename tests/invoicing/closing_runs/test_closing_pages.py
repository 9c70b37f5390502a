"""A month previewed, closed, sent and reopened through pages: what was looked at is what is closed, and everything else is told."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caretally.months import Month
from caretally.web.visitor import Visitor
from tests.builders.accounts import submit
from tests.builders.closing import busy_office
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import HERE, Pages, form_token, visitor_of, words
from tests.builders.queue_office import queue_office

MONTH = "/months/2026-10"


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with two clients of two patients each, of whom one reaches a code."""
    return busy_office(database)


def browser(pages: Pages, office: Office, actor: str = "person:dana") -> FlaskClient:
    """Return the browser of somebody who bills."""
    return pages.client(visitor_of(office.vendor_id, actor=actor))


def preview_all(client: FlaskClient) -> TestResponse:
    """Press the button that previews all clients, and return the page of the run."""
    answer = submit(client, MONTH, to=f"{MONTH}/chosen", act="preview", run=str(uuid4()))
    assert answer.status_code == 303
    return client.get(answer.headers["Location"])


def question(client: FlaskClient, *clients: UUID) -> tuple[TestResponse, dict[str, object]]:
    """Open the question before a close, and return it with what its form holds."""
    page = client.get(f"{MONTH}/close", query_string={"client": [str(one) for one in clients]})
    seen = [part.split('"')[0] for part in page.text.split('name="seen" value="')[1:]]
    return page, {"seen": seen, "run": str(uuid4()), "form_token": form_token(client.get(MONTH))}


def close(client: FlaskClient, typed: dict[str, object]) -> TestResponse:
    """Send the question's form."""
    return client.post(f"{MONTH}/close", data=typed, headers={"Origin": HERE})


def statuses(office: Office) -> list[str]:
    """Return the newest status of each client's month, in the order of the codes."""
    query = (
        "SELECT DISTINCT ON (c.code) m.status FROM client c LEFT JOIN client_month m ON m.client_id = c.client_id AND m.month = '2026-10-01' "
        "ORDER BY c.code, m.revision DESC"
    )
    return [status for (status,) in office.rows(query)]


def states(office: Office) -> list[str]:
    """Return the newest state of each invoice, in the order of their numbers."""
    query = "SELECT DISTINCT ON (i.number) s.state FROM invoice i JOIN invoice_state s ON s.invoice_id = i.id ORDER BY i.number, s.seq DESC"
    return [state for (state,) in office.rows(query)]


def test_a_month_is_previewed_and_closed_for_all_clients_and_the_question_states_counts_and_money(pages: Pages, office: Office) -> None:
    client = browser(pages, office)
    assert "2 clients previewed for $76.00" in words(preview_all(client))
    page, typed = question(client)
    assert "Close October: 2 invoices, $76.00" in words(page)
    answer = close(client, typed)
    assert "2 clients closed for $76.00" in words(client.get(answer.headers["Location"]))
    assert (statuses(office), states(office)) == (["closed", "closed"], ["draft", "draft"])


def test_one_client_is_closed_and_the_other_stays_as_it_was(pages: Pages, office: Office) -> None:
    client = browser(pages, office)
    preview_all(client)
    page, typed = question(client, office.clients["A"])
    assert "Close October: 1 invoice, $38.00" in words(page)
    close(client, typed)
    assert statuses(office) == ["closed", "previewed"]


def test_the_ticked_clients_lead_to_the_question_about_them(pages: Pages, office: Office) -> None:
    client = browser(pages, office)
    answer = submit(client, MONTH, to=f"{MONTH}/chosen", act="close", client=str(office.clients["B"]))
    assert answer.headers["Location"] == f"{MONTH}/close?client={office.clients['B']}"


def test_a_form_sent_twice_closes_once_and_leads_to_the_same_page(pages: Pages, office: Office) -> None:
    client = browser(pages, office)
    preview_all(client)
    _page, typed = question(client)
    answers = [close(client, typed), close(client, typed)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert office.value("SELECT count(*) FROM invoice") == 2
    assert office.value("SELECT count(*) FROM closing_run WHERE kind = 'close'") == 1


def test_a_preview_made_again_after_the_question_is_refused_with_the_difference(pages: Pages, office: Office) -> None:
    client = browser(pages, office)
    preview_all(client)
    _page, typed = question(client)
    patient = office.value("SELECT id FROM patient WHERE mrn = '2' AND client_id = :client", client=office.clients["A"])
    office.add_time("A", patient, "rn", starts=datetime(2026, 10, 7, 14, tzinfo=UTC))
    preview_all(client)
    refused = close(client, typed)
    assert refused.status_code == 412
    assert "previewed again, total $38.00 → $76.00" in words(refused)
    assert statuses(office) == ["previewed", "previewed"]


def test_what_changed_since_the_preview_is_parked_with_the_difference_and_the_others_close(pages: Pages, office: Office) -> None:
    client = browser(pages, office)
    preview_all(client)
    _page, typed = question(client)
    patient = office.value("SELECT id FROM patient WHERE mrn = '2' AND client_id = :client", client=office.clients["A"])
    office.add_time("A", patient, "rn", starts=datetime(2026, 10, 7, 14, tzinfo=UTC))
    said = words(client.get(close(client, typed).headers["Location"]))
    assert "1 client was not closed" in said
    assert "billable 1 -> 2, total $38.00 -> $76.00" in said
    assert "Preview it again" in said
    assert statuses(office) == ["previewed", "closed"]
    assert "Parked 1" in words(client.get(MONTH))


def test_with_four_eyes_the_one_who_previewed_does_not_close_and_another_one_does(pages: Pages, office: Office) -> None:
    with office.transaction() as connection:
        connection.exec_driver_sql("UPDATE vendor SET four_eyes = true")
    dana, noor = browser(pages, office), browser(pages, office, "person:noor")
    preview_all(dana)
    page, _typed = question(dana)
    assert "Nothing of October 2026 can be closed now" in words(page)
    assert "somebody else closes it" in words(page)
    _page, typed = question(noor)
    forced = close(dana, typed | {"form_token": form_token(dana.get(MONTH))})
    assert "You previewed 2026-10 of A last, and your vendor wants four eyes" in words(dana.get(forced.headers["Location"]))
    assert statuses(office) == ["previewed", "previewed"]
    close(noor, typed | {"run": str(uuid4())})
    assert statuses(office) == ["closed", "closed"]


def test_with_four_eyes_the_command_asks_for_two_people_as_well(office: Office) -> None:
    with office.transaction() as connection:
        connection.exec_driver_sql("UPDATE vendor SET four_eyes = true")
    [unseen, _b] = office.close()
    assert (unseen.status, unseen.code) == ("parked", "FOUR_EYES")
    office.close(dry_run=True)
    assert {one.code for one in office.close()} == {"FOUR_EYES"}
    office.actor = "somebody else"
    assert [one.status for one in office.close()] == ["closed", "closed"]


def test_a_total_that_stands_out_is_parked_until_somebody_ticks_that_they_checked_it(pages: Pages, office: Office) -> None:
    jump(office)
    client = browser(pages, office)
    parked = preview_all(client)
    assert "more than 3 times its 3-month median" in words(parked)
    assert "I checked it, preview" in words(parked)
    a = str(office.clients["A"])
    submit(client, MONTH, to=f"{MONTH}/chosen", act="preview", client=a, acknowledged=a)
    page, typed = question(client, office.clients["A"])
    assert "I checked this total" in words(page)
    assert close(client, typed).status_code == 422
    assert statuses(office)[0] == "previewed"
    close(client, typed | {"acknowledged": a})
    assert statuses(office)[0] == "closed"


def jump(office: Office) -> None:
    """Give client A four billable patients in October after three closed months with a minimum of a dollar each."""
    with office.transaction() as connection:
        connection.exec_driver_sql("UPDATE agreement SET minimum_cents = 100")
    for month in (7, 8, 9):
        office.close("A", month=Month(2026, month))


def test_a_client_without_an_agreement_is_parked_with_its_reason_and_the_others_go_on(pages: Pages, office: Office) -> None:
    with office.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM agreement_price WHERE client_id = %s", (office.clients["B"],))
        connection.exec_driver_sql("DELETE FROM agreement WHERE client_id = %s", (office.clients["B"],))
    client = browser(pages, office)
    said = words(preview_all(client))
    assert "B has no agreement for 2026-10" in said
    assert "1 client previewed" in said
    month = words(client.get(f"{MONTH}?show=parked"))
    assert "B has no agreement for 2026-10" in month
    assert "1 client has no agreement Practice B" in month


def test_a_client_without_an_agreement_leads_whoever_may_change_it_to_the_form(pages: Pages, office: Office) -> None:
    with office.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM agreement_price WHERE client_id = %s", (office.clients["B"],))
        connection.exec_driver_sql("DELETE FROM agreement WHERE client_id = %s", (office.clients["B"],))
    run = preview_all(browser(pages, office)).request.path
    link = f'href="/agreements/{office.clients["B"]}/new"'
    biller = visitor_of(office.vendor_id, permissions=frozenset({"read_months", "close_month"}))
    assert [link in page.text for page in (browser(pages, office).get(run), pages.get(run, biller))] == [True, False]


def test_a_run_that_takes_longer_than_a_moment_goes_on_in_the_background_or_by_hand(
    pages: Pages, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caretally.closing_runs.pages.IN_REQUEST_MILLISECONDS", 0)
    client = browser(pages, office)
    page = preview_all(client)
    assert "0 of 2 clients done" in words(page)
    assert "The others follow by themselves" in words(page)
    assert office.rows("SELECT kind, payload ->> 'month' FROM job") == [("closing_run", "2026-10")]
    monkeypatch.setattr("caretally.closing_runs.pages.PATIENCE_SECONDS", 0)
    address = page.request.path
    page = client.get(address)
    assert "Go on with 2" in words(page)
    assert client.post(address, data={"form_token": form_token(page)}, headers={"Origin": HERE}).status_code == 303
    assert "2 clients previewed" in words(client.get(address))


def test_drafts_are_sent_with_their_count_and_money_and_cannot_be_reopened_then(pages: Pages, office: Office) -> None:
    office.close()
    client = browser(pages, office)
    page = client.get("/invoices/send?month=2026-10")
    assert "Send 2 invoices, $76.00" in words(page)
    reopening = f"{MONTH}/clients/{office.clients['A']}/reopen"
    seen = revision_on(client.get(reopening))
    ids = [str(one) for (one,) in office.rows("SELECT id FROM invoice")]
    sent = client.post("/invoices/send", data=sending(client, ids, 7600), headers={"Origin": HERE})
    assert sent.headers["Location"] == "/months/2026-10?sent=2"
    assert states(office) == ["open", "open"]
    assert office.value("SELECT detail ->> 'total_cents' FROM audit_event WHERE action = 'invoice.sent'") == "7600"
    refused = submit(client, reopening, reason="The rate is wrong.", seen=seen)
    assert refused.status_code == 409
    assert "is open; correct it by a credit note" in words(refused)


def test_one_draft_is_sent_alone_and_a_second_press_sends_nothing_more(pages: Pages, office: Office) -> None:
    office.close()
    client = browser(pages, office)
    one = office.value("SELECT id FROM invoice ORDER BY number LIMIT 1")
    answers = [client.post("/invoices/send", data=sending(client, [str(one)], 3800), headers={"Origin": HERE}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 412]
    assert states(office) == ["open", "draft"]
    assert office.value("SELECT count(*) FROM invoice_state") == 3


def test_drafts_that_come_to_another_total_than_was_shown_are_not_sent(pages: Pages, office: Office) -> None:
    office.close()
    client = browser(pages, office)
    one = office.value("SELECT id FROM invoice ORDER BY number LIMIT 1")
    page = client.post("/invoices/send", data=sending(client, [str(one)], 3900), headers={"Origin": HERE})
    assert page.status_code == 412
    assert "nothing was sent" in words(page)
    assert states(office) == ["draft", "draft"]


def sending(client: FlaskClient, ids: list[str], cents: int) -> dict[str, object]:
    """Return the form of sending."""
    return {"form_token": form_token(client.get("/invoices/send")), "invoice": ids, "shown_cents": str(cents)}


def test_a_closed_month_is_reopened_for_a_reason_and_keeps_its_number(pages: Pages, office: Office) -> None:
    office.close()
    client = browser(pages, office)
    address = f"{MONTH}/clients/{office.clients['A']}/reopen"
    assert "the draft of $38.00 becomes void" in words(client.get(address))
    seen = revision_on(client.get(address))
    refused = submit(client, address, reason="", seen=seen)
    assert (refused.status_code, "Write why" in words(refused)) == (422, True)
    assert submit(client, address, reason="The rate is wrong.", seen=seen).status_code == 303
    assert (statuses(office), states(office)) == (["reopened", "closed"], ["void", "draft"])


def revision_on(page: TestResponse) -> str:
    """Return the revision that the form of reopening was made from."""
    return page.text.split('name="seen" value="')[1].split('"')[0]


def test_a_month_closed_again_meanwhile_is_not_reopened_by_the_form_of_its_older_revision(pages: Pages, office: Office) -> None:
    office.close()
    client = browser(pages, office)
    address = f"{MONTH}/clients/{office.clients['A']}/reopen"
    stale = revision_on(client.get(address))
    submit(client, address, reason="The rate is wrong.", seen=stale)
    office.close("A")
    refused = submit(client, address, reason="The rate is wrong.", seen=stale)
    assert refused.status_code == 412
    assert "was closed again by" in words(refused)
    assert statuses(office) == ["closed", "closed"]
    assert submit(client, address, reason="Still wrong.", seen=revision_on(refused)).status_code == 303


def test_who_may_not_close_previews_closes_sends_and_reopens_nothing(pages: Pages, office: Office) -> None:
    reader = visitor_of(office.vendor_id, permissions=frozenset({"read_months", "read_invoices"}))
    client = pages.client(reader)
    token = {"form_token": form_token(client.get("/probe/form")), "act": "preview"}
    posted = [f"{MONTH}/chosen", f"{MONTH}/close", "/invoices/send", f"{MONTH}/clients/{office.clients['A']}/reopen"]
    assert [client.post(path, data=token, headers={"Origin": HERE}).status_code for path in posted] == [403] * 4
    assert office.value("SELECT count(*) FROM client_month") == 0


@pytest.mark.parametrize("permission", ["close_month", "void_invoice", "send_invoice"])
def test_closing_sending_and_reopening_ask_for_a_fresh_second_factor(pages: Pages, office: Office, permission: str) -> None:
    path = {"close_month": f"{MONTH}/close", "send_invoice": "/invoices/send"}.get(
        permission, f"{MONTH}/clients/{office.clients['A']}/reopen"
    )
    who: Visitor = visitor_of(office.vendor_id, must_step_up=frozenset({permission}))
    assert pages.get(path, who).headers["Location"].startswith("/step-up")


def test_a_close_before_the_months_end_says_what_becomes_of_the_time_after_it(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "A1", close=False)
    under_way = Month.of(office.value("SELECT (now() AT TIME ZONE timezone)::date FROM vendor WHERE vendor_id = :v", v=office.vendor_id))
    patient = office.value("SELECT id FROM patient ORDER BY mrn LIMIT 1")
    office.add_time("A1", patient, "rn-A1", starts=office.value("SELECT date_trunc('month', now()) + interval '10 hours'"), seconds=1500)
    for month, told in ((under_way, True), (Month(2026, 10), False)):
        office.close(dry_run=True, month=month)
        assert (
            "is not over. Time that is logged after this close" in words(pages.get(f"/months/{month}/close", visitor_of(office.vendor_id)))
        ) is told

"""The page of a month: every enrolled patient accounted for, each figure as its close left it."""

import csv
import io
import re
from datetime import UTC, datetime

from caretally.close.close_month import clients_to_close
from caretally.close.reopen import reopen_month
from caretally.identity.roles import MATRIX, Role
from caretally.months import Month
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.pages_office import invoice_id, office_with_closed_month
from tests.builders.queue_office import queue_office

NOVEMBER = Month(2026, 11)


def test_the_start_leads_to_the_newest_month(pages: Pages, dana: Visitor) -> None:
    answer = pages.get("/months", dana)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/months/2026-10")


def test_a_vendor_without_a_month_is_told_what_to_do(pages: Pages) -> None:
    answer = pages.get("/months", visitor_of(new_office(pages.database).vendor_id))
    assert answer.status_code == 200
    assert "No month has been previewed or closed yet" in words(answer)


def test_the_month_accounts_for_every_enrolled_patient_and_all_money(pages: Pages, closed_office: Office, dana: Visitor) -> None:
    said = words(pages.get("/months/2026-10", dana))
    cents = int(closed_office.value("SELECT sum(total_cents) FROM invoice"))
    assert "4 enrolled = 2 billable + 0 held + 2 not billable" in said
    assert f"Invoiced ${cents // 100:,}.{cents % 100:02d} 2 patients at 2 clients" in said


def test_each_client_leads_to_its_invoice(pages: Pages, closed_office: Office, dana: Visitor) -> None:
    page = pages.get("/months/2026-10", dana).text
    assert all(f"/invoices/{invoice_id(closed_office, code)}" in page for code in ("A1", "A2"))


def test_a_month_that_nobody_closed_has_no_figures(pages: Pages, dana: Visitor) -> None:
    said = words(pages.get("/months/2026-11", dana))
    assert "0 of 2 clients closed" in said
    assert "enrolled =" not in said


def test_a_reopened_month_has_no_figures_until_it_is_closed_again(pages: Pages) -> None:
    office = office_with_closed_month(pages.database, "R1")
    client = office.client("R1")
    with office.transaction() as connection:
        reopen_month(connection, client, OCTOBER, reason="wrong rate")
    said = words(pages.get("/months/2026-10", visitor_of(office.vendor_id)))
    assert "Reopened" in said
    assert "$" not in said


def test_the_page_takes_the_same_number_of_statements_however_many_clients_there_are(pages: Pages) -> None:
    few, many = (office_with_closed_month(pages.database, *codes) for codes in (("F1",), ("M1", "M2", "M3", "M4")))
    counted = [statements_of(pages, "/months/2026-10", visitor_of(office.vendor_id)) for office in (few, many)]
    assert counted[0] == counted[1]


def test_a_practice_is_told_nothing_of_a_month_before_it_is_closed(pages: Pages) -> None:
    office = office_with_closed_month(pages.database, "T1", "T2")
    practice = visitor_of(office.vendor_id, clients=[office.clients["T1"]])
    office.close(month=NOVEMBER, dry_run=True)
    client = office.client("T1")
    with office.transaction() as connection:
        reopen_month(connection, client, OCTOBER, reason="wrong rate")
    assert pages.get("/months", visitor_of(office.vendor_id)).headers["Location"] == "/months/2026-11"
    assert "No month has been previewed or closed yet" in words(pages.get("/months", practice))
    for month in (OCTOBER, NOVEMBER):
        said = words(pages.get(f"/months/{month}", practice))
        assert "0 of 1 clients closed" in said
        assert [told for told in ("In review", "Ready", "Reopened", "to review", "$") if told in said] == []
        [row] = csv.DictReader(io.StringIO(pages.get(f"/months/{month}/clients.csv", practice).text))
        assert {value for value in row.values() if value} == {"Practice T1", "T1", "open"}


def test_words_that_were_looked_for_stand_sealed_in_every_address_of_the_page(pages: Pages, dana: Visitor) -> None:
    page = pages.get("/months/2026-10?q=castellano", dana).text
    assert "q=~" in page
    assert "q=castellano" not in page


def office_with_sources(pages: Pages, **delivered: list[int]) -> Office:
    """A vendor with one client and time of the named sources in the numbered months of 2026."""
    office = new_office(pages.database, "S1")
    patient = office.add_patient("S1", "1")
    for source, months in delivered.items():
        for month in months:
            office.add_time("S1", patient, "rn", starts=datetime(2026, month, 6, 14, tzinfo=UTC), source=source)
    return office


def test_a_source_that_usually_sends_time_and_sent_none_is_named_before_the_close(pages: Pages) -> None:
    office = office_with_sources(pages, dialer=[7, 8, 9, 10], ehr=[7, 8, 9], seldom=[7, 9], manual=[7, 8, 9], timer=[7, 8, 9])
    said = words(pages.get("/months/2026-10", visitor_of(office.vendor_id)))
    assert "A source sent no time for 1 client Practice S1: ehr; ask for the missing files" in said


def test_a_source_is_usual_by_the_dated_table(pages: Pages) -> None:
    office = office_with_sources(pages, ehr=[8, 9], dialer=[7, 9, 10])
    dana = visitor_of(office.vendor_id)
    assert "Every usual source sent time" in words(pages.get("/months/2026-10", dana))
    with pages.database.admin_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE program_limit SET amount = 2 WHERE name = 'source_usual_months'")
    try:
        assert "Practice S1: ehr" in words(pages.get("/months/2026-10", dana))
    finally:
        with pages.database.admin_engine.begin() as connection:
            connection.exec_driver_sql("UPDATE program_limit SET amount = 3 WHERE name = 'source_usual_months'")


def test_a_client_whose_month_is_closed_waits_for_no_source(pages: Pages) -> None:
    office = office_with_sources(pages, dialer=[7, 8, 9, 10], ehr=[7, 8, 9])
    office.close(month=OCTOBER)
    assert "Every usual source sent time" in words(pages.get("/months/2026-10", visitor_of(office.vendor_id)))


def test_a_month_of_last_year_that_is_not_billed_says_that_its_filing_time_runs_out(
    pages: Pages, closed_office: Office, dana: Visitor
) -> None:
    today = closed_office.value("SELECT current_date")
    old = Month(today.year - 1, today.month)
    assert "Filing time runs out" not in words(pages.get(f"/months/{old}", dana)), "nobody was enrolled then"
    with closed_office.transaction() as connection:
        connection.exec_driver_sql("UPDATE enrolment SET valid_from = valid_from - interval '3 years'")
    assert "Filing time runs out claims of service on 1" in words(pages.get(f"/months/{old}", dana))
    assert "Filing time is not near its end" in words(pages.get("/months/2026-10", dana))


def test_a_client_that_came_later_leaves_the_months_that_are_over_as_they_were(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "A1")
    who = visitor_of(office.vendor_id)
    with office.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO client (vendor_id, code, name, timezone) VALUES (tenancy.current_vendor(), 'NEW', 'Newcomer Clinic', 'America/New_York')"
        )
    over, under_way = pages.get("/months/2026-10", who), pages.get(f"/months/{Month.of(office.value('SELECT current_date'))}", who)
    assert "Newcomer Clinic" not in over.text
    assert "Newcomer Clinic" in under_way.text
    assert "Newcomer" not in words(pages.get("/overview", who))


def test_a_reopened_client_is_told_where_everybody_else_is_accounted_for(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "A1", "A2")
    who = visitor_of(office.vendor_id)
    assert "Every patient accounted for" in words(pages.get("/months/2026-10", who))
    with office.transaction() as connection:
        [client] = [one for one in clients_to_close(connection) if one.code == "A1"]
        reopen_month(connection, client, Month(2026, 10), reason="wrong rate")
    said = words(pages.get("/months/2026-10", who))
    assert "Every patient accounted for" not in said
    assert "1 client without figures" in said
    assert "1 of 2 closed" in words(pages.get("/overview", who))


def test_a_month_that_nobody_previewed_ticks_nothing_that_is_not_known(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "A1", close=False)
    said = words(pages.get("/months/2026-10", visitor_of(office.vendor_id)))
    for known in ("Who is held is not known yet", "Minutes are not counted yet", "There is no invoice to add up yet"):
        assert known in said
    for untold in ("Nobody is held each", "Every minute is counted once", "Invoices add up"):
        assert untold not in said


def test_who_may_not_settle_is_led_to_the_patients_and_never_to_a_refusal(pages: Pages, database: TestDatabase) -> None:
    office = queue_office(database, "A1")
    nurse = visitor_of(office.vendor_id, permissions=frozenset(map(str, MATRIX[Role.CLINICAL_STAFF])))
    practice = visitor_of(
        office.vendor_id, clients=[office.clients["A1"]], permissions=frozenset(map(str, MATRIX[Role.PRACTICE_ADMINISTRATOR]))
    )
    for who in (nurse, practice):
        for path in ("/months/2026-10", "/overview"):
            links = {*re.findall(r'href="(/[^"#]*)"', pages.get(path, who).text.split("<main")[1])}
            refused = [link for link in links if pages.get(link.replace("&amp;", "&"), who).status_code == 403]
            assert refused == [], (path, who.role)

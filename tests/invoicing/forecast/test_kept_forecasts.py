"""The month under way is forecast for every client in the background: what it came to is kept, added up on the first page and made again."""

import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from caretally.close.close_month import clients_to_close
from caretally.close.prepare import Client
from caretally.forecast import work
from caretally.forecast.call_list import client_totals
from caretally.forecast.forecast import ClientForecast
from caretally.forecast.work import EVERY_MINUTES, FORECAST_MONTH, forecast_or_why, month_under_way
from caretally.identity.roles import MATRIX, Role
from caretally.jobs.kinds import kinds_of
from caretally.jobs.run_job import run_job
from caretally.money import format_dollars
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.jobs import ask, hint, state, workshop
from tests.builders.office import Office, new_office
from tests.builders.pages import HERE, Pages, form_token, statements_of, visitor_of, words


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with two clients in the month under way, one without an agreement; a patient of the other has ten minutes."""
    office = new_office(database, "K1", "K2")
    patient = office.add_patient("K1", "k-1", family_name="Castellano", given_name="Carla")
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM agreement_price WHERE client_id = :client"), {"client": office.clients["K2"]})
        connection.execute(text("DELETE FROM agreement WHERE client_id = :client"), {"client": office.clients["K2"]})
        now = connection.exec_driver_sql(
            "SELECT date_trunc('month', now() AT TIME ZONE 'America/New_York') AT TIME ZONE 'America/New_York'"
        ).scalar_one()
        office.insert_time(connection, "K1", patient, "rn", starts=now, seconds=600)
    return office


def forecast_all(database: TestDatabase, office: Office, key: str = "") -> UUID:
    """Ask for the forecasts of a vendor and make them; return the job."""
    [job_id] = ask(office, FORECAST_MONTH.name, key=key)
    hint(office)
    run_job(workshop(database, kinds_of([FORECAST_MONTH])), office.vendor_id, job_id)
    return job_id


def test_what_is_kept_is_what_the_forecast_says(database: TestDatabase, office: Office) -> None:
    job_id = forecast_all(database, office)
    assert state(office, job_id)[0] == "done"
    with office.transaction() as connection:
        month = month_under_way(connection)
        told = {one.code: forecast_or_why(connection, one, month) for one in clients_to_close(connection)}
    assert not isinstance(told["K1"], str)
    totals = client_totals(told["K1"])
    names = "patients, reached, short, held, missing_seconds, at_stake_cents, expected_cents, held_cents, why"
    [kept] = office.rows(f"SELECT {names} FROM kept_forecast WHERE client_id = :client", client=office.clients["K1"])
    standings = [totals.standings[name] for name in ("reached", "short", "held")]
    money = [totals.at_stake_cents, totals.expected_cents, totals.held_cents]
    assert list(kept) == [totals.patients, *standings, totals.missing_seconds, *money, ""]
    [without] = office.rows("SELECT as_of, why FROM kept_forecast WHERE client_id = :client", client=office.clients["K2"])
    assert without[0] is None
    assert "K2 has no agreement" in without[1]


def test_a_forecast_made_again_takes_the_place_of_the_one_before(database: TestDatabase, office: Office) -> None:
    forecast_all(database, office)
    first = office.value("SELECT max(made_at) FROM kept_forecast")
    job_id = forecast_all(database, office)
    run_job(workshop(database, kinds_of([FORECAST_MONTH])), office.vendor_id, job_id)
    assert office.value("SELECT count(*) FROM kept_forecast") == 2
    assert office.value("SELECT min(made_at) FROM kept_forecast") > first
    assert office.value("SELECT count(*) FROM audit_event WHERE action = 'forecasts.kept'") == 2


def test_the_first_page_adds_the_forecasts_up_and_each_figure_leads_to_them(pages: Pages, database: TestDatabase, office: Office) -> None:
    who = visitor_of(office.vendor_id)
    assert "Forecast it now" in words(pages.get("/overview", who))
    forecast_all(database, office)
    at_stake = format_dollars(office.value("SELECT sum(at_stake_cents)::bigint FROM kept_forecast"))
    page = pages.get("/overview", who)
    assert f"At stake {at_stake}" in words(page)
    [link] = set(re.findall(r'href="(/months/[^"]*/forecast)"', page.text))
    said = words(pages.get(link, who))
    assert at_stake in said
    assert "K2 has no agreement" in said
    assert statements_of(pages, "/overview", who) - 2 <= 6
    assert statements_of(pages, link, who) - 2 <= 6


@pytest.mark.parametrize("role", [Role.CLINICAL_STAFF, Role.COORDINATOR, Role.BILLING_ADMIN])
def test_whoever_works_for_the_vendor_reads_it_and_a_practice_does_not(
    pages: Pages, database: TestDatabase, office: Office, role: Role
) -> None:
    forecast_all(database, office)
    held = frozenset(map(str, MATRIX[role]))
    assert "Expected of what is open" in words(pages.get("/overview", visitor_of(office.vendor_id, permissions=held)))
    practice = visitor_of(
        office.vendor_id, clients=[office.clients["K1"]], permissions=frozenset(map(str, MATRIX[Role.PRACTICE_ADMINISTRATOR]))
    )
    assert "forecast" not in words(pages.get("/overview", practice)).lower()
    assert pages.get("/forecast", practice).status_code == 403


def test_forecasts_asked_for_by_several_people_are_one_job_until_it_is_done(pages: Pages, database: TestDatabase, office: Office) -> None:
    path = pages.get("/forecast", visitor_of(office.vendor_id)).headers["Location"]

    def asked() -> str:
        client = pages.client(visitor_of(office.vendor_id, actor=f"person:{uuid4()}"))
        answer = client.post("/forecast", data={"form_token": form_token(client.get(path))}, headers={"Origin": HERE})
        assert answer.status_code == 303
        return str(answer.headers["Location"])

    [first] = {asked() for _ in range(3)}
    hint(office)
    run_job(workshop(database, kinds_of([FORECAST_MONTH])), office.vendor_id, UUID(first.rpartition("/")[2]))
    assert asked() != first
    assert office.value("SELECT count(*) FROM job WHERE kind = 'forecast_month'") == 2


def test_one_clients_trouble_keeps_no_other_from_its_forecast_and_none_of_what_was_told_before(
    database: TestDatabase, office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forecast_all(database, office)
    before = dict(office.rows("SELECT c.code, f.made_at FROM kept_forecast f JOIN client c USING (client_id)"))
    real = work.forecast_or_why

    def failing(connection: Connection, client: Client, month: Month) -> ClientForecast | str:
        if client.code == "K1":
            raise RuntimeError("Castellano")
        return real(connection, client, month)

    monkeypatch.setattr(work, "forecast_or_why", failing)
    job_id = forecast_all(database, office)
    assert state(office, job_id) == ("waiting", 1)
    for _ in range(2):
        hint(office)
        run_job(workshop(database, kinds_of([FORECAST_MONTH])), office.vendor_id, job_id)
    assert state(office, job_id)[0] == "refused"
    assert "1 client was not forecast of 2: K1." in office.value("SELECT said FROM job WHERE id = :id", id=job_id)
    kept = dict(office.rows("SELECT c.code, f.made_at FROM kept_forecast f JOIN client c USING (client_id)"))
    assert kept["K1"] == before["K1"]
    assert kept["K2"] > before["K2"]
    assert office.value("SELECT patients FROM kept_forecast WHERE client_id = :id", id=office.clients["K1"]) == 1
    logged = capsys.readouterr()
    assert str(office.clients["K1"]) in logged.out + logged.err
    assert "Castellano" not in logged.out + logged.err


def test_forecasts_are_made_by_themselves_several_times_a_day() -> None:
    assert FORECAST_MONTH.every_minutes == EVERY_MINUTES <= 12 * 60


def test_what_is_kept_names_nobody(database: TestDatabase, office: Office) -> None:
    forecast_all(database, office)
    kept = office.value("SELECT string_agg(f::text, ' ') FROM kept_forecast f")
    assert "Castellano" not in kept
    assert "k-1" not in kept

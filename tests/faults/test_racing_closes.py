"""Closers and writers at the same time: one closes, and no closed line is wrong."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from caretally.close.results import ClientResult
from caretally.close.verify import verify
from caretally.months import Month
from tests.builders.closing import busy_office, close_command, wait_for
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office

SOURCES = {
    "time_entry": "description = description || '!'",
    "consent": "obtained_by = obtained_by || '!'",
    "care_plan": "author = author || '!'",
    "condition": "onset_on = NULL",
    "visit": "code = ''",
    "enrolment": "reason = reason || '!'",
    "assignment": "valid_to = NULL",
    "patient": "payer = payer || '!'",
    "provider": "phone = phone || '!'",
    "agreement_price": "price_cents = price_cents",
    "client": "contact_name = contact_name || '!'",
}
CODES = [f"C{number:02d}" for number in range(20)]
MONTHS = [Month(2026, number) for number in range(5, 10)]


def test_of_twenty_closers_of_one_month_one_closes(database: TestDatabase) -> None:
    office = new_office(database, "A")
    office.add_time("A", office.add_patient("A", "1"), "rn")
    ready = threading.Barrier(20)

    def close(_number: int) -> ClientResult:
        ready.wait()
        return office.close()[0]

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(close, range(20)))
    assert {(result.status, result.error_exit_code) for result in results} <= {("closed", 0), ("parked", 5)}
    assert office.value("SELECT count(*) FROM invoice") == 1
    assert office.value("SELECT count(*) FROM audit_event WHERE action = 'month.closed'") == 1
    assert office.value("SELECT last_number FROM number_counter") == 1


@pytest.mark.parametrize("table", SOURCES)
def test_a_writer_of_any_source_waits_for_a_close_in_progress(database: TestDatabase, tmp_path: Path, table: str) -> None:
    office = busy_office(database)
    closing = close_command(office, database.environment(home=tmp_path / "home"), f"close:evaluated=pause:{tmp_path}")
    wait_for(tmp_path / "reached")
    try:
        with pytest.raises(DBAPIError) as waited, office.transaction() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
            connection.execute(text(f"UPDATE {table} SET {SOURCES[table]} WHERE client_id = :id"), {"id": office.clients["A"]})
        assert getattr(waited.value.orig, "sqlstate", "") == "55P03"
    finally:
        (tmp_path / "go").touch()
        assert closing.wait(60) == 0


def test_without_the_guard_a_writer_slips_into_a_closing_month_and_verify_names_it(fresh_database: TestDatabase, tmp_path: Path) -> None:
    office = busy_office(fresh_database)
    with fresh_database.admin_engine.begin() as connection:
        connection.execute(text("ALTER TABLE time_entry DISABLE TRIGGER USER"))
    closing = close_command(office, fresh_database.environment(home=tmp_path / "home"), f"close:evaluated=pause:{tmp_path}")
    wait_for(tmp_path / "reached")
    with office.transaction() as connection:
        connection.execute(text("UPDATE time_entry SET description = 'slipped in' WHERE client_id = :id"), {"id": office.clients["A"]})
    (tmp_path / "go").touch()
    assert closing.wait(60) == 0
    with office.transaction() as connection:
        breaches = [breach for result in verify(connection) for breach in result.breaches]
    assert breaches == ["A 2026-10 patient 1: its time entries are not those it was closed with"]


@pytest.mark.drill
def test_editing_through_every_writer_while_a_hundred_months_close_leaves_no_wrong_line(database: TestDatabase) -> None:
    office = hundred_months(database)
    done = threading.Event()

    def edit(seed: int) -> int:
        chance, edits = random.Random(seed), 0
        while not done.is_set():
            edits += edit_something(office, chance)
        return edits

    with ThreadPoolExecutor(5) as pool:
        writers = [pool.submit(edit, seed) for seed in range(3)]
        results = [result for month in MONTHS for result in close_all(office, month)]
        done.set()
        edits = sum(writer.result() for writer in writers)
    with office.transaction() as connection:
        wrong = [breach for result in verify(connection) for breach in result.breaches]
    print(f"\n{len(results)} months closed beside {edits} edits: {len(wrong)} wrong lines")
    assert [result.status for result in results] == ["closed"] * 100
    assert edits > 0
    assert wrong == []


def close_all(office: Office, month: Month) -> list[ClientResult]:
    results = office.close(month=month)
    retry = [result.client for result in results if result.error_exit_code == 5]
    return [result for result in results if result.client not in retry] + (office.close(*retry, month=month) if retry else [])


def hundred_months(database: TestDatabase) -> Office:
    office = new_office(database, *CODES, basis="per_patient_month", prices={"": 3800})
    with office.transaction() as connection:
        for place, code in enumerate(CODES):
            for number in range(2):
                patient = office.insert_patient(connection, code, str(number))
                for month in MONTHS:
                    starts = datetime(month.year, month.month, 3 + number, 1, tzinfo=UTC) + timedelta(minutes=30 * place)
                    office.insert_time(connection, code, patient, "rn", starts=starts, seconds=1260)
    return office


def edit_something(office: Office, chance: random.Random) -> int:
    """Change a random source of a random client: 1 when it was written, 0 when a closed month refused it."""
    table = chance.choice(list(SOURCES))
    client = office.clients[chance.choice(CODES)]
    statement = f"UPDATE {table} SET {SOURCES[table]} WHERE client_id = :id"
    if table == "time_entry":
        month = chance.choice(MONTHS)
        statement += f" AND started_at >= '{month.first_day}' AND started_at < '{month.next().first_day}'"
    try:
        with office.transaction() as connection:
            connection.execute(text(statement), {"id": client})
    except DBAPIError as error:
        assert getattr(error.orig, "sqlstate", "") in {"CT001", "55P03", "40P01"}
        return 0
    return 1


def test_the_months_of_one_client_are_closed_for_everybody_at_the_same_moment(database: TestDatabase) -> None:
    office = busy_office(database)
    first, second = office.close("A"), office.close("A")
    assert first == second
    assert office.close(month=OCTOBER)[1].status == "closed"

"""A run is worked off client by client, by whoever comes: one effect each, and what was looked at is asked again under the lock."""

import threading
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from caretally.close.close_client import close_client
from caretally.close.four_eyes import SeenPreview
from caretally.close.reopen import reopen_month
from caretally.close.results import ClientResult
from caretally.closing_runs.candidates import candidates
from caretally.closing_runs.close_clients import close_clients
from caretally.closing_runs.pages import as_seen
from caretally.closing_runs.runs import ask_for_run, keep_result, next_waiting, read_run
from caretally.invoices.send import NothingToSend, drafts, send_invoices
from tests.builders.closing import busy_office
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor whose two clients are previewed."""
    made = busy_office(database)
    made.close(dry_run=True)
    return made


def asked(office: Office) -> UUID:
    """Ask for the close of both clients as they are previewed now."""
    run_id = uuid4()
    with office.transaction() as connection:
        ask_for_run(connection, run_id, OCTOBER, kind="close", wanted=[as_seen(one) for one in candidates(connection, OCTOBER)])
    return run_id


def results(office: Office, run_id: UUID) -> list[tuple[str, str]]:
    """Return status and code of each client of a run, in the order of their codes."""
    with office.transaction() as connection:
        found = read_run(connection, run_id).clients
    return [(one["status"], one["code"]) for one in sorted(found, key=lambda one: str(one["client_code"]))]


def test_progress_is_told_after_each_client(office: Office) -> None:
    told: list[tuple[int, int]] = []
    assert close_clients(office.transaction, asked(office), progress=lambda done, wanted: told.append((done, wanted)))
    assert told == [(1, 2), (2, 2)]


def test_a_run_goes_on_after_a_process_that_closed_a_client_and_died_before_it_said_so(office: Office) -> None:
    run_id = asked(office)
    office.close("A")
    assert close_clients(office.transaction, run_id)
    assert results(office, run_id) == [("closed", ""), ("closed", "")]
    assert office.value("SELECT count(*) FROM invoice") == 2


def test_whoever_ends_a_client_first_says_what_it_came_to(office: Office) -> None:
    run_id = asked(office)
    with office.transaction() as connection:
        waiting = next_waiting(connection, run_id)
    assert waiting is not None
    for status, code in (("closed", ""), ("parked", "closed_meanwhile")):
        with office.transaction() as connection:
            keep_result(connection, waiting, ClientResult(client="A", status=status, parked_reason="late" if code else None, code=code))
    assert results(office, run_id)[0] == ("closed", "")


def test_a_client_that_a_second_process_closed_first_is_read_back_as_closed(office: Office, database: TestDatabase) -> None:
    run_id = asked(office)
    client = office.client("A")
    with office.transaction() as connection:
        close_client(connection, client, OCTOBER, seen_open=True)
        second = threading.Thread(target=close_clients, args=(office.transaction, run_id))
        second.start()
        wait_until_somebody_waits(database)
    second.join()
    assert results(office, run_id) == [("closed", ""), ("closed", "")]
    assert office.value("SELECT count(*) FROM invoice") == 2


def test_another_preview_than_the_one_looked_at_is_refused_under_the_lock(office: Office) -> None:
    run_id = asked(office)
    with office.transaction() as connection:
        connection.execute(text("UPDATE agreement_price SET price_cents = 3900 WHERE code = '99490'"))
    office.close(dry_run=True)
    close_clients(office.transaction, run_id)
    assert results(office, run_id) == [("parked", "preview_changed")] * 2
    assert office.value("SELECT count(*) FROM invoice") == 0
    [reason] = {one for (one,) in office.rows("SELECT reason FROM closing_result WHERE client_id = :id", id=office.clients["A"])}
    assert "total $38.00 -> $39.00" in reason


def test_a_close_of_what_was_never_previewed_is_refused_when_somebody_says_that_they_looked(office: Office) -> None:
    [result] = office.close("A", shown={office.clients["A"]: SeenPreview(b"another", 3800)})
    assert (result.status, result.code) == ("parked", "preview_changed")


def test_an_invoice_that_is_being_reopened_is_not_sent_and_says_so(office: Office, database: TestDatabase) -> None:
    office.close("A")
    [draft] = office.rows("SELECT id, total_cents FROM invoice")
    told: list[Exception] = []

    def send() -> None:
        try:
            with office.transaction() as connection:
                send_invoices(connection, [draft.id], shown_cents=draft.total_cents)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            told.append(error)

    client = office.client("A")
    with office.transaction() as connection:
        reopen_month(connection, client, OCTOBER, reason="The rate is wrong.")
        sender = threading.Thread(target=send)
        sender.start()
        wait_until_somebody_waits(database)
    sender.join()
    assert [type(error) for error in told] == [NothingToSend]
    with office.transaction() as connection:
        assert drafts(connection) == []


def wait_until_somebody_waits(database: TestDatabase) -> None:
    """Return when another transaction of the database waits for a lock."""
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with database.admin_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(20_000):
            if connection.scalar(query):
                return
    raise AssertionError("nobody ever waited")

"""Whose turn it is: round and round between the vendors, each with its share; what was lost is said again; two relays are as one."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from uuid import UUID

import pytest
from redis.exceptions import ConnectionError as BrokerConnectionError
from sqlalchemy import text

from caretally.jobs.relay import MOST_OF_VENDOR, ONLY_ONE, Relay
from caretally.jobs.run_job import run_job
from tests.builders.databases import TestDatabase
from tests.builders.jobs import ask, ask_for_many, relay, state, until, workshop
from tests.builders.office import Office, new_office

Sent = list[tuple[UUID, UUID]]


@pytest.fixture
def large(database: TestDatabase) -> Office:
    forget(database)
    return new_office(database, "A")


@pytest.fixture
def small(database: TestDatabase) -> Office:
    return new_office(database, "B")


def forget(database: TestDatabase) -> None:
    """Take every vendor's hints away, so that a test meets its own alone."""
    with database.operator_engine.begin() as connection:
        connection.execute(text("UPDATE job_outbox SET handed_at = clock_timestamp() + interval '1 day', due_at = 'infinity'"))


def lose(office: Office) -> None:
    """Let the hint of a handed job count as lost."""
    with office.transaction() as connection:
        connection.execute(text("UPDATE job_outbox SET due_at = clock_timestamp() - interval '1 s' WHERE handed_at IS NOT NULL"))


def shares(sent: Sent) -> Counter[UUID]:
    return Counter(vendor_id for vendor_id, _ in sent)


def own(database: TestDatabase, sent: Sent, **given: int) -> Relay:
    """Return a relay whose total leaves out what other tests left behind."""
    with database.operator_engine.connect() as connection:
        behind = connection.scalar(text("SELECT count(*) FROM job_outbox WHERE due_at = 'infinity'"))
    return relay(database, sent, **{"most_at_once": behind + given.pop("most_at_once", 64), **given})


def test_each_vendor_gets_its_share_and_no_more_until_one_of_its_jobs_ends(database: TestDatabase, large: Office, small: Office) -> None:
    ask(large, jobs=20)
    ask(small, jobs=1)
    sent: Sent = []
    handing = own(database, sent)
    assert handing.hand_out() == MOST_OF_VENDOR + 1
    assert shares(sent) == {large.vendor_id: MOST_OF_VENDOR, small.vendor_id: 1}
    assert handing.hand_out() == 0
    run_job(workshop(database), *sent[0])
    assert handing.hand_out() == 1


def test_when_all_cannot_be_handed_out_it_goes_round_and_round(database: TestDatabase, large: Office, small: Office) -> None:
    ask(large, jobs=20)
    ask(small, jobs=20)
    sent: Sent = []
    assert own(database, sent, most_at_once=4).hand_out() == 4
    assert shares(sent) == {large.vendor_id: 2, small.vendor_id: 2}


def test_ten_thousand_jobs_of_one_vendor_do_not_keep_another_waiting(
    database: TestDatabase, large: Office, small: Office, record_property: Callable[[str, object], None]
) -> None:
    ask_for_many(large, 10_000)
    sent: Sent = []
    handing = own(database, sent)
    handing.hand_out()
    (job_id,) = ask(small)
    began = time.monotonic_ns()
    handing.hand_out()
    microseconds = (time.monotonic_ns() - began) // 1000
    record_property("figure", f"beside 10,000 waiting jobs another vendor's is handed out in one turn of {microseconds / 1000:.1f} ms")
    assert sent[-1] == (small.vendor_id, job_id)
    assert shares(sent) == {large.vendor_id: MOST_OF_VENDOR, small.vendor_id: 1}


def test_without_shares_the_other_vendor_would_wait(database: TestDatabase, large: Office, small: Office) -> None:
    """The planted fault: the broker's own order."""
    ask(large, jobs=100)
    ask(small)
    sent: Sent = []
    own(database, sent, most_of_vendor=10_000, most_at_once=101).hand_out()
    again: Sent = []
    assert own(database, again).hand_out() == 0
    assert shares(sent)[large.vendor_id] == 100


def test_two_relays_at_once_hand_out_each_job_once_and_keep_the_shares(database: TestDatabase, large: Office) -> None:
    ask(large, jobs=200)
    sent: Sent = []
    handing = own(database, sent, most_of_vendor=50)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: handing.hand_out(), range(16)))
    assert (len(sent), len(set(sent))) == (50, 50)


def test_a_relay_leaves_it_to_the_other_while_that_one_is_choosing(database: TestDatabase, large: Office) -> None:
    ask(large)
    sent: Sent = []
    with database.operator_engine.begin() as other:
        assert other.scalar(ONLY_ONE) is True
        assert own(database, sent).hand_out() == 0
    assert own(database, sent).hand_out() == 1


def test_a_hint_that_was_lost_is_said_again_and_one_that_is_held_is_not(database: TestDatabase, large: Office) -> None:
    (job_id,) = ask(large)
    sent: Sent = []
    handing = own(database, sent)
    assert (handing.hand_out(), handing.hand_out()) == (1, 0)
    lose(large)
    assert handing.hand_out() == 1
    assert sent == [(large.vendor_id, job_id)] * 2


def test_a_broker_that_is_down_leaves_the_jobs_waiting_and_is_healed(database: TestDatabase, large: Office) -> None:
    ask(large, jobs=3)
    healed: list[bool] = []

    def send(_vendor_id: UUID, _job_id: UUID) -> None:
        raise BrokerConnectionError("refused")

    assert Relay(database.operator_engine, send, lambda: healed.append(True), most_at_once=10**6).hand_out() == 0
    assert (healed, large.value("SELECT count(*) FROM job_outbox WHERE handed_at IS NULL")) == ([True], 3)
    sent: Sent = []
    assert own(database, sent).hand_out() == 3


def test_the_database_wakes_the_relay(database: TestDatabase, large: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caretally.jobs.relay.POLL_SECONDS", 60)
    sent: Sent = []
    stop = Event()
    thread = Thread(target=own(database, sent).run, args=(stop,), daemon=True)
    thread.start()
    try:
        until(lambda: listens(database), "the relay listens", seconds=30)
        (job_id,) = ask(large)
        until(lambda: (large.vendor_id, job_id) in sent, "the job is handed out", seconds=30)
    finally:
        stop.set()
        ask(large)
        thread.join(30)
    assert not thread.is_alive()


def listens(database: TestDatabase) -> bool:
    """Tell whether a relay waits for a word, as its own login sees it."""
    with database.operator_engine.connect() as connection:
        waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'"
        return bool(connection.scalar(text(waits)))


def test_the_relay_sees_whose_turn_it_is_and_nothing_of_the_job(database: TestDatabase, large: Office) -> None:
    (job_id,) = ask(large)
    with database.operator_engine.connect() as connection:
        rights = connection.execute(
            text(
                "SELECT has_table_privilege('job', 'SELECT'), has_table_privilege('job', 'UPDATE'), has_any_column_privilege('job', 'SELECT'), "
                "has_table_privilege('job_outbox', 'INSERT'), has_table_privilege('job_outbox', 'DELETE')"
            )
        ).one()
    assert (tuple(rights), state(large, job_id)) == ((False,) * 5, ("waiting", 0))

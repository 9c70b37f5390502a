"""A job is held by one worker at a time, its attempt counted before the work; whatever goes wrong ends as a state that a person can read."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from caretally.jobs import run_job as run_job_file
from caretally.jobs.at_work import JobAtWork, LeaseLost
from caretally.jobs.kinds import kinds_of
from caretally.jobs.lease import end, renew, take
from caretally.jobs.run_job import Workshop, job_at_work, run_job
from tests.builders.databases import TestDatabase
from tests.builders.jobs import add_event, ask, ask_and_hint, effects, hint, probe, state, workshop
from tests.builders.office import Office, new_office


@pytest.fixture
def office(database: TestDatabase) -> Office:
    return new_office(database, "A")


@pytest.fixture
def shop(database: TestDatabase) -> Workshop:
    return workshop(database)


def run(shop: Workshop, office: Office, job_id: UUID, *, times: int = 1) -> None:
    for _ in range(times):
        hint(office)
        run_job(shop, office.vendor_id, job_id)


def let_lease_run_out(office: Office, job_id: UUID) -> None:
    with office.transaction() as connection:
        connection.execute(text("UPDATE job SET locked_until = clock_timestamp() - interval '1 s' WHERE id = :id"), {"id": job_id})


def test_a_job_that_is_done_says_what_came_of_it_and_leaves_the_outbox(office: Office, shop: Workshop) -> None:
    job_id = ask_and_hint(office)
    run_job(shop, office.vendor_id, job_id)
    assert state(office, job_id) == ("done", 1)
    assert office.rows("SELECT said, done, total, what, ended_at IS NOT NULL FROM job") == [
        ("One event was added.", 2, 2, "steps done", True)
    ]
    assert (effects(office), office.value("SELECT count(*) FROM job_outbox")) == (1, 0)


def test_a_job_that_runs_twice_has_its_effect_once(office: Office, shop: Workshop) -> None:
    job_id = ask_and_hint(office)
    with office.transaction() as connection:
        taken = take(connection, job_id)
    assert taken is not None
    add_event(job_at_work(shop, office.vendor_id, job_id, taken))
    let_lease_run_out(office, job_id)
    run(shop, office, job_id)
    assert (state(office, job_id), effects(office)) == (("done", 2), 1)


def test_an_effect_that_was_rolled_back_did_not_happen_and_happens_later(office: Office, shop: Workshop) -> None:
    job_id = ask_and_hint(office)
    with office.transaction() as connection:
        taken = take(connection, job_id)
    assert taken is not None
    job = job_at_work(shop, office.vendor_id, job_id, taken)
    for rolled_back, first in ((True, True), (False, True), (False, False)):
        with job.transaction() as connection:
            assert job.first_time(connection) is first
            if rolled_back:
                connection.rollback()


def test_of_many_workers_at_once_one_holds_the_job(office: Office, shop: Workshop) -> None:
    job_id = ask_and_hint(office)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: run_job(shop, office.vendor_id, job_id), range(8)))
    assert (state(office, job_id), effects(office)) == (("done", 1), 1)


def test_the_attempt_is_counted_before_the_work(office: Office, database: TestDatabase) -> None:
    seen: list[tuple[str, int]] = []

    def look(job: JobAtWork) -> str:
        seen.append(state(office, job.id))
        return "Looked."

    job_id = ask_and_hint(office, "look")
    run_job(workshop(database, kinds_of([probe("look", look)])), office.vendor_id, job_id)
    assert seen == [("running", 1)]


def test_a_job_that_kills_its_worker_three_times_is_quarantined_and_not_begun_again(office: Office, shop: Workshop) -> None:
    job_id = ask_and_hint(office)
    for attempt in (1, 2, 3):
        with office.transaction() as connection:
            taken = take(connection, job_id)
        assert taken is not None
        assert taken.attempt == attempt
        let_lease_run_out(office, job_id)
    run(shop, office, job_id)
    assert (state(office, job_id), effects(office)) == (("quarantined", 3), 0)
    assert office.value("SELECT count(*) FROM job_outbox") == 0


def test_a_job_that_nobody_handed_out_is_not_begun(office: Office, shop: Workshop) -> None:
    (job_id,) = ask(office)
    run_job(shop, office.vendor_id, job_id)
    assert state(office, job_id) == ("waiting", 0)


def test_a_worker_that_lost_its_lease_writes_nothing_more(office: Office, shop: Workshop) -> None:
    job_id = ask_and_hint(office)
    with office.transaction() as connection:
        lost = take(connection, job_id)
    let_lease_run_out(office, job_id)
    with office.transaction() as connection:
        held = take(connection, job_id)
        assert lost is not None
        assert held is not None
        assert not renew(connection, job_id, lost.lease)
        assert not end(connection, job_id, lost.lease, status="done", said="x")
    with pytest.raises(LeaseLost):
        job_at_work(shop, office.vendor_id, job_id, lost).report_progress(1, 2, "steps done")
    assert state(office, job_id) == ("running", 2)


def test_a_lease_that_is_renewed_does_not_run_out(office: Office, database: TestDatabase) -> None:
    shop = workshop(database, lease_seconds=30)
    job_id = ask_and_hint(office)
    with office.transaction() as connection:
        taken = take(connection, job_id, seconds=0)
    assert taken is not None
    shop.held[job_id] = job_at_work(shop, office.vendor_id, job_id, taken)
    shop.renew_all()
    with office.transaction() as connection:
        assert take(connection, job_id) is None
    assert office.value("SELECT o.due_at >= j.locked_until FROM job j JOIN job_outbox o USING (vendor_id, id)") is True


@pytest.mark.parametrize("kind", ["fail", "lack"])
def test_what_fails_is_tried_three_times_and_then_waits_for_a_person(office: Office, shop: Workshop, kind: str) -> None:
    job_id = ask_and_hint(office, kind)
    run(shop, office, job_id, times=2)
    assert state(office, job_id) == ("waiting", 2)
    run(shop, office, job_id, times=3)
    assert state(office, job_id) == ("quarantined", 3)
    assert "tried 3 times" in office.value("SELECT said FROM job")


def test_no_word_of_a_defect_reaches_the_row_or_the_log(office: Office, shop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    job_id = ask_and_hint(office, "fail")
    run(shop, office, job_id, times=3)
    assert "ValueError" in office.value("SELECT said FROM job")
    told = capsys.readouterr().err
    assert '"trouble": "ValueError"' in told
    assert "Abara" not in told + office.value("SELECT said FROM job")


def test_what_a_rule_refuses_is_not_tried_again_and_says_why(office: Office, shop: Workshop) -> None:
    job_id = ask_and_hint(office, "refuse")
    run(shop, office, job_id)
    assert state(office, job_id) == ("refused", 1)
    assert office.value("SELECT said FROM job") == "October 2026 is closed for Lakeside; add an adjustment."


def test_a_worker_that_is_ended_gives_the_job_back_at_its_next_step_and_the_attempt_does_not_count(office: Office, shop: Workshop) -> None:
    job_id = ask_and_hint(office, "crawl")
    shop.draining.set()
    run_job(shop, office.vendor_id, job_id)
    assert state(office, job_id) == ("waiting", 0)
    assert office.value("SELECT handed_at IS NULL FROM job_outbox") is True


def test_a_kind_that_this_release_does_not_know_is_left_for_one_that_does(office: Office, shop: Workshop) -> None:
    job_id = ask_and_hint(office, "of_tomorrow")
    run_job(shop, office.vendor_id, job_id)
    assert state(office, job_id) == ("waiting", 0)


def test_progress_that_is_told_often_is_written_seldom_and_its_end_always(office: Office, database: TestDatabase) -> None:
    seen: list[int] = []

    def count(job: JobAtWork) -> str:
        for step in range(1, 51):
            job.report_progress(step, 50, "steps done")
            seen.append(office.value("SELECT done FROM job WHERE id = :id", id=job.id))
        return "Counted."

    job_id = ask_and_hint(office, "count")
    run_job(workshop(database, kinds_of([probe("count", count)])), office.vendor_id, job_id)
    assert seen[0] == 1
    assert seen[-1] == 50
    assert len(set(seen)) < 50


def test_a_database_that_went_away_with_the_end_of_a_job_leaves_it_to_its_lease(
    office: Office, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:

    def lose(*_: object, **__: object) -> bool:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(run_job_file, "end", lose)
    job_id = ask_and_hint(office)
    run_job(shop, office.vendor_id, job_id)
    assert (state(office, job_id), effects(office)) == (("running", 1), 1)
    monkeypatch.undo()
    let_lease_run_out(office, job_id)
    run(shop, office, job_id)
    assert (state(office, job_id), effects(office)) == (("done", 2), 1)

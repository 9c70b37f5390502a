"""What has ended long ago is forgotten each day; what waits for a person stays however old it is."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from caretally.app.job_kinds import KINDS
from caretally.config.settings import read_settings
from caretally.errors import UsageMistake
from caretally.jobs.run_job import run_job
from tests.builders.databases import TestDatabase
from tests.builders.jobs import ask, hint, state, workshop
from tests.builders.office import Office, new_office


@pytest.fixture
def office(database: TestDatabase) -> Office:
    return new_office(database, "A")


def job_that(office: Office, status: str, *, days_ago: int) -> UUID:
    """Return a job that ended some days ago, with the key of an effect."""
    (job_id,) = ask(office)
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM job_outbox WHERE id = :id"), {"id": job_id})
        values = {"id": job_id, "status": status, "days": days_ago}
        ended = "UPDATE job SET status = :status, ended_at = now() - make_interval(days => :days, mins => 1) WHERE id = :id"
        connection.execute(text(ended), values)
        effect = "INSERT INTO job_effect (vendor_id, job_id, effect_key) VALUES (tenancy.current_vendor(), :id, CAST(:id AS text))"
        connection.execute(text(effect), values)
    return job_id


def clear_away(office: Office) -> UUID:
    """Do the clearing away as a worker does."""
    (job_id,) = ask(office, "forget_ended_jobs")
    hint(office)
    run_job(workshop(office.database, KINDS), office.vendor_id, job_id)
    assert state(office, job_id) == ("done", 1)
    return job_id


def test_what_ended_longer_ago_than_the_setting_is_forgotten_and_the_rest_stays(office: Office) -> None:
    gone = [job_that(office, "done", days_ago=90), job_that(office, "refused", days_ago=90)]
    stay = [job_that(office, "done", days_ago=89), job_that(office, "quarantined", days_ago=900)]
    other = new_office(office.database, "A")
    theirs = job_that(other, "done", days_ago=900)
    clearing = clear_away(office)
    left = {row[0] for row in office.rows("SELECT id FROM job")}
    assert left == {*stay, clearing}
    assert {row[0] for row in office.rows("SELECT job_id FROM job_effect")} == set(stay)
    assert office.rows("SELECT detail ->> 'jobs' FROM audit_event WHERE action = 'jobs.forgotten'") == [("2",)]
    assert (len(gone), other.value("SELECT count(*) FROM job WHERE id = :id", id=theirs)) == (2, 1)


def test_the_days_are_a_setting(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARETALLY_JOBS_KEPT_DAYS", "7")
    job_that(office, "done", days_ago=7)
    recent = job_that(office, "done", days_ago=6)
    clearing = clear_away(office)
    assert {row[0] for row in office.rows("SELECT id FROM job")} == {recent, clearing}


def test_thousands_are_forgotten_in_steps(office: Office) -> None:
    with office.transaction() as connection:
        many = (
            "INSERT INTO job (vendor_id, kind, job_key, payload) SELECT tenancy.current_vendor(), 'add_event', n::text, '{}' "
            "FROM generate_series(1, 2500) n"
        )
        connection.execute(text(many))
        connection.execute(text("UPDATE job SET status = 'done', ended_at = now() - interval '100 days'"))
    clear_away(office)
    assert office.value("SELECT count(*) FROM job") == 1
    assert office.value("SELECT said FROM job") == "2,500 jobs that ended more than 90 days ago were forgotten."


@pytest.mark.parametrize("status", ["waiting", "running", "quarantined"])
def test_the_database_refuses_to_forget_what_has_not_ended(office: Office, status: str) -> None:
    job_id = job_that(office, status, days_ago=900)
    with pytest.raises(ProgrammingError, match="has not ended"), office.transaction() as connection:
        connection.execute(text("DELETE FROM job WHERE id = :id"), {"id": job_id})


@pytest.mark.parametrize("days", ["0", "-1", "many", "10000", "1.5"])
def test_a_setting_that_is_no_number_of_days_is_refused(days: str) -> None:
    with pytest.raises(UsageMistake, match="CARETALLY_JOBS_KEPT_DAYS"):
        read_settings({"CARETALLY_JOBS_KEPT_DAYS": days})


def test_it_is_done_each_day() -> None:
    assert KINDS.by_name["forget_ended_jobs"].every_minutes == 24 * 60

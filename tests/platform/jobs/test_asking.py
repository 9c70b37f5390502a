"""A job is asked for in the transaction of what it belongs to, once for each wish, with ids and no names."""

from uuid import uuid4

import pytest

from caretally.jobs.enqueue import ask_again, enqueue
from caretally.jobs.kinds import PayloadNotIds, kinds_of
from tests.builders.databases import TestDatabase
from tests.builders.jobs import ask, probe, state
from tests.builders.office import Office, new_office


@pytest.fixture
def office(database: TestDatabase) -> Office:
    return new_office(database, "A")


def jobs(office: Office) -> int:
    return int(office.value("SELECT count(*) FROM job"))


def test_what_is_rolled_back_asked_for_nothing(office: Office) -> None:
    def ask_and_fail() -> None:
        with office.transaction() as connection:
            enqueue(connection, "add_event", {}, key="1")
            raise LookupError("after it was asked")

    with pytest.raises(LookupError):
        ask_and_fail()
    assert (jobs(office), office.value("SELECT count(*) FROM job_outbox")) == (0, 0)


def test_a_form_sent_twice_is_one_job(office: Office) -> None:
    first, second = ask(office, key="the token of the form"), ask(office, key="the token of the form")
    assert (first, jobs(office), office.value("SELECT count(*) FROM job_outbox")) == (second, 1, 1)


def test_a_job_is_asked_for_by_whom_the_context_names_and_nobody_else(office: Office) -> None:
    office.rows(
        "INSERT INTO job (vendor_id, kind, job_key, payload, asked_by, status, attempts) VALUES (:v, 'x', 'x', '{}', 'boss', 'done', 9) RETURNING id",
        v=office.vendor_id,
    )
    assert office.rows("SELECT asked_by, status, attempts FROM job") == [("tester", "waiting", 0)]


@pytest.mark.parametrize("value", ["Alma Abara", "MRN-7", "1941-03-02 ", 1.5, None, {"name": "x"}, ["Alma"]])
def test_what_is_no_id_is_refused_and_not_repeated(office: Office, value: object) -> None:
    with office.transaction() as connection, pytest.raises(PayloadNotIds) as refused:
        enqueue(connection, "add_event", {"patient": value}, key="1")
    assert str(value) not in str(refused.value)


def test_ids_months_counts_and_lists_of_them_are_kept(office: Office) -> None:
    one = uuid4()
    with office.transaction() as connection:
        enqueue(connection, "add_event", {"month": "2026-10", "clients": [one], "count": 3, "how": "all"}, key="1")
    assert office.value("SELECT payload FROM job") == {"month": "2026-10", "clients": [str(one)], "count": 3, "how": "all"}


def test_only_a_quarantined_job_is_tried_again(office: Office) -> None:
    (job_id,) = ask(office)
    with office.transaction() as connection:
        assert not ask_again(connection, job_id)
    office.rows("UPDATE job SET status = 'quarantined', attempts = 3 WHERE id = :id RETURNING id", id=job_id)
    office.rows("DELETE FROM job_outbox WHERE id = :id RETURNING id", id=job_id)
    with office.transaction() as connection:
        assert ask_again(connection, job_id)
    assert (state(office, job_id), office.value("SELECT count(*) FROM job_outbox")) == (("waiting", 0), 1)


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        kinds_of((probe("same", str), probe("same", repr)))

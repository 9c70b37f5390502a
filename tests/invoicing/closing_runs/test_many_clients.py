"""Many clients are closed in the background: asked for with the run, worked off by a worker, shown by the run's page meanwhile."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from caretally.app.job_kinds import KINDS
from caretally.closing_runs.work import CLOSING_RUN
from caretally.jobs.run_job import run_job
from tests.builders.accounts import submit
from tests.builders.databases import TestDatabase
from tests.builders.jobs import hint, state, workshop
from tests.builders.office import Office
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.pages_office import office_with_closed_month

MONTH = "/months/2026-11"


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with six clients."""
    return office_with_closed_month(database, *"ABCDEF")


def test_six_clients_are_previewed_by_a_worker_and_the_page_follows(pages: Pages, database: TestDatabase, office: Office) -> None:
    client = pages.client(visitor_of(office.vendor_id))
    run = str(uuid4())
    at = submit(client, MONTH, to=f"{MONTH}/chosen", act="preview", run=run).headers["Location"]
    page = client.get(at)
    assert "0 of 6 clients done" in words(page)
    assert ("data-unfinished" in page.text, "See how far it is now" in page.text, "Go on with" in page.text) == (True, True, False)
    (job,) = office.rows("SELECT id, payload FROM job WHERE kind = :kind", kind=CLOSING_RUN.name)
    assert job.payload == {"run": run, "month": "2026-11"}
    hint(office)
    run_job(workshop(database, KINDS), office.vendor_id, job.id)
    assert state(office, job.id) == ("done", 1)
    page = client.get(at)
    assert "6 clients previewed" in words(page)
    assert "data-unfinished" not in page.text


def test_when_no_worker_begins_the_page_offers_to_go_on(pages: Pages, office: Office) -> None:
    client = pages.client(visitor_of(office.vendor_id))
    at = submit(client, MONTH, to=f"{MONTH}/chosen", act="preview", run=str(uuid4())).headers["Location"]
    with office.transaction() as connection:
        connection.execute(text("UPDATE job SET status = 'quarantined', ended_at = now() WHERE kind = :kind"), {"kind": CLOSING_RUN.name})
    assert "Go on with 6" in words(client.get(at))
    assert submit(client, at).status_code == 303
    assert "6 clients previewed" in words(client.get(at))


def test_the_same_form_sent_twice_asks_for_one_job(pages: Pages, office: Office) -> None:
    client = pages.client(visitor_of(office.vendor_id))
    run = str(uuid4())
    places = {submit(client, MONTH, to=f"{MONTH}/chosen", act="preview", run=run).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    assert office.value("SELECT count(*) FROM job WHERE kind = :kind", kind=CLOSING_RUN.name) == 1


def test_the_question_before_a_close_asks_no_more_of_six_clients_than_of_one(pages: Pages, office: Office) -> None:
    dana = visitor_of(office.vendor_id)
    one, six = (statements_of(pages, f"{MONTH}/close{which}", dana) for which in (f"?client={office.clients['A']}", ""))
    assert one == six <= 6

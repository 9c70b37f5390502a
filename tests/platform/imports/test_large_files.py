"""A file of many rows is tried and imported by a worker: its page shows how far that is, and what came of it."""

from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from caretally.app.job_kinds import KINDS
from caretally.imports import background
from caretally.imports.background import MOST_ROWS_IN_REQUEST
from caretally.imports.history import is_imported
from caretally.jobs.run_job import run_job
from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk
from tests.builders.jobs import hint, state, workshop
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.sending_files import send_file, send_form

HEADER = "client,mrn,family_name,given_name,birth_date,state\n"
MANY = MOST_ROWS_IN_REQUEST + 1


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


@pytest.fixture
def browser(pages: Pages, desk: Desk) -> FlaskClient:
    return pages.client(visitor_of(desk.office.vendor_id))


def rows(wrong: int = 0) -> str:
    """Return a file of many patients; the first ones have no day of birth that could be."""
    born = ("1944-13-45" if number < wrong else "1944-05-06" for number in range(MANY))
    return HEADER + "".join(f"LFM,M{number},Many,Ada,{day},NY\n" for number, day in enumerate(born))


def newest_job(desk: Desk) -> UUID:
    """Return the job that was asked for last."""
    return UUID(str(desk.office.value("SELECT id FROM job ORDER BY asked_at DESC LIMIT 1")))


def worked(desk: Desk) -> UUID:
    """Do what was asked for last, as a worker does."""
    job = newest_job(desk)
    hint(desk.office)
    run_job(workshop(desk.office.database, KINDS), desk.office.vendor_id, job)
    return job


def patients(desk: Desk) -> int:
    return int(desk.office.value("SELECT count(*) FROM patient WHERE mrn LIKE 'M%'"))


def test_a_large_file_is_tried_and_imported_in_the_background_and_its_page_follows(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", rows(), name="large.csv")
    page = browser.get(sent.location)
    assert "The file is being checked" in words(page)
    assert ("data-unfinished" in page.text, "See how far it is now" in page.text) == (True, True)
    assert state(desk.office, worked(desk)) == ("done", 1)
    assert f"{MANY:,} new and 0 changed patients" in words(browser.get(sent.location))
    send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    assert "The file is being imported" in words(browser.get(sent.location))
    assert patients(desk) == 0
    assert state(desk.office, worked(desk)) == ("done", 1)
    assert patients(desk) == MANY
    page = browser.get(sent.location, follow_redirects=True)
    assert f"{MANY:,} rows of patients" in words(page)


def test_a_worker_killed_after_the_import_reads_it_back(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", rows(), name="twice.csv")
    send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    job = worked(desk)
    with desk.office.transaction() as connection:
        connection.execute(text("UPDATE job SET status = 'waiting' WHERE id = :id"), {"id": job})
        connection.execute(
            text("INSERT INTO job_outbox (vendor_id, id, handed_at) SELECT vendor_id, id, now() FROM job WHERE id = :id"), {"id": job}
        )
    run_job(workshop(desk.office.database, KINDS), desk.office.vendor_id, job)
    assert state(desk.office, job) == ("done", 2)
    assert desk.office.value("SELECT count(*) FROM import_batch WHERE file_name = 'twice.csv'") == 1


def test_refused_rows_are_shown_corrected_and_tried_again(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", rows(wrong=1), name="wrong.csv")
    browser.get(sent.location)
    worked(desk)
    page = browser.get(sent.location)
    assert "1 row is refused" in words(page)
    assert 'value="1944-13-45"' in page.text
    cells = {"line": "2", "place": "4", "cell": "1944-12-04"}
    send_form(browser, sent.location.replace("check", "cells"), page=sent.location, **cells)
    assert "The file is being checked" in words(browser.get(sent.location))
    worked(desk)
    assert "Every row fits" in words(browser.get(sent.location))


def test_a_file_asked_for_whole_whose_rows_are_refused_says_so_on_its_page(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", rows(wrong=2), name="whole.csv")
    browser.get(sent.location)
    worked(desk)
    send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    assert state(desk.office, worked(desk))[0] == "refused"
    assert "2 rows are refused, so nothing was imported" in words(browser.get(sent.location))
    assert patients(desk) == 0


def test_the_verdict_is_made_again_once_another_import_changed_the_tables(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", rows().replace("LFM,M0,", "NEW,M0,"), name="early.csv")
    browser.get(sent.location)
    worked(desk)
    assert "1 row is refused" in words(browser.get(sent.location))
    desk.imports("clients", "code,name,timezone\nNEW,New Practice,America/New_York\n")
    assert "The file is being checked" in words(browser.get(sent.location))
    worked(desk)
    assert "Every row fits" in words(browser.get(sent.location))


def test_a_form_sent_twice_asks_once_and_says_how_far_it_is(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", rows(), name="double.csv")
    browser.get(sent.location)
    worked(desk)
    form = {"form": "7b0c6a52-6a0e-4a0e-9f3e-6f3d1f0b6a11"}
    for _ in range(2):
        send_form(browser, sent.location.replace("check", "import"), page="/imports", **form)
    assert desk.office.value("SELECT count(*) FROM job WHERE kind LIKE 'import_file%'") == 1


def test_two_tabs_that_import_one_file_at_the_same_moment_are_told_the_same(
    browser: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = send_file(browser, "patients", rows(), name="tabs.csv")
    jobs = []
    for form in ("7b0c6a52-6a0e-4a0e-9f3e-6f3d1f0b6a12", "7b0c6a52-6a0e-4a0e-9f3e-6f3d1f0b6a13"):
        send_form(browser, sent.location.replace("check", "import"), page="/imports", form=form)
        jobs.append(newest_job(desk))
    first, second = jobs
    hint(desk.office)
    run_job(workshop(desk.office.database, KINDS), desk.office.vendor_id, first)
    # the second looked whether it was in before the first had written
    looked = iter((False,))
    monkeypatch.setattr(background, "is_imported", lambda connection, batch: next(looked, None) is None and is_imported(connection, batch))
    run_job(workshop(desk.office.database, KINDS), desk.office.vendor_id, second)
    assert [state(desk.office, job) for job in jobs] == [("done", 1), ("done", 1)]
    assert patients(desk) == MANY


def imported(browser: FlaskClient, desk: Desk, name: str) -> str:
    """Return the address of a large file's import."""
    sent = send_file(browser, "patients", rows(), name=name)
    send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    worked(desk)
    return str(browser.get(sent.location).location)


def test_a_large_import_is_taken_back_in_the_background_and_its_page_follows(browser: FlaskClient, desk: Desk) -> None:
    at = imported(browser, desk, "back.csv")
    send_form(browser, f"{at}/undo", page=at)
    page = browser.get(at)
    assert "It is being taken back" in words(page)
    assert ("data-unfinished" in page.text, patients(desk)) == (True, MANY)
    assert state(desk.office, worked(desk)) == ("done", 1)
    assert ("Taken back at" in words(browser.get(at)), patients(desk)) == (True, 0)


def test_a_large_import_that_others_stand_on_stays_and_its_page_says_why(browser: FlaskClient, desk: Desk) -> None:
    at = imported(browser, desk, "stood-on.csv")
    desk.imports("conditions", "client,mrn,icd10\nLFM,M1,I10\n")
    send_form(browser, f"{at}/undo", page=at)
    assert state(desk.office, worked(desk))[0] == "refused"
    assert "used by condition rows" in words(browser.get(at))
    assert patients(desk) == MANY


def test_prices_are_tried_again_only_by_who_may_change_them() -> None:
    needed = {name: kind.permission for name, kind in KINDS.by_name.items() if "_by_" in name}
    assert needed == {
        f"{act}_by_{permission}": permission
        for act in ("check_file", "import_file", "undo_import")
        for permission in ("import", "change_agreements")
    }

"""The pages of agreements: a new version is replayed before it is kept, and what overlaps is refused in one sentence."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from caretally.app.job_kinds import KINDS
from caretally.jobs.run_job import run_job
from tests.builders.databases import TestDatabase
from tests.builders.jobs import hint, workshop
from tests.builders.office import Office
from tests.builders.pages import HERE, Pages, form_token, visitor_of, words
from tests.builders.pages_office import office_with_closed_month
from tests.builders.sending_files import send_form

TERMS = {
    "valid_to": "",
    "basis": "per_code",
    "tier_mode": "graduated",
    "minimum": "",
    "qhp_time": "pool",
    "date_of_service": "threshold",
    "attestation_required": "no",
    "copy_missing": "hold",
    "review_overdue": "hold",
    "po_required": "no",
    "priority": "",
}
DEARER = {"code": ["99490", "99439", "99487", "99489", "99491", "99437"], "price": ["50.00", "20.00", "90", "40", "50", "30"]}
NO_TIERS = {"tier_from": [""] * 6, "percent": [""] * 6}


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with clients and a closed month of $54.00 each: 38.00 and 16.00 for 47 minutes."""
    return office_with_closed_month(database, "A1", "A2", "A3", "A4")


@pytest.fixture
def browser(pages: Pages, office: Office) -> FlaskClient:
    """A browser of the vendor's billing administrator."""
    return pages.client(visitor_of(office.vendor_id))


def typed(**changes: Any) -> dict[str, Any]:
    """Return a dearer version from 2027 on, with changes."""
    return TERMS | DEARER | NO_TIERS | {"valid_from": "2027-01-01", "end_before": "yes"} | changes


def send_version(browser: FlaskClient, address: str, **given: Any) -> TestResponse:
    """Open the form of a new version and send it with what was typed."""
    return send_form(browser, address, **{"seen": seen_on(browser.get(address))} | given)


def seen_on(page: TestResponse) -> str:
    """Return what the form on a page holds of the versions that stood when it was made."""
    return page.text.split('name="seen" value="')[1].split('"')[0]


def work_off(office: Office) -> UUID:
    """Do what was asked for last, as a worker does."""
    (job,) = office.rows("SELECT j.id FROM job j JOIN job_outbox o ON o.id = j.id ORDER BY j.asked_at DESC LIMIT 1")
    hint(office)
    run_job(workshop(office.database, KINDS), office.vendor_id, job.id)
    return UUID(str(job.id))


def replayed(browser: FlaskClient, office: Office, client: str, **given: Any) -> str:
    """Return what the page of a replay says once a worker has done it."""
    at = send_version(browser, f"/agreements/{office.clients[client]}/new", **given).location
    work_off(office)
    return words(browser.get(at))


def terms_kept(office: Office, code: str) -> list[Any]:
    """Return the versions of a client with their prices."""
    asked = (
        "SELECT a.valid_from::text, a.valid_to::text, sum(p.price_cents) FROM agreement a JOIN agreement_price p ON p.agreement_id = a.id "
        "WHERE a.client_id = :client_id GROUP BY a.id, a.valid_from, a.valid_to ORDER BY 1"
    )
    return [tuple(row) for row in office.rows(asked, client_id=office.clients[code])]


def test_a_replay_says_what_each_month_would_have_brought_and_writes_nothing(browser: FlaskClient, office: Office) -> None:
    before = terms_kept(office, "A1")
    said = replayed(browser, office, "A1", **typed(act="replay"))
    assert "October 2026 closed $54.00 $70.00 +$16.00 1 of 2" in said
    assert terms_kept(office, "A1") == before
    assert office.value("SELECT count(*) FROM import_batch WHERE kind = 'agreements'") == 0


def test_a_kept_version_ends_the_one_before_it(browser: FlaskClient, office: Office) -> None:
    assert send_version(browser, f"/agreements/{office.clients['A2']}/new", **typed(act="keep")).status_code == 303
    assert terms_kept(office, "A2") == [("2026-01-01", "2026-12-31", 26400), ("2027-01-01", None, 28000)]


def test_an_overlap_is_refused_in_one_sentence_and_nothing_typed_is_lost(browser: FlaskClient, office: Office) -> None:
    answer = send_version(browser, f"/agreements/{office.clients['A3']}/new", **typed(act="keep", end_before=""))
    assert answer.status_code == 422
    assert "This version overlaps the one from 2026-01-01 to further notice." in words(answer)
    assert 'value="50.00"' in answer.text
    assert len(terms_kept(office, "A3")) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"valid_from": ""}, "first day"),
        ({"price": ["fifty", *DEARER["price"][1:]]}, "not an amount in dollars"),
        ({"code": ["12345", *DEARER["code"][1:]]}, "not in the table of billing codes"),
        ({"valid_to": "2026-01-01"}, "lies before the first day"),
        ({"basis": "percentage"}, "percent"),
    ],
)
def test_what_the_rules_of_the_file_refuse_is_refused_here(
    browser: FlaskClient, office: Office, changes: dict[str, Any], said: str
) -> None:
    answer = send_version(browser, f"/agreements/{office.clients['A3']}/new", **typed(act="replay") | changes)
    assert answer.status_code == 422
    assert said in words(answer).lower()


def test_a_version_kept_by_somebody_else_meanwhile_is_told_and_nothing_is_mixed(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "M1", name="Meanwhile")
    browser, address = pages.client(visitor_of(office.vendor_id)), f"/agreements/{office.clients['M1']}/new"
    seen = seen_on(browser.get(address))
    assert send_version(browser, address, **typed(act="keep", seen=seen)).status_code == 303
    kept = terms_kept(office, "M1")
    late = send_version(browser, address, **typed(act="keep", seen=seen) | {"price": ["1"] * 6})
    assert (late.status_code, terms_kept(office, "M1")) == (412, kept)
    assert "Somebody else changed the versions of this client" in words(late)
    assert seen_on(late) != seen


def test_two_who_keep_a_version_at_once_take_turns_and_the_second_is_told(database: TestDatabase) -> None:
    office = office_with_closed_month(database, "T1", name="Turns")
    browsers = [Pages(database).client(visitor_of(office.vendor_id)) for _ in range(2)]
    address = f"/agreements/{office.clients['T1']}/new"
    forms = [{"form_token": form_token(page), "seen": seen_on(page)} for page in (one.get(address) for one in browsers)]
    with ThreadPoolExecutor(2) as both:
        posts = [
            both.submit(one.post, address, data=typed(act="keep") | form, headers={"Origin": HERE})
            for one, form in zip(browsers, forms, strict=True)
        ]
        assert sorted(post.result().status_code for post in posts) == [303, 412]


def test_a_first_day_that_a_version_has_is_refused(browser: FlaskClient, office: Office) -> None:
    before = terms_kept(office, "A3")
    for act in ("replay", "keep"):
        answer = send_version(browser, f"/agreements/{office.clients['A3']}/new", **typed(act=act, valid_from="2026-01-01"))
        assert answer.status_code == 422
        assert "A version begins on 2026-01-01 already" in words(answer)
    assert terms_kept(office, "A3") == before


def tiers(count: int) -> dict[str, list[str]]:
    """Return so many tiers of one code, with an empty row before each."""
    return {
        "code": ["", "99490"] * count,
        "tier_from": [part for tier in range(1, count + 1) for part in ("", str(tier))],
        "price": [part for tier in range(1, count + 1) for part in ("", f"{500 - tier}.00")],
        "percent": [""] * (2 * count),
    }


def test_a_version_of_many_prices_keeps_each_and_the_next_one_begins_with_all(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "P1", name="Pricey")
    browser, address = pages.client(visitor_of(office.vendor_id)), f"/agreements/{office.clients['P1']}/new"
    assert send_version(browser, address, **typed(act="keep") | tiers(90)).status_code == 303
    assert (
        office.value("SELECT count(*) FROM agreement_price p JOIN agreement a ON a.id = p.agreement_id WHERE valid_from = '2027-01-01'")
        == 90
    )
    assert browser.get(address).text.count('value="99490"') == 90


def test_more_prices_than_a_form_takes_are_refused_and_none_is_dropped(browser: FlaskClient, office: Office) -> None:
    answer = send_version(browser, f"/agreements/{office.clients['A3']}/new", **typed(act="keep") | tiers(201))
    assert (answer.status_code, answer.text.count('value="99490"')) == (422, 201)
    assert "These are 201 prices and a form takes 200; import the file of agreements instead." in words(answer)


def test_a_replay_says_how_far_it_is_and_what_was_typed_stays(browser: FlaskClient, office: Office) -> None:
    at = send_version(browser, f"/agreements/{office.clients['A4']}/new", **typed(act="replay")).location
    page = browser.get(at)
    assert "Waiting not begun yet" in words(page)
    assert ("data-unfinished" in page.text, "See how far it is now" in page.text, 'value="50.00"' in page.text) == (True, True, True)
    work_off(office)
    page = browser.get(at)
    assert "data-unfinished" not in page.text
    new = f"/agreements/{office.clients['A4']}/new"
    assert send_form(browser, new, page=at, **typed(act="keep"), seen=seen_on(page)).status_code == 303
    assert len(terms_kept(office, "A4")) == 2


def test_a_replay_taken_up_again_replays_no_month_twice_and_is_one_event(browser: FlaskClient, office: Office) -> None:
    at = send_version(browser, f"/agreements/{office.clients['A1']}/new", **typed(act="replay")).location
    job = work_off(office)
    with office.transaction() as connection:
        connection.execute(text("UPDATE job SET status = 'waiting' WHERE id = :id"), {"id": job})
        connection.execute(text("INSERT INTO job_outbox (vendor_id, id) SELECT vendor_id, id FROM job WHERE id = :id"), {"id": job})
    assert work_off(office) == job
    assert words(browser.get(at)).count("October 2026") == 1
    told = "SELECT count(*) FROM audit_event WHERE action = 'agreement.replayed' AND detail ->> 'client_id' = :id"
    before = office.value("SELECT count(*) FROM agreement_replay WHERE client_id = :id", id=office.clients["A1"])
    assert office.value(told, id=str(office.clients["A1"])) == before


def test_the_same_form_sent_twice_is_one_replay(browser: FlaskClient, office: Office) -> None:
    address, form = f"/agreements/{office.clients['A1']}/new", typed(act="replay", replay=str(uuid4()))
    assert len({send_version(browser, address, **form).location for _ in range(2)}) == 1
    assert office.value("SELECT count(*) FROM job WHERE job_key = :key", key=form["replay"]) == 1


def test_a_replay_beside_which_somebody_kept_another_version_says_so(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "R1", name="Raced")
    browser, address = pages.client(visitor_of(office.vendor_id)), f"/agreements/{office.clients['R1']}/new"
    at = send_version(browser, address, **typed(act="replay")).location
    send_version(browser, address, **typed(act="keep"))
    work_off(office)
    assert "Somebody else changed the versions of this client" in words(browser.get(at))


def test_a_replay_of_another_client_is_not_found(browser: FlaskClient, office: Office) -> None:
    at = send_version(browser, f"/agreements/{office.clients['A1']}/new", **typed(act="replay")).location
    others = at.replace(str(office.clients["A1"]), str(office.clients["A3"]))
    assert browser.get(others).status_code == 404


def test_a_version_under_which_a_month_cannot_be_priced_says_so(browser: FlaskClient, office: Office) -> None:
    short = {"code": ["99490"], "price": ["38.00"], "tier_from": [""], "percent": [""]}
    assert "no price for 99439" in replayed(browser, office, "A3", **typed(act="replay") | short)


def test_a_client_of_another_vendor_answers_as_one_that_does_not_exist(pages: Pages, office: Office, database: TestDatabase) -> None:
    stranger = visitor_of(office_with_closed_month(database, "Z1", name="Quill").vendor_id)
    for page in ("/agreements/{}", "/agreements/{}/new"):
        assert [pages.get(page.format(one), stranger).status_code for one in (office.clients["A1"], uuid4())] == [404, 404]


def test_the_lists_show_what_holds(browser: FlaskClient, office: Office) -> None:
    assert "Practice A1 A price a code $16.00 to $90.00" in words(browser.get("/agreements"))
    assert "1 Jan 2026 to" in words(browser.get(f"/agreements/{office.clients['A1']}"))

"""The queue adds up what is counted beside each month: every figure and every row is what reading each exception gives, whatever was done to them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from caretally.close.reopen import reopen_month
from caretally.close.verify import verify
from caretally.db.migrate import migrate
from caretally.db.roles import psycopg_connection
from caretally.identity.roles import Role
from caretally.months import Month
from caretally.settling.acts import undo_act
from caretally.settling.filters import Filters
from caretally.settling.read_queue import queue
from caretally.tenancy.catalog import catalog_breaches
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office
from tests.builders.queue_filters import differences
from tests.builders.queue_office import change, patient_id, person, queue_office
from tests.builders.queue_work import act, member, work

NOVEMBER, DECEMBER = Month(2026, 11), Month(2026, 12)
HELD = Filters(month=OCTOBER, outcome="held")
ALL_OF_OCTOBER = Filters(month=OCTOBER, state="all")
COUNTS = (
    "SELECT m.month, m.revision, codes, outcomes, due_on, states, assignees, held_cents, sum(patients)::int FROM exception_count c "
    "JOIN client_month m ON m.id = c.client_month_id WHERE m.status IN ('closed', 'previewed') "
    "GROUP BY c.client_id, 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(patients) <> 0 ORDER BY c.client_id, 1, 2, 3, 4, 5, 6, 7::text, 8"
)
BEFORE_STAMPS = (
    "DROP TRIGGER stamp_insert ON client; DROP TRIGGER stamp_update ON client; DROP TRIGGER stamp_delete ON client; "
    "DROP TRIGGER stamp_insert ON client_month; DROP TRIGGER stamp_update ON client_month; "
    "DROP TRIGGER stamp_insert ON exception_work; DROP TRIGGER stamp_update ON exception_work; DROP TRIGGER stamp_update ON patient; "
    "DROP TRIGGER stamp_insert ON due_rule; DROP TRIGGER stamp_update ON due_rule; DROP TRIGGER stamp_delete ON due_rule; "
    "DROP TABLE queue_stamp; "
)
BEFORE_COUNTS = (
    "DROP TRIGGER recount_insert ON exception_work; DROP TRIGGER recount_update ON exception_work; DROP TRIGGER recount_late ON late_entry; "
    "DROP FUNCTION guard.recount_work, guard.recount_late, tenancy.count_exceptions, tenancy.recount_exceptions, tenancy.analyse_after_many, "
    "tenancy.worked_exceptions, tenancy.untouched_exceptions, tenancy.decided_exceptions; DROP TABLE exception_count, exception_patient; "
    "DROP FUNCTION guard.stamp_queue, tenancy.stamp_queue; "
    "DROP INDEX exception_by_reason, exception_beside_decision, patient_by_name, adjustment_of_patient; "
    "CREATE INDEX exception_by_month ON exception (vendor_id, client_id, client_month_id); UPDATE alembic_version SET version_num = '0001'"
)
AGAIN = (
    "SELECT tenancy.count_exceptions(vendor_id, client_id, id) FROM (SELECT DISTINCT ON (client_id, month) * FROM client_month "
    "ORDER BY client_id, month, revision DESC) m WHERE status IN ('closed', 'previewed')"
)


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page find its rows as where many match, by the kinds on it or, of more than six of one kind, by names."""
    monkeypatch.setattr("caretally.settling.read_queue.FEW", 0)
    monkeypatch.setattr("caretally.settling.read_queue.PAGE_SIZE", 5)
    monkeypatch.setattr("caretally.settling.read_queue.MOST_IN_ORDER", 6)


@pytest.fixture
def office(database: TestDatabase) -> Iterator[Office]:
    """A vendor with two clients whose October is closed; what was counted is in the end what counting again gives, and verify finds nothing."""
    office = queue_office(database, "A1", "A2")
    person(database, office, Role.BILLING_ADMIN, "Dana Whitfield")
    yield office
    counted = office.rows(COUNTS)
    office.rows(AGAIN)
    assert office.rows(COUNTS) == counted
    with office.transaction() as connection:
        assert [one.breaches for one in verify(connection) if one.name == "queue"] == [()]


def dana(office: Office) -> UUID:
    """Return the membership of somebody to assign to."""
    return member(office, "Dana Whitfield")


def reopen(office: Office, code: str) -> None:
    """Open October of a client again."""
    with office.transaction() as connection:
        reopen_month(connection, office.client(code), OCTOBER, reason="late records came in")


@pytest.mark.parametrize(("few", "in_order"), [(1000, 2000), (0, 2000), (0, 0)], ids=["all that match", "kinds", "names"])
def test_what_a_close_wrote_is_counted_as_it_is_read_one_by_one(
    office: Office, monkeypatch: pytest.MonkeyPatch, few: int, in_order: int
) -> None:
    monkeypatch.setattr("caretally.settling.read_queue.FEW", few)
    monkeypatch.setattr("caretally.settling.read_queue.MOST_IN_ORDER", in_order)
    assert differences(office, OCTOBER, None) == []


def test_acts_on_all_that_match_and_their_undo_are_counted(office: Office) -> None:
    acts = [act(office, HELD, kind="assign", to=dana(office)), act(office, Filters(month=OCTOBER, code="NO_CONSENT"), kind="settle")]
    acts.append(act(office, ALL_OF_OCTOBER, kind="due", on=date(2026, 11, 3)))
    assert differences(office, OCTOBER) == []
    with office.transaction() as connection:
        assert all(undo_act(connection, one, vendor_id=office.vendor_id, may_waive=True) for one in reversed(acts))
    assert differences(office, OCTOBER) == []


def test_the_work_on_one_exception_is_counted_each_time_it_changes(office: Office) -> None:
    work(office, "A1-Pending", "TIME_PENDING", assignee_id=dana(office), due_on=date(2026, 10, 9))
    work(office, "A1-Pending", "TIME_PENDING", state="settled")
    work(office, "A2-Overdue", "CARE_PLAN_REVIEW_OVERDUE", note="called")
    assert differences(office, OCTOBER) == []
    work(office, "A1-Pending", "TIME_PENDING")
    assert differences(office, OCTOBER) == []


def test_a_waived_reason_is_counted_after_the_act_and_after_the_close(database: TestDatabase) -> None:
    office = queue_office(database, "A1", close=False)
    office.close(dry_run=True)
    act(office, Filters(month=OCTOBER, code="CARE_PLAN_REVIEW_OVERDUE"), kind="waive", note="booked", until=date(2036, 1, 31), by="Dana")
    assert differences(office, OCTOBER) == []
    office.close(dry_run=True)
    office.close()
    assert office.value("SELECT count(*) FROM exception WHERE waiver_id IS NOT NULL") == 1
    assert differences(office, OCTOBER) == []


def test_a_month_that_is_opened_again_has_none_until_it_is_closed_again_with_the_work_that_was(office: Office) -> None:
    act(office, HELD, kind="assign", to=dana(office))
    work(office, "A1-Noconsent", "NO_CONSENT", assignee_id=dana(office), state="settled")
    reopen(office, "A1")
    assert differences(office, OCTOBER) == []
    change(office, "UPDATE care_plan SET effective_on = '2026-06-01' WHERE patient_id = :patient", patient_id(office, "A1-Overdue"))
    office.close("A1")
    assert differences(office, OCTOBER) == []


def test_a_preview_is_counted_in_place_of_the_one_before_with_the_work_on_it(office: Office) -> None:
    office.close("A1", month=NOVEMBER, dry_run=True)
    act(office, Filters(month=NOVEMBER), kind="assign", to=dana(office))
    change(office, "DELETE FROM consent WHERE patient_id = :patient", patient_id(office, "A1-Billed"))
    office.close("A1", month=NOVEMBER, dry_run=True)
    assert differences(office, NOVEMBER, None) == []
    office.close("A1", month=NOVEMBER)
    assert differences(office, NOVEMBER, None) == []


def test_what_came_in_late_and_what_a_later_close_cures_is_counted(office: Office) -> None:
    short = patient_id(office, "A1-Short")
    (code,) = office.rows("SELECT unnest(exceptions) FROM patient_month WHERE patient_id = :short", short=short)[0]
    work(office, "A1-Short", code, note="more is coming")
    office.add_late_time("A1", short, "rn-A1", starts=datetime(2026, 10, 20, 14, tzinfo=UTC), seconds=1500)
    stray = office.add_late_time("A1", patient_id(office, "A1-Billed"), "rn-A1", starts=datetime(2026, 10, 21, 14, tzinfo=UTC), seconds=60)
    office.close("A1", month=NOVEMBER)
    assert office.value("SELECT count(*) FROM adjustment") == 1
    assert differences(office, OCTOBER, NOVEMBER, None) == []
    with office.transaction() as connection:
        moved = {"patient": patient_id(office, "A1-Pending"), "entry": stray}
        connection.execute(text("UPDATE late_entry SET patient_id = :patient WHERE id = :entry"), moved)
    assert differences(office, NOVEMBER) == []


def test_several_months_say_at_least_how_many_patients_match(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.close(month=NOVEMBER)
    assert differences(office, None) == []
    found = []
    for few in (0, 1000):
        monkeypatch.setattr("caretally.settling.read_queue.FEW", few)
        with office.transaction() as connection:
            found.append(queue(connection, Filters(state="all"), vendor_id=office.vendor_id))
    assert [one.at_least for one in found] == [True, False]
    assert found[0].patients <= found[1].patients


def test_a_rule_of_days_moves_what_no_close_has_written(office: Office) -> None:
    with office.transaction() as connection:
        rule = "INSERT INTO due_rule (vendor_id, subject, days, valid_from) SELECT vendor_id, owner_role, 3, '2026-10-01' FROM client, gate GROUP BY 1, 2"
        connection.execute(text(rule))
    assert differences(office, OCTOBER) == []


def test_two_who_work_on_one_patient_at_the_same_moment_are_both_counted(office: Office) -> None:
    several = patient_id(office, "A1-Noconsent")
    change(office, "UPDATE care_plan SET copy_given_on = NULL WHERE patient_id = :patient", several)
    reopen(office, "A1")
    office.close("A1")
    with office.transaction() as connection:
        rows = queue(connection, Filters(month=OCTOBER, state="all", words="A1-Noconsent"), vendor_id=office.vendor_id).rows
    assert len(rows) > 1
    with ThreadPoolExecutor(len(rows)) as threads:
        list(threads.map(lambda row: work(office, "A1-Noconsent", row.code, state="settled"), rows))
    assert differences(office, OCTOBER) == []


def test_a_count_that_was_changed_is_named_by_verify(office: Office) -> None:
    with office.transaction() as connection:
        connection.execute(text("UPDATE exception_count SET patients = patients + 1 WHERE 'NO_CONSENT' = ANY (codes)"))
        found = next(one for one in verify(connection) if one.name == "queue")
        counts = "2026-10: the queue counts 2 patients of NO_CONSENT, and there are 1"
        assert found.breaches == (f"A1 {counts}", f"A2 {counts}")
        connection.rollback()


def test_a_practice_reads_no_count(office: Office) -> None:
    context = TenantContext(office.vendor_id, "tester", (office.clients["A1"],))
    for table in ("exception_count", "exception_patient"):
        with (
            tenant_transaction(office.database.practice_engine, context, secret=office.database.secret) as connection,
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            connection.execute(text(f"SELECT count(*) FROM {table}"))


def test_a_database_of_the_release_before_is_counted_when_it_is_migrated(fresh_database: TestDatabase) -> None:
    office = queue_office(fresh_database, "A1", "A2")
    act(office, HELD, kind="settle")
    office.close("A1", month=NOVEMBER, dry_run=True)
    counted = office.rows(COUNTS)
    with fresh_database.admin_engine.begin() as connection:
        psycopg_connection(connection).execute(BEFORE_STAMPS + BEFORE_COUNTS)
    assert migrate(fresh_database.url, roles=fresh_database.roles, secret=fresh_database.secret) == ("0001", "0005")
    assert office.rows(COUNTS) == counted
    with fresh_database.admin_engine.connect() as connection:
        assert catalog_breaches(connection) == []

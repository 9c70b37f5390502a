"""A page of the queue whose places were kept is the page that is read anew, after everything that can be written; and each stamp that says so is needed."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from sqlalchemy import text

from caretally.close.reopen import reopen_month
from caretally.identity.roles import Role
from caretally.months import Month
from caretally.settling.acts import undo_act
from caretally.settling.filters import Filters
from caretally.settling.read_queue import queue
from caretally.settling.worklist import Places, with_names_now
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import bind_context
from caretally.web.parts import PARTS
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office
from tests.builders.pages import HERE, Pages, form_token, statements_of, visitor_of, words
from tests.builders.queue_office import change, patient_id, person, queue_office
from tests.builders.queue_work import act, member, work

# What is of this answer alone: the form's token.
OF_ANSWER = re.compile(r'name="form_token" value="[0-9a-f-]+"|q=~[\w-]+')
NOVEMBER = Month(2026, 11)
ADDRESSES = (
    "",
    "?state=all&sort=patient",
    "?state=all&sort=assignee&columns=assignee,state,due",
    "?state=all&sort=client&page=2",
    "?state=all&month=all&sort=due",
    "?assignee=me&state=all",
    "?assignee=nobody&sort=code",
    "?due=overdue&state=all",
    "?code=LATE_ENTRY&state=all",
    "?code=CARE_PLAN_REVIEW_OVERDUE&state=all",
    "?q=noconsent&state=all",
)
# What leaves a stamp, by table: without any of these some page would be as it was before something was written. Those of exception_patient tell
# that one patient took another's place where the counts are the same.
STAMPED = {
    "client": ("a client renamed", "a client more"),
    "client_month": ("a month opened again",),
    "exception_count": ("a count that is wrong", "a count set right"),
    "exception_work": ("another note",),
    "due_rule": ("a rule of days", "a rule of days that is gone"),
    "patient": ("a patient renamed",),
}


@pytest.fixture(autouse=True)
def few_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page hold three rows, so that what moves in the order moves between pages, and be counted as where many match."""
    monkeypatch.setattr("caretally.settling.read_queue.FEW", 0)
    monkeypatch.setattr("caretally.settling.read_queue.PAGE_SIZE", 3)


def execute(office: Office, statement: str, **values: Any) -> None:
    """Execute a statement as the vendor."""
    with office.transaction() as connection:
        connection.execute(text(statement), values)


def writes(database: TestDatabase, office: Office) -> Iterator[str]:
    """Write one thing after another that the queue shows, counts or is ordered by, and say which."""
    whitfield = member(office, "Dana Whitfield")
    person(database, office, Role.COORDINATOR, "Robin Vance")
    yield "a person more"
    done = act(office, Filters(month=OCTOBER, outcome="held"), kind="assign", to=whitfield)
    yield "an act"
    with office.transaction() as connection:
        assert undo_act(connection, done, vendor_id=office.vendor_id, may_waive=True)
    yield "its undo"
    yield from written_on_work(office, whitfield)
    yield from written_on_facts(office)
    yield from written_by_closes(office)


def written_on_work(office: Office, whitfield: UUID) -> Iterator[str]:
    """Write the work on exceptions: assignments, a note, a state, a waiver."""
    work(office, "A1-Noconsent", "NO_CONSENT", assignee_id=whitfield)
    yield "one assigned"
    work(office, "A2-Overdue", "CARE_PLAN_REVIEW_OVERDUE", note="called & left word")
    yield "a note"
    work(office, "A2-Overdue", "CARE_PLAN_REVIEW_OVERDUE", note="called again")
    yield "another note"
    work(office, "A1-Pending", "TIME_PENDING", state="settled", due_on=date(2026, 10, 9))
    yield "one settled"
    act(office, Filters(month=OCTOBER, code="CARE_PLAN_REVIEW_OVERDUE"), kind="waive", note="booked", until=date(2036, 1, 31), by="Dana")
    yield "one waived"


def written_on_facts(office: Office) -> Iterator[str]:
    """Write the facts beside: names, clients, the rule of days."""
    change(office, "UPDATE patient SET family_name = 'Aardvark <b>', mrn = 'A2-X' WHERE id = :patient", patient_id(office, "A2-Short"))
    yield "a patient renamed"
    execute(office, "UPDATE client SET name = 'Renamed & Partners', code = 'Z1' WHERE code = 'A1'")
    yield "a client renamed"
    execute(office, "UPDATE client SET code = 'A1' WHERE code = 'Z1'")
    office.add_client("A3")
    yield "a client more"
    rule = "INSERT INTO due_rule (vendor_id, subject, days, valid_from) SELECT DISTINCT vendor_id, owner_role, 3, date '2026-10-01' FROM client, gate"
    execute(office, rule)
    yield "a rule of days"
    execute(office, "DELETE FROM due_rule")
    yield "a rule of days that is gone"
    for more, written in ((1, "a count that is wrong"), (-1, "a count set right")):
        execute(office, "UPDATE exception_count SET patients = patients + :more WHERE 'NO_CONSENT' = ANY (codes)", more=more)
        yield written


def written_by_closes(office: Office) -> Iterator[str]:
    """Write what previews, closes and what comes in late leave."""
    office.add_late_time("A1", patient_id(office, "A1-Short"), "rn-A1", starts=datetime(2026, 10, 20, 14, tzinfo=UTC), seconds=1500)
    office.close("A1", month=NOVEMBER, dry_run=True)
    yield "a preview"
    change(office, "DELETE FROM consent WHERE patient_id = :patient", patient_id(office, "A1-Billed"))
    office.close("A1", month=NOVEMBER, dry_run=True)
    yield "another preview"
    office.close("A1", month=NOVEMBER)
    yield "the next month closed"
    execute(office, "UPDATE late_entry SET patient_id = :patient", patient=patient_id(office, "A1-Pending"))
    yield "a late entry that is another patient's"
    with office.transaction() as connection:
        reopen_month(connection, office.client("A2"), OCTOBER, reason="late records came in")
    yield "a month opened again"
    office.close("A2")
    yield "a month closed again"


def opened(pages: Pages, who: Visitor) -> list[str]:
    """Return the queue's pages without what is of one answer alone."""
    found = [pages.get(f"/exceptions{address}", who) for address in ADDRESSES]
    assert {page.status_code for page in found} == {200}
    return [OF_ANSWER.sub("", page.text) for page in found]


def stale_after(pages: Pages, who: Visitor, database: TestDatabase, office: Office) -> list[str]:
    """Return after which writes a page of kept places was not the page that is read anew."""
    opened(pages, who)
    stale = []
    for written in writes(database, office):
        warm = opened(pages, who)
        pages.app.extensions[PARTS].forget()
        if warm != opened(pages, who):
            stale.append(written)
    return stale


def test_a_page_of_kept_places_is_the_page_read_anew_after_every_kind_of_write(
    pages: Pages, database: TestDatabase, office: Office, dana: Visitor
) -> None:
    assert stale_after(pages, dana, database, office) == []


def test_what_was_written_is_on_the_pages(pages: Pages, database: TestDatabase, office: Office, dana: Visitor) -> None:
    """The sameness above would hold of pages that never change."""
    before = opened(pages, dana)
    for written in writes(database, office):
        now = opened(pages, dana)
        assert now != before, written
        before = now


@pytest.mark.parametrize("table", STAMPED)
def test_without_the_stamps_of_a_table_a_page_would_be_stale(pages: Pages, fresh_database: TestDatabase, table: str) -> None:
    office = queue_office(fresh_database, "A1", "A2")
    who = person(fresh_database, office, Role.BILLING_ADMIN, "Dana Whitfield")
    with fresh_database.admin_engine.begin() as connection:
        for event in ("insert", "update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS stamp_{event} ON {table}"))
    stale = stale_after(Pages(fresh_database), who, fresh_database, office)
    assert set(STAMPED[table]) <= set(stale), stale


# A closed month takes no change but its opening again, which is above.
@pytest.mark.parametrize("table", sorted({*STAMPED, "exception_patient"} - {"client_month"}))
def test_every_table_that_shapes_the_queue_leaves_a_stamp(office: Office, database: TestDatabase, dana: Visitor, table: str) -> None:
    act(office, Filters(month=OCTOBER, outcome="held"), kind="assign", to=member(office, dana.name))
    execute(
        office,
        "INSERT INTO due_rule (vendor_id, subject, days, valid_from) SELECT DISTINCT vendor_id, 'provider', 3, date '2026-10-01' FROM client",
    )
    before = office.rows("SELECT id FROM queue_stamp")
    with database.admin_engine.begin() as connection:
        bind_context(connection, TenantContext(office.vendor_id, "tester"), secret=database.secret)
        touched = connection.execute(
            text(f"UPDATE {table} SET vendor_id = vendor_id WHERE vendor_id = :vendor"), {"vendor": office.vendor_id}
        )
        assert touched.rowcount > 0
    assert not set(before) & set(office.rows("SELECT id FROM queue_stamp"))


def test_the_day_is_part_of_what_is_kept(pages: Pages, office: Office, dana: Visitor) -> None:
    said = []
    for today in (date(2026, 10, 1), date(2027, 6, 1)):
        with (
            patch("caretally.settling.pages.today_in_utc", lambda today=today: today),
            patch("caretally.settling.read_queue.today_in_utc", lambda today=today: today),
        ):
            said.append(re.findall(r"held; (\d+ overdue)", words(pages.get("/exceptions", dana))))
    assert said == [[], ["10 overdue"]]


def test_a_page_of_kept_places_takes_four_statements_and_nothing_of_the_counts(pages: Pages, office: Office, dana: Visitor) -> None:
    bare = visitor_of(office.vendor_id, actor=dana.actor, permissions=frozenset({"settle_exceptions"}))
    assert [statements_of(pages, "/exceptions", bare) for _ in range(3)] == [5, 4, 4]


def test_a_walk_by_names_that_falls_short_takes_six_statements_beside_the_context(
    pages: Pages, office: Office, dana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("FEW", 0), ("MOST_IN_ORDER", 0), ("AMPLE", 0), ("PAGE_SIZE", 1)):
        monkeypatch.setattr(f"caretally.settling.read_queue.{name}", value)
    assert statements_of(pages, "/exceptions?sort=patient&state=all&page=4", dana) == 6 + 1


def test_what_one_may_not_read_is_not_shown_by_what_was_kept(database: TestDatabase, office: Office) -> None:
    with office.transaction() as connection:
        found = queue(connection, Filters(month=OCTOBER), vendor_id=office.vendor_id)
        assert with_names_now(connection, Places.of(found), vendor_id=office.vendor_id).named is found
    stranger = queue_office(database, "B1")
    with stranger.transaction() as connection:
        assert found.rows
        assert with_names_now(connection, Places.of(found), vendor_id=stranger.vendor_id).named.rows == ()


def test_what_is_mine_is_kept_for_me_alone(pages: Pages, database: TestDatabase, office: Office, dana: Visitor) -> None:
    robin = person(database, office, Role.BILLING_ADMIN, "Robin Vance")
    act(office, Filters(month=OCTOBER, outcome="held"), kind="assign", to=member(office, "Dana Whitfield"))
    for who, told in ((dana, "6 exceptions"), (robin, "0 exceptions"), (dana, "6 exceptions"), (robin, "0 exceptions")):
        assert told in words(pages.get("/exceptions?assignee=me", who))


def test_what_is_mine_follows_my_memberships(pages: Pages, database: TestDatabase, office: Office, dana: Visitor) -> None:
    """Another role of mine ends, which leaves no stamp."""
    account = dana.actor.removeprefix("person:")
    execute(
        office,
        "INSERT INTO membership (vendor_id, account_id, role, name, email, made_by) SELECT vendor_id, account_id, 'coordinator', name, email, made_by "
        "FROM membership WHERE account_id = CAST(:account AS uuid)",
        account=account,
    )
    other = office.value("SELECT id FROM membership WHERE role = 'coordinator'")
    act(office, Filters(month=OCTOBER, outcome="held"), kind="assign", to=UUID(str(other)))
    assert "6 exceptions" in words(pages.get("/exceptions?assignee=me", dana))
    execute(office, "UPDATE membership SET ended_at = now(), ended_by = 'tester' WHERE id = :other", other=other)
    assert "0 exceptions" in words(pages.get("/exceptions?assignee=me", dana))


def test_what_was_typed_and_a_page_without_rows_are_not_kept(pages: Pages, office: Office, dana: Visitor) -> None:
    client, kept = pages.client(dana), pages.app.extensions[PARTS]
    token = form_token(client.get("/exceptions"))
    before = kept.letters
    for number in range(5):
        assert client.get(f"/exceptions?code=Z{number}").status_code == 200
        typed = {"form_token": token, "kind": "nonsense", "pick": f"{number}" + "😀" * 20_000}
        assert client.post("/exceptions/act", data=typed, headers={"Origin": HERE}).status_code == 422
    assert kept.letters - before < 10_000


def test_two_who_stamp_at_the_same_moment_do_not_wait_and_are_both_seen(office: Office) -> None:
    def stamps(of: Any) -> set[Any]:
        return set(of("SELECT id FROM queue_stamp"))

    before = stamps(office.rows)
    with office.transaction() as first, office.transaction() as second:
        first.execute(text("SET LOCAL lock_timeout = '2s'"))
        second.execute(text("SET LOCAL lock_timeout = '2s'"))
        for connection in (first, second):
            connection.execute(text("SELECT tenancy.stamp_queue(:vendor)"), {"vendor": office.vendor_id})
    after = stamps(office.rows)
    assert len(before) == 1
    assert len(after) == 2
    assert not before & after
    execute(office, "SELECT tenancy.stamp_queue(:vendor)", vendor=office.vendor_id)
    assert len(stamps(office.rows) - after) == len(stamps(office.rows)) == 1

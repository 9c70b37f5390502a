"""Acts on all that match: told with count and money, done in one statement, once, and undone."""

import re
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from caretally.identity.roles import Role
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import HERE, Pages, form_token, visitor_of, words
from tests.builders.queue_office import one, person, queue_office

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def send(pages: Pages, who: Visitor, path: str, **typed: Any) -> TestResponse:
    """Send a form to an address."""
    client = pages.client(who)
    token = form_token(client.get("/exceptions"))
    return client.post(path, data={"form_token": token, **typed}, headers={"Origin": HERE})


def confirm(pages: Pages, who: Visitor, path: str, told: TestResponse, times: int = 1) -> list[TestResponse]:
    """Confirm what a page told, so many times with the same form."""
    fields: dict[str, Any] = {}
    for name, value in HIDDEN.findall(told.text.partition("<main")[2]):
        if name != "form_token":
            fields.setdefault(name, []).append(value)
    return [send(pages, who, path, **fields) for _ in range(times)]


def shown_act(pages: Pages, who: Visitor) -> str:
    """Return the act that the queue offers to undo."""
    found = re.search(r'name="act" value="([^"]+)"', pages.get("/exceptions", who).text)
    assert found is not None
    return found[1]


def undo(pages: Pages, who: Visitor, path: str = "/exceptions/undo", *, act: str = "") -> TestResponse:
    """Undo the act that the queue shows, or this one."""
    return send(pages, who, path, act=act or shown_act(pages, who))


def membership(office: Office, name: str) -> UUID:
    """Return a person's membership."""
    return UUID(str(office.value("SELECT id FROM membership WHERE name = :name", name=name)))


def test_assigning_says_how_many_and_how_much_before_and_does_it_to_all_that_match(pages: Pages, office: Office, dana: Visitor) -> None:
    path = "/exceptions/act?outcome=held"
    to = membership(office, "Dana Whitfield")
    told = send(pages, dana, path, kind="assign", to=str(to))
    assert "Assign 6 exceptions, $228.00 held to Dana Whitfield" in words(told)
    assert office.value("SELECT count(*) FROM exception_work") == 0
    assert confirm(pages, dana, path, told)[0].status_code == 303
    assert office.rows("SELECT count(*), count(DISTINCT assignee_id) FROM exception_work WHERE assignee_id = :to", to=to)[0] == (6, 1)
    assert "6 exceptions of 6 patients match, $228.00 held" in words(pages.get("/exceptions?assignee=me", dana))


def test_a_form_sent_twice_does_one_act(pages: Pages, office: Office, dana: Visitor) -> None:
    path = "/exceptions/act?outcome=held"
    told = send(pages, dana, path, kind="note", note="asked the practice")
    assert [answer.status_code for answer in confirm(pages, dana, path, told, times=2)] == [303, 303]
    assert office.rows("SELECT count(*), max(exceptions) FROM exception_act")[0] == (1, 6)
    assert office.value("SELECT max(version) FROM exception_work") == 1


def test_what_changed_since_it_was_told_is_told_again_and_nothing_is_done(pages: Pages, office: Office, dana: Visitor) -> None:
    path = "/exceptions/act?outcome=held"
    told = send(pages, dana, path, kind="settle", note="called them")
    work = send(pages, dana, one(office, "A1-Pending", "TIME_PENDING") + "/work", to="", on="", note="", state="settled", version="0")
    assert work.status_code == 303
    again = confirm(pages, dana, path, told)[0]
    assert again.status_code == 412
    assert "it is 5 exceptions, $190.00 held now" in words(again)
    assert office.value("SELECT count(*) FROM exception_act") == 0


def test_ticked_exceptions_alone_are_touched(pages: Pages, office: Office, dana: Visitor) -> None:
    path = "/exceptions/act?outcome=held"
    picked = one(office, "A1-Overdue", "CARE_PLAN_REVIEW_OVERDUE").removeprefix("/exceptions/")
    told = send(pages, dana, path, kind="due", on="2036-11-20", pick=[picked])
    assert "Set the due date of 1 exception, $38.00 held to 2036-11-20" in words(told)
    confirm(pages, dana, path, told)
    assert office.rows("SELECT code, due_on FROM exception_work")[0] == ("CARE_PLAN_REVIEW_OVERDUE", date(2036, 11, 20))


def test_the_last_act_is_undone_from_the_database_and_what_was_changed_since_stays(pages: Pages, office: Office, dana: Visitor) -> None:
    path = "/exceptions/act?outcome=held"
    confirm(pages, dana, path, send(pages, dana, path, kind="note", note="first"))
    confirm(pages, dana, path, send(pages, dana, path, kind="settle", note="second"))
    here = one(office, "A1-Pending", "TIME_PENDING") + "/work"
    assert send(pages, dana, here, to="", on="", note="mine", state="open", version="2").status_code == 303
    other = Pages(pages.database)
    gone = undo(other, dana, "/exceptions/undo?outcome=held")
    assert "undone=5&of=6" in gone.headers["Location"]
    assert office.rows("SELECT note, state, count(*)::int FROM exception_work GROUP BY 1, 2 ORDER BY 3") == [
        ("mine", "open", 1),
        ("first", "open", 5),
    ]
    undo(pages, dana)
    assert office.rows("SELECT note, count(*)::int FROM exception_work GROUP BY 1 ORDER BY 2") == [("mine", 1), ("", 5)]
    assert "Undo it" not in words(pages.get("/exceptions", dana))
    assert undo(pages, dana, act=str(uuid4())).status_code == 422
    assert send(pages, dana, "/exceptions/undo").status_code == 422


def test_an_undo_that_is_sent_twice_or_from_an_old_tab_undoes_no_other_act(pages: Pages, office: Office, dana: Visitor) -> None:
    path = "/exceptions/act?outcome=held"
    confirm(pages, dana, path, send(pages, dana, path, kind="note", note="first"))
    confirm(pages, dana, path, send(pages, dana, path, kind="note", note="second"))
    act = shown_act(pages, dana)
    assert [undo(pages, dana, act=act).status_code for _ in range(2)] == [303, 303]
    assert "undone already; nothing else was changed" in words(pages.get("/exceptions?undone=already", dana))
    assert office.rows("SELECT DISTINCT note FROM exception_work") == [("first",)]
    assert office.value("SELECT count(*) FROM audit_event WHERE action = 'exceptions.undone'") == 1
    assert shown_act(pages, dana) != act


def test_the_act_of_somebody_else_is_not_undone(pages: Pages, office: Office, dana: Visitor, database: TestDatabase) -> None:
    path = "/exceptions/act?outcome=held"
    confirm(pages, dana, path, send(pages, dana, path, kind="note", note="first"))
    other = person(database, office, Role.COORDINATOR, "Cora Lind")
    assert "no such act of yours" in words(undo(pages, other, act=shown_act(pages, dana)))
    assert office.value("SELECT count(*) FROM exception_act WHERE undone_at IS NOT NULL") == 0


def test_a_page_that_was_opened_before_an_undo_does_not_write_over_what_came_after(pages: Pages, office: Office, dana: Visitor) -> None:
    path, here = "/exceptions/act?code=NO_CONSENT&q=A1-Nocon", one(office, "A1-Noconsent", "NO_CONSENT")
    typed = {"to": "", "on": "", "state": "open"}
    confirm(pages, dana, path, send(pages, dana, path, kind="note", note="first"))
    opened = office.value("SELECT version FROM exception_work")
    undo(pages, dana)
    confirm(pages, dana, path, send(pages, dana, path, kind="note", note="another"))
    late = send(pages, dana, f"{here}/work", note="typed long ago", version=str(opened), **typed)
    assert late.status_code == 412
    assert office.rows("SELECT note FROM exception_work") == [("another",)]
    undo(pages, dana)
    assert office.rows("SELECT note FROM exception_work") == [("",)]
    now = office.value("SELECT version FROM exception_work")
    assert send(pages, dana, f"{here}/work", note="typed now", version=str(now), **typed).status_code == 303


def test_acts_are_undone_one_after_the_other_with_another_act_between(pages: Pages, office: Office, dana: Visitor) -> None:
    path, seen = "/exceptions/act?code=NO_CONSENT&q=A1-Nocon", [0]

    def note() -> str:
        seen.append(office.value("SELECT version FROM exception_work"))
        return str(office.value("SELECT note FROM exception_work"))

    def put(words_of_note: str) -> str:
        confirm(pages, dana, path, send(pages, dana, path, kind="note", note=words_of_note))
        return note()

    def back() -> str:
        undo(pages, dana)
        return note()

    assert [put("one"), put("two"), back(), put("three"), back(), back()] == ["one", "two", "one", "three", "one", ""]
    assert seen == list(range(7))


def test_an_act_takes_as_many_statements_for_many_rows_as_for_one(pages: Pages, office: Office, dana: Visitor) -> None:
    counted = []
    for query in ("?code=NO_CONSENT&q=A1-Nocon", ""):
        told = send(pages, dana, f"/exceptions/act{query}", kind="note", note="x")
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any, seen: list[str] = seen) -> None:
            seen.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            confirm(pages, dana, f"/exceptions/act{query}", told)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        counted.append(len(seen))
    assert counted[0] == counted[1]


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ({"kind": "assign"}, "Choose whom to assign to"),
        ({"kind": "assign", "to": str(uuid4())}, "Choose a person of your own organisation"),
        ({"kind": "note", "note": "  "}, "Write the note"),
        ({"kind": "due", "on": "tomorrow"}, "Write the day as 2026-11-30."),
        ({"kind": "settle", "note": "done", "scope": "ticked"}, "Tick at least one exception"),
        ({"kind": "settle"}, "how it is settled"),
        ({"kind": "due", "on": "2026-11-01"}, "That day has passed"),
        ({"kind": "waive", "note": "moved"}, "Write the last day"),
        ({"kind": "destroy"}, "Choose what to do."),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    pages: Pages, office: Office, dana: Visitor, typed: dict[str, str], asked: str
) -> None:
    page = send(pages, dana, "/exceptions/act", **typed)
    assert page.status_code == 422
    assert asked in words(page)
    assert office.value("SELECT count(*) FROM exception_act") == 0
    if "note" in typed:
        assert f'value="{typed["note"]}"' in page.text


def test_waiving_all_that_match_waives_what_the_vendor_asks_from_the_next_open_month_on(
    pages: Pages, office: Office, dana: Visitor
) -> None:
    path = "/exceptions/act?outcome=held"
    told = send(pages, dana, path, kind="waive", note="review booked for December", until="2036-01-31")
    assert "Waive 2 exceptions, $76.00 held through 2036-01-31" in words(told)
    assert "4 exceptions that match are left out" in words(told)
    assert confirm(pages, dana, path, told)[0].status_code == 303
    rows = office.rows("SELECT DISTINCT gate_code, first_month, expires_on, waived_by, reason FROM waiver")
    assert rows == [("CARE_PLAN_REVIEW_OVERDUE", date(2026, 11, 1), date(2036, 1, 31), "Dana Whitfield", "review booked for December")]
    assert "6 exceptions of 6 patients match" in words(pages.get("/exceptions?outcome=held", dana))


def test_undoing_a_waiver_withdraws_it(pages: Pages, office: Office, dana: Visitor) -> None:
    path = "/exceptions/act?outcome=held"
    confirm(pages, dana, path, send(pages, dana, path, kind="waive", note="booked", until="2036-01-31"))
    undo(pages, dana)
    assert office.rows("SELECT count(*), count(withdrawn_at), max(withdrawn_by) FROM waiver")[0] == (2, 2, dana.actor)


@pytest.mark.parametrize(
    ("until", "asked"),
    [("2026-11-01", "2026-11-01 has passed"), ("2026-11-29", "begins with 2026-11 and has to last through it")],
)
def test_a_waiver_that_would_never_hold_is_refused(
    pages: Pages, dana: Visitor, monkeypatch: pytest.MonkeyPatch, until: str, asked: str
) -> None:
    monkeypatch.setattr("caretally.settling.acts.today_in_utc", lambda: date(2026, 11, 20))
    path = "/exceptions/act?outcome=held"
    answer = confirm(pages, dana, path, send(pages, dana, path, kind="waive", note="booked", until=until))[0]
    assert answer.status_code == 422
    assert asked in words(answer)


def test_who_may_not_waive_can_neither_waive_nor_undo_a_waiver(pages: Pages, office: Office, database: TestDatabase) -> None:
    coordinator = person(database, office, Role.COORDINATOR, "Cora Lind")
    assert send(pages, coordinator, "/exceptions/act", kind="waive", note="booked", until="2036-01-31").status_code == 403
    may = visitor_of(office.vendor_id, actor=coordinator.actor, permissions=coordinator.permissions | {"waive_gates"})
    path = "/exceptions/act?outcome=held"
    confirm(pages, may, path, send(pages, may, path, kind="waive", note="booked", until="2036-01-31"))
    assert "may not withdraw waivers" in words(undo(pages, coordinator))
    assert office.value("SELECT count(withdrawn_at) FROM waiver") == 0


def test_each_act_and_undo_stands_in_the_audit_log_without_its_words(pages: Pages, office: Office, dana: Visitor) -> None:
    path = "/exceptions/act?code=NO_CONSENT"
    confirm(pages, dana, path, send(pages, dana, path, kind="note", note="Mrs Abara moved"))
    undo(pages, dana)
    events = office.rows(
        "SELECT action, detail::text FROM audit_event WHERE action LIKE 'exceptions.%' AND action <> 'exceptions.read' ORDER BY seq"
    )
    assert [action for action, _ in events] == ["exceptions.acted", "exceptions.undone"]
    assert not any("Abara" in detail for _, detail in events)


def test_another_vendors_person_is_nobody_to_assign_to(pages: Pages, office: Office, dana: Visitor, database: TestDatabase) -> None:
    strangers = queue_office(database, "Z1")
    person(database, strangers, Role.COORDINATOR, "Zoe Stranger")
    answer = send(pages, dana, "/exceptions/act", kind="assign", to=str(membership(strangers, "Zoe Stranger")))
    assert answer.status_code == 422
    assert "Choose a person of your own organisation" in words(answer)

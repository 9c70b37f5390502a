"""A practice asks about a line of its invoice or disputes it; the vendor answers; both read the same, nobody else does, and no invoice changes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from werkzeug.test import TestResponse

from caretally.close.reopen import reopen_month
from caretally.identity.roles import MATRIX, Role
from caretally.money import format_dollars
from caretally.questions.ask import AmountRefused, Asked, NotSent, ask
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.visitor import Visitor
from tests.builders.accounts import give_role, new_signer, sign_in, submit
from tests.builders.asking import about_line
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office
from tests.builders.pages import HERE, Pages, form_token, visitor_of, words
from tests.builders.pages_office import invoice_id, office_with_closed_month, send_all

LINES = "SELECT l.id, l.amount_cents FROM invoice_line l WHERE l.client_id = :client_id ORDER BY l.line_number"


@dataclass
class Asking:
    """An office of two practices, each with its administrator, and what the tests say on their behalf."""

    pages: Pages
    office: Office
    nora: Visitor
    other: Visitor
    dana: Visitor

    def line(self, code: str = "A1") -> tuple[UUID, int]:
        """Return the first line of a client's invoice and what it costs in cents."""
        found = self.office.rows(LINES, client_id=self.office.clients[code])[0]
        return found.id, found.amount_cents

    def open_line(self, who: Visitor) -> tuple[FlaskClient, str, TestResponse]:
        """Return a browser with the first line of the first practice's invoice open."""
        client, address = self.pages.client(who), f"/invoices/{invoice_id(self.office, 'A1')}"
        return client, address, client.get(f"{address}?open=1", buffered=True)

    def ask(self, who: Visitor, **changes: Any) -> TestResponse:
        """Send the form of the open line."""
        client, address, page = self.open_line(who)
        line, cents = self.line()
        given = about_line(line, cents, kind="question", form_token=form_token(page)) | changes
        return client.post(f"{address}/ask?open=1", data=given, headers={"Origin": HERE}, buffered=True)

    def say(self, who: Visitor, question: UUID, path: str, **typed: Any) -> TestResponse:
        """Send the form of a thread's page."""
        client = self.pages.client(who)
        page = client.get(f"/questions/{question}", buffered=True)
        given = {"form_token": form_token(page), "seen": "1"} | typed
        return client.post(f"/questions/{question}/{path}", data=given, headers={"Origin": HERE}, buffered=True)

    def new_question(self, **changes: Any) -> UUID:
        """Ask, and return the thread's id."""
        thread = uuid4()
        assert self.ask(self.nora, thread=str(thread), **changes).status_code == 303
        return thread


@pytest.fixture
def asking(pages: Pages, database: TestDatabase) -> Asking:
    """A new office whose October is closed."""
    office = office_with_closed_month(database, "A1", "A2")
    send_all(office)
    pages.posted.clear()
    for role, code in (("billing_admin", ""), ("practice_administrator", "A1"), ("practice_administrator", "A2")):
        give_role(database, new_signer(database, name=f"{role} {code}"), office.vendor_id, role, clients=[code] if code else ())
    nora, other = (visitor_of(office.vendor_id, clients=[office.clients[code]], name="Nora Beck") for code in ("A1", "A2"))
    return Asking(pages, office, nora, other, visitor_of(office.vendor_id))


def test_a_question_about_a_line_of_no_patient_stands_in_the_way_of_no_page(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "A1", minimum_cents=10_000_000)
    send_all(office)
    nora, dana = visitor_of(office.vendor_id, clients=[office.clients["A1"]], name="Nora Beck"), visitor_of(office.vendor_id)
    asking = Asking(pages, office, nora, nora, dana)
    [minimum] = office.rows("SELECT id FROM invoice_line WHERE kind = 'minimum'")
    for changes in ({"line": str(minimum.id), "amount": "1.00"}, {}):
        asking.new_question(**changes)
        for who in (nora, dana):
            for query in ("", "?sort=name", "?only=questioned", "?open=1"):
                assert pages.get(f"/invoices/{invoice_id(office, 'A1')}{query}", who).status_code == 200, (changes, query)


def test_what_a_practice_asks_stands_on_the_line_for_both_sides(asking: Asking) -> None:
    asking.new_question(said="Our cardiology log shows nothing that day.")
    for who in (asking.nora, asking.dana):
        said = words(asking.open_line(who)[2])
        assert "Our cardiology log shows nothing that day." in said
        assert "1 open" in said
    assert "Waiting for you" in words(asking.open_line(asking.dana)[2])
    assert "Waiting for the answer" in words(asking.open_line(asking.nora)[2])


def test_an_answer_goes_back_to_the_practice_which_accepts_the_line(asking: Asking) -> None:
    question = asking.new_question()
    assert asking.say(asking.dana, question, "answer", said="By fax.", step="answer").status_code == 303
    assert "Waiting for you" in words(asking.pages.get(f"/questions/{question}", asking.nora))
    assert asking.say(asking.nora, question, "reply", said="", step="accept", seen="2").status_code == 303
    assert "Line accepted" in words(asking.pages.get(f"/questions/{question}", asking.dana))
    states = asking.office.rows("SELECT state FROM line_message ORDER BY seq")
    assert [row.state for row in states] == ["open", "answered", "accepted"]


def test_the_rail_counts_for_each_side_what_waits_for_it_and_nothing_for_an_auditor(asking: Asking) -> None:
    auditor = visitor_of(
        asking.office.vendor_id, clients=[asking.office.clients["A1"]], permissions=frozenset(map(str, MATRIX[Role.AUDITOR]))
    )

    def told() -> list[bool]:
        return ["Questions 1 to look at" in words(asking.pages.get("/invoices", who)) for who in (asking.nora, asking.dana, auditor)]

    question = asking.new_question()
    assert told() == [False, True, False]
    asking.say(asking.dana, question, "answer", said="By fax.", step="answer")
    assert told() == [True, False, False]
    asking.say(asking.nora, question, "reply", said="", step="accept", seen="2")
    assert told() == [False, False, False]


def test_nobody_of_another_practice_or_vendor_sees_a_thread(asking: Asking, database: TestDatabase) -> None:
    question = asking.new_question(said="Our cardiology log shows nothing that day.")
    stranger = visitor_of(office_with_closed_month(database, "B1").vendor_id)
    for who in (asking.other, stranger):
        assert asking.pages.get(f"/questions/{question}", who).status_code == 404
        assert "0 threads" in words(asking.pages.get("/questions", who))
        assert asking.pages.get(f"/invoices/{invoice_id(asking.office, 'A1')}?open=1", who).status_code == 404


def test_a_mail_without_a_patient_goes_to_the_other_side_when_it_is_kept(asking: Asking) -> None:
    question = asking.new_question(said="Castellano was not called.")
    (to_vendor,) = asking.pages.posted
    asking.pages.posted.clear()
    asking.say(asking.dana, question, "answer", said="Castellano was called.", step="answer")
    (to_practice,) = asking.pages.posted
    members = dict(asking.office.rows("SELECT email, role FROM membership"))
    assert (members[to_vendor.to], members[to_practice.to]) == ("billing_admin", "practice_administrator")
    assert all(f"/questions/{question}" in mail.text and "Castellano" not in mail.subject + mail.text for mail in (to_vendor, to_practice))


def test_what_is_refused_is_mailed_to_nobody(asking: Asking) -> None:
    assert asking.ask(asking.nora, said=" ").status_code == 422
    assert asking.pages.posted == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"said": ""}, "Write what you ask"),
        ({"said": "x" * 2001}, "Write what you ask"),
        ({"kind": "dispute", "amount": "1000.00"}, "Write an amount from $0.01 to $"),
        ({"kind": "dispute", "amount": "0"}, "Write an amount from $0.01 to $"),
        ({"kind": "dispute", "amount": "-1"}, "Write an amount from $0.01 to $"),
        ({"kind": "dispute", "amount": "a lot"}, "is not an amount"),
        ({"answer_by": "2020-01-01"}, "Choose today or a later day."),
        ({"answer_by": "soon"}, "Write a day"),
    ],
)
def test_a_form_that_is_not_right_keeps_what_was_typed(asking: Asking, typed: dict[str, str], sentence: str) -> None:
    answer = asking.ask(asking.nora, **{"said": "Our log shows nothing."} | typed)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert "said" in typed or "Our log shows nothing." in answer.text
    assert asking.office.value("SELECT count(*) FROM line_question") == 0


def disputed(asking: Asking, amount: str) -> TestResponse:
    """Dispute an amount of the line."""
    return asking.ask(asking.nora, kind="dispute", amount=amount)


def test_what_is_disputed_already_is_not_disputed_again(asking: Asking) -> None:
    _, cents = asking.line()
    whole = format_dollars(cents)
    assert disputed(asking, "10.00").status_code == 303
    refused = disputed(asking, whole[1:])
    assert refused.status_code == 422
    assert f"Write an amount from $0.01 to {format_dollars(cents - 1000)}, $10.00 of its {whole} is disputed already." in words(refused)
    assert disputed(asking, format_dollars(cents - 1000)[1:]).status_code == 303
    assert f"The whole line, {whole}, is disputed already" in words(disputed(asking, "0.01"))
    assert asking.office.value("SELECT sum(disputed_cents) FROM line_question") == cents


def test_the_form_offers_what_is_left_to_dispute_and_says_what_is_disputed(asking: Asking) -> None:
    disputed(asking, "10.00")
    page = asking.open_line(asking.nora)[2]
    assert "$10.00 of $54.00 is disputed already; $44.00 is left to dispute." in words(page)
    assert "99490, $38.00, $10.00 disputed already" in words(page)
    assert 'name="amount" type="text" value="28.00"' in page.text
    disputed(asking, "28.00")
    assert 'name="amount" type="text" value="16.00"' in asking.open_line(asking.nora)[2].text


def test_nothing_is_left_to_dispute_of_a_line_that_is_disputed_whole(asking: Asking) -> None:
    for line in asking.office.rows(LINES, client_id=asking.office.clients["A1"]):
        assert asking.ask(asking.nora, line=str(line.id), kind="dispute", amount=format_dollars(line.amount_cents)[1:]).status_code == 303
    page = asking.open_line(asking.nora)[2]
    assert "nothing is left to dispute: write in the thread above, or ask a question." in words(page)
    assert "Ask a question" in words(page)
    assert "Dispute this line" not in words(page)
    assert 'name="amount"' not in page.text


def test_a_dispute_that_is_withdrawn_leaves_its_money_to_dispute_again(asking: Asking) -> None:
    _, cents = asking.line()
    question = asking.new_question(kind="dispute", amount=format_dollars(cents)[1:])
    asking.say(asking.nora, question, "reply", said="", step="withdraw")
    assert disputed(asking, format_dollars(cents)[1:]).status_code == 303


def test_a_dispute_of_the_whole_line_sent_twice_is_one_thread(asking: Asking) -> None:
    thread, whole = str(uuid4()), format_dollars(asking.line()[1])[1:]
    assert [asking.ask(asking.nora, thread=thread, kind="dispute", amount=whole).status_code for _ in range(2)] == [303, 303]
    assert asking.office.value("SELECT count(*) FROM line_question") == 1


def test_two_who_dispute_a_line_at_once_dispute_it_once(asking: Asking) -> None:
    line, cents = asking.line()
    context = TenantContext(asking.office.vendor_id, "tester", (asking.office.clients["A1"],))
    both = Barrier(2)

    def dispute(_number: int) -> bool:
        question = Asked(
            id=uuid4(),
            invoice_id=invoice_id(asking.office, "A1"),
            invoice_line_id=line,
            kind="dispute",
            said="Why?",
            answer_by=date(2030, 1, 15),
            disputed_cents=cents,
        )
        with tenant_transaction(asking.pages.database.practice_engine, context, secret=asking.pages.database.secret) as connection:
            both.wait()
            try:
                return ask(connection, question, vendor_id=asking.office.vendor_id, name="Nora Beck")
            except AmountRefused:
                return False

    with ThreadPoolExecutor(2) as people:
        assert sorted(people.map(dispute, range(2))) == [False, True]
    assert asking.office.value("SELECT sum(disputed_cents) FROM line_question") == cents


def test_a_form_sent_twice_is_one_thread_and_one_mail(asking: Asking) -> None:
    thread = str(uuid4())
    assert [asking.ask(asking.nora, thread=thread).status_code for _ in range(2)] == [303, 303]
    assert asking.office.value("SELECT count(*) FROM line_message") == 1
    assert len(asking.pages.posted) == 1


def test_an_answer_sent_twice_is_said_once_and_one_written_meanwhile_is_shown_before_ones_own(asking: Asking) -> None:
    question = asking.new_question()
    said = {"said": "By fax.", "step": "answer"}
    assert [asking.say(asking.dana, question, "answer", **said).status_code for _ in range(2)] == [303, 303]
    late = asking.say(asking.nora, question, "reply", said="Never mind, found it.", step="reply")
    assert late.status_code == 412
    assert all(shown in words(late) for shown in ("By fax.", "Somebody wrote here while you did", "Never mind, found it."))
    assert asking.office.value("SELECT count(*) FROM line_message") == 2


def test_a_line_of_another_invoice_cannot_be_asked_about(asking: Asking) -> None:
    assert asking.ask(asking.nora, line=str(asking.line("A2")[0])).status_code == 404
    assert asking.office.value("SELECT count(*) FROM line_question") == 0


def test_neither_asking_nor_answering_changes_an_invoice(asking: Asking) -> None:
    tables = " UNION ALL ".join(f"SELECT x::text FROM {table} x" for table in ("invoice", "invoice_line", "invoice_state", "ledger_entry"))
    state = f"SELECT md5(string_agg(x, '|' ORDER BY x)) FROM ({tables}) rows (x)"
    before = asking.office.value(state)
    question = asking.new_question(kind="dispute")
    asking.say(asking.dana, question, "answer", said="You are right.", step="answer")
    assert asking.office.value(state) == before
    assert "a credit note will follow" in words(asking.pages.get(f"/questions/{question}", asking.nora))


def test_each_side_may_say_only_what_is_its_own(asking: Asking) -> None:
    question = asking.new_question()
    page = asking.pages.client(asking.dana).get(f"/questions/{question}")
    for who, path in ((asking.dana, "reply"), (asking.nora, "answer")):
        given = {"form_token": form_token(page), "seen": "1", "step": "reply", "said": "x"}
        assert asking.pages.client(who).post(f"/questions/{question}/{path}", data=given, headers={"Origin": HERE}).status_code == 403


@pytest.mark.parametrize("state", ["open", "accepted", "withdrawn"])
def test_the_database_lets_the_vendor_say_nothing_in_the_practices_name(asking: Asking, state: str) -> None:
    question = asking.new_question()
    key = "vendor_id, client_id, question_id, seq, state, said, actor_name"
    values = f"SELECT vendor_id, client_id, id, 2, '{state}', 'x', 'Nora Beck' FROM line_question WHERE id = '{question}'"
    with pytest.raises(IntegrityError, match="line_message_check"), asking.office.transaction() as connection:
        connection.execute(text(f"INSERT INTO line_message ({key}) {values}"))
    with pytest.raises(ProgrammingError, match="permission denied"), asking.office.transaction() as connection:
        connection.execute(text(f"INSERT INTO line_message ({key}, side) SELECT *, 'practice' FROM ({values}) x"))


@pytest.mark.parametrize("change", ["UPDATE line_message SET said = 'other'", "DELETE FROM line_message"])
def test_nothing_said_is_ever_changed(asking: Asking, change: str) -> None:
    asking.new_question()
    context = TenantContext(asking.office.vendor_id, "tester")
    with asking.pages.database.admin_engine.connect() as connection, pytest.raises(Exception, match="never changed or removed"):
        connection.execute(text(change))
    with (
        tenant_transaction(asking.pages.database.vendor_engine, context, secret=asking.pages.database.secret) as connection,
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        connection.execute(text(change))


def test_a_practices_administrator_signs_in_for_real_asks_and_is_answered(asking: Asking, database: TestDatabase) -> None:
    signer, billing = new_signer(database, name="Nora Beck"), new_signer(database, name="Dana Whitfield")
    give_role(database, signer, asking.office.vendor_id, "practice_administrator", clients=["A1"])
    give_role(database, billing, asking.office.vendor_id, "billing_admin")
    client, invoice = sign_in(asking.pages, signer), f"/invoices/{invoice_id(asking.office, 'A1')}"
    assert client.get("/").headers["Location"] == "/overview"
    typed = {"thread": str(uuid4()), "line": str(asking.line()[0]), "said": "<script>alert(1)</script>", "answer_by": "2030-01-15"}
    assert submit(client, f"{invoice}?open=1", to=f"{invoice}/ask?open=1", **typed, kind="question").status_code == 303
    page = sign_in(asking.pages, billing).get(f"/questions/{typed['thread']}")
    assert "Nora Beck" in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert(1)" not in page.text


@pytest.mark.parametrize("reopened", [False, True], ids=["draft", "void"])
def test_nothing_is_asked_of_an_invoice_that_was_not_sent(database: TestDatabase, reopened: bool) -> None:
    office = office_with_closed_month(database, "N1")
    line = office.rows(LINES, client_id=office.clients["N1"])[0].id
    question = Asked(
        id=uuid4(), invoice_id=invoice_id(office, "N1"), invoice_line_id=line, kind="question", said="Why?", answer_by=date(2030, 1, 15)
    )
    client = office.client("N1")
    context = TenantContext(office.vendor_id, "tester", (client.id,))
    if reopened:
        with office.transaction() as connection:
            reopen_month(connection, client, OCTOBER, reason="wrong rate")
    with (
        tenant_transaction(database.practice_engine, context, secret=database.secret) as connection,
        pytest.raises(NotSent, match="was not sent"),
    ):
        ask(connection, question, vendor_id=office.vendor_id, name="Nora Beck")

"""The demo on a real database, with a twelfth of its ordinary patients: made once, found again, resumed, and as the rules say."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from caretally.app.cli import main
from caretally.app.demo.card import as_json, card, commands
from caretally.app.demo.kept import LIST, AnotherDemo, DemoAtWork, only_one
from caretally.app.demo.plan import DemoPlan
from caretally.app.demo.run import DemoMade, VendorMade, make_demo, throw_away
from caretally.app.installation import Installation
from caretally.carelog.staff_ties import people_who_log, staff_members
from caretally.close.verify import CHECKS
from caretally.config.settings import read_settings
from caretally.errors import UsageMistake
from caretally.identity.memberships import members
from caretally.identity.roles import MATRIX, Role
from caretally.invoices.send import drafts
from caretally.overview.figures import figures_of
from caretally.overview.tasks import tasks_of
from tests.builders.databases import TestDatabase
from tests.builders.demo import SMALL

REASONS = text(
    "SELECT c.code || '/' || p.mrn, p.outcome, p.exceptions || p.warnings FROM patient_month p JOIN client c USING (vendor_id, client_id) "
    "WHERE p.month = :month"
)
LATE = text("SELECT external_id, kind FROM late_entry ORDER BY external_id")


def tell_nobody(what: str) -> None:
    """Take a note and drop it."""


@pytest.fixture(scope="module")
def here(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(read_settings(database.environment(home=tmp_path_factory.mktemp("home"))))
    yield installation
    installation.vendor_pool.dispose()
    installation.operator_pool.dispose()
    installation.auth_pool.dispose()


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> DemoPlan:
    return DemoPlan(date(2026, 11, 23), 1, tmp_path_factory.mktemp("documents"), SMALL)


@pytest.fixture(scope="module")
def made(here: Installation, plan: DemoPlan) -> DemoMade:
    return make_demo(here, plan, tell_nobody)


@pytest.fixture(scope="module")
def decided(made: DemoMade) -> dict[str, dict[str, set[str]]]:
    return {one.vendor.slug: _reasons(one, made) for one in made.vendors}


def _reasons(one: VendorMade, made: DemoMade) -> dict[str, set[str]]:
    with one.vendor.transaction() as connection:
        rows = connection.execute(REASONS, {"month": made.month.first_day}).all()
    return {patient: {outcome, *codes} for patient, outcome, codes in rows}


def test_the_last_month_is_closed_for_every_client(made: DemoMade) -> None:
    assert {result.status for one in made.vendors for result in one.results} == {"closed"}


def test_all_fourteen_months_are_closed_for_every_client(made: DemoMade) -> None:
    for one in made.vendors:
        with one.vendor.transaction() as connection:
            closed = connection.execute(
                text(
                    "SELECT c.code, count(*) FROM client_month JOIN client c USING (vendor_id, client_id) WHERE closed_at IS NOT NULL GROUP BY 1 ORDER BY 1"
                )
            ).all()
        assert [(code, months) for code, months in closed if months != 14] == []
        assert len(closed) == len(one.results)


def test_every_planted_gate_shows_on_its_patient(made: DemoMade, decided: dict[str, dict[str, set[str]]]) -> None:
    planted = [(one.vendor.slug, gate, "/".join(key)) for one in made.vendors for gate, key in one.files.planted.items() if gate.isupper()]
    assert [(vendor, gate) for vendor, gate, patient in planted if gate not in decided[vendor][patient]] == []


def test_clients_whose_agreement_asks_for_attestations_bill_nothing(made: DemoMade) -> None:
    without = {result.client for one in made.vendors for result in one.results if result.invoice is None}
    assert without == {"JCC", "KMC"}


def test_the_client_facts_missing_at_one_client_are_told(made: DemoMade, decided: dict[str, dict[str, set[str]]]) -> None:
    patient = "/".join(made.vendors[0].files.planted["ATTESTATION_MISSING"])
    facts = {"ACCESS_24_7_MISSING", "SUPERVISION_MISSING", "EHR_NOT_CERTIFIED", "BAA_MISSING", "CARE_TEAM_CONTACT_MISSING"}
    assert facts <= decided["meridian"][patient]


def test_every_invoice_but_the_last_months_was_sent(made: DemoMade) -> None:
    for one in made.vendors:
        with one.vendor.transaction() as connection:
            unsent = {draft.month for draft in drafts(connection)}
            invoiced = connection.scalar(text("SELECT count(DISTINCT month) FROM invoice"))
        assert (unsent, invoiced) == ({made.month}, 14)


def test_late_time_is_kept_beside_the_closed_month(made: DemoMade) -> None:
    with made.vendors[0].vendor.transaction() as connection:
        late = [tuple(row) for row in connection.execute(LATE)]
    assert late == [("A-MONTH-LATE", "new"), ("LATE-APPROVAL", "approved"), ("LATE-CORRECTION", "corrected"), ("LATE-NEW-ENTRY-2", "new")]


def test_the_other_programs_are_on_the_invoice_and_in_the_report(made: DemoMade) -> None:
    with made.vendors[0].vendor.transaction() as connection:
        billed = set(connection.scalars(text("SELECT code FROM invoice_line WHERE code <> ''")))
        waiting = connection.scalars(
            text("SELECT p.mrn FROM exception e JOIN patient_month p ON p.id = e.patient_month_id WHERE e.code = 'MUTUALLY_EXCLUSIVE'")
        ).all()
    assert {"99426", "99427", "99457", "99454", "99453", "99484"} <= billed
    stories = ("MUTUALLY_EXCLUSIVE", "home health in the same month")
    assert sorted(waiting) == sorted(made.vendors[0].files.planted[story][1] for story in stories)


def test_minutes_that_came_a_month_late_are_proposed_as_an_adjustment(made: DemoMade) -> None:
    with made.vendors[0].vendor.transaction() as connection:
        proposed = connection.execute(text("SELECT mrn, added_codes FROM adjustment")).all()
    assert [tuple(row) for row in proposed] == [(made.vendors[0].files.planted["logged a month late"][1], ["99490"])]


def test_every_vendor_was_verified(made: DemoMade) -> None:
    assert [len(says) for says in made.proven] == [
        len(CHECKS) + 3
    ] * 2  # the roots and the chain of the audit log and the queue beside the rest


def test_each_closed_client_has_its_documents(made: DemoMade) -> None:
    for one in made.vendors:
        invoices = sum(1 for result in one.results if result.invoice)
        assert len([path for path in one.documents if path.exists()]) == 3 * (len(one.results) + invoices)


def test_the_month_under_way_holds_what_was_logged_until_the_day_before_yesterday(made: DemoMade) -> None:
    for one in made.vendors:
        with one.vendor.transaction() as connection:
            newest = connection.scalar(
                text("SELECT max((started_at AT TIME ZONE 'UTC')::date) FROM time_entry WHERE source NOT IN ('timer', 'manual')")
            )
        assert date(2026, 11, 18) <= newest <= date(2026, 11, 22)


@pytest.mark.parametrize(
    ("role", "tasks"),
    [
        (Role.CLINICAL_STAFF, ("1 entry of yours was sent back", "1 note of yours is not confirmed")),
        (Role.COORDINATOR, ("exceptions are assigned to you",)),
        (Role.BILLING_ADMIN, ("1 question of a practice waits for an answer",)),
        (Role.CLINICAL_SUPERVISOR, ("entries wait for approval",)),
    ],
)
def test_the_first_page_of_each_persona_has_work(here: Installation, made: DemoMade, role: Role, tasks: tuple[str, ...]) -> None:
    for one in made.vendors:
        with one.vendor.transaction() as connection:
            account_id = next(member.account_id for member in members(connection) if member.role == role)
        with here.transaction(one.vendor.id, actor=f"person:{account_id}") as connection:
            figures = figures_of(connection, vendor_id=one.vendor.id, of_practice=False)
        said = [task.says for task in tasks_of(figures, permissions=MATRIX[role], of_practice=False)]
        assert [task for task in tasks if not any(task in sentence for sentence in said)] == [], said


def test_whoever_logs_time_bears_their_own_name_on_the_page_of_time(made: DemoMade) -> None:
    for one in made.vendors:
        with one.vendor.transaction() as connection:
            staff = {member.id: member.name for member in staff_members(connection)}
            names = [(person.name, staff[person.staff_id]) for person in people_who_log(connection) if person.staff_id]
        assert len(names) == 3
        assert [pair for pair in names if pair[0] != pair[1]] == []


def test_the_practice_has_an_answer_and_a_dispute_that_waits(made: DemoMade) -> None:
    for one in made.vendors:
        with one.vendor.transaction() as connection:
            states = connection.scalars(
                text(
                    "SELECT (SELECT m.state FROM line_message m WHERE m.question_id = q.id ORDER BY m.seq DESC LIMIT 1) FROM line_question q ORDER BY q.kind"
                )
            ).all()
        assert states == ["open", "answered"]


def test_a_second_run_writes_nothing_and_tells_the_same(here: Installation, plan: DemoPlan, made: DemoMade) -> None:
    (plan.out / "README.txt").write_text("the card")
    again = make_demo(here, plan, tell_nobody)
    assert (again.proven, as_json(again, address="")) == ((), as_json(made, address=""))


def test_a_run_in_a_later_month_finds_the_demo_as_it_was(here: Installation, plan: DemoPlan, made: DemoMade) -> None:
    assert make_demo(here, replace(plan, today=date(2027, 2, 1)), tell_nobody).month == made.month


def test_a_document_that_went_missing_comes_back_with_the_same_bytes(here: Installation, plan: DemoPlan, made: DemoMade) -> None:
    lost = next(path for path in made.vendors[1].documents if path.suffix == ".pdf")
    before = lost.read_bytes()
    lost.unlink()
    make_demo(here, plan, tell_nobody)
    assert lost.read_bytes() == before


def test_another_seed_is_refused_while_the_demo_is_there(here: Installation, plan: DemoPlan, made: DemoMade) -> None:
    with pytest.raises(AnotherDemo, match="seed 1"):
        make_demo(here, replace(plan, seed=2), tell_nobody)


def test_two_processes_do_not_make_it_at_once(here: Installation, plan: DemoPlan, made: DemoMade) -> None:
    with only_one(here.settings.home / "demo"), pytest.raises(DemoAtWork):
        make_demo(here, plan, tell_nobody)


def test_a_database_of_your_own_is_not_thrown_away(here: Installation, plan: DemoPlan) -> None:
    with pytest.raises(UsageMistake, match="CARETALLY_DATABASE_URL"):
        throw_away(here, out=plan.out)


def test_the_card_says_that_nothing_is_lost(made: DemoMade) -> None:
    one = made.vendors[0]
    enrolled, billable = (sum(getattr(result, name) for result in one.results) for name in ("enrolled", "billable"))
    assert f"{enrolled:,} enrolled = {billable:,} billable + " in card(made, seconds="1.0", address="")


def test_the_list_of_files_names_them_within_the_home(here: Installation, made: DemoMade) -> None:
    listed = json.loads((here.settings.home / "demo" / LIST).read_text(encoding="utf-8"))
    assert not Path(listed["vendors"]["harbor"]["facts"]["clients"]).is_absolute()


@pytest.mark.parametrize("number", range(13))
def test_each_command_on_the_card_works(
    database: TestDatabase, here: Installation, made: DemoMade, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    for name, value in database.environment(home=here.settings.home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(here.settings.home)
    words = commands(made)[number].partition("   #")[0].replace('"wrong rate"', "wrong").split()
    with pytest.raises(SystemExit) as end:
        main(words[1:])
    assert end.value.code == 0

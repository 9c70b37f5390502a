"""`caretally verify` after somebody with the whole database in hands changed what had been closed: exit 1, and the breach by name."""

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from caretally.close.reopen import reopen_month
from caretally.db.drop import drop_database
from caretally.months import Month
from tests.builders.databases import TestDatabase, execute
from tests.builders.office import OCTOBER, Office, new_office
from tests.builders.program import program, slug_of

SEPTEMBER = Month(2026, 9)
LATE = """external_id,client,mrn,staff,started_at,duration,program,source,description
late-1,A,1,rn,2026-09-20T10:00:00-04:00,16,CCM,dialer,call
"""


def closed_office(database: TestDatabase, folder: Path) -> Office:
    """Return a vendor whose client A closed September and October with a late entry between, and whose B was reopened and closed again."""
    office = new_office(database, "A", "B")
    for month in (9, 10):
        for mrn in ("1", "2", "3"):
            patient = office.add_patient("A", mrn) if month == 9 else office.value("SELECT id FROM patient WHERE mrn = :mrn", mrn=mrn)
            starts = datetime(2026, month, int(mrn), 14, tzinfo=UTC)
            if mrn == "2":
                office.add_time("A", patient, "rn", starts=starts, seconds=600, activity="idle")
                office.add_time("A", patient, "rn", starts=starts.replace(hour=15), seconds=900, within_em=True)
            office.add_time("A", patient, "rn", starts=starts.replace(hour=18), seconds={"1": 2700, "2": 700, "3": 1500}[mrn])
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM consent USING patient p WHERE p.id = consent.patient_id AND p.mrn = '3'"))
    office.close("A", month=SEPTEMBER)
    (folder / "late.csv").write_text(LATE)
    assert program("import", "time", str(folder / "late.csv"), "--vendor", slug_of(office)).code == 0
    fourth = office.add_patient("A", "4")
    for day, name in ((4, "CCM"), (5, "BHI")):
        office.add_time("A", fourth, "rn", starts=datetime(2026, 10, day, 14, tzinfo=UTC), seconds=300, program=name)
    office.close("A")
    office.add_time("B", office.add_patient("B", "1"), "rn", starts=datetime(2026, 10, 9, 14, tzinfo=UTC))
    office.close("B")
    with office.transaction() as connection:
        reopen_month(connection, office.client("B"), OCTOBER, reason="wrong rate")
    office.close("B")
    return office


@pytest.fixture(scope="module")
def closed(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Office:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in database.environment(home=tmp_path_factory.mktemp("home")).items():
            patch.setenv(name, value)
        return closed_office(database, tmp_path_factory.mktemp("late"))


@pytest.fixture
def office(closed: Office, server: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A copy of the closed vendor for one test, with the program pointed at it."""
    closed.database.dispose()
    copy = TestDatabase(server.set(database=f"{os.environ['CARETALLY_TEST_PREFIX']}_{secrets.token_hex(4)}"), closed.database.roles)
    execute(server, f'CREATE DATABASE "{copy.url.database}" TEMPLATE "{closed.database.url.database}"')
    for name, value in copy.environment(home=tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    yield Office(copy, closed.vendor_id, clients=closed.clients, staff=closed.staff)
    copy.dispose()
    drop_database(server, str(copy.url.database), roles=copy.roles)


# The owner of the tables can do what no login can: here it takes away every trigger and key, and the policies that hold for itself.
DEFENCELESS = """
DO $$
DECLARE
    name regclass;
    key name;
BEGIN
    FOR name IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'patient_month'::regclass) LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', name);
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', name);
        FOR key IN SELECT conname FROM pg_constraint WHERE conrelid = name AND contype = 'f' LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', name, key);
        END LOOP;
    END LOOP;
END $$
"""


def tamper(office: Office, *statements: str) -> None:
    """Change rows as the owner of the tables, with every trigger and key gone."""
    with office.database.admin_engine.begin() as connection:
        connection.execute(text(DEFENCELESS))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0, statement


A_SEPTEMBER, A_OCTOBER = (
    "(SELECT client_id FROM client WHERE code = 'A') AND month = '2026-09-01'",
    "(SELECT client_id FROM client WHERE code = 'A') AND month = '2026-10-01'",
)
OCTOBER_LINES = f"invoice_id = (SELECT id FROM invoice WHERE client_id = {A_OCTOBER})"
PATIENT = f"client_id = {A_OCTOBER} AND mrn"
ONE = "(SELECT id FROM patient WHERE mrn = '1' AND client_id = (SELECT client_id FROM client WHERE code = 'A'))"
OCTOBER_ENTRY = f"patient_id = {ONE} AND started_at > '2026-10-01'"

TAMPERED = {
    "counted seconds": (
        [f"UPDATE patient_month SET clinical_seconds = clinical_seconds + 60 WHERE {PATIENT} = '1'"],
        "A 2026-10 patient 1: 2760 s counted and 0 s excluded are not 2700 s raw, or the entries count 2700 s",
    ),
    "counted, raw and entry seconds together": (
        [
            f"UPDATE patient_month SET clinical_seconds = 2760, raw_seconds = 2760, entry_seconds = '{{2760}}' WHERE {PATIENT} = '1'",
            f"UPDATE client_month SET raw_seconds = raw_seconds + 60, counted_seconds = counted_seconds + 60 WHERE client_id = {A_OCTOBER}",
        ],
        "A 2026-10 patient 1: the decision is not the one its fingerprint was made of",
    ),
    "a line's amount": (
        [f"UPDATE invoice_line SET unit_price_cents = 3900, amount_cents = 3900 WHERE code = '99490' AND {OCTOBER_LINES}"],
        "INV-2026-0002: lines 5500, ledger 5400, invoice 5400 cents; 2 of 2 lines",
    ),
    "the amounts of two lines, exchanged": (
        [
            f"UPDATE invoice_line SET unit_price_cents = 1600, amount_cents = 1600 WHERE code = '99490' AND {OCTOBER_LINES}",
            f"UPDATE invoice_line SET unit_price_cents = 3800, amount_cents = 3800 WHERE code = '99439' AND {OCTOBER_LINES}",
        ],
        "A 2026-10 revision 1: its invoice or its lines are not those that were closed",
    ),
    "a line's code": (
        [f"UPDATE invoice_line SET code = '99491' WHERE code = '99490' AND {OCTOBER_LINES}"],
        "A 2026-10 patient 1: its lines bill 1 of 99491, and its claim is 99490x1+99439x1",
    ),
    "an invoice, its lines, states and ledger, removed": (
        [
            *(f"DELETE FROM {table} WHERE {OCTOBER_LINES}" for table in ("invoice_line", "invoice_state", "ledger_entry")),
            f"DELETE FROM invoice WHERE client_id = {A_OCTOBER}",
        ],
        "INV-2026: number 2 is missing",
    ),
    "the last invoice with its number": (
        [
            "DELETE FROM invoice WHERE client_id = (SELECT client_id FROM client WHERE code = 'B')",
            "UPDATE number_counter SET last_number = 2",
        ],
        "B 2026-10 revision 2: it was closed with invoice INV-2026-0003/2 over 3800 cents, and has none",
    ),
    "the root of its rows": (
        [
            "UPDATE audit_event SET detail = detail || '{\"rows_root\": \"00\"}' WHERE action = 'month.closed' AND seq = (SELECT max(seq) FROM audit_event)"
        ],
        "B 2026-10 revision 2: its rows are not those under the root of its audit event",
    ),
    "an invoice's number": (
        [f"UPDATE invoice SET number = 'INV-2026-0042' WHERE client_id = {A_OCTOBER}"],
        "INV-2026: INV-2026-0042 is not how number 2 of revision 1 is written",
    ),
    "a time entry's description": (
        [f"UPDATE time_entry SET description = 'changed' WHERE {OCTOBER_ENTRY}"],
        "A 2026-10 patient 1: its time entries are not those it was closed with",
    ),
    "a time entry, moved by a minute": (
        [
            f"UPDATE time_entry SET started_at = started_at + interval '1 minute', ended_at = ended_at + interval '1 minute' WHERE {OCTOBER_ENTRY}"
        ],
        "A 2026-10 patient 1: its time entries are not those it was closed with",
    ),
    "a time entry, removed": (
        [f"DELETE FROM time_entry WHERE {OCTOBER_ENTRY}"],
        "A 2026-10 patient 1: its time entries are not those it was closed with",
    ),
    "a time entry, given to somebody who was not in the month": (
        [
            "UPDATE patient SET mrn = '9' WHERE mrn = '1' AND client_id = (SELECT client_id FROM client WHERE code = 'B')",
            f"UPDATE time_entry SET patient_id = (SELECT id FROM patient WHERE mrn = '9') WHERE {OCTOBER_ENTRY}",
        ],
        "A 2026-10: a patient has time that the closed month does not know",
    ),
    "an evidence hash": (
        [f"UPDATE patient_month SET evidence_hash = sha256('forged') WHERE {PATIENT} = '1'"],
        "A 2026-10 patient 1: the decision is not the one its fingerprint was made of",
    ),
    "excluded seconds": (
        [f"UPDATE patient_month SET excluded_seconds = '{{601,900}}' WHERE {PATIENT} = '2'"],
        "A 2026-10 patient 2: 700 s counted and 1501 s excluded are not 2200 s raw, or the entries count 700 s",
    ),
    "excluded seconds, exchanged between two reasons": (
        [f"UPDATE patient_month SET excluded_seconds = ARRAY[excluded_seconds[2], excluded_seconds[1]] WHERE {PATIENT} = '2'"],
        "A 2026-10 revision 1: the figures of its patients are not those that were closed",
    ),
    "a patient's printed name": (
        [f"UPDATE patient_month SET patient_name = 'Other, Olga' WHERE {PATIENT} = '1'"],
        "A 2026-10 revision 1: the figures of its patients are not those that were closed",
    ),
    "what two patients lack of the next code, exchanged": (
        [
            (
                "UPDATE patient_month p SET missing_seconds = o.missing_seconds FROM patient_month o "
                "WHERE o.client_month_id = p.client_month_id AND p.client_id = (SELECT client_id FROM client WHERE code = 'A') "
                "AND p.month = '2026-10-01' AND (p.mrn, o.mrn) IN (('2', '4'), ('4', '2'))"
            )
        ],
        "A 2026-10 revision 1: the figures of its patients are not those that were closed",
    ),
    "what Medicare is expected to pay": (
        [f"UPDATE patient_month SET expected_cents = expected_cents + 1 WHERE {PATIENT} = '1'"],
        "A 2026-10 revision 1: the figures of its patients are not those that were closed",
    ),
    "the cents of a patient": (
        [f"UPDATE patient_month SET amount_cents = 5500 WHERE {PATIENT} = '1'"],
        "A 2026-10 patient 1 is billable with 5500 cents, and lines of 5400",
    ),
    "a ledger entry": (
        [f"UPDATE ledger_entry SET amount_cents = 1 WHERE {OCTOBER_LINES}"],
        "INV-2026-0002: lines 5400, ledger 1, invoice 5400 cents; 2 of 2 lines",
    ),
    "the ledger entry that voids, removed": (
        ["DELETE FROM ledger_entry WHERE kind = 'voided'"],
        "INV-2026-0003: it is void and the ledger takes back 0 of 3800 cents",
    ),
    "a payment in the ledger that nobody made": (
        [
            (
                "INSERT INTO ledger_entry (vendor_id, client_id, invoice_id, kind, amount_cents) "
                f"SELECT vendor_id, client_id, invoice_id, 'paid', -5400 FROM ledger_entry WHERE {OCTOBER_LINES}"
            )
        ],
        "INV-2026-0002: the ledger has 1 entries that no payment or credit explains",
    ),
    "an invoice's state": (
        [f"UPDATE invoice_state SET state = 'void' WHERE {OCTOBER_LINES}"],
        "INV-2026-0002: a state of it is missing",
    ),
    "an outcome": (
        [f"UPDATE patient_month SET outcome = 'billable' WHERE {PATIENT} = '3'"],
        "A 2026-10 patient 3 is billable with 0 cents, and no line",
    ),
    "an outcome with everything that adds up": (
        [
            f"UPDATE patient_month SET outcome = 'not_billable', codes = '{{}}', units = '{{}}', expected_line_cents = '{{}}' WHERE {PATIENT} = '3'",
            f"UPDATE client_month SET held = held - 1, not_billable = not_billable + 1 WHERE client_id = {A_OCTOBER}",
        ],
        "A 2026-10 patient 3: the decision is not the one its fingerprint was made of",
    ),
    "the figures of a month": (
        [f"UPDATE client_month SET billable = billable + 1, held = held - 1 WHERE client_id = {A_OCTOBER}"],
        "A 2026-10: the month says 4 enrolled = 2 + 0 + 2 and its rows say 4 = 1 + 1 + 2",
    ),
    "a patient-month, removed with its exceptions": (
        [
            f"DELETE FROM exception WHERE patient_month_id = (SELECT id FROM patient_month WHERE {PATIENT} = '3')",
            f"DELETE FROM patient_month WHERE {PATIENT} = '3'",
            f"UPDATE client_month SET enrolled = 3, held = 0 WHERE client_id = {A_OCTOBER}",
            f"UPDATE client_month SET raw_seconds = raw_seconds - 1500, counted_seconds = counted_seconds - 1500 WHERE client_id = {A_OCTOBER}",
        ],
        "A 2026-10: the rows are not the ones that were closed",
    ),
    "an exception, removed": (
        [f"DELETE FROM exception WHERE patient_month_id = (SELECT id FROM patient_month WHERE {PATIENT} = '3')"],
        "A 2026-10 patient 3: the row of its exception NO_CONSENT is gone",
    ),
    "the money that an exception holds": (
        [f"UPDATE exception SET held_cents = 1 WHERE patient_month_id = (SELECT id FROM patient_month WHERE {PATIENT} = '3')"],
        "A 2026-10 patient 3: its exception NO_CONSENT holds 1 cents instead of 3800",
    ),
    "the day an exception is due": (
        [f"UPDATE exception SET due_on = due_on + 1 WHERE patient_month_id = (SELECT id FROM patient_month WHERE {PATIENT} = '3')"],
        "A 2026-10 revision 1: its exceptions are not those that were closed",
    ),
    "the report of a late entry, removed": (
        ["DELETE FROM exception WHERE late_entry_id IS NOT NULL"],
        "A 2026-10 revision 1: its exceptions are not those that were closed",
    ),
    "a late entry that was reported, removed": (
        ["DELETE FROM late_entry"],
        "A 2026-10: a late entry that its exceptions report is gone",
    ),
    "a late entry that no close has reported, removed": (
        ["DELETE FROM exception WHERE late_entry_id IS NOT NULL", "DELETE FROM late_entry"],
        "brought 1 late entries, and 0 are left",
    ),
    "a proposed adjustment's amount": (
        ["UPDATE adjustment SET amount_cents = 1"],
        "A 2026-10 revision 1: its exceptions are not those that were closed",
    ),
    "a proposed adjustment, removed": (
        ["DELETE FROM exception WHERE adjustment_id IS NOT NULL", "DELETE FROM adjustment"],
        "A 2026-10 revision 1: its exceptions are not those that were closed",
    ),
    "a program's line of a patient in two": (
        ["UPDATE program_line SET clinical_seconds = 1 WHERE program = 'BHI'"],
        "A 2026-10 revision 1: the figures of its patients are not those that were closed",
    ),
    "an audit event, changed": (
        ["UPDATE audit_event SET detail = jsonb_set(detail, '{billable}', '7') WHERE seq = 3"],
        "audit event 3: Event 3 was changed after it was written.",
    ),
    "an audit event, removed": (["DELETE FROM audit_event WHERE seq = 2"], "audit event 2: Event 2 is missing."),
    "the last audit event with its head": (
        [
            "DELETE FROM audit_event WHERE seq = (SELECT max(seq) FROM audit_event)",
            "UPDATE audit_head h SET seq = e.seq, hash = e.hash FROM (SELECT * FROM audit_event ORDER BY seq DESC LIMIT 1) e WHERE e.vendor_id = h.vendor_id",
        ],
        "B 2026-10 revision 2: no audit event has the digest of its rows",
    ),
    "an audit event, inserted": (
        [
            "UPDATE audit_event SET seq = -seq WHERE seq > 2",
            "UPDATE audit_event SET seq = 1 - seq WHERE seq < 0",
            "INSERT INTO audit_event SELECT vendor_id, 3, at, actor, action, detail, previous_hash, hash FROM audit_event WHERE seq = 2",
        ],
        "audit event 3: Event 3 does not follow from the one before it.",
    ),
    "an audit event, added at the end": (
        [
            "INSERT INTO audit_event SELECT vendor_id, seq + 1, at, actor, action, detail, hash, sha256('forged') FROM audit_event ORDER BY seq DESC LIMIT 1"
        ],
        "was changed after it was written",
    ),
    "two audit events, in another order": (
        ["UPDATE audit_event SET seq = -seq WHERE seq IN (2, 3)", "UPDATE audit_event SET seq = 5 + seq WHERE seq < 0"],
        "audit event 2: Event 2 does not follow from the one before it.",
    ),
    "a reopened month, closed again by hand": (
        [
            "DELETE FROM patient_month WHERE revision = 2",
            "DELETE FROM client_month WHERE revision = 2",
            "UPDATE client_month SET status = 'closed' WHERE status = 'reopened'",
        ],
        "B 2026-10 revision 1: it is closed, and the audit log has its reopening",
    ),
    "a whole month, removed": (
        [*(f"DELETE FROM {table} WHERE client_id = {A_SEPTEMBER}" for table in ("patient_month", "client_month"))],
        "A 2026-09 revision 1: the audit log has its close, and the closed month is gone",
    ),
    "an overpayment review that nobody started": (
        [
            (
                "INSERT INTO overpayment_review (vendor_id, client_id, patient_month_id, code, due_on) "
                f"SELECT vendor_id, client_id, id, 'CONSENT_REVOKED', '2026-12-31' FROM patient_month WHERE {PATIENT} = '1'"
            )
        ],
        "of 0 overpayment reviews that closes started, 1 are left",
    ),
}


def test_what_was_closed_and_left_alone_verifies(office: Office) -> None:
    said = program("verify", "--vendor", slug_of(office))
    assert (said.code, said.err) == (0, ""), said
    assert all(line.startswith("ok") for line in said.out.splitlines())


@pytest.mark.parametrize("kind", TAMPERED)
def test_whatever_is_changed_after_the_close_verify_ends_with_1_and_names_it(office: Office, kind: str) -> None:
    statements, breach = TAMPERED[kind]
    tamper(office, *statements)
    said = program("verify", "--vendor", slug_of(office))
    assert (said.code, said.err) == (1, ""), said
    told = [line.strip() for line in said.out.splitlines() if line.startswith("       ")]
    assert any(line.startswith(breach) if not breach.startswith(("was", "brought")) else breach in line for line in told), told


def test_a_breach_stands_in_the_json_and_beside_its_month_alone(office: Office) -> None:
    tamper(office, f"UPDATE time_entry SET description = 'changed' WHERE {OCTOBER_ENTRY}")
    words = ("verify", "--vendor", slug_of(office), "--json", "--month")
    assert program(*words, "2026-09").code == 0
    said = program(*words, "2026-10")
    assert said.code == 1
    assert {check["name"]: check["breaches"] for check in said.json["checks"] if not check["ok"]} == {
        "entries": ["A 2026-10 patient 1: its time entries are not those it was closed with"]
    }

"""A practice learns who cared for its own patients, by name and credential, and nothing of the vendor's other people."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import invoice_id, office_with_closed_month, send_all

NAMES = text("SELECT staff_id FROM tenancy.staff_at_work(:ids)")


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """Two practices, each served by a nurse of its own."""
    made = new_office(database, "A1", "A2")
    for code in ("A1", "A2"):
        made.add_staff(f"rn-{code}")
        patient = made.add_patient(code, "1")
        made.add_time(code, patient, f"rn-{code}", starts=datetime(2026, 10, 5, 14, tzinfo=UTC))
    return made


def known(
    database: TestDatabase, office: Office, *clients: str, practice: bool = True, period: tuple[date, date] | None = None
) -> set[str]:
    """Return the codes of the nurses whose names are given when all of the vendor's are asked for."""
    staff = {row.id: row.code for row in office.rows("SELECT id, code FROM staff")}
    context = TenantContext(office.vendor_id, "tester", tuple(office.clients[code] for code in clients) if practice else None, period)
    engine = database.practice_engine if practice else database.vendor_engine
    with tenant_transaction(engine, context, secret=database.secret) as connection:
        return {staff[one] for one in connection.scalars(NAMES, {"ids": list(staff)})}


def test_a_practice_is_given_the_names_of_who_worked_for_it(database: TestDatabase, office: Office) -> None:
    assert known(database, office, "A1") == {"rn-A1"}
    assert known(database, office, "A2") == {"rn-A2"}
    assert known(database, office, "A1", "A2") == {"rn-A1", "rn-A2"}
    assert known(database, office) == set()


def test_a_vendors_own_person_is_given_all_and_another_vendor_none(database: TestDatabase, office: Office) -> None:
    assert {"rn-A1", "rn-A2"} <= known(database, office, practice=False)
    other = new_office(database, "B1")
    ids = [row.id for row in office.rows("SELECT id FROM staff")]
    for engine, clients in ((database.vendor_engine, None), (database.practice_engine, (other.clients["B1"],))):
        with tenant_transaction(engine, TenantContext(other.vendor_id, "tester", clients), secret=database.secret) as connection:
            assert connection.scalars(NAMES, {"ids": ids}).all() == []


@pytest.mark.parametrize(("month", "names"), [(10, {"rn-A1"}), (9, set())])
def test_an_auditor_is_given_the_names_of_who_worked_in_the_period(
    database: TestDatabase, office: Office, month: int, names: set[str]
) -> None:
    period = (date(2026, month, 1), date(2026, month, 30))
    assert known(database, office, "A1", period=period) == names


def test_a_practice_reads_no_row_of_staff(database: TestDatabase, office: Office) -> None:
    context = TenantContext(office.vendor_id, "tester", (office.clients["A1"],))
    with (
        tenant_transaction(database.practice_engine, context, secret=database.secret) as connection,
        pytest.raises(Exception, match="permission denied"),
    ):
        connection.execute(text("SELECT count(*) FROM staff"))


@pytest.mark.parametrize("ending", ["", "/file.csv", "/file.xlsx", "/file.pdf"])
def test_a_practice_administrator_opens_the_invoice_with_its_minutes(database: TestDatabase, pages: Pages, ending: str) -> None:
    closed = office_with_closed_month(database, "A1", "A2")
    send_all(closed)
    helen = visitor_of(closed.vendor_id, clients=[closed.clients["A1"]])
    answer = pages.get(f"/invoices/{invoice_id(closed, 'A1')}{ending}?open=1", helen)
    assert answer.status_code == 200
    if not ending:
        assert "Tia Rivers, RN" in words(answer) or "Tia Rivers RN" in words(answer)
    assert pages.get(f"/invoices/{invoice_id(closed, 'A2')}{ending}", helen).status_code == 404


NAMED = text("SELECT called FROM tenancy.named_on_record(:of_patient, :called)")


def named(database: TestDatabase, office: Office, client: str, patient: UUID, period: tuple[date, date] | None = None) -> set[str]:
    """Return whom a practice is told the names of, asking for the codes of all and the numbers of all providers by a patient's record."""
    codes = [row.code for row in office.rows("SELECT code FROM staff")] + [row.npi for row in office.rows("SELECT npi FROM provider")]
    context = TenantContext(office.vendor_id, "tester", (office.clients[client],), period)
    with tenant_transaction(database.practice_engine, context, secret=database.secret) as connection:
        return set(connection.scalars(NAMED, {"of_patient": patient, "called": codes}))


def test_a_practice_is_told_by_name_whom_the_record_of_its_own_patient_names(database: TestDatabase) -> None:
    office = new_office(database, "A1", "A2")
    for code in ("approver", "taker", "nobody"):
        office.add_staff(code)
    ours, theirs = office.add_patient("A1", "1"), office.add_patient("A2", "2")
    for client, patient, staff in (("A1", ours, "approver"), ("A2", theirs, "nobody")):
        office.add_time(client, patient, "rn", starts=datetime(2026, 10, 5, 14 if client == "A1" else 16, tzinfo=UTC), approved_by=staff)
    with office.transaction() as connection:
        connection.execute(text("UPDATE consent SET obtained_by = 'taker' WHERE patient_id = :patient"), {"patient": ours})
    npi = office.value("SELECT npi FROM provider WHERE client_id = :client", client=office.clients["A1"])
    assert named(database, office, "A1", ours) == {"rn", "approver", "taker", npi}
    assert named(database, office, "A1", theirs) == set()
    assert named(database, office, "A1", ours, (date(2026, 9, 1), date(2026, 9, 30))) == {"taker", npi}
    other = new_office(database, "B1")
    assert named(database, other, "B1", ours) == set()

"""A vendor with exceptions to settle: closed months with patients held for a consent, for a plan's review and for time that waits, and people to assign to."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from caretally.identity.roles import MATRIX, Role
from caretally.months import Month
from caretally.web.visitor import Visitor
from tests.builders.accounts import give_role, new_signer
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office
from tests.builders.pages import visitor_of


def queue_office(database: TestDatabase, *clients: str, close: bool = True) -> Office:
    """Return a vendor whose October is closed (or still open): at each client one patient is billed, and one each lacks a consent,
    an approval, a review of the plan and minutes."""
    office = new_office(database, *clients)
    for number, code in enumerate(clients, start=10):
        office.add_staff(f"rn-{code}")
        for place, given in enumerate(("Billed", "Noconsent", "Pending", "Overdue", "Short")):
            patient = office.add_patient(
                code, f"{code}-{given}", family_name=f"Castellano-{code}", given_name=given, birth_date=f"194{place}-03-{number}"
            )
            seconds = 5 * 60 if given == "Short" else 25 * 60
            source = "manual" if given == "Pending" else "dialer"
            starts = datetime(2026, 10, 5, 12 + 2 * place, tzinfo=UTC)
            office.add_time(code, patient, f"rn-{code}", starts=starts, seconds=seconds, source=source)
            if given == "Noconsent":
                change(office, "DELETE FROM consent WHERE patient_id = :patient", patient)
            if given == "Overdue":
                change(office, "UPDATE care_plan SET effective_on = '2025-06-01' WHERE patient_id = :patient", patient)
    if close:
        office.close()
    return office


def change(office: Office, statement: str, patient: UUID) -> None:
    """Change what is on record of a patient."""
    with office.transaction() as connection:
        connection.execute(text(statement), {"patient": patient})


def person(database: TestDatabase, office: Office, role: Role, name: str, **changes: Any) -> Visitor:
    """Return a person of the vendor who holds a membership in this role, as a visitor with what the role may do."""
    signer = new_signer(database, name=name)
    give_role(database, signer, office.vendor_id, str(role))
    permissions = frozenset(str(permission) for permission in MATRIX[role])
    return visitor_of(office.vendor_id, actor=f"person:{signer.id}", name=name, permissions=permissions, **changes)


def patient_id(office: Office, mrn: str) -> UUID:
    """Return a patient's id."""
    return UUID(str(office.value("SELECT id FROM patient WHERE mrn = :mrn", mrn=mrn)))


def one(office: Office, mrn: str, code: str, month: Month = OCTOBER) -> str:
    """Return the address of one exception."""
    return f"/exceptions/{patient_id(office, mrn)}/{month}/{code}"

"""Records that come in after a month has closed, and what the next close says of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from caretally.close.verify import verify
from caretally.months import Month
from tests.builders.office import Office, insert, numbers

SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)
AGREED = dict.fromkeys(("scope", "cost_sharing", "one_practitioner", "stop"), True)
FOUND = (
    "SELECT mrn, to_char(a.month, 'YYYY-MM'), cured, codes, units, added_codes, added_units, amount_cents FROM adjustment a "
    "JOIN client_month m ON m.id = a.client_month_id WHERE m.status = 'closed' ORDER BY m.month, a.month, mrn"
)
REVIEWS = "SELECT p.mrn, to_char(p.month, 'YYYY-MM'), r.code FROM overpayment_review r JOIN patient_month p ON p.id = r.patient_month_id ORDER BY 1, 2, 3"


def patient_with(office: Office, mrn: str, *pieces: int, month: int = 9, **changes: Any) -> UUID:
    """Add a patient and entries of so many seconds, from 14:00 UTC on as many days of a month."""
    patient = office.add_patient("A", mrn)
    for number, seconds in enumerate(pieces):
        starts = datetime(2026, month, 1 + number, 14, tzinfo=UTC) + timedelta(minutes=100 * next(numbers) % 480)
        office.add_time("A", patient, "rn", starts=starts, seconds=seconds, **changes)
    return patient


def do(office: Office, statement: str, **values: Any) -> None:
    with office.transaction() as connection:
        assert connection.execute(text(statement), values).rowcount > 0, statement


def add(office: Office, table: str, patient: UUID, **values: Any) -> None:
    with office.transaction() as connection:
        insert(connection, table, {"vendor_id": office.vendor_id, "client_id": office.clients["A"], "patient_id": patient} | values)


def consent(office: Office, patient: UUID, obtained_on: str) -> None:
    by = {"program": "CCM", "provider_id": office.providers["A"], "method": "verbal"}
    add(office, "consent", patient, obtained_on=obtained_on, **by, **AGREED)


def late(office: Office, patient: UUID, *, seconds: int, day: int = 20, month: int = 9, **changes: Any) -> None:
    starts = changes.pop("starts", datetime(2026, month, day, 14, tzinfo=UTC))
    office.add_late_time("A", patient, "rn", starts=starts, seconds=seconds, **changes)


def external_id(office: Office, mrn: str) -> str:
    return str(office.value("SELECT external_id FROM time_entry t JOIN patient p ON p.id = t.patient_id WHERE mrn = :mrn", mrn=mrn))


def proposals(office: Office) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in office.rows(FOUND)]


def reviews(office: Office) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in office.rows(REVIEWS)]


def breaches(office: Office) -> list[str]:
    with office.transaction() as connection:
        return [breach for result in verify(connection) for breach in result.breaches]

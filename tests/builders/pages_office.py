"""A vendor with a closed month, for tests that look at pages."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from caretally.closing_runs.candidates import candidates
from caretally.closing_runs.close_clients import close_clients
from caretally.closing_runs.runs import Wanted, ask_for_run
from caretally.invoices.send import drafts, send_invoices
from caretally.isolation_reports.keep import keep_report
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, insert, new_office


def office_with_closed_month(database: TestDatabase, *clients: str, name: str = "Castellano", **terms: Any) -> Office:
    """Return a vendor whose October 2026 is closed: at each client a patient with 47 minutes, and one with 5; `terms` are the agreements'."""
    office = new_office(database, *clients, **terms)
    for number, code in enumerate(clients, start=10):
        office.add_staff(f"rn-{code}")
        for given, seconds, day in (("Carla", 47 * 60, f"1941-03-{number}"), ("Shirley", 5 * 60, f"1950-04-{number}")):
            patient = office.add_patient(code, f"{code}-{given}", family_name=f"{name}-{code}", given_name=given, birth_date=day)
            starts = datetime(2026, 10, 5, 14 if seconds > 1200 else 18, tzinfo=UTC)
            office.add_time(code, patient, f"rn-{code}", starts=starts, seconds=seconds)
    office.close()
    return office


def send_all(office: Office) -> None:
    """Send every draft of the vendor, so that its practices see them."""
    with office.transaction() as connection:
        waiting = drafts(connection)
        send_invoices(connection, [one.id for one in waiting], shown_cents=sum(one.total_cents for one in waiting))


def keep_isolation_reports(office: Office) -> None:
    """Keep two isolation reports of the vendor, the newer one of which did not hold."""
    said: dict[str, Any] = {
        "vendor": "Meridian Care Partners",
        "slug": "meridian",
        "server": "17.6",
        "catalog_checks": 17,
        "catalog_breaches": ["consent: policy is not declared: tenant_vendor ON consent"],
        "other_vendors": 1,
        "other_clients": 2,
        "tables": 49,
        "attempts": 1_234,
        "leaks": ["vendor reads rows of another in consent"],
        "by_login": {"vendor": 700, "practice": 534},
        "version": 1,
        "public_key": "key",
        "signature": "signature",
    }
    found: dict[str, Any] = {"leaks": [], "catalog_breaches": []}
    with office.transaction() as connection:
        keep_report(connection, said | found | {"at": "2026-11-02T06:00:00+00:00", "holds": True}, pdf=b"%PDF")
        keep_report(connection, said | {"at": "2026-11-09T06:00:00+00:00", "holds": False}, pdf=b"%PDF")


def preview_by_run(office: Office, run_id: UUID, month: Month) -> None:
    """Preview a month of all clients by a run."""
    with office.transaction() as connection:
        wanted = [Wanted(client_id=one.client_id) for one in candidates(connection, month)]
        ask_for_run(connection, run_id, month, kind="preview", wanted=wanted)
    close_clients(office.transaction, run_id)


def month_to_review(office: Office, run_id: UUID) -> None:
    """Preview November 2026: a patient who reached a code, one who is held, one who is close to one, and a client that is parked."""
    code = next(iter(office.clients))
    no_consent = office.add_patient(code, f"{code}-Ruth", family_name="Castellano", given_name="Ruth", birth_date="1944-05-06")
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM consent WHERE patient_id = :patient"), {"patient": no_consent})
        others = connection.scalars(text("SELECT id FROM patient WHERE mrn LIKE :mrn ORDER BY mrn"), {"mrn": f"{code}-%"}).all()
        for hour, (patient, minutes) in enumerate(zip(others, (62, 24, 17), strict=True), start=13):
            starts = datetime(2026, 11, 5, hour, tzinfo=UTC)
            office.insert_time(connection, code, patient, f"rn-{code}", starts=starts, seconds=minutes * 60)
        key = {"vendor_id": office.vendor_id, "code": "P9", "name": "Prairie Wind Health", "timezone": "America/Chicago"}
        insert(connection, "client", key, returning="client_id")
    preview_by_run(office, run_id, Month(2026, 11))


def invoice_id(office: Office, client: str) -> UUID:
    """Return the id of a client's invoice."""
    return UUID(str(office.value("SELECT id FROM invoice WHERE client_id = :client_id", client_id=office.clients[client])))

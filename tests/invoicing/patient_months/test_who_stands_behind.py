"""The people behind a patient's month by name, not by the codes of files, and the decision-making that complex care is billed for."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, insert, new_office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import invoice_id, send_all
from tests.builders.printed import page_texts

COMPLEX, PLAIN = "Moss", "Reed"


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A client with two patients whose consents and time name people by code, and of whom one is complex."""
    made = new_office(database, "A1", "A2")
    made.add_staff("MCP-104", family_name="Ferrer", given_name="Marta", credential="LPN")
    made.add_staff("MCP-142", family_name="Price", given_name="Jordan", credential="RN")
    for day, (family, minutes) in enumerate(((COMPLEX, 65), (PLAIN, 25)), start=5):
        patient = made.add_patient("A1", family, family_name=family, birth_date=f"1941-03-0{day}")
        starts = datetime(2026, 10, day, 14, tzinfo=UTC)
        made.add_time("A1", patient, "rn", starts=starts, seconds=minutes * 60, source="manual", approved_by="MCP-142")
        with made.transaction() as connection:
            connection.execute(text("UPDATE consent SET obtained_by = 'MCP-104' WHERE patient_id = :patient"), {"patient": patient})
            npi = connection.scalar(text("SELECT npi FROM provider WHERE client_id = :client"), {"client": made.clients["A1"]})
            key = {"vendor_id": made.vendor_id, "client_id": made.clients["A1"], "patient_id": patient}
            decided = {"month": "2026-10-01", "level": "moderate" if family == COMPLEX else "low", "npi": npi}
            insert(connection, "mdm", key | decided | {"documented_on": "2026-10-24"})
    made.close("A1")
    send_all(made)
    return made


@pytest.fixture(scope="module")
def nora(office: Office) -> Visitor:
    """The administrator of the practice."""
    return visitor_of(office.vendor_id, clients=[office.clients["A1"]])


def patient(office: Office, family: str) -> UUID:
    """Return a patient's id."""
    return UUID(str(office.value("SELECT id FROM patient WHERE family_name = :family", family=family)))


def test_a_patients_month_names_who_took_the_consent_and_who_approved_the_time(pages: Pages, office: Office, nora: Visitor) -> None:
    for who in (nora, visitor_of(office.vendor_id)):
        said = words(pages.get(f"/patients/{patient(office, PLAIN)}/2026-10", who))
        assert "taken by Marta Ferrer, LPN" in said
        assert "approved by Jordan Price, RN" in said
        assert "MCP-" not in said


def test_a_patients_consents_name_who_took_them_and_the_provider_with_the_credential(pages: Pages, office: Office, nora: Visitor) -> None:
    said = words(pages.get(f"/patients/{patient(office, PLAIN)}", nora))
    assert "Rosa Okafor, MD verbal" in said
    assert "Marta Ferrer, LPN" in said
    assert "MCP-" not in said


def test_an_open_line_tells_how_and_by_whom_the_consent_was_taken(pages: Pages, office: Office, nora: Visitor) -> None:
    said = words(pages.get(f"/invoices/{invoice_id(office, 'A1')}?open=1", nora))
    assert "Verbal consent, taken by Marta Ferrer, LPN" in said


def test_complex_care_shows_the_decision_making_it_is_billed_for(pages: Pages, office: Office, nora: Visitor) -> None:
    invoice = f"/invoices/{invoice_id(office, 'A1')}"
    told = {"moderate decision-making", "documented by Rosa Okafor, MD on 24 Oct 2026"}
    for path in (f"{invoice}?open=1", f"/patients/{patient(office, COMPLEX)}/2026-10"):
        said = words(pages.get(path, nora))
        assert all(one in said or one.capitalize() in said for one in told), path
    for path in (f"{invoice}?open=2", f"/patients/{patient(office, PLAIN)}/2026-10"):
        assert "decision-making" not in words(pages.get(path, nora)), path


def test_the_invoice_in_print_shows_the_decision_making_of_complex_lines_alone(pages: Pages, office: Office, nora: Visitor) -> None:
    printed = " ".join(" ".join(page_texts(pages.get(f"/invoices/{invoice_id(office, 'A1')}/file.pdf", nora).data)).split())
    assert printed.count("decision-making") == 1
    assert "Moderate decision-making, documented by Rosa Okafor, MD on 24 Oct 2026" in printed

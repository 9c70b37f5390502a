"""A month that is not closed is told as its close will leave it: decision, price and expected amount, by the same SQL in the database."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from caretally.close.results import ClientParked
from caretally.patient_months.month_now import month_now
from caretally.patient_months.month_of_patient import MonthOfPatient, closed_month
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office

TOLD = "outcome primary_reason codes units amount_cents raw_seconds excluded_reasons expected_line_cents expected_cents expected_note exceptions".split()


def now(office: Office, patient_id: UUID) -> MonthOfPatient:
    """Return the patient's October as it stands."""
    with office.transaction() as connection:
        return month_now(connection, patient_id, OCTOBER)


def told(found: MonthOfPatient) -> tuple[Mapping[str, Any], Any, Any]:
    """Return what a month says of its decision, its entries and its evidence."""
    return {name: found.row[name] for name in TOLD}, [entry.seconds for entry in found.behind.entries], found.proofs


def as_closed(office: Office, patient_id: UUID) -> MonthOfPatient:
    """Close October and return the patient's."""
    office.close()
    with office.transaction() as connection:
        return closed_month(connection, patient_id, OCTOBER, vendor_id=office.vendor_id, prices=False)


@pytest.mark.parametrize("seconds", [2700, 600, 0])
def test_an_open_month_says_what_its_close_will_say(fresh_database: TestDatabase, seconds: int) -> None:
    office = new_office(fresh_database, "A")
    patient_id = office.add_patient("A", "1")
    if seconds:
        office.add_time("A", patient_id, "rn", seconds=seconds)
    before = now(office, patient_id)
    after = as_closed(office, patient_id)
    assert told(before) == told(after)
    assert (before.explanation, before.claim, before.reasons) == (after.explanation, after.claim, after.reasons)


def test_a_percentage_is_told_of_an_open_month_as_it_will_be_billed(fresh_database: TestDatabase) -> None:
    office = new_office(fresh_database, "LFM", basis="percentage", prices={})
    with office.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO agreement_price (vendor_id, client_id, agreement_id, percent) SELECT vendor_id, client_id, id, 40 FROM agreement"
            )
        )
    patient_id = office.add_patient("LFM", "1")
    office.add_time("LFM", patient_id, "rn", seconds=2700)
    before = now(office, patient_id)
    assert before.row["amount_cents"] == 4663
    assert told(before) == told(as_closed(office, patient_id))


def test_a_month_without_a_price_for_its_claim_says_so(database: TestDatabase) -> None:
    office = new_office(database, "A", prices={"99490": 3800})
    patient_id = office.add_patient("A", "1")
    office.add_time("A", patient_id, "rn", seconds=2700)
    with pytest.raises(ClientParked, match="A's agreement has no price for 99439; add it to the agreement"):
        now(office, patient_id)


def test_a_month_without_an_agreement_says_so(database: TestDatabase) -> None:
    office = new_office(database, "A")
    patient_id = office.add_patient("A", "1")
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM agreement_price"))
        connection.execute(text("DELETE FROM agreement"))
    with pytest.raises(ClientParked, match="A has no agreement for 2026-10"):
        now(office, patient_id)

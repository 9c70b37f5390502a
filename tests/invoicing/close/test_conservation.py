"""The checks of conservation name what is wrong with the decisions that a close is about to write."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from caretally.close.close_client import take_locks
from caretally.close.prepare import prepare
from caretally.close.statements import statement
from caretally.evaluation.parameters import ClientMonth
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A client with three patients: one is billed for forty-five minutes, one for twenty-five, one has five."""
    made = new_office(database, "A")
    for mrn, seconds in (("1", 2700), ("2", 1500), ("3", 300)):
        made.add_time("A", made.add_patient("A", mrn), "rn", starts=datetime(2026, 10, int(mrn), 14, tzinfo=UTC), seconds=seconds)
    return made


WRONG = {
    "": [],
    "clinical_seconds = clinical_seconds + 1 WHERE mrn = '2'": ["seconds of 2: counted plus excluded differ from raw"],
    "outcome = 'held' WHERE mrn = '2'": [
        "patient 2 is billable without a line or has a line without being billable",
        "patient 2 is held without a reason",
    ],
    "units = '{1,3}' WHERE mrn = '1'": ["patient 1 has 3 units of 99439, over the cap of 2"],
    "patient_id = (SELECT patient_id FROM eval_decision WHERE mrn = '1') WHERE mrn = '2'": ["patient 2 stands twice in the month"],
    "enrolled = false WHERE mrn = '1'": ["patient 1 was not enrolled and is billable"],
}


@pytest.mark.parametrize("change", WRONG)
def test_each_breach_is_named_with_its_patient(office: Office, change: str) -> None:
    client = office.client("A")
    with office.transaction() as connection:
        take_locks(connection, client)
        prepare(connection, client, ClientMonth(client.vendor_id, client.id, client.code, client.timezone, OCTOBER))
        if change:
            connection.execute(text(f"UPDATE eval_decision SET {change}"))
        assert sorted(connection.scalars(statement("conservation"))) == sorted(WRONG[change])
        connection.rollback()

"""A patient in two programs: both are billed, told and verified, and one month is one patient-month."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from caretally.close.verify import verify
from caretally.cms.rule_tables import rule_tables
from caretally.evaluation.decided import Decision
from caretally.evaluation.explain import explanation
from caretally.evaluation.program_lines import lines_of_close
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, insert, new_office

PRICES = {"99490": 3800, "99457": 2500, "99470": 1300}
AGREED = dict.fromkeys(("scope", "cost_sharing", "one_practitioner", "stop"), True)


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """One patient with twenty minutes in each of two programs, and one in chronic care only."""
    made = new_office(database, "LFM", prices=PRICES)
    both = made.add_patient("LFM", "1")
    key = {"vendor_id": made.vendor_id, "client_id": made.clients["LFM"], "patient_id": both}
    by_provider = key | {"program": "RPM", "provider_id": made.providers["LFM"]}
    with made.transaction() as connection:
        insert(connection, "enrolment", key | {"program": "RPM", "status": "enrolled", "valid_from": "2026-01-05"})
        insert(connection, "assignment", by_provider | {"valid_from": "2026-01-05"})
        insert(connection, "consent", by_provider | AGREED | {"method": "verbal", "obtained_on": "2026-01-05"})
    made.add_time("LFM", both, "rn")
    made.add_time("LFM", both, "rn", program="RPM", contact="live", starts=datetime(2026, 10, 6, 14, tzinfo=UTC))
    made.add_time("LFM", made.add_patient("LFM", "2"), "rn", starts=datetime(2026, 10, 7, 14, tzinfo=UTC))
    return made


def breaches(office: Office) -> list[str]:
    with office.transaction() as connection:
        return [breach for check in verify(connection) for breach in check.breaches]


def test_both_programs_are_billed_in_one_patient_month(office: Office) -> None:
    (result,) = office.close()
    assert result.invoice is not None
    assert (result.enrolled, result.billable, result.raw_seconds, result.invoice.total_cents) == (2, 2, 3600, 3800 + 2500 + 3800)
    assert office.rows("SELECT mrn, programs, codes, units FROM patient_month ORDER BY mrn") == [
        ("1", ["CCM", "RPM"], ["99490", "99457"], [1, 1]),
        ("2", ["CCM"], ["99490"], [1]),
    ]


def test_only_the_patient_of_several_programs_keeps_lines(office: Office) -> None:
    office.close()
    assert office.rows("SELECT program, codes, outcome FROM program_line ORDER BY program") == [
        ("CCM", ["99490"], "billable"),
        ("RPM", ["99457"], "billable"),
    ]


def test_each_program_says_why_in_its_own_words(office: Office) -> None:
    office.close()
    with office.transaction() as connection:
        row = connection.execute(text("SELECT * FROM patient_month WHERE mrn = '1'")).mappings().one()
        key = {name: row[name] for name in ("vendor_id", "client_id", "client_month_id")}
        decision = Decision.of_row(dict(row), rule_tables(connection), lines_of_close(connection, **key)[row["patient_id"]])
    told = explanation(decision)
    assert told.startswith("Chronic care management: Billable: 99490") and "Remote physiologic monitoring: Billable: 99457" in told


def test_a_closed_month_of_several_programs_verifies(office: Office) -> None:
    office.close()
    assert breaches(office) == []


def test_closing_again_gives_the_same_figures(office: Office) -> None:
    first = office.close()
    assert [result.invoice for result in office.close()] == [result.invoice for result in first]

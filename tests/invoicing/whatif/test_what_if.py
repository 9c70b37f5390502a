"""What another agreement, policy or set of rules would change, and that nothing is changed by asking."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from caretally.cms.reference_files import DATA_FOLDER, DamagedReferenceFile
from caretally.tenancy.registry import TABLES
from caretally.whatif.changes import ChangeRefused, Changes, read_changes
from caretally.whatif.what_if import ClientDifference, what_if
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """One patient with forty minutes of a nurse, and one whose plan was never reviewed, with twenty."""
    made = new_office(database, "LFM")
    made.add_time("LFM", made.add_patient("LFM", "1"), "rn", seconds=2400)
    old = made.add_patient("LFM", "2")
    with made.transaction() as connection:
        connection.execute(text("UPDATE care_plan SET effective_on = '2025-06-01' WHERE patient_id = :id"), {"id": old})
    made.add_time("LFM", old, "rn", starts=datetime(2026, 10, 7, 14, tzinfo=UTC))
    return made


def tried(office: Office, **changes: Any) -> ClientDifference:
    with office.transaction() as connection:
        return what_if(connection, office.client("LFM"), OCTOBER, Changes(**changes))


def everything(office: Office) -> list[Any]:
    """Return every table of the schema with the number and a digest of its rows, as the vendor sees them."""
    with office.transaction() as connection:
        readable = [name for name in TABLES if connection.scalar(text("SELECT has_table_privilege(:name, 'SELECT')"), {"name": name})]
        digest = "SELECT count(*), md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {} t"
        return [(name, *connection.execute(text(digest.format(name))).one()) for name in readable]


def test_another_price_changes_every_billed_patient_and_nothing_else(office: Office) -> None:
    found = tried(office, prices={"99490": 4000})
    assert (found.state, found.total_cents_before, found.total_cents_after) == ("open", 3800 + 1600, 4000 + 1600)
    assert [(one.mrn, one.cents_before, one.cents_after) for one in found.patients] == [("1", 5400, 5600)]


def test_a_policy_that_warns_releases_what_it_held(office: Office) -> None:
    found = tried(office, terms={"review_overdue": "warn"})
    (released,) = found.patients
    assert (released.mrn, released.outcome_before, released.outcome_after, released.claim_after) == ("2", "held", "billable", "99490x1")
    assert released.reason_before == "CARE_PLAN_REVIEW_OVERDUE"


def test_a_policy_that_holds_takes_back_what_it_only_warned_of(office: Office) -> None:
    found = tried(office, policies={"CARE_PLAN_SIGNOFF_MISSING": "hold"})
    assert found.patients == ()
    with office.transaction() as connection:
        connection.execute(text("UPDATE care_plan SET signed_on = NULL"))
    found = tried(office, policies={"CARE_PLAN_SIGNOFF_MISSING": "hold"})
    assert [(one.mrn, one.outcome_after) for one in found.patients] == [("1", "held"), ("2", "held")][: len(found.patients)]
    assert found.patients[0].reason_after == "CARE_PLAN_SIGNOFF_MISSING"


def test_a_closed_month_is_compared_with_what_was_closed(office: Office) -> None:
    office.close()
    found = tried(office, prices={"99490": 4000})
    assert (found.state, found.total_cents_before, found.total_cents_after) == ("closed", 5400, 5600)


def test_another_set_of_rules_is_read_in_place_of_the_one_in_force(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(DATA_FOLDER, folder)
    codes = folder / "billing_code.csv"
    codes.write_text(codes.read_text(encoding="utf-8").replace('team work",staff,1200,', 'team work",staff,2401,'), encoding="utf-8")
    office.close()
    found = tried(office, rules=folder)
    assert [(one.mrn, one.claim_before, one.outcome_after) for one in found.patients] == [
        ("1", "99490x1+99439x1", "not_billable"),
        ("2", "99490x1", "not_billable"),
    ]


def test_a_damaged_set_of_rules_is_refused_and_the_one_in_force_stays(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(DATA_FOLDER, folder)
    (folder / "gate.csv").write_text("code\n", encoding="utf-8")
    with pytest.raises(DamagedReferenceFile, match=r"gate\.csv"):
        tried(office, rules=folder)
    assert office.close()[0].billable == 1


def test_a_price_that_is_missing_under_the_change_is_said(office: Office) -> None:
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM agreement_price WHERE code = '99491'"))
    office.add_staff("md", role="qhp", credential="MD", npi=office.value("SELECT npi FROM provider"))
    office.add_time(
        "LFM", office.value("SELECT id FROM patient WHERE mrn = '1'"), "md", seconds=1800, starts=datetime(2026, 10, 8, 14, tzinfo=UTC)
    )
    found = tried(office, terms={"qhp_time": "personal"})
    assert found.parked_reason is not None and "99491" in found.parked_reason


def test_the_price_of_a_patient_month_can_be_tried(office: Office) -> None:
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM agreement_price WHERE code <> '99490'"))
        connection.execute(text("UPDATE agreement_price SET code = ''"))
        connection.execute(text("UPDATE agreement SET basis = 'per_patient_month'"))
        changes = read_changes(connection, terms=(), prices=["patient-month=45.00"], policies=(), rules=None)
    assert changes.prices == {"": 4500}
    found = tried(office, prices=dict(changes.prices))
    assert (found.total_cents_before, found.total_cents_after) == (3800, 4500)


def test_asking_leaves_every_table_as_it_was(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(DATA_FOLDER, folder)
    office.close()
    before = everything(office)
    tried(office, prices={"99490": 1}, terms={"review_overdue": "off"}, policies={"COVERAGE_UNVERIFIED": "hold"}, rules=folder)
    assert len(before) > 60 and everything(office) == before


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"terms": ["qhp_time=maybe"]}, "qhp_time cannot be 'maybe'"),
        ({"terms": ["colour=blue"]}, "The term 'colour' is unknown"),
        ({"prices": ["99490"]}, "is not a change"),
        ({"prices": ["99409=40.00"]}, "99409 is no code that CareTally prices"),
        ({"policies": ["NO_CONSENT=off"]}, "NO_CONSENT is not a vendor's to change"),
        ({"policies": ["CONSENT_AGED=perhaps"]}, "CONSENT_AGED cannot be 'perhaps'"),
        ({}, "Nothing is to be tried"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_one_sentence(office: Office, given: dict[str, Any], says: str) -> None:
    with office.transaction() as connection, pytest.raises(ChangeRefused, match=says):
        read_changes(connection, **{"terms": (), "prices": (), "policies": (), "rules": None} | given)


def waived_for(office: Office, mrn: str, *clients: str) -> Changes:
    with office.transaction() as connection:
        chosen = [office.clients[code] for code in clients]
        waived: dict[str, Any] = {"waive": ["CARE_PLAN_REVIEW_OVERDUE"], "waive_for": mrn, "clients": chosen}
        return read_changes(connection, terms=(), prices=(), policies=(), rules=None, **waived)


def test_a_waiver_for_a_patient_of_another_client_than_the_one_named_says_whose_the_record_number_is(database: TestDatabase) -> None:
    office = new_office(database, "HIL", "LFM", "OAK")
    for code in ("LFM", "OAK"):
        office.add_patient(code, "7")
    with pytest.raises(
        ChangeRefused, match=r"^HIL has no patient with the record number '7'; LFM and OAK have one: name it with --client\.$"
    ):
        waived_for(office, "7", "HIL")
    with pytest.raises(ChangeRefused, match=r"^There is no patient '8'; check the record number\.$"):
        waived_for(office, "8", "HIL")
    assert waived_for(office, "7", "HIL", "OAK").waive_for == waived_for(office, "7").waive_for == "7"


def test_a_client_that_cannot_be_priced_as_it_stands_says_why_and_hides_no_other(office: Office) -> None:
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM agreement_price"))
        connection.execute(text("DELETE FROM agreement"))
    found = tried(office, prices={"99490": 4000})
    assert (found.state, found.total_cents_before, found.patients) == ("open", 0, ())
    assert found.parked_reason is not None and found.parked_reason.startswith("LFM has no agreement for 2026-10")

"""What a proposed adjustment costs: what opening its month again would bill beyond what was billed."""

import pytest
from sqlalchemy import text

from tests.builders.databases import TestDatabase
from tests.builders.late_records import NOVEMBER, OCTOBER, SEPTEMBER, do, late, patient_with, proposals
from tests.builders.office import Office, new_office


def tiers(office: Office, *, first: int, then: dict[int, int]) -> None:
    with office.transaction() as connection:
        for place, cents in then.items():
            connection.execute(
                text(
                    "INSERT INTO agreement_price (vendor_id, client_id, agreement_id, code, tier_from, price_cents) "
                    "SELECT vendor_id, client_id, id, '', :place, :cents FROM agreement"
                ),
                {"place": place, "cents": cents},
            )
    assert office.value("SELECT price_cents FROM agreement_price WHERE tier_from = 1") == first


@pytest.mark.parametrize(("mode", "amounts"), [("graduated", [4000, 3000]), ("whole_volume", [3000, 3000])])
def test_an_adjustment_costs_what_comes_after_all_that_was_billed(database: TestDatabase, mode: str, amounts: list[int]) -> None:
    office = new_office(database, "A", basis="per_patient_month", prices={"": 4000}, tier_mode=mode)
    tiers(office, first=4000, then={3: 3000})
    short = [patient_with(office, mrn, 900) for mrn in ("1", "2")]
    patient_with(office, "3", 1200)
    office.close(month=SEPTEMBER)
    for patient in short:
        late(office, patient, seconds=300, day=20 + short.index(patient))
    office.close(month=OCTOBER)
    # one patient was billed: the two become the second and the third of the month
    assert [row[-1] for row in proposals(office)] == amounts


def test_a_proposal_made_before_keeps_its_place_in_the_tiers(database: TestDatabase) -> None:
    office = new_office(database, "A", basis="per_patient_month", prices={"": 4000})
    tiers(office, first=4000, then={3: 3000})
    short = [patient_with(office, mrn, 900) for mrn in ("1", "2")]
    patient_with(office, "3", 1200)
    office.close(month=SEPTEMBER)
    late(office, short[1], seconds=300, day=20)
    office.close(month=OCTOBER)
    late(office, short[0], seconds=300, day=21)
    office.close(month=NOVEMBER)
    assert [(row[0], row[-1]) for row in proposals(office)] == [("2", 4000), ("1", 3000)]


def test_a_month_that_was_filled_up_to_its_minimum_pays_only_what_goes_beyond(database: TestDatabase) -> None:
    office = new_office(database, "A", basis="per_patient_month", prices={"": 4000}, minimum_cents=10_000)
    short = [patient_with(office, mrn, 900) for mrn in ("1", "2", "3")]
    patient_with(office, "4", 1200)
    office.close(month=SEPTEMBER)
    for place, patient in enumerate(short):
        late(office, patient, seconds=300, day=20 + place)
    office.close(month=OCTOBER)
    # 40 of 100 were billed: the first 60 of the 120 that come are paid already
    assert [row[-1] for row in proposals(office)] == [0, 2000, 4000]


def test_a_claim_that_grows_costs_nothing_where_a_month_has_one_price(database: TestDatabase) -> None:
    office = new_office(database, "A", basis="per_patient_month", prices={"": 4000})
    patient = patient_with(office, "1", 1200)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=1200)
    office.close(month=OCTOBER)
    assert proposals(office) == [("1", "2026-09", [], ["99490", "99439"], [1, 1], ["99439"], [1], 0)]


def test_a_code_without_a_price_in_that_month_s_agreement_has_no_amount(database: TestDatabase) -> None:
    office = new_office(database, "A", prices={"99490": 3800})
    patient = patient_with(office, "1", 1200)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=1200)
    office.close(month=OCTOBER)
    assert proposals(office) == [("1", "2026-09", [], ["99490", "99439"], [1, 1], ["99439"], [1], None)]


def test_the_terms_of_a_closed_month_are_those_it_was_closed_with(database: TestDatabase) -> None:
    office = new_office(database, "A", copy_missing="warn")
    patient = patient_with(office, "1", 900)
    do(office, "UPDATE care_plan SET copy_given_on = NULL")
    office.close(month=SEPTEMBER)
    do(office, "UPDATE agreement SET copy_missing = 'hold'")
    late(office, patient, seconds=300)
    office.close(month=OCTOBER)
    assert [row[0] for row in proposals(office)] == ["1"]

"""Programs beside CCM, alone and together: worked cases decided by the product's own SQL."""

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.deciding import decided
from tests.builders.facts import CLIENT_FACT_WARNINGS
from tests.builders.worked_programs import CASES, TWICE, Worked, one_call_in_two_programs, one_human_twice, two_settings_of_a_client


@pytest.mark.parametrize("name", CASES)
def test_a_worked_case_of_any_program(database: TestDatabase, name: str) -> None:
    given, claim, outcome, codes = CASES[name]
    (answer,) = decided(database, given.facts())
    assert ("+".join(f"{line['code']}x{line['units']}" for line in answer["claim"]), answer["outcome"]) == (claim, outcome), answer
    raised = {*answer["exceptions"], *answer["warnings"]} - set(CLIENT_FACT_WARNINGS)
    assert codes <= raised
    assert codes or not answer["exceptions"], answer["exceptions"]


def test_minutes_in_two_programs_wait_for_a_person(database: TestDatabase) -> None:
    (answer,) = decided(database, one_call_in_two_programs())
    assert (answer["outcome"], answer["claim"]) == ("held", [{"code": "99490", "units": 1}])
    assert answer["excluded_seconds"] == {"TIME_DOUBLE_COUNTED": 1200}
    assert "TIME_PENDING" in answer["exceptions"]


@pytest.mark.parametrize(("priority", "code"), [(["CCM", "RPM"], "99490"), (["RPM", "CCM"], "99457")])
def test_the_clients_list_says_whose_the_minutes_are(database: TestDatabase, priority: list[str], code: str) -> None:
    (answer,) = decided(database, one_call_in_two_programs(priority=priority))
    assert (answer["outcome"], answer["claim"]) == ("billable", [{"code": code, "units": 1}])
    assert "TIME_DOUBLE_COUNTED" in answer["exceptions"] + answer["warnings"]


@pytest.mark.parametrize(("here", "there", "is_held"), TWICE.values(), ids=TWICE)
def test_a_second_record_of_a_person_holds_what_may_be_billed_once(
    database: TestDatabase, here: Worked, there: Worked, *, is_held: bool
) -> None:
    answer, _other = decided(database, one_human_twice(here, there))
    assert ("DUPLICATE_PATIENT_MONTH" in answer["exceptions"]) is is_held


def test_a_claim_is_no_alternative_to_itself(database: TestDatabase) -> None:
    (answer,) = decided(database, CASES["RHC with CCM and PCM"][0].facts())
    assert answer["claim"] not in answer["alternatives"]


def test_the_answer_says_where_each_program_stands(database: TestDatabase) -> None:
    (answer,) = decided(database, CASES["five minutes beside the device"][0].facts())
    brief = [(line["program"], line["state"], line["codes"], line["missing_seconds"]) for line in answer["lines"]]
    assert brief == [("RPM", "unsupported", [], 300), ("RPM_DEVICE", "supported", [{"code": "99454", "units": 1}], None)]


def test_a_patient_of_one_program_has_one_line(database: TestDatabase) -> None:
    (answer,) = decided(database, CASES["C064"][0].facts())
    (line,) = answer["lines"]
    assert (line["program"], line["state"], line["date_of_service"]) == ("BHI", "supported", "2026-03-02")
    assert (line["codes"], line["counted_seconds"]) == (answer["claim"], answer["counted_seconds"])


def test_a_device_is_not_dated_after_the_death(database: TestDatabase) -> None:
    given = Worked(enrolled=("RPM",), changes={"died_on": "2026-03-10", "device_days": {"RPM": 16}}).facts()
    (answer,) = decided(database, given)
    (line,) = answer["lines"]
    assert (line["codes"], line["date_of_service"]) == ([{"code": "99454", "units": 1}], "2026-03-10")


def test_seconds_that_explain_the_shortfall_are_an_exception_beside_a_code_not_in_force(database: TestDatabase) -> None:
    (answer,) = decided(database, CASES["RPM ten minutes and ten more abroad"][0].facts())
    assert set(answer["exceptions"]) == {"TIME_BELOW_THRESHOLD", "OUTSIDE_US", "CODE_NOT_VALID_ON_DOS"}


def test_the_setting_is_that_of_the_patient(database: TestDatabase) -> None:
    claims = [[line["code"] for line in answer["claim"]] for answer in decided(database, two_settings_of_a_client())]
    assert claims == [["99490"], ["G0511"]]

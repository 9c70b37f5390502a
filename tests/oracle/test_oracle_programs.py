"""The oracle against the worked cases of programs beside CCM, alone and together."""

from typing import Any

import pytest

from tests.builders.facts import CLIENT_FACT_WARNINGS, Facts
from tests.builders.worked_programs import CASES, TWICE, Worked, one_call_in_two_programs, one_human_twice, two_settings_of_a_client
from tests.oracle.biller import decide


def only(month: Facts) -> dict[str, Any]:
    (decision,) = decide(month)
    return decision


@pytest.mark.parametrize(("given", "claim", "outcome", "codes"), CASES.values(), ids=CASES)
def test_a_worked_case_gives_its_claim_outcome_and_codes(given: Worked, claim: str, outcome: str, codes: set[str]) -> None:
    decision = only(given.facts())
    assert ("+".join(f"{line['code']}x{line['units']}" for line in decision["claim"]), decision["outcome"]) == (claim, outcome)
    raised = {*decision["exceptions"], *decision["warnings"]} - set(CLIENT_FACT_WARNINGS)
    assert codes <= raised
    assert codes or not decision["exceptions"]


def test_minutes_in_two_programs_wait_for_a_person() -> None:
    decision = only(one_call_in_two_programs())
    assert (decision["outcome"], decision["claim"]) == ("held", [{"code": "99490", "units": 1}])
    assert decision["excluded_seconds"] == {"TIME_DOUBLE_COUNTED": 1200}
    assert "TIME_PENDING" in decision["exceptions"]


@pytest.mark.parametrize(("priority", "code"), [(["CCM", "RPM"], "99490"), (["RPM", "CCM"], "99457")])
def test_the_clients_list_says_whose_the_minutes_are(priority: list[str], code: str) -> None:
    decision = only(one_call_in_two_programs(priority=priority))
    assert (decision["outcome"], decision["claim"]) == ("billable", [{"code": code, "units": 1}])


@pytest.mark.parametrize(("here", "there", "is_held"), TWICE.values(), ids=TWICE)
def test_a_second_record_of_a_person_holds_what_may_be_billed_once(here: Worked, there: Worked, *, is_held: bool) -> None:
    decision, _other = decide(one_human_twice(here, there))
    assert ("DUPLICATE_PATIENT_MONTH" in decision["exceptions"]) is is_held


def test_lines_are_told_in_the_order_of_the_programs() -> None:
    decision = only(CASES["five minutes beside the device"][0].facts())
    brief = [(line["program"], line["state"], line["missing_seconds"]) for line in decision["lines"]]
    assert brief == [("RPM", "unsupported", 300), ("RPM_DEVICE", "supported", None)]


def test_a_device_is_not_dated_after_the_death() -> None:
    (line,) = only(Worked(enrolled=("RPM",), changes={"died_on": "2026-03-10", "device_days": {"RPM": 16}}).facts())["lines"]
    assert (line["codes"], line["date_of_service"]) == ([{"code": "99454", "units": 1}], "2026-03-10")


def test_seconds_that_explain_the_shortfall_are_an_exception_beside_a_code_not_in_force() -> None:
    decision = only(CASES["RPM ten minutes and ten more abroad"][0].facts())
    assert set(decision["exceptions"]) == {"TIME_BELOW_THRESHOLD", "OUTSIDE_US", "CODE_NOT_VALID_ON_DOS"}


def test_the_setting_is_that_of_the_patient() -> None:
    assert [[line["code"] for line in decision["claim"]] for decision in decide(two_settings_of_a_client())] == [["99490"], ["G0511"]]

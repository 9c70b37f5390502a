"""Every worked CMS case, decided by the product's own SQL."""

from typing import Any

import pytest

from tests.builders.cases import Case, case, cases, next_month
from tests.builders.databases import TestDatabase
from tests.builders.deciding import decided
from tests.builders.facts import CLIENT_FACT_WARNINGS, Facts, clean_patient, entry, facts

KEYS = "ref outcome claim exceptions warnings counted_seconds excluded_seconds explanation nearest_miss alternatives rules rule_set".split()


def only(database: TestDatabase, given: Facts) -> dict[str, Any]:
    (answer,) = decided(database, given)
    return answer


@pytest.mark.parametrize("worked", cases(), ids=lambda worked: worked.case_id)
def test_a_worked_case_gives_its_claim_outcome_and_code(database: TestDatabase, worked: Case) -> None:
    answer = only(database, worked.facts)
    assert answer["claim"] == worked.claim
    assert answer["outcome"] == worked.outcome
    assert worked.exception is None or worked.exception in answer["exceptions"] + answer["warnings"]


def test_the_month_after_a_revocation_is_not_billable(database: TestDatabase) -> None:
    answer = only(database, next_month(case("C071").facts))
    assert (answer["outcome"], answer["claim"], answer["exceptions"]) == ("not_billable", [], ["CONSENT_REVOKED"])


def test_a_clean_patient_raises_nothing_but_the_facts_attested_per_client(database: TestDatabase) -> None:
    answer = only(database, facts(clean_patient(entries=[entry("2026-03-02T10:00", 1200)])))
    assert (answer["outcome"], answer["exceptions"], sorted(answer["warnings"])) == ("billable", [], sorted(CLIENT_FACT_WARNINGS))


def test_an_answer_has_the_published_keys_and_then_its_program_lines(database: TestDatabase) -> None:
    assert list(only(database, facts(clean_patient()))) == [*KEYS, "lines"]

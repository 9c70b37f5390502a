"""No patient-month, however odd, is left without an explanation and rule numbers."""

import re
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from caretally.cms.rule_tables import rule_tables_of_files
from caretally.evaluation.claim_words import duration_words
from caretally.evaluation.decided import Decision
from caretally.evaluation.explain import explanation, nearest_miss, reason_sentence, rules

RULES = rule_tables_of_files()
SECONDS = st.integers(0, 60_000)
GATES = st.lists(st.sampled_from([*RULES.gates, "NOT_IN_THE_TABLE"]), unique=True, max_size=6)
CODES = st.lists(st.tuples(st.sampled_from(sorted(RULES.codes)), st.integers(1, 10)), unique_by=lambda line: line[0], max_size=3)
STORED_CLAIMS = st.sampled_from(["99490x1", "99490x1+99439x2", "99487x1+99489x10", "99491x1"])
DAYS = st.none() | st.dates(date(2015, 1, 1), date(2030, 12, 31))


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    codes = draw(CODES)
    excluded = draw(st.lists(st.tuples(st.sampled_from(RULES.reason_codes), SECONDS), unique_by=lambda part: part[0], max_size=13))
    row: dict[str, Any] = {
        "enrolled": draw(st.booleans()),
        "outcome": draw(st.sampled_from(["billable", "held", "not_billable"])),
        "primary_reason": draw(st.none() | st.sampled_from(sorted(RULES.gates))),
        "path": draw(st.sampled_from([None, "staff", "complex", "personal"])),
        "codes": [code for code, _units in codes],
        "units": [units for _code, units in codes],
        "date_of_service": draw(DAYS),
        "excluded_reasons": [reason for reason, _seconds in excluded],
        "excluded_seconds": [seconds for _reason, seconds in excluded],
        "exceptions": draw(GATES),
        "warnings": draw(GATES),
        "missing_seconds": draw(st.none() | SECONDS),
        "missing_code": draw(st.none() | st.sampled_from(sorted(RULES.codes))),
        "alternatives": draw(st.lists(STORED_CLAIMS, max_size=3)),
        "pending_claim": draw(st.none() | STORED_CLAIMS),
        "mdm_level": draw(st.sampled_from([None, "low", "moderate", "high"])),
        "qhp_time": draw(st.sampled_from(["pool", "personal", "never_pool"])),
        "plan_version": draw(st.none() | st.integers(1, 9)),
    }
    amounts = ("raw", "clinical", "qhp", "pending_clinical", "pending_qhp", "unbilled")
    row |= {f"{name}_seconds": draw(SECONDS) for name in amounts}
    row |= {f"{name}_on": draw(DAYS) for name in ("consent", "reviewed", "visited")}
    return Decision.of_row(row, RULES)


@given(decisions())
@settings(max_examples=300, deadline=None)
def test_every_month_has_two_sentences_and_rule_numbers(decision: Decision) -> None:
    told = explanation(decision)
    assert re.match(r"(Billable|Held|Not billable): .+\. .+\.$", told)
    assert "{" not in told
    assert rules(decision)


@given(decisions())
@settings(max_examples=150, deadline=None)
def test_every_excluded_reason_is_told_with_its_duration(decision: Decision) -> None:
    told = explanation(decision)
    assert all(duration_words(seconds) in told for seconds in decision.excluded.values())


@given(decisions(), st.sampled_from(sorted(RULES.gates)))
@settings(max_examples=300, deadline=None)
def test_every_reason_has_a_whole_sentence_for_every_month(decision: Decision, code: str) -> None:
    assert re.match(r"[A-Z0-9][^{}]+\.$", reason_sentence(code, decision))


@given(decisions())
@settings(max_examples=150, deadline=None)
def test_rule_numbers_come_once_and_in_order(decision: Decision) -> None:
    numbers = [int(rule.removeprefix("R")) for rule in rules(decision)]
    assert numbers == sorted(set(numbers))


@given(decisions())
@settings(max_examples=150, deadline=None)
def test_the_nearest_miss_is_told_exactly_when_something_is_missing(decision: Decision) -> None:
    assert (nearest_miss(decision) is not None) == bool(decision.missing_seconds)

"""Which of the published rule numbers bear on a decision; their meaning stands in `docs/rules.md`."""

from __future__ import annotations

from collections.abc import Iterator

from caretally.evaluation.decided import Decision

EVERY_SUM_OF_TIME = ("R1", "R4", "R15")
FULL_INCREMENTS, COMPLEX_FROM, COMPLEX_INCREMENTS, COMPLEXITY = "R2", "R5", "R6", "R7"
PERSONAL, POOLED, NEVER_BOTH, KEPT_APART = "R9", "R10", "R11", "R12"
VALID_THEN, DATE_OF_SERVICE, COMPLEX_OR_NOT = "R14", "R35", "R24"
CONSENT = ("R16", "R18")
VISIT, PLAN = "R21", "R22"
ATTESTED_BY_CLIENT = "R41"


def time_rules(decision: Decision) -> tuple[str, ...]:
    """Return the rule numbers that turned seconds into the claim (or into none), in the order of their numbers."""
    return _in_order({*EVERY_SUM_OF_TIME, *_increment_rules(decision), *_complexity_rules(decision), *_practitioner_rules(decision)})


def gate_rules(decision: Decision, code: str) -> tuple[str, ...]:
    """Return the rule numbers behind one reason, none when it is a vendor's own policy."""
    gate = decision.gate(code)
    return () if gate is None else gate.rules


def all_rules(decision: Decision) -> tuple[str, ...]:
    """Return every rule number that bore on the decision, in the order of their numbers."""
    if decision.lines:
        return _in_order({rule for line in decision.lines for rule in all_rules(line)})
    reasons = (*decision.exceptions, *decision.warnings, *decision.excluded)
    named = (rule for code in reasons for rule in gate_rules(decision, code))
    return _in_order({*time_rules(decision), *_record_rules(decision), *named})


def _increment_rules(decision: Decision) -> Iterator[str]:
    if decision.tables.addon_codes & {*decision.codes, decision.missing_code}:
        yield FULL_INCREMENTS
        if decision.path == "complex":
            yield COMPLEX_INCREMENTS


def _complexity_rules(decision: Decision) -> Iterator[str]:
    if decision.path == "complex":
        yield from (COMPLEX_FROM, COMPLEXITY, COMPLEX_OR_NOT)
    base = decision.complex_base() if decision.path == "staff" else None
    if base is None or decision.mdm_level is None:
        return
    yield COMPLEX_FROM if decision.mdm_level in base.mdm_levels else COMPLEXITY


def _practitioner_rules(decision: Decision) -> Iterator[str]:
    if decision.path == "personal":
        yield from (PERSONAL, NEVER_BOTH)
    if decision.qhp_seconds == 0:
        return
    if decision.qhp_time == "never_pool":
        yield KEPT_APART
    elif decision.path != "personal":
        yield POOLED
    if decision.path is None and decision.qhp_time != "pool":
        yield PERSONAL


def _record_rules(decision: Decision) -> Iterator[str]:
    if decision.date_of_service is not None:
        yield from (VALID_THEN, DATE_OF_SERVICE)
    if decision.consent_on is not None:
        yield from CONSENT
    if decision.visited_on is not None:
        yield VISIT
    if decision.plan_version is not None:
        yield PLAN


def _in_order(numbers: set[str]) -> tuple[str, ...]:
    return tuple(sorted(numbers, key=lambda number: int(number.removeprefix("R"))))

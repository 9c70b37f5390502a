"""Why a patient-month is billable, held or not billable: plain words with rule numbers, from the decided row alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from caretally.evaluation.claim_words import claim_text, day_words, duration_words, stored_claim_text, within_sentence
from caretally.evaluation.decided import Decision
from caretally.evaluation.rule_numbers import ATTESTED_BY_CLIENT, all_rules, gate_rules, time_rules
from caretally.waivers.in_force import Waiver

# Its own sentence already tells the waiting seconds and what they would reach.
PENDING = "TIME_PENDING"
OPENINGS = {"billable": "Billable", "held": "Held", "not_billable": "Not billable"}


def explanation(decision: Decision) -> str:
    """Return the whole "why" in two plain sentences with rule numbers; never empty, never a patient's name, never an amount.

    The first says the outcome and its claim or reasons; the second accounts for every second, then names what is worth a look and
    the other lawful claims; a waived gate adds a third, with the name of who waived it. Warnings about the client itself are left to the client's own notes.
    """
    if len(decision.lines) > 1:
        told = [f"{_program_label(line)}: {_of_one_program(line)}" for line in decision.lines]
    else:
        told = [_of_one_program(decision.lines[0] if decision.lines else decision)]
    return " ".join([*told, *(waived_sentence(waiver, decision) for waiver in decision.waived)])


def waived_sentence(waiver: Waiver, decision: Decision) -> str:
    """Return who does not ask a gate of the patient, until when and why; the reason stands in the words of that person."""
    what, reason = within_sentence(_sentence(waiver.gate_code, decision)), waiver.reason.rstrip(".")
    return f"{waiver.waived_by} waived until {day_words(waiver.expires_on)} that {what}: {reason}."


def _of_one_program(decision: Decision) -> str:
    if decision.program in decision.tables.untimed_programs:
        return _outcome_sentence(decision)
    return f"{_outcome_sentence(decision)} {_time_sentence(decision)}"


def _program_label(line: Decision) -> str:
    return decision_label if (decision_label := line.tables.programs.get(line.program)) else line.program


def nearest_miss(decision: Decision) -> str | None:
    """Return what a little more time would have added, `3 min 20 s more would add 99439`, or None when nothing is near."""
    if not decision.missing_seconds or decision.missing_seconds < 0:
        return None
    verb = "add" if decision.missing_code in decision.tables.addon_codes else "reach"
    return f"{duration_words(decision.missing_seconds)} more would {verb} {decision.missing_code or 'the next code'}"


def rules(decision: Decision) -> tuple[str, ...]:
    """Return the numbers of the rules that bore on the decision (`R1`, `R16`), in their order; never empty."""
    return all_rules(decision)


def reason_sentence(code: str, decision: Decision) -> str:
    """Return the plain sentence of one exception, warning or exclusion reason, filled in for this patient-month."""
    said = next((line for line in decision.lines if code in line.exceptions), None) or next(
        (line for line in decision.lines if code in (*line.warnings, *line.excluded)), decision
    )
    return _sentence(code, said)


def _sentence(code: str, decision: Decision) -> str:
    gate = decision.gate(code)
    if gate is None:
        return code.replace("_", " ").capitalize() + "."
    return gate.sentence.format_map(_placeholders(code, decision))


def _placeholders(code: str, decision: Decision) -> dict[str, str]:
    excluded = decision.excluded.get(code)
    return {
        "counted": duration_words(decision.counted_seconds),
        "missing": f"{duration_words(decision.missing_seconds)} more" if decision.missing_seconds else "more time",
        "missing_code": decision.missing_code or "a code",
        "pending": duration_words(decision.pending_seconds) if decision.pending_seconds else "Some time",
        "pending_claim": stored_claim_text(decision.pending_claim) if decision.pending_claim else "a code",
        "seconds": duration_words(excluded) if excluded else "The service",
        "beyond_cap": duration_words(decision.seconds_beyond_claim),
        "consent_on": day_words(decision.consent_on) if decision.consent_on else "a day not on record",
        "visited_on": day_words(decision.visited_on) if decision.visited_on else "a day not on record",
        "other": _other_words(decision),
        "reviewed_on": day_words(decision.reviewed_on) if decision.reviewed_on else "none on record",
    }


def _other_words(decision: Decision) -> str:
    other = decision.excluded_by or ""
    return within_sentence(decision.tables.programs[other]) if other in decision.tables.programs else other or "another service"


def _outcome_sentence(decision: Decision) -> str:
    opening = OPENINGS[decision.outcome]
    if decision.outcome == "billable":
        return f"{opening}: {claim_text(decision.codes, decision.units)}{_service_day(decision)}."
    told = [_numbered(within_sentence(reason_sentence(code, decision)), gate_rules(decision, code)) for code in _deciding(decision)]
    if not decision.enrolled:
        told.insert(0, "the patient was not enrolled on any day of the month")
    return f"{opening}: {'; '.join(told) or 'the reason is not on record'}."


def _service_day(decision: Decision) -> str:
    return f", date of service {day_words(decision.date_of_service)}" if decision.date_of_service else ""


def _deciding(decision: Decision) -> Iterable[str]:
    """Return the reasons that hold or unsupport, the primary one first; those told with their minutes anyway only when alone."""
    reasons = dict.fromkeys(code for code in (decision.primary_reason, *decision.exceptions) if code)
    beside_time = [code for code in reasons if code not in decision.excluded]
    return beside_time or reasons


def _time_sentence(decision: Decision) -> str:
    parts = (_counted, _not_counted, _pending, _worth_a_look, _alternatives)
    told = "; ".join(words for part in parts for words in part(decision))
    if decision.outcome == "held" and decision.codes:
        return f"Once that is settled the time supports {claim_text(decision.codes, decision.units)}: {told}."
    return f"{told[0].upper()}{told[1:]}."


def _counted(decision: Decision) -> Iterator[str]:
    counted = duration_words(decision.counted_seconds) if decision.counted_seconds else "no time"
    yield _numbered(f"{counted} counted{_by_whom(decision)}", time_rules(decision))
    if decision.codes and decision.unbilled_seconds > 0:
        yield f"{duration_words(decision.unbilled_seconds)} of it stays unbilled"


def _by_whom(decision: Decision) -> str:
    if not (decision.clinical_seconds and decision.qhp_seconds):
        return ", all of it the practitioner's own" if decision.qhp_seconds else ""
    return f", {duration_words(decision.clinical_seconds)} by clinical staff and {duration_words(decision.qhp_seconds)} by the practitioner"


def _not_counted(decision: Decision) -> Iterator[str]:
    excluded = decision.excluded
    told = [(_label(decision, code), duration_words(spent), gate_rules(decision, code)) for code, spent in excluded.items()]
    if len(told) == 1:
        yield f"{told[0][1]} did not count: {_numbered(told[0][0], told[0][2])}"
    elif told:
        each = ", ".join(_numbered(f"{label} {spent}", numbers) for label, spent, numbers in told)
        yield f"{duration_words(sum(excluded.values()))} did not count: {each}"


def _pending(decision: Decision) -> Iterator[str]:
    if decision.pending_seconds > 0 and PENDING not in decision.exceptions:
        reach = f" and would support {stored_claim_text(decision.pending_claim)}" if decision.pending_claim else ""
        yield f"{duration_words(decision.pending_seconds)} more would count once put right{reach}"


def _worth_a_look(decision: Decision) -> Iterator[str]:
    waived = {waiver.gate_code for waiver in decision.waived}
    codes = [
        code
        for code in decision.warnings
        if code not in decision.excluded and code not in waived and ATTESTED_BY_CLIENT not in gate_rules(decision, code)
    ]
    if codes:
        yield "worth a look: " + ", ".join(_numbered(_label(decision, code), gate_rules(decision, code)) for code in codes)


def _alternatives(decision: Decision) -> Iterator[str]:
    if decision.alternatives:
        yield f"other lawful claims, never chosen by amount: {' or '.join(map(stored_claim_text, decision.alternatives))}"


def _label(decision: Decision, code: str) -> str:
    gate = decision.gate(code)
    return within_sentence(code.replace("_", " ").capitalize() if gate is None else gate.label)


def _numbered(words: str, numbers: Iterable[str]) -> str:
    listed = ", ".join(numbers)
    return f"{words} ({listed})" if listed else words

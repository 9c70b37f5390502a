"""One patient's month whole: the decision in words, what it costs, what proves it, and every second of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from caretally.cms.expected_payment import ExpectedPayment
from caretally.cms.kept_rule_tables import kept_rule_tables
from caretally.errors import NothingToDo
from caretally.evaluation.claim_words import claim_text, day_words, duration_words, stored_claim_text
from caretally.evaluation.decided import Decision
from caretally.evaluation.explain import explanation, nearest_miss, reason_sentence, rules
from caretally.months import Month
from caretally.patient_months.behind import Behind, behind, documented_decision, statement

ACKNOWLEDGED = {
    "scope": "what the service is",
    "cost_sharing": "what it may cost the patient",
    "one_practitioner": "that one practitioner bills it",
    "stop": "that it can be stopped",
}


class NoSuchPatientMonth(NothingToDo):
    """The patient that the transaction may see has no such closed month; nobody learns whether another one has it."""

    code = "no_such_patient_month"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """One thing that proves the month, or that is missing: `state` as on an invoice, and what is told of it beside its sentence."""

    state: str
    sentence: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why the month is held or not billable, or what is worth a look: the sentence, who can cure it and how."""

    code: str
    label: str
    sentence: str
    owner: str
    fix: str
    decides: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternative:
    """Another lawful claim and what it would cost in cents; None where that is not known or not the reader's."""

    claim: str
    cents: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthOfPatient:
    """One patient's month. `row` is its row of `patient_month`; `as_it_stands` tells of an open month, evaluated now."""

    row: Mapping[str, Any]
    behind: Behind
    month: Month
    as_it_stands: bool
    proofs: tuple[Proof, ...]
    alternatives: tuple[Alternative, ...]

    @property
    def decision(self) -> Decision:
        """The decision."""
        return self.behind.decision

    @property
    def explanation(self) -> str:
        """The whole why, in words with rule numbers."""
        return explanation(self.decision)

    @property
    def claim(self) -> str:
        """The codes with their units, as people write them."""
        return claim_text(self.decision.codes, self.decision.units)

    @property
    def nearest_miss(self) -> str | None:
        """What a little more time would have added."""
        return nearest_miss(self.decision)

    @property
    def rules(self) -> tuple[str, ...]:
        """The numbers of the rules that bore on it."""
        return rules(self.decision)

    @property
    def expected(self) -> str:
        """What Medicare is expected to pay, in words; empty where there is no claim."""
        return ExpectedPayment.of_row(self.row).words(self.decision.codes)

    @property
    def excluded(self) -> list[tuple[str, str, int]]:
        """The seconds that did not count: label, sentence and seconds of each reason."""
        decision = self.decision
        told = ((code, decision.gate(code), seconds) for code, seconds in decision.excluded.items())
        return [(gate.label if gate else code, reason_sentence(code, decision), seconds) for code, gate, seconds in told]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What holds or unsupports the month, the primary reason first, then what is worth a look."""
        decision = self.decision
        codes = dict.fromkeys(code for code in (decision.primary_reason, *decision.exceptions, *decision.warnings) if code)
        return tuple(_reason(code, decision) for code in codes if decision.gate(code))


def _reason(code: str, decision: Decision) -> Reason:
    gate = decision.tables.gates[code]
    deciding = code in decision.exceptions or code == decision.primary_reason
    owner = gate.owner_role.replace("_", " ")
    return Reason(code=code, label=gate.label, sentence=reason_sentence(code, decision), owner=owner, fix=gate.fix, decides=deciding)


def closed_month(connection: Connection, patient_id: UUID, month: Month, *, vendor_id: UUID, prices: bool) -> MonthOfPatient:
    """Return the month as its newest close left it, from stored rows; `prices` asks for what the alternatives would cost.

    Raises `NoSuchPatientMonth` when no close knows the patient in that month.
    """
    key = {"vendor_id": vendor_id, "patient_id": patient_id, "month": month.first_day}
    stored = connection.execute(statement("one"), key).mappings().one_or_none()
    if stored is None:
        raise NoSuchPatientMonth(
            f"There is nothing of {month} here for such a patient: the month is not closed, or the patient had neither enrolment nor time in it."
        )
    row = dict(stored)
    found = behind(connection, row, kept_rule_tables(connection, row["rule_tables_now"]))
    return MonthOfPatient(
        row=row,
        behind=found,
        month=month,
        as_it_stands=False,
        proofs=proofs(row, found.decision),
        alternatives=alternatives(connection, row, found.decision.alternatives, prices=prices),
    )


def alternatives(connection: Connection, row: Mapping[str, Any], claims: Sequence[str], *, prices: bool) -> tuple[Alternative, ...]:
    """Return the other lawful claims, with what they would cost where `prices` asks for it and the agreement prices codes."""
    told = [Alternative(claim=stored_claim_text(claim), cents=None) for claim in claims]
    if not (told and prices):
        return tuple(told)
    key = {"vendor_id": row["vendor_id"], "client_id": row["client_id"], "client_month_id": row["client_month_id"], "claims": list(claims)}
    for place, cents in connection.execute(statement("alternatives"), key).all():
        told[place - 1] = replace(told[place - 1], cents=cents)
    return tuple(told)


def proofs(row: Mapping[str, Any], decision: Decision) -> tuple[Proof, ...]:
    """Return what is on record of consent, care plan, review, decision-making and attestation, as the month was decided with it."""
    documented = documented_decision(decision, row["mdm"])
    complexity = (Proof(state="on_record", sentence=documented[0], detail=documented[1]),) if documented else ()
    return (_consent(row), *_plan(row), *complexity, _attestation(row))


def _consent(row: Mapping[str, Any]) -> Proof:
    if row["consent_on"] is None:
        return Proof(state="missing", sentence="No consent on record")
    kept = row["consent"] or {}
    agreed = [words for name, words in ACKNOWLEDGED.items() if kept.get(name)]
    by = f"taken by {kept['taken_by']}; " if kept.get("taken_by") else ""
    told = f"{by}the patient acknowledged {', '.join(agreed)}" if agreed else f"{by}no acknowledgement is on record"
    revoked = f"; withdrawn on {kept['revoked_on']}" if kept.get("revoked_on") else ""
    how = f"{kept['method'].capitalize()} consent" if kept else "Consent"
    return Proof(state="on_record", sentence=f"{how}, {day_words(row['consent_on'])}", detail=told + revoked)


def _plan(row: Mapping[str, Any]) -> tuple[Proof, ...]:
    if row["plan_version"] is None:
        return (Proof(state="missing", sentence="No care plan on record"),)
    kept = row["care_plan"] or {}
    copy = f"copy given to the patient {kept['copy_given_on']}" if kept.get("copy_given_on") else "no copy on record"
    signed = f"; signed {kept['signed_on']}" if kept.get("signed_on") else "; not signed"
    plan = Proof(state="on_record", sentence=f"Care plan version {row['plan_version']}", detail=copy + (signed if kept else ""))
    if row["reviewed_on"] is None:
        return (plan, Proof(state="not_required", sentence="No review of the plan on record"))
    return (plan, Proof(state="on_record", sentence=f"Last review {day_words(row['reviewed_on'])}", detail=_review(row["review"])))


def _review(kept: Mapping[str, Any] | None) -> str:
    """Return which version was reviewed, by whom and to what end; the newest review may be of an earlier version than the plan in use."""
    if not kept:
        return ""
    by = f", by {kept['reviewer']}" if kept["reviewer"] else ""
    return f"of version {kept['plan_version']}{by}, {kept['outcome'].replace('_', ' ')}"


def _attestation(row: Mapping[str, Any]) -> Proof:
    if row["signed_at"] is not None:
        return Proof(state="on_record", sentence=f"Attested {day_words(row['signed_at'].date())}", detail=f"{row['signed_at']:%H:%M}")
    if (row["agreement"] or {}).get("attestation_required"):
        return Proof(state="missing", sentence="No attestation", detail="the agreement asks for one")
    return Proof(state="not_required", sentence="Attestation not asked for")


def counted_words(decision: Decision) -> str:
    """Return what counted of what was logged, in words."""
    return f"{duration_words(decision.counted_seconds)} of {duration_words(decision.raw_seconds)} logged"

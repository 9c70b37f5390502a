"""The gates of one patient-month that do not depend on how much time there is."""

from datetime import date, timedelta

from tests.oracle.codes import (
    ACKNOWLEDGEMENTS,
    CLIENT_FACTS,
    EM_CODES_THAT_DO_NOT,
    NOT_CHRONIC,
    PLAN_ELEMENTS,
    VISITS_THAT_QUALIFY,
)
from tests.oracle.localmonth import LocalMonth, as_day, months_later
from tests.oracle.roster import Consent, Facts, billing_provider, last_enrolment, touches

Gates = dict[str, str]
REVIEW_DAYS = 365


def gates(patient: Facts, agreement: Facts, month: LocalMonth, first_counted: date | None) -> Gates:
    """Return code -> hold, unsupported or warn; what the agreement switches off is left out."""
    raised: Gates = dict.fromkeys(CLIENT_FACTS, "warn")
    raised |= _practitioner_and_consent(patient, month)
    raised |= _initiating_visit(patient, month, first_counted)
    raised |= _conditions(patient, month)
    raised |= _care_plan(patient, agreement, month)
    raised |= _attestation_and_coverage(patient, agreement, month)
    return {code: effect for code, effect in raised.items() if effect != "off"}


def _practitioner_and_consent(patient: Facts, month: LocalMonth) -> Gates:
    raised: Gates = {}
    consent = Consent(patient, month)
    if billing_provider(patient, month) is None:
        raised["PROVIDER_NOT_ELIGIBLE"] = "hold"
    if consent.gate is not None:
        raised[consent.gate] = "unsupported" if consent.gate == "CONSENT_REVOKED" else "hold"
    if consent.in_use is not None and not set(consent.in_use.get("acknowledged", [])) >= ACKNOWLEDGEMENTS:
        raised["CONSENT_INCOMPLETE"] = "hold"
    if consent.is_aged(month):
        raised["CONSENT_AGED"] = "warn"
    return raised


def _initiating_visit(patient: Facts, month: LocalMonth, first_counted: date | None) -> Gates:
    enrolment = last_enrolment(patient, month)
    start = as_day(enrolment.get("from")) if enrolment else None
    start = start or month.first_day
    opens, closes = months_later(start, -12), first_counted or month.last_day
    visits = [v for v in patient.get("visits", []) if opens <= date.fromisoformat(v["on"]) <= closes]
    if not visits:
        return {"NO_INITIATING_VISIT": "hold"}
    return {} if any(_qualifies(v) for v in visits) else {"VISIT_NOT_QUALIFYING": "hold"}


def _qualifies(visit: Facts) -> bool:
    if visit["kind"] == "EM" and visit.get("code") in EM_CODES_THAT_DO_NOT:
        return False
    return visit["kind"] in VISITS_THAT_QUALIFY


def _conditions(patient: Facts, month: LocalMonth) -> Gates:
    active = set()
    for condition in patient.get("conditions", []):
        row: Facts = {"icd10": condition} if isinstance(condition, str) else condition
        onset, resolved = as_day(row.get("onset_on")), as_day(row.get("resolved_on"))
        if (onset is None or onset <= month.last_day) and (resolved is None or resolved >= month.first_day):
            active.add(row["icd10"].replace(".", "").upper())
    raised: Gates = {} if len(active) >= 2 else {"CHRONIC_CONDITIONS_LT_2": "hold"}
    if active & NOT_CHRONIC:
        raised["CONDITION_NOT_CHRONIC_HINT"] = "warn"
    return raised


def _care_plan(patient: Facts, agreement: Facts, month: LocalMonth) -> Gates:
    plans = patient.get("care_plans") or ([patient["care_plan"]] if patient.get("care_plan") else [])
    in_force = [p for p in plans if _by(p.get("effective_on"), month.last_day)]
    if not in_force:
        return {"NO_CARE_PLAN": "hold"}
    plan = max(in_force, key=lambda p: int(p["version"]))
    raised: Gates = {}
    if not _by(plan.get("copy_given_on"), month.last_day):
        raised["CARE_PLAN_COPY_MISSING"] = agreement.get("copy_missing", "hold")
    if _review_clock(plan, plans, month) + timedelta(days=REVIEW_DAYS) < month.last_day:
        raised["CARE_PLAN_REVIEW_OVERDUE"] = agreement.get("review_overdue", "hold")
    if not set(plan.get("elements") or []) >= PLAN_ELEMENTS:
        raised["CARE_PLAN_INCOMPLETE"] = "warn"
    if not _by(plan.get("signed_on"), month.last_day):
        raised["CARE_PLAN_SIGNOFF_MISSING"] = "warn"
    return raised


def _review_clock(plan: Facts, plans: list[Facts], month: LocalMonth) -> date:
    reviews = [date.fromisoformat(p["reviewed_on"]) for p in plans if _by(p.get("reviewed_on"), month.last_day)]
    return max([date.fromisoformat(plan["effective_on"]), *reviews])


def _attestation_and_coverage(patient: Facts, agreement: Facts, month: LocalMonth) -> Gates:
    raised: Gates = {}
    if agreement.get("attestation_required") and not patient.get("attested"):
        raised["ATTESTATION_MISSING"] = "hold"
    if any(stay["kind"] == "hospice" and touches(stay, month) for stay in patient.get("stays", [])):
        raised["HOSPICE_REVIEW"] = "hold"
    if patient.get("qmb") is None or not _by(patient.get("part_b_from"), month.last_day):
        raised["COVERAGE_UNVERIFIED"] = "warn"
    return raised


def _by(value: str | None, last_day: date) -> bool:
    day = as_day(value)
    return day is not None and day <= last_day

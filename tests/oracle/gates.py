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
from tests.oracle.programs import Program
from tests.oracle.roster import Consent, Facts, billing_provider, last_enrolment, touches

Gates = dict[str, str]
REVIEW_DAYS = 365

# What the vendor asks and CMS does not, so that a named person may leave it unasked.
WAIVABLE = {"CONSENT_AGED", "CARE_PLAN_COPY_MISSING", "CARE_PLAN_REVIEW_OVERDUE", "CARE_PLAN_SIGNOFF_MISSING", "COVERAGE_UNVERIFIED"}


def gates(program: Program, patient: Facts, agreement: Facts, month: LocalMonth, first_counted: date | None) -> Gates:
    """Return code -> hold, unsupported or warn; what the agreement switches off or the program is not asked is left out."""
    raised: Gates = {} if billing_provider(patient, month, program.called) else {"PROVIDER_NOT_ELIGIBLE": "hold"}
    if program.asks_consent:
        raised |= _consent(program, patient, month)
    if program.asks_visit:
        raised |= _initiating_visit(program, patient, month, first_counted)
    if program.conditions and program.began <= month.first_day:
        raised |= _conditions(program, patient, month)
    if program.asks_plan:
        raised |= dict.fromkeys(CLIENT_FACTS, "warn")
        raised |= _care_plan(patient, agreement, month)
    raised |= _attestation_and_coverage(patient, agreement, month)
    waived = WAIVABLE & set(patient.get("waived") or ())
    held = {code for code, effect in raised.items() if effect == "hold"}
    raised |= dict.fromkeys(waived & held, "warn")
    return {code: effect for code, effect in raised.items() if effect != "off"}


def _consent(program: Program, patient: Facts, month: LocalMonth) -> Gates:
    raised: Gates = {}
    consent = Consent(patient, month, program.called)
    if consent.gate is not None:
        raised[consent.gate] = "unsupported" if consent.gate == "CONSENT_REVOKED" else "hold"
    if consent.in_use is not None and not set(consent.in_use.get("acknowledged", [])) >= ACKNOWLEDGEMENTS:
        raised["CONSENT_INCOMPLETE"] = "hold"
    if consent.is_aged(month):
        raised["CONSENT_AGED"] = "warn"
    return raised


def _initiating_visit(program: Program, patient: Facts, month: LocalMonth, first_counted: date | None) -> Gates:
    enrolment = last_enrolment(patient, month, program.called)
    start = as_day(enrolment.get("from")) if enrolment else None
    opens = date.min if program.visit_expires else months_later(start or month.first_day, -12)
    visits = [v for v in patient.get("visits", []) if opens <= date.fromisoformat(v["on"]) <= (first_counted or month.last_day)]
    if not visits:
        return {"NO_INITIATING_VISIT": "hold"}
    if not any(qualifies(v) for v in visits):
        return {"VISIT_NOT_QUALIFYING": "hold"}
    latest = max(v["on"] for v in patient["visits"] if qualifies(v) and _by(v["on"], month.last_day))
    is_old = date.fromisoformat(latest) < months_later(month.first_day, -12)
    return {"INITIATING_VISIT_EXPIRED": "hold"} if program.visit_expires and is_old and program.began <= month.first_day else {}


def qualifies(visit: Facts) -> bool:
    """Return whether a visit may begin a program."""
    if visit["kind"] == "EM" and visit.get("code") in EM_CODES_THAT_DO_NOT:
        return False
    return visit["kind"] in VISITS_THAT_QUALIFY


def active_conditions(patient: Facts, month: LocalMonth) -> set[str]:
    """Return the distinct codes, without dot, of the conditions active on a day of the month."""
    return {_code(row) for row in _active_rows(patient, month)}


def _active_rows(patient: Facts, month: LocalMonth) -> list[Facts]:
    rows: list[Facts] = [{"icd10": one} if isinstance(one, str) else one for one in patient.get("conditions", [])]
    return [row for row in rows if _is_active(row, month)]


def _code(row: Facts) -> str:
    return str(row["icd10"]).replace(".", "").upper()


def _is_active(row: Facts, month: LocalMonth) -> bool:
    onset, resolved = as_day(row.get("onset_on")), as_day(row.get("resolved_on"))
    return (onset is None or onset <= month.last_day) and (resolved is None or resolved >= month.first_day)


def _is_denied(row: Facts, lasting_months: int) -> bool:
    """Return whether the record says that a condition brings no risk, or that it ends too soon and not with the patient's life."""
    if row.get("risk_documented") is False:
        return True
    months = row.get("expected_months")
    return months is not None and months < lasting_months and not row.get("until_death")


def _conditions(program: Program, patient: Facts, month: LocalMonth) -> Gates:
    active = active_conditions(patient, month)
    raised: Gates = {} if len(active) >= program.conditions else {"CHRONIC_CONDITIONS_LT_2": "hold"}
    if active & NOT_CHRONIC:
        raised["CONDITION_NOT_CHRONIC_HINT"] = "warn"
    denied = {_code(row) for row in _active_rows(patient, month) if _is_denied(row, program.lasting_months)}
    if denied and len(active - denied) < program.conditions:
        raised["ELIGIBILITY_RISK_NOT_DOCUMENTED"] = "warn"
    return raised


def plan_in_force(patient: Facts, month: LocalMonth) -> Facts | None:
    """Return the plan with the highest version that is effective by the month's last day."""
    in_force = [plan for plan in _plans(patient) if _by(plan.get("effective_on"), month.last_day)]
    return max(in_force, key=lambda plan: int(plan["version"]), default=None)


def _plans(patient: Facts) -> list[Facts]:
    return patient.get("care_plans") or ([patient["care_plan"]] if patient.get("care_plan") else [])


def _care_plan(patient: Facts, agreement: Facts, month: LocalMonth) -> Gates:
    plan = plan_in_force(patient, month)
    if plan is None:
        return {"NO_CARE_PLAN": "hold"}
    raised: Gates = {}
    if not _by(plan.get("copy_given_on"), month.last_day):
        raised["CARE_PLAN_COPY_MISSING"] = agreement.get("copy_missing", "hold")
    if _review_clock(plan, _plans(patient), month) + timedelta(days=REVIEW_DAYS) < month.last_day:
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

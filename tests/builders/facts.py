"""Facts for `decide` in which everything is in order, so that only what a test changes matters."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Facts = dict[str, Any]

MONTH = "2026-03"
ZONE = "America/New_York"
PLAN_ELEMENTS = (
    "problems",
    "expected_outcome",
    "goals",
    "management",
    "interventions",
    "community_services",
    "coordination",
    "review_schedule",
)
# Raised for every patient that `decide` is given, because facts attested per client are never in its file.
CLIENT_FACT_WARNINGS = (
    "ACCESS_24_7_MISSING",
    "BAA_MISSING",
    "CARE_TEAM_CONTACT_MISSING",
    "EHR_NOT_CERTIFIED",
    "SUPERVISION_MISSING",
)


def entry(start: str, seconds: int, *, staff: str = "nurse", zone: str = ZONE, **changes: Any) -> Facts:
    """Return one entry that begins at a local time (`2026-03-02T10:00`) and lasts some seconds of real time."""
    begins = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    ends = (begins.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)).astimezone(ZoneInfo(zone))
    plain: Facts = {
        "start": begins.isoformat(),
        "end": ends.isoformat(),
        "staff": staff,
        "program": "CCM",
        "description": "medication review",
        "approved": True,
        "contact": "live",
        "within_em": False,
    }
    return plain | changes


def consent(**changes: Any) -> Facts:
    """Return a complete, unrevoked consent to CCM with practitioner A, taken on 5 January 2026."""
    plain: Facts = {
        "program": "CCM",
        "provider": "A",
        "method": "verbal",
        "obtained_on": "2026-01-05",
        "revoked_on": None,
        "acknowledged": ["scope", "cost_sharing", "one_practitioner", "stop"],
    }
    return plain | changes


def care_plan(**changes: Any) -> Facts:
    """Return a complete plan, signed, given to the patient and reviewed in January 2026."""
    plain: Facts = {
        "version": 1,
        "effective_on": "2026-01-06",
        "copy_given_on": "2026-01-06",
        "reviewed_on": "2026-01-06",
        "signed_on": "2026-01-06",
        "elements": list(PLAN_ELEMENTS),
    }
    return plain | changes


def enrolment(**changes: Any) -> Facts:
    """Return an open CCM enrolment with practitioner A from 5 January 2026."""
    return {"program": "CCM", "from": "2026-01-05", "to": None, "provider": "A"} | changes


def clean_patient(ref: str = "p1", **changes: Any) -> Facts:
    """Return a patient whom no gate touches in the months after January 2026, without any time."""
    plain: Facts = {
        "ref": ref,
        "state": "TX",
        "died_on": None,
        "qmb": False,
        "part_b_from": "2020-01-01",
        "setting": "physician",
        "enrolments": [enrolment()],
        "conditions": ["E11.9", "I10"],
        "consents": [consent()],
        "visits": [{"on": "2026-01-05", "kind": "AWV", "provider": "A"}],
        "care_plan": care_plan(),
        "mdm": [{"month": MONTH, "level": "low", "provider": "A"}],
        "attested": False,
        "entries": [],
        "device_days": {},
        "services": [],
        "stays": [],
        "person": f"human-{ref}",
        "client": "main",
    }
    return plain | changes


def clean_staff() -> dict[str, Facts]:
    """Return a nurse, a second nurse, the billing practitioner A, another practitioner B and a clerk."""
    nurse: Facts = {"role": "clinical", "credential": "RN", "licensed_states": ["TX"], "country": "US"}
    doctor: Facts = {"role": "qhp", "credential": "MD", "licensed_states": ["TX"], "country": "US"}
    return {
        "nurse": nurse,
        "second-nurse": dict(nurse),
        "doctor-a": doctor | {"provider": "A"},
        "doctor-b": doctor | {"provider": "B"},
        "clerk": {"role": "administrative", "country": "US"},
    }


def facts(*patients: Facts, staff: dict[str, Facts] | None = None, zone: str = ZONE, **agreement: Any) -> Facts:
    """Return the facts of March 2026 for these patients; the keywords are the agreement's terms."""
    return {
        "month": MONTH,
        "timezone": zone,
        "agreement": agreement,
        "staff": clean_staff() | (staff or {}),
        "patients": list(patients),
    }

"""Who is enrolled, who bills and what consent says, for one patient of the facts."""

from datetime import date, timedelta
from typing import Any

from tests.oracle.localmonth import LocalMonth, as_day, months_later

Facts = dict[str, Any]


def covers(period: Facts, day: date) -> bool:
    """Return whether a `from`..`to` period holds a day, both ends included, an absent `to` still open."""
    start, end = as_day(period.get("from")), as_day(period.get("to"))
    return (start is None or start <= day) and (end is None or day <= end)


def touches(period: Facts, month: LocalMonth) -> bool:
    """Return whether a `from`..`to` period shares a day with the month."""
    start, end = as_day(period.get("from")), as_day(period.get("to"))
    return (start is None or start <= month.last_day) and (end is None or end >= month.first_day)


def deciding_enrolment(patient: Facts, day: date, program: str) -> Facts | None:
    """Return the enrolment in a program that decides a day (of those that cover it, the one with the latest `from`), if it says enrolled."""
    covering = [p for p in patient.get("enrolments", []) if p["program"] == program and covers(p, day)]
    latest = max(covering, key=lambda p: str(p.get("from") or ""), default=None)
    return latest if latest is not None and latest.get("status", "enrolled") == "enrolled" else None


def last_enrolled_day(patient: Facts, month: LocalMonth, program: str, *, by: date | None = None) -> date | None:
    """Return the month's last day on which the patient is enrolled, no later than `by`, or None without one."""
    day = min(month.last_day, by or month.last_day)
    while day >= month.first_day:
        if deciding_enrolment(patient, day, program) is not None:
            return day
        day -= timedelta(days=1)
    return None


def last_enrolment(patient: Facts, month: LocalMonth, program: str) -> Facts | None:
    """Return the enrolment that covers the month's last enrolled day, or None without an enrolled day."""
    day = last_enrolled_day(patient, month, program)
    return deciding_enrolment(patient, day, program) if day else None


def starts_in_month(patient: Facts, month: LocalMonth, program: str) -> bool:
    """Return whether the enrolment that decides the month's last enrolled day starts in the month; care without one starts in it."""
    enrolment = last_enrolment(patient, month, program)
    start = as_day(enrolment.get("from")) if enrolment else month.first_day
    return start is not None and month.first_day <= start <= month.last_day


def billing_provider(patient: Facts, month: LocalMonth, program: str) -> str | None:
    """Return the billing practitioner's reference, or None when nobody is on record for the month."""
    enrolment = last_enrolment(patient, month, program)
    return (enrolment.get("provider") or None) if enrolment else None


class Consent:
    """What the consents of one patient say for the month: an unsettled gate, or the first day that counts."""

    def __init__(self, patient: Facts, month: LocalMonth, program: str) -> None:
        """Read the consents for the program; `gate` is the code raised and `counts_from` a local day or None for all."""
        self.gate: str | None = None
        self.counts_from: date | None = None
        self.in_use: Facts | None = None
        provider = billing_provider(patient, month, program)
        every = [c for c in patient.get("consents", []) if c["program"] == program]
        own = [c for c in every if provider is None or c.get("provider") == provider]
        live = [c for c in own if not _ended_before(c, month)]
        if not every:
            self.gate = "NO_CONSENT"
        elif not own:
            self.gate = "CONSENT_OTHER_PRACTITIONER"
        elif not live:
            self.gate = "CONSENT_REVOKED"
        else:
            self._use(live, month)

    def _use(self, live: list[Facts], month: LocalMonth) -> None:
        in_order = sorted(live, key=_obtained)
        self.counts_from = _obtained(in_order[0])
        in_time = [c for c in in_order if _obtained(c) <= month.last_day]
        self.in_use = in_time[-1] if in_time else in_order[0]

    def is_aged(self, month: LocalMonth) -> bool:
        """Return whether the consent in use is more than 24 months old on the month's first day."""
        return self.in_use is not None and months_later(_obtained(self.in_use), 24) < month.first_day


def _obtained(consent: Facts) -> date:
    return date.fromisoformat(consent["obtained_on"])


def _ended_before(consent: Facts, month: LocalMonth) -> bool:
    revoked = as_day(consent.get("revoked_on"))
    return revoked is not None and revoked < month.first_day

"""Lines that no seconds decide: months of primary care and its add-ons, devices, transitions after a discharge."""

from datetime import date, timedelta

from tests.oracle.codes import (
    APCM_BASES,
    APCM_BHI_MONTH,
    APCM_COCM_FIRST,
    APCM_COCM_LATER,
    APCM_LEVELS,
    BANDS,
    TCM_HIGH,
    TCM_MODERATE,
    Untimed,
    valid_on,
)
from tests.oracle.gates import Gates, active_conditions
from tests.oracle.lines import ProgramLine
from tests.oracle.localmonth import as_day
from tests.oracle.record import Record
from tests.oracle.roster import Facts, deciding_enrolment, last_enrolled_day, starts_in_month

TRANSITION = timedelta(days=29)


def monthly_line(record: Record) -> ProgramLine:
    """Return the line of advanced primary care or of an add-on to it, dated on its last enrolled day of the month."""
    day = last_enrolled_day(record.patient, record.month, record.program.called, by=record.died_on)
    code = _monthly_code(record)
    if day is None:
        return _line(record, {"AFTER_DEATH": "unsupported"})
    if not valid_on(code, day):
        return _line(record, {"CODE_NOT_VALID_ON_DOS": "unsupported"})
    return _line(record, {}, code.code, day)


def _monthly_code(record: Record) -> Untimed:
    if record.program.name == "APCM_BHI":
        return APCM_BHI_MONTH
    if record.program.name == "APCM_COCM":
        return APCM_COCM_FIRST if starts_in_month(record.patient, record.month, record.program.called) else APCM_COCM_LATER
    if len(active_conditions(record.patient, record.month)) < 2:
        return APCM_LEVELS[0]
    return APCM_LEVELS[2] if record.patient.get("qmb") else APCM_LEVELS[1]


def require_base(line: ProgramLine, lines: list[ProgramLine], services: list[Facts]) -> None:
    """Take the claim of an add-on to advanced primary care whose base the same practitioner does not bill that month."""
    if "AFTER_DEATH" in line.raised:
        return
    bases = [other for other in lines if other.program.name == "APCM" and other.state != "unsupported"]
    billed = [service for service in services if service["code"] in APCM_BASES]
    by_line = any(None in (other.provider, line.provider) or other.provider == line.provider for other in bases)
    if not by_line and not any(_bills(service, line.provider) for service in billed):
        line.fall("ADDON_WITHOUT_BASE")


def _bills(service: Facts, provider: str | None) -> bool:
    same: bool | None = service.get("same_practitioner")
    return (provider is not None and service.get("provider") == provider) if same is None else same


def device_line(record: Record) -> ProgramLine:
    """Return the line of a device, dated on the last of its thirty days (in `decide` the month's last day), never after death."""
    kind, days = min(record.devices.items(), key=lambda device: (-device[1], device[0]))
    day = min(record.month.last_day, record.died_on or record.month.last_day)
    if day < record.month.first_day:
        return _line(record, {"AFTER_DEATH": "unsupported"})
    if kind not in BANDS:
        return _line(record, {"DEVICE_KIND_MISSING": "hold"})
    codes = [band.code for band in BANDS[kind] if valid_on(band, day) and band.least <= days <= band.most]
    if not codes:
        return _line(record, {"DEVICE_DAYS_BELOW_MINIMUM": "unsupported"})
    return _line(record, {}, codes[0], day)


def transition_line(record: Record) -> ProgramLine:
    """Return the line of a transition after a discharge, dated on its visit."""
    in_order = sorted(record.patient.get("discharges") or [], key=lambda discharge: str(discharge["discharged_on"]))
    for discharge in reversed(in_order):
        code, visited_on = _transition(record, discharge), as_day(discharge.get("visited_on"))
        if code is not None:
            return _line(record, {}, code.code, visited_on)
    return _line(record, {"TCM_NOT_SUPPORTED": "unsupported"})


def _transition(record: Record, discharge: Facts) -> Untimed | None:
    left, visited = date.fromisoformat(discharge["discharged_on"]), as_day(discharge.get("visited_on"))
    if visited is None or not record.month.first_day <= visited <= record.month.last_day:
        return None
    if deciding_enrolment(record.patient, visited, record.program.called) is None:
        return None
    if record.died_on is not None and record.died_on <= left + TRANSITION:
        return None
    contacted, waited, level = as_day(discharge.get("contacted_on")), (visited - left).days, discharge.get("mdm")
    if contacted is None or not left <= contacted <= business_days_after(left, 2) or level not in ("moderate", "high"):
        return None
    if level == "high" and 0 <= waited <= 7:
        return TCM_HIGH
    return TCM_MODERATE if 0 <= waited <= 14 else None


def business_days_after(day: date, count: int) -> date:
    """Return the day that is so many business days later: Monday to Friday, federal holidays apart."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5 and not is_federal_holiday(day)
    return day


def is_federal_holiday(day: date) -> bool:
    """Return whether a weekday is a federal holiday or the day on which one of a weekend is kept."""
    week, last_week = (day.day - 1) // 7 + 1, (day + timedelta(days=7)).month != day.month
    by_week = {(1, 0, 3), (2, 0, 3), (9, 0, 1), (10, 0, 2), (11, 3, 4)}
    if (day.month, day.weekday(), week) in by_week or ((day.month, day.weekday()) == (5, 0) and last_week):
        return True
    kept_for = [day, *([day + timedelta(days=1)] if day.weekday() == 4 else []), *([day - timedelta(days=1)] if day.weekday() == 0 else [])]
    fixed = {(1, 1), (7, 4), (11, 11), (12, 25)} | ({(6, 19)} if day.year >= 2021 else set())
    return any((one.month, one.day) in fixed for one in kept_for)


def _line(record: Record, raised: Gates, code: str | None = None, day: date | None = None) -> ProgramLine:
    codes: list[dict[str, str | int]] = [{"code": code, "units": 1}] if code else []
    return ProgramLine(
        record.program,
        record.provider,
        record.is_enrolled,
        record.gates() | raised,
        codes=codes,
        date_of_service=day,
    )

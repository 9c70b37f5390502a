"""The slow, plain-Python biller: what the rules of every program say about facts, to check the product against.

It is written from the rules alone, imports only the standard library and shares no line with the product.
"""

from collections import Counter
from datetime import date
from typing import Any

from tests.oracle.carelog import diary
from tests.oracle.claims import Line
from tests.oracle.codes import BUNDLED, BUNDLED_COCM, FIRST_VISIT, Untimed, valid_on
from tests.oracle.exclusions import exclude_each_other, exclude_services
from tests.oracle.gates import plan_in_force, qualifies
from tests.oracle.lines import ProgramLine
from tests.oracle.localmonth import LocalMonth, as_day
from tests.oracle.programs import BARRED_TWICE, NAMED, PROGRAMS, Program
from tests.oracle.record import Record
from tests.oracle.roster import Facts, starts_in_month
from tests.oracle.timed import timed_line
from tests.oracle.untimed import device_line, monthly_line, require_base, transition_line

DECIDE_LINE = {"timed": timed_line, "monthly": monthly_line, "device": device_line, "transition": transition_line}
INDIVIDUAL_CODES_FROM = date(2025, 1, 1)


def decide(facts: Facts) -> list[dict[str, Any]]:
    """Return one decision for each patient of the facts, in their order.

    Seconds are whole; `alternatives` are in no order that matters; `lines` are in the order of the programs. A patient without a line in
    any program is answered for as one of chronic care management. Raises ValueError for a staff member who is not in the file, an entry
    that ends before it begins and a time finer than a second. Source: decisions 0003 and 0008.
    """
    month = LocalMonth(facts["month"], facts["timezone"])
    busy = diary(facts, month)
    records = [
        {program.name: Record(facts, position, program, month, busy) for program in PROGRAMS} for position in range(len(facts["patients"]))
    ]
    return [_PatientMonth(own, [other for other in records if other is not own]).decision() for own in records]


class _PatientMonth:
    def __init__(self, records: dict[str, Record], others: list[dict[str, Record]]) -> None:
        some = records["CCM"]
        self._patient, self._agreement, self._month = some.patient, some.agreement, some.month
        self._records, self._others = records, others
        self._lines = self._decided_lines()

    def decision(self) -> dict[str, Any]:
        lines = self._lines
        raised = self._raised()
        claimed = [line for line in lines if line.claims and line.is_met]
        outcome = self._outcome()
        counted = [line.counted for line in lines]
        return {
            "ref": self._patient["ref"],
            "outcome": outcome,
            "claim": _joined(claimed) if outcome != "not_billable" else [],
            "exceptions": sorted(code for code, effect in raised.items() if effect != "warn"),
            "warnings": sorted(code for code, effect in raised.items() if effect == "warn"),
            "counted_seconds": {kind: sum(one[kind] for one in counted) for kind in ("clinical", "qhp")},
            "excluded_seconds": dict(sum((Counter(line.excluded) for line in lines), Counter())),
            "raw_seconds": sum(line.raw_seconds for line in lines),
            "enrolled": any(line.is_enrolled for line in lines),
            "date_of_service": max((line.told()["date_of_service"] for line in claimed), default=None),
            "missing_seconds": min((line.missing_seconds for line in lines if line.missing_seconds is not None), default=None),
            "missing_code": lines[0].missing_code if len(lines) == 1 and lines[0].missing_seconds is not None else None,
            "pending_claim": [one for line in lines for one in line.pending_claim or []] or None,
            "alternatives": self._alternatives(claimed),
            "lines": [line.told() for line in lines],
        }

    def _decided_lines(self) -> list[ProgramLine]:
        deciding = [record for record in self._records.values() if _is_judged(record)] or [self._records["CCM"]]
        lines = [DECIDE_LINE[record.program.kind](record) for record in deciding]
        for line in lines:
            if self._is_duplicate(line.program):
                line.hold("DUPLICATE_PATIENT_MONTH")
        services = self._patient.get("services") or []
        in_month = [service for service in services if self._month.first_day <= date.fromisoformat(service["on"]) <= self._month.last_day]
        for line in lines:
            if line.program.name in ("APCM_BHI", "APCM_COCM"):
                require_base(line, lines, in_month)
        for line in lines:
            exclude_services(line, services, self._month)
        exclude_each_other(lines, self._agreement.get("priority") or [], self._patient.get("choice"))
        for line in lines:
            self._add_first_visit(line)
            self._substitute(line)
        return lines

    def _is_duplicate(self, program: Program) -> bool:
        person = self._patient.get("person")
        mine = self._records[program.name]
        return (
            person is not None
            and mine.is_enrolled
            and any(
                other[name].patient.get("person") == person and _is_at_work(other[name])
                for other in self._others
                for name, since in BARRED_TWICE.get(program.called, {}).items()
                if since <= self._month.last_day
            )
        )

    def _add_first_visit(self, line: ProgramLine) -> None:
        plan = plan_in_force(self._patient, self._month)
        signed_on = as_day(plan.get("signed_on")) if plan else None
        if line.program.name != "CCM" or not line.claims or signed_on is None or signed_on > self._month.last_day:
            return
        visits = [v for v in self._patient.get("visits") or [] if v.get("ccm_discussed") and v["kind"] != "TCM" and qualifies(v)]
        visits = [v for v in visits if None in (line.provider, v.get("provider")) or v["provider"] == line.provider]
        days = [date.fromisoformat(visit["on"]) for visit in visits]
        in_time = [day for day in days if self._month.first_day <= day <= min(signed_on, self._month.last_day)]
        if in_time and starts_in_month(self._patient, self._month, "CCM") and valid_on(FIRST_VISIT, in_time[0]):
            line.codes = [*line.codes, {"code": FIRST_VISIT.code, "units": 1}]

    def _substitute(self, line: ProgramLine) -> None:
        bundled = _bundled(line.program) if self._patient.get("setting") == "rhc_fqhc" else None
        if bundled is None or line.date_of_service is None or not line.claims or not valid_on(bundled, line.date_of_service):
            return
        claim: list[Line] = [{"code": bundled.code, "units": 1}]
        if line.date_of_service < INDIVIDUAL_CODES_FROM:
            line.codes = claim
        else:
            line.alternatives = [*line.alternatives, claim]

    def _raised(self) -> dict[str, str]:
        raised: dict[str, str] = {}
        for line in self._lines:
            raised |= {code: effect for code, effect in line.raised.items() if raised.get(code, "warn") == "warn"}
        return raised

    def _outcome(self) -> str:
        states = {line.state for line in self._lines}
        if "held" in states:
            return "held"
        return "billable" if "supported" in states else "not_billable"

    def _alternatives(self, claimed: list[ProgramLine]) -> list[list[Line]]:
        own = _joined(claimed)
        found = [line.codes for line in self._lines if line.claims and not line.is_met]
        found += [claim for line in self._lines for claim in line.alternatives]
        return [claim for place, claim in enumerate(found) if claim and claim != own and claim not in found[:place]]


def _is_judged(record: Record) -> bool:
    if record.program.kind != "timed":
        return record.is_enrolled and (record.program.kind != "device" or bool(record.devices))
    is_silent_monitoring = record.program.asks_contact and record.log.raw_seconds == 0 and bool(record.devices)
    return record.exists and not is_silent_monitoring


def _is_at_work(record: Record) -> bool:
    return record.is_enrolled and (record.log.raw_seconds > 0 or bool(record.devices) or record.program.kind == "monthly")


def _bundled(program: Program) -> Untimed | None:
    if program.name in ("CCM", "PCM", "BHI"):
        return BUNDLED
    return BUNDLED_COCM if program is NAMED["COCM"] else None


def _joined(lines: list[ProgramLine]) -> list[Line]:
    """Return the claims of some lines as one, each code once."""
    units: Counter[str] = Counter()
    for line in lines:
        for one in line.codes:
            units[str(one["code"])] += int(one["units"])
    return [{"code": code, "units": count} for code, count in units.items()]

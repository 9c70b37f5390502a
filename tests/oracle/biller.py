"""The slow, plain-Python biller: what the CCM rules say about facts, to check the product against.

It is written from the rules alone, imports only the standard library and shares no line with the product.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from tests.oracle.carelog import CURABLE, INCURABLE, PatientLog, diary
from tests.oracle.claims import Biller, Choice, Line, always_valid
from tests.oracle.codes import COMPLEX, NON_COMPLEX, PERSONAL, valid_on
from tests.oracle.gates import Gates, gates
from tests.oracle.localmonth import LocalMonth, as_day
from tests.oracle.roster import Facts, last_enrolment
from tests.oracle.tally import CLINICAL, QHP, Tally, excluded_seconds


def decide(facts: Facts) -> list[dict[str, Any]]:
    """Return one decision for each patient of the facts, in their order.

    Seconds are whole; `alternatives` are in no order that matters. Raises ValueError for a staff member who is not in
    the file, an entry that ends before it begins and a time finer than a second. CCM only. Source: decision 0003.
    """
    month = LocalMonth(facts["month"], facts["timezone"])
    busy = diary(facts, month)
    logs = [PatientLog(facts, position, month, busy) for position in range(len(facts["patients"]))]
    return [_PatientMonth(facts, position, month, logs).decision() for position in range(len(logs))]


class _PatientMonth:
    def __init__(self, facts: Facts, position: int, month: LocalMonth, logs: Sequence[PatientLog]) -> None:
        self._patient: Facts = facts["patients"][position]
        self._agreement: Facts = facts.get("agreement") or {}
        self._policy: str = self._agreement.get("qhp_time") or "pool"
        self._month = month
        self._log = logs[position]
        self._duplicate = _is_duplicate(facts, position, month, logs)
        self._biller = Biller(self._log.stretches, self._mdm(), month_end=self._month_end(), last_day=month.last_day)
        self._tally = Tally(self._log.stretches, self._policy)
        self._excluded = excluded_seconds(self._log.stretches)

    def decision(self) -> dict[str, Any]:
        supported = self._biller.choose(self._policy)
        raised = self._gates()
        is_revoked = "CONSENT_REVOKED" in raised
        choice = None if is_revoked else supported
        raised |= self._time_gates(supported)
        raised |= self._choice_warnings(choice) if choice else {}
        return {
            "ref": self._patient["ref"],
            "outcome": _outcome(raised),
            "claim": choice.lines if choice else [],
            "exceptions": sorted(code for code, effect in raised.items() if effect != "warn"),
            "warnings": sorted(code for code, effect in raised.items() if effect == "warn"),
            "counted_seconds": {"clinical": self._tally.seconds(CLINICAL), "qhp": self._tally.seconds(QHP)},
            "excluded_seconds": self._excluded,
            "raw_seconds": self._log.raw_seconds,
            "enrolled": last_enrolment(self._patient, self._month) is not None,
            "date_of_service": choice.date_of_service.isoformat() if choice else None,
            "missing_seconds": None if is_revoked else self._biller.missing_seconds(self._policy, choice),
            "pending_claim": self._pending_claim() if "TIME_PENDING" in raised else None,
            "alternatives": [] if is_revoked else self._biller.alternatives(self._policy, choice),
        }

    def _gates(self) -> Gates:
        raised = gates(self._patient, self._agreement, self._month, self._tally.first_day())
        if self._duplicate:
            raised["DUPLICATE_PATIENT_MONTH"] = "hold"
        good = [work for stretch in self._log.stretches for work in stretch.work if work.reason is None]
        if any(work.by_other_qhp for work in good):
            raised["QHP_NOT_BILLING"] = "warn"
        return raised

    def _time_gates(self, supported: Choice | None) -> Gates:
        reasons = dict.fromkeys(self._excluded, "warn")
        if supported is not None:
            return reasons
        if self._biller.choose(self._policy, admitted=tuple(CURABLE)) is not None:
            return reasons | {"TIME_PENDING": "hold"}
        if self._biller.choose(self._policy, valid=always_valid) is not None:
            return reasons | {"CODE_NOT_VALID_ON_DOS": "unsupported"}
        decisive = [r for r in INCURABLE if r in reasons and self._would_reach(r)]
        return reasons | dict.fromkeys(decisive, "unsupported") | {"TIME_BELOW_THRESHOLD": "unsupported"}

    def _pending_claim(self) -> list[Line] | None:
        cured = self._biller.choose(self._policy, admitted=tuple(CURABLE))
        return cured.lines if cured else None

    def _would_reach(self, reason: str) -> bool:
        return self._biller.reaches(self._policy, self._excluded[reason])

    def _choice_warnings(self, choice: Choice) -> Gates:
        raised: Gates = {}
        has_complex = valid_on(COMPLEX, choice.date_of_service) and choice.seconds >= COMPLEX.threshold
        if choice.base is NON_COMPLEX and has_complex and not self._mdm():
            raised["MDM_NOT_DOCUMENTED"] = "warn"
        if choice.add_on_is_valid and choice.full_increments > choice.base.add_on.cap:
            raised["UNIT_CAP_REACHED"] = "warn"
        if choice.full_increments and not choice.add_on_is_valid:
            raised["CODE_NOT_VALID_ON_DOS"] = "warn"
        if choice.base is PERSONAL and self._tally.seconds(CLINICAL):
            raised["STAFF_TIME_UNBILLED"] = "warn"
        return raised

    def _mdm(self) -> list[str]:
        return [row["level"] for row in self._patient.get("mdm", []) if row["month"] == self._month.name]

    def _month_end(self) -> date | None:
        if self._agreement.get("date_of_service", "threshold") != "month_end":
            return None
        died_on = as_day(self._patient.get("died_on"))
        return min(died_on, self._month.last_day) if died_on else self._month.last_day


def _is_duplicate(facts: Facts, position: int, month: LocalMonth, logs: Sequence[PatientLog]) -> bool:
    mine = facts["patients"][position]
    return (
        mine.get("person") is not None
        and last_enrolment(mine, month) is not None
        and any(
            other.get("person") == mine["person"] and place != position and last_enrolment(other, month) is not None and log.raw_seconds > 0
            for place, (other, log) in enumerate(zip(facts["patients"], logs, strict=True))
        )
    )


def _outcome(raised: Gates) -> str:
    if "unsupported" in raised.values():
        return "not_billable"
    return "held" if "hold" in raised.values() else "billable"

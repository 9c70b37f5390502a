"""What the file says about one patient for one program in the month: the ground that every kind of line stands on."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from tests.oracle.carelog import Busy, PatientLog
from tests.oracle.gates import Gates, gates
from tests.oracle.localmonth import LocalMonth, as_day
from tests.oracle.programs import NAMED, Program
from tests.oracle.roster import Facts, billing_provider, last_enrolment
from tests.oracle.tally import CLINICAL, QHP, Tally, excluded_seconds


class Record:
    """One patient, one month, one program."""

    def __init__(self, facts: Facts, position: int, program: Program, month: LocalMonth, busy: Iterable[Busy]) -> None:
        """Read the patient at `position`; `busy` holds the whole vendor's diary."""
        self.patient: Facts = facts["patients"][position]
        self.agreement: Facts = facts.get("agreement") or {}
        self._policies = _in_force(facts.get("policies") or {}, month.last_day)
        self.program = program
        self.month = month
        self.log = PatientLog(facts, position, month, program, busy)
        self.policy: str = (self.agreement.get("qhp_time") or "pool") if program.follows_policy else "pool"
        self.tally = Tally(self.log.stretches, self.policy)
        self.excluded = excluded_seconds(self.log.stretches)
        self.provider = billing_provider(self.patient, month, program.called)
        self.is_enrolled = last_enrolment(self.patient, month, program.called) is not None

    @property
    def exists(self) -> bool:
        """Return whether there is anything to decide: an enrolled day or time of the program."""
        return self.is_enrolled or self.log.raw_seconds > 0

    @property
    def died_on(self) -> date | None:
        """Return the day of death."""
        return as_day(self.patient.get("died_on"))

    @property
    def devices(self) -> dict[str, int]:
        """Return the days of data by the device that the record names, none before devices of the program were paid for."""
        began = NAMED[f"{self.program.called}_DEVICE"].began if f"{self.program.called}_DEVICE" in NAMED else date.max
        if self.month.first_day < began:
            return {}
        days: dict[str, int] = self.patient.get("device_days") or {}
        return {device: n for device, n in days.items() if device.split("_")[0] == self.program.called}

    @property
    def mdm(self) -> list[str]:
        """Return the levels documented for the month."""
        return [row["level"] for row in self.patient.get("mdm", []) if row["month"] == self.month.name]

    def gates(self) -> Gates:
        """Return the gates that no kind of claim decides."""
        first_counted = self.tally.first_day() if self.program.kind == "timed" else None
        return self._as_the_vendor_has_it(gates(self.program, self.patient, self.agreement, self.month, first_counted))

    def _as_the_vendor_has_it(self, raised: Gates) -> Gates:
        changed = {code: self._policies.get(code, effect) for code, effect in raised.items()}
        return {code: effect for code, effect in changed.items() if effect != "off"}

    def seconds(self) -> dict[str, Any]:
        """Return the time of the line, as its fields."""
        counted = {"clinical": self.tally.seconds(CLINICAL), "qhp": self.tally.seconds(QHP)}
        return {"counted": counted, "excluded": self.excluded, "raw_seconds": self.log.raw_seconds}

    def time_warnings(self) -> Gates:
        """Return a warning for each reason with seconds and for another practitioner's minutes."""
        raised: Gates = dict.fromkeys(self.excluded, "warn")
        good = [work for stretch in self.log.stretches for work in stretch.work if work.reason is None]
        if any(work.by_other_qhp for work in good):
            raised["QHP_NOT_BILLING"] = "warn"
        if self.log.was_entered_late:
            raised["TIME_BACKDATED"] = "warn"
        if self.log.looks_alike:
            raised["INTEGRITY_SIGNAL"] = "warn"
        return self._as_the_vendor_has_it(raised)


def _in_force(policies: Facts, day: date) -> dict[str, str]:
    """Return the effect of each of a vendor's own policies on a day; one is an effect for good or an effect with its first and last day."""
    dated = {code: {"effect": said} if isinstance(said, str) else said for code, said in policies.items()}
    return {
        code: said["effect"]
        for code, said in dated.items()
        if (as_day(said.get("from")) or date.min) <= day <= (as_day(said.get("to")) or date.max)
    }

"""Lines that seconds decide: chronic and principal care, monitoring time, behavioral care."""

from datetime import date

from tests.oracle.carelog import CURABLE, INCURABLE
from tests.oracle.claims import Biller, Choice, always_valid
from tests.oracle.codes import valid_on
from tests.oracle.gates import Gates
from tests.oracle.lines import ProgramLine
from tests.oracle.record import Record
from tests.oracle.roster import starts_in_month
from tests.oracle.tally import CLINICAL

# Codes that no further second would cure.
BEYOND_TIME = frozenset({"CONSENT_REVOKED", "NO_INTERACTIVE_CONTACT"})


def timed_line(record: Record) -> ProgramLine:
    """Return the line of one timed program."""
    return _Timed(record).line()


class _Timed:
    def __init__(self, record: Record) -> None:
        self._record = record
        self._policy = record.policy
        self._biller = Biller(
            record.program,
            record.log.stretches,
            record.mdm,
            is_first_month=starts_in_month(record.patient, record.month, record.program.called),
            month_end=self._month_end(),
            last_day=record.month.last_day,
        )

    def line(self) -> ProgramLine:
        supported = self._biller.choose(self._policy)
        raised = self._record.gates() | self._record.time_warnings()
        raised |= self._shortage() if supported is None else self._contact()
        is_beyond_time = bool(raised.keys() & BEYOND_TIME)
        choice = None if is_beyond_time else supported
        raised |= self._choice_warnings(choice) if choice else {}
        cured = self._biller.choose(self._policy, admitted=tuple(CURABLE)) if "TIME_PENDING" in raised else None
        nearest = None if is_beyond_time else self._biller.nearest_step(self._policy, choice)
        return ProgramLine(
            self._record.program,
            self._record.provider,
            self._record.is_enrolled,
            raised,
            codes=choice.lines if choice else [],
            date_of_service=choice.date_of_service if choice else None,
            missing_seconds=nearest[0] if nearest else None,
            missing_code=nearest[1] if nearest else None,
            pending_claim=cured.lines if cured else None,
            alternatives=[] if is_beyond_time else self._biller.alternatives(self._policy, choice),
            **self._record.seconds(),
        )

    def _shortage(self) -> Gates:
        if self._biller.choose(self._policy, admitted=tuple(CURABLE)) is not None:
            return {"TIME_PENDING": "hold"}
        by_time_alone = self._biller.choose(self._policy, valid=always_valid)
        raised: Gates = {} if by_time_alone is None else {"CODE_NOT_VALID_ON_DOS": "unsupported"}
        if by_time_alone is None or any(base.is_brief for base in self._record.program.staff):
            raised |= {"TIME_BELOW_THRESHOLD": "unsupported"} | dict.fromkeys(self._decisive(), "unsupported")
        return raised

    def _decisive(self) -> list[str]:
        excluded = self._record.excluded
        decided = any(
            work.reason == "TIME_DOUBLE_COUNTED" and not work.is_curable for stretch in self._record.log.stretches for work in stretch.work
        )
        reasons = [*INCURABLE, "TIME_DOUBLE_COUNTED"] if decided else INCURABLE
        return [reason for reason in reasons if reason in excluded and self._biller.reaches(self._policy, excluded[reason])]

    def _contact(self) -> Gates:
        if not self._record.program.asks_contact:
            return {}
        counted = [work for stretch in self._record.log.stretches for work in stretch.work if work.reason is None]
        return {} if any(work.with_patient for work in counted) else {"NO_INTERACTIVE_CONTACT": "unsupported"}

    def _choice_warnings(self, choice: Choice) -> Gates:
        raised: Gates = {}
        program = self._record.program
        if choice.base in program.staff and not self._record.mdm and self._has_complex_time(choice):
            raised["MDM_NOT_DOCUMENTED"] = "warn"
        if choice.add_on_is_valid and choice.full_increments > choice.cap:
            raised["UNIT_CAP_REACHED"] = "warn"
        if choice.full_increments and not choice.add_on_is_valid:
            raised["CODE_NOT_VALID_ON_DOS"] = "warn"
        if choice.base in program.personal and self._record.tally.seconds(CLINICAL):
            raised["STAFF_TIME_UNBILLED"] = "warn"
        return raised

    def _has_complex_time(self, choice: Choice) -> bool:
        return any(valid_on(base, choice.date_of_service) and choice.seconds >= base.threshold for base in self._record.program.complex)

    def _month_end(self) -> date | None:
        record = self._record
        if record.agreement.get("date_of_service", "threshold") != "month_end":
            return None
        return min(record.died_on, record.month.last_day) if record.died_on else record.month.last_day

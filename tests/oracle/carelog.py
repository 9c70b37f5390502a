"""Which seconds of the time entries count, and the first reason why each other second does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle.codes import CERTIFIED_CREDENTIALS, LICENSED_CREDENTIALS
from tests.oracle.localmonth import LocalMonth, as_day
from tests.oracle.programs import Program, has_minutes, place_in
from tests.oracle.roster import Consent, Facts, billing_provider, covers, deciding_enrolment

CURABLE = frozenset({"STAFF_NOT_LICENSED", "TIME_NO_DESCRIPTION", "TIME_UNAPPROVED", "TIME_OVERLAP_STAFF", "TIME_DOUBLE_COUNTED"})
INCURABLE = (
    "AFTER_DEATH",
    "NOT_ENROLLED",
    "PART_A_STAY",
    "BEFORE_CONSENT",
    "STAFF_EXCLUDED",
    "OUTSIDE_US",
    "NON_CLINICAL_STAFF",
    "IDLE",
    "WITHIN_EM",
)
ALIKE, LATE_DAYS = 4, 7
PART_A = ("part_a_inpatient", "part_a_snf")


@dataclass(frozen=True)
class Work:
    """One entry's part in a stretch: why it does not count (None when it does), whether that can be cured, who did it and with whom."""

    reason: str | None
    by_billing_qhp: bool
    by_other_qhp: bool
    with_patient: bool
    is_curable: bool


@dataclass(frozen=True)
class Stretch:
    """Seconds within one local day during which the same entries go on."""

    start: int
    end: int
    day: date
    work: tuple[Work, ...]

    @property
    def seconds(self) -> int:
        """Return the length in seconds."""
        return self.end - self.start


@dataclass(frozen=True)
class Busy:
    """A staff member at a patient for a program; `patient` is the position in the file."""

    staff: str
    patient: int
    program: str
    start: int
    end: int


def diary(facts: Facts, month: LocalMonth) -> list[Busy]:
    """Return every entry of every patient and program. Raises ValueError for unknown staff or an empty entry."""
    known = facts.get("staff", {})
    busy = []
    for position, patient in enumerate(facts["patients"]):
        for entry in patient.get("entries", []):
            if entry["staff"] not in known:
                raise ValueError(f"staff {entry['staff']} of patient {patient['ref']} is not in the file")
            start, end = month.moment(entry["start"]), month.moment(entry["end"])
            if end <= start:
                raise ValueError(f"an entry of patient {patient['ref']} ends before it begins")
            busy.append(Busy(entry["staff"], position, entry["program"], start, end))
    return busy


class PatientLog:
    """The time of one patient for one program in one month, cut into stretches."""

    def __init__(self, facts: Facts, position: int, month: LocalMonth, program: Program, busy: Iterable[Busy]) -> None:
        """Cut the entries of the patient at `position`; `busy` holds the whole vendor's diary."""
        self._program = program
        self._priority: list[str] = (facts.get("agreement") or {}).get("priority") or []
        self._patient: Facts = facts["patients"][position]
        self._staff: Facts = facts.get("staff", {})
        self._month = month
        everyone = list(busy)
        self._elsewhere = [b for b in everyone if b.patient != position]
        mine = place_in(self._priority, program.called)
        self._earlier = [
            b for b in everyone if b.patient == position and has_minutes(b.program) and place_in(self._priority, b.program) < mine
        ]
        self._provider = billing_provider(self._patient, month, program.called)
        self._consent = Consent(self._patient, month, program.called)
        self._entries = self._clipped()
        self.stretches = self._cut()

    @property
    def raw_seconds(self) -> int:
        """Return the sum of the clipped entries, shared seconds counted for each."""
        return sum(end - start for start, end, _ in self._entries)

    @property
    def looks_alike(self) -> bool:
        """Return whether four entries or more, and all there are, have one length and one description."""
        seen = {(end - start, (entry.get("description") or "").strip()) for start, end, entry in self._entries}
        return len(self._entries) >= ALIKE and len(seen) == 1

    @property
    def was_entered_late(self) -> bool:
        """Return whether an entry was put down more than a week after it ended."""
        known = [entry for _, _, entry in self._entries if entry.get("entered_at")]
        return any(self._month.moment(e["entered_at"]) - self._month.moment(e["end"]) > LATE_DAYS * 86400 for e in known)

    def _clipped(self) -> list[tuple[int, int, Facts]]:
        clipped = []
        for entry in self._patient.get("entries", []):
            start = max(self._month.moment(entry["start"]), self._month.starts)
            end = min(self._month.moment(entry["end"]), self._month.ends)
            if entry["program"] == self._program.called and start < end:
                clipped.append((start, end, entry))
        return clipped

    def _cut(self) -> list[Stretch]:
        edges = set(self._month.midnights())
        for start, end, entry in self._entries:
            edges |= {start, end}
            edges |= {edge for b in self._elsewhere if b.staff == entry["staff"] for edge in (b.start, b.end)}
        edges |= {edge for b in self._earlier for edge in (b.start, b.end)}
        ordered = sorted(edge for edge in edges if self._month.starts <= edge <= self._month.ends)
        stretches = [self._stretch(a, b) for a, b in pairwise(ordered)]
        return [stretch for stretch in stretches if stretch.work]

    def _stretch(self, start: int, end: int) -> Stretch:
        day = self._month.day_of(start)
        going_on = [entry for a, b, entry in self._entries if a <= start and end <= b]
        return Stretch(start, end, day, tuple(self._work(entry, start, day) for entry in going_on))

    def _work(self, entry: Facts, start: int, day: date) -> Work:
        member = self._staff[entry["staff"]]
        is_qhp = member.get("role") == "qhp"
        bills = self._provider is not None and self._provider in (member.get("provider"), member.get("npi"))
        never = self._never_counts(entry, day) or self._is_decided_for_another(start)
        reason = never or self._does_not_count_yet(entry, start, day)
        return Work(reason, is_qhp and bills, is_qhp and not bills, entry.get("contact") == "live", never is None)

    def _shared_with(self, start: int) -> list[str]:
        return [b.program for b in self._earlier if b.start <= start < b.end]

    def _is_decided_for_another(self, start: int) -> str | None:
        own = self._program.called in self._priority
        decided = own and any(program in self._priority for program in self._shared_with(start))
        return "TIME_DOUBLE_COUNTED" if decided else None

    def _never_counts(self, entry: Facts, day: date) -> str | None:
        patient, member = self._patient, self._staff[entry["staff"]]
        died_on, counts_from = as_day(patient.get("died_on")), self._consent.counts_from
        stays = [stay for stay in patient.get("stays", []) if stay["kind"] in PART_A]
        applies = {
            "AFTER_DEATH": died_on is not None and day > died_on,
            "NOT_ENROLLED": deciding_enrolment(patient, day, self._program.called) is None,
            "PART_A_STAY": self._program.stops_at_part_a and any(covers(stay, day) for stay in stays),
            "BEFORE_CONSENT": self._program.asks_consent and counts_from is not None and day < counts_from,
            "STAFF_EXCLUDED": _is_excluded(member, day),
            "OUTSIDE_US": (entry.get("country") or member.get("country") or "US") != "US",
            "NON_CLINICAL_STAFF": member.get("role") == "administrative",
            "IDLE": entry.get("activity") == "idle",
            "WITHIN_EM": bool(entry.get("within_em")),
        }
        return next((reason for reason in INCURABLE if applies[reason]), None)

    def _does_not_count_yet(self, entry: Facts, start: int, day: date) -> str | None:
        if not _is_licensed(self._staff[entry["staff"]], self._patient.get("state"), day):
            return "STAFF_NOT_LICENSED"
        if not (entry.get("description") or "").strip():
            return "TIME_NO_DESCRIPTION"
        if entry.get("approved") is False:
            return "TIME_UNAPPROVED"
        booked = any(b.staff == entry["staff"] and b.start <= start < b.end for b in self._elsewhere)
        if booked:
            return "TIME_OVERLAP_STAFF"
        return "TIME_DOUBLE_COUNTED" if self._shared_with(start) else None


def _is_licensed(member: dict[str, Any], state: str | None, day: date) -> bool:
    credential = member.get("credential")
    if credential in CERTIFIED_CREDENTIALS:
        return True
    states = member.get("licensed_states") or []
    expires = as_day(member.get("license_expires_on"))
    in_state = state in states if state else bool(states)
    return credential in LICENSED_CREDENTIALS and in_state and (expires is None or day <= expires)


def _is_excluded(member: dict[str, Any], day: date) -> bool:
    began, ended = as_day(member.get("excluded_from")), as_day(member.get("excluded_to"))
    return began is not None and began <= day and (ended is None or day <= ended)

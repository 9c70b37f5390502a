"""Which seconds of the time entries count, and the first reason why each other second does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle.codes import CERTIFIED_CREDENTIALS, LICENSED_CREDENTIALS
from tests.oracle.localmonth import LocalMonth, as_day
from tests.oracle.roster import PROGRAM, Consent, Facts, billing_provider, covers, deciding_enrolment

CURABLE = frozenset({"STAFF_NOT_LICENSED", "TIME_NO_DESCRIPTION", "TIME_UNAPPROVED", "TIME_OVERLAP_STAFF"})
INCURABLE = (
    "AFTER_DEATH",
    "NOT_ENROLLED",
    "PART_A_STAY",
    "BEFORE_CONSENT",
    "OUTSIDE_US",
    "NON_CLINICAL_STAFF",
    "IDLE",
    "WITHIN_EM",
)
PART_A = ("part_a_inpatient", "part_a_snf")


@dataclass(frozen=True)
class Work:
    """One entry's part in a stretch: why it does not count (None when it does) and who did it."""

    reason: str | None
    by_billing_qhp: bool
    by_other_qhp: bool


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
    """A staff member at a patient; `patient` is the position in the file."""

    staff: str
    patient: int
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
            busy.append(Busy(entry["staff"], position, start, end))
    return busy


class PatientLog:
    """The CCM time of one patient in one month, cut into stretches."""

    def __init__(self, facts: Facts, position: int, month: LocalMonth, busy: Iterable[Busy]) -> None:
        """Cut the entries of the patient at `position`; `busy` holds the whole vendor's diary."""
        self._patient: Facts = facts["patients"][position]
        self._staff: Facts = facts.get("staff", {})
        self._month = month
        self._elsewhere = [b for b in busy if b.patient != position]
        self._provider = billing_provider(self._patient, month)
        self._consent = Consent(self._patient, month)
        self._entries = self._clipped()
        self.stretches = self._cut()

    @property
    def raw_seconds(self) -> int:
        """Return the sum of the clipped entries, shared seconds counted for each."""
        return sum(end - start for start, end, _ in self._entries)

    def _clipped(self) -> list[tuple[int, int, Facts]]:
        clipped = []
        for entry in self._patient.get("entries", []):
            start = max(self._month.moment(entry["start"]), self._month.starts)
            end = min(self._month.moment(entry["end"]), self._month.ends)
            if entry["program"] == PROGRAM and start < end:
                clipped.append((start, end, entry))
        return clipped

    def _cut(self) -> list[Stretch]:
        edges = set(self._month.midnights())
        for start, end, entry in self._entries:
            edges |= {start, end}
            edges |= {edge for b in self._elsewhere if b.staff == entry["staff"] for edge in (b.start, b.end)}
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
        return Work(self._reason(entry, start, day), is_qhp and bills, is_qhp and not bills)

    def _reason(self, entry: Facts, start: int, day: date) -> str | None:
        return self._never_counts(entry, day) or self._does_not_count_yet(entry, start, day)

    def _never_counts(self, entry: Facts, day: date) -> str | None:
        patient, member = self._patient, self._staff[entry["staff"]]
        died_on, counts_from = as_day(patient.get("died_on")), self._consent.counts_from
        stays = [stay for stay in patient.get("stays", []) if stay["kind"] in PART_A]
        applies = {
            "AFTER_DEATH": died_on is not None and day > died_on,
            "NOT_ENROLLED": deciding_enrolment(patient, day) is None,
            "PART_A_STAY": any(covers(stay, day) for stay in stays),
            "BEFORE_CONSENT": counts_from is not None and day < counts_from,
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
        return "TIME_OVERLAP_STAFF" if booked else None


def _is_licensed(member: dict[str, Any], state: str | None, day: date) -> bool:
    credential = member.get("credential")
    if credential in CERTIFIED_CREDENTIALS:
        return True
    states = member.get("licensed_states") or []
    expires = as_day(member.get("license_expires_on"))
    in_state = state in states if state else bool(states)
    return credential in LICENSED_CREDENTIALS and in_state and (expires is None or day <= expires)

"""Hypothesis strategies for client-months: facts JSON crowded around every edge of the CCM rules.

`client_months()` is the one to use; times are whole seconds, sums lean towards the thresholds give or take one.
"""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.builders.facts import Facts, clean_patient, clean_staff
from tests.builders.roster_days import Calendar, roster_changes
from tests.builders.waived_plans import waived_plans

ZONES = ("America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/Phoenix")
# Both days of the clock change, a leap February, two plain months, and months before each code existed.
MONTHS = ("2026-03", "2025-11", "2026-03", "2025-11", "2024-02", "2026-09", "2025-12")
OLD_MONTHS = ("2015-01", "2016-06", "2018-12", "2019-01", "2020-12", "2021-12", "2022-01")
THRESHOLDS = (1200, 1800, 2400, 3600, 4800, 5400, 7200, 24000)
DAY = 86_400

clear_entries: st.SearchStrategy[Facts] = st.just({})
odd_entries: st.SearchStrategy[Facts] = st.sampled_from(
    [
        {"approved": False},
        {"description": ""},
        {"description": "  \t"},
        {"activity": "idle"},
        {"within_em": True},
        {"country": "PH"},
        {"country": "US"},
        {"program": "PCM"},
        {"program": "RPM"},
        {"approved": False, "description": ""},
        {"approved": False, "within_em": True},
    ]
)


def staff_of(first_day: date) -> dict[str, Facts]:
    """Return a vendor's staff with each kind of fault, in the month of this first day."""
    licence: Facts = {"role": "clinical", "credential": "RN", "licensed_states": ["TX", "LA"]}
    expiring = (first_day + timedelta(days=14)).isoformat()
    return clean_staff() | {
        "expiring": licence | {"credential": "LPN", "license_expires_on": expiring},
        "elsewhere": licence | {"licensed_states": ["LA"]},
        "abroad": licence | {"country": "PH"},
        "excluded": licence | {"excluded_from": expiring},
        "excluded-until": licence | {"excluded_from": "2014-01-01", "excluded_to": expiring},
        "assistant": {"role": "clinical", "credential": "MA"},
        "unknown-credential": licence | {"credential": "VA"},
        "no-credential": {"role": "clinical"},
        "doctor-nobody": {"role": "qhp", "credential": "NP", "licensed_states": ["TX"]},
        "doctor-a-expired": {
            "role": "qhp",
            "credential": "DO",
            "licensed_states": ["TX"],
            "license_expires_on": (first_day - timedelta(days=1)).isoformat(),
            "provider": "A",
        },
    }


ORDINARY_STAFF = ("nurse", "second-nurse", "doctor-a")
DOCTOR_ONLY = ("doctor-a",)
ODD_STAFF = (
    "doctor-b",
    "clerk",
    "expiring",
    "elsewhere",
    "abroad",
    "excluded",
    "excluded-until",
    "assistant",
    "unknown-credential",
    "no-credential",
    "doctor-nobody",
    "doctor-a-expired",
)


@st.composite
def agreements(draw: st.DrawFn) -> Facts:
    """Draw an agreement; any key may be absent and so take its default."""
    terms: Facts = {
        "qhp_time": draw(st.sampled_from(["pool", "personal", "never_pool"])),
        "attestation_required": draw(st.sampled_from([False, False, False, True])),
        "review_overdue": draw(st.sampled_from(["hold", "warn", "off"])),
        "copy_missing": draw(st.sampled_from(["hold", "warn", "off"])),
        "date_of_service": draw(st.sampled_from(["threshold", "month_end"])),
    }
    absent = draw(st.sets(st.sampled_from(sorted(terms)), max_size=2))
    return {key: value for key, value in terms.items() if key not in absent}


@st.composite
def lengths(draw: st.DrawFn) -> list[int]:
    """Draw the seconds of up to six entries that together come within a second of a threshold, or do not."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.lists(st.integers(1, 2400), max_size=5))
    total = draw(st.sampled_from(THRESHOLDS)) + draw(st.sampled_from([-1, 0, 1]))
    cuts = sorted(draw(st.sets(st.integers(1, total - 1), max_size=5)))
    return [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]


class Clock:
    """Moments of one local month, as epoch seconds."""

    def __init__(self, calendar: Calendar, zone: str) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(zone)

    def midnight(self, day_number: int) -> int:
        day = self.calendar.first + timedelta(days=day_number)
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def text(self, moment: int) -> str:
        return datetime.fromtimestamp(moment, self.zone).isoformat()

    def anchors(self) -> st.SearchStrategy[int]:
        """Moments worth crowding around: month's edges, local midnights and the hours when clocks change."""
        days = st.integers(-1, self.calendar.days)
        edges = st.sampled_from([0, self.calendar.days])
        midnights = st.builds(self.midnight, st.one_of(edges, days))
        return st.builds(lambda a, b: a + b, midnights, st.sampled_from([0, 0, -600, 5400, 7199, 7200, 36_000]))


@st.composite
def moments(draw: st.DrawFn, clock: Clock, anchors: list[int], apart: int | None) -> int:
    """Draw when an entry begins: around a shared anchor, or on a day of its own where nothing else can be."""
    if apart is not None:
        return clock.midnight(apart % clock.calendar.days) + 28_800
    anchor = draw(st.sampled_from(anchors))
    return anchor + draw(st.one_of(st.sampled_from([0, -1, 1, -300, 300]), st.integers(-2400, 2400)))


@st.composite
def entry_lists(draw: st.DrawFn, clock: Clock, anchors: list[int], number: int) -> list[Facts]:
    """Draw the entries of the patient with this number, crowded or each on a day of its own, most without fault."""
    crowded, faulty = draw(st.sampled_from([False, False, True])), draw(st.sampled_from([False, False, True]))
    team = draw(st.sampled_from([ORDINARY_STAFF, ORDINARY_STAFF, DOCTOR_ONLY]))
    staff = st.sampled_from(team + (ODD_STAFF if faulty else ()))
    oddities = st.one_of(clear_entries, odd_entries) if faulty else clear_entries
    entries = []
    for position, seconds in enumerate(draw(lengths())):
        start = draw(moments(clock, anchors, None if crowded else number + 4 * position))
        times: Facts = {"start": clock.text(start), "end": clock.text(start + seconds)}
        plain: Facts = {"staff": draw(staff), "program": "CCM", "description": "call", "approved": True}
        entries.append(times | plain | draw(oddities))
    return entries


@st.composite
def _patients(draw: st.DrawFn, number: int, clock: Clock, anchors: list[int]) -> Facts:
    plain = clean_patient(f"p{number}", **clock.calendar.clean_history())
    entries = draw(entry_lists(clock, anchors, number))
    level = draw(st.sampled_from(["low", "moderate", "high", None]))
    documented = {"mdm": [{"month": clock.calendar.month, "level": level, "provider": "A"}] if level else []}
    kept = plain | documented | draw(waived_plans(clock.calendar)) | draw(roster_changes(clock.calendar)) | {"entries": entries}
    absent = draw(st.sets(st.sampled_from(["mdm", "stays", "services", "device_days", "attested"]), max_size=1))
    return {key: value for key, value in kept.items() if key not in absent}


def made_one(patients: list[Facts], clients: tuple[str, str]) -> list[Facts]:
    """Make the first two patients the same human, at these clients of the vendor."""
    first, second, *rest = patients
    here, there = ({"person": "twice", "client": client} for client in clients)
    return [first | here, second | there, *rest]


@st.composite
def client_months(draw: st.DrawFn, *, most_patients: int = 4) -> Facts:
    """Draw the facts of one vendor's month for `decide`: one to `most_patients` patients who share its staff."""
    zone = draw(st.sampled_from(ZONES))
    month = draw(st.sampled_from(MONTHS * 3 + OLD_MONTHS))
    clock = Clock(Calendar.of(month), zone)
    anchors = draw(st.lists(clock.anchors(), min_size=1, max_size=3))
    count = draw(st.integers(1, most_patients))
    patients = [draw(_patients(number, clock, anchors)) for number in range(1, count + 1)]
    same_human = count > 1 and draw(st.integers(0, 7)) == 7
    clients = draw(st.sampled_from([("main", "second"), ("main", "main")]))
    answer: dict[str, Any] = {"month": month, "timezone": zone, "agreement": draw(agreements())}
    return answer | {
        "staff": staff_of(clock.calendar.first),
        "patients": made_one(patients, clients) if same_human else patients,
    }

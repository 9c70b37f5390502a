"""Time entries of one month: planned work is put on the calendars of the staff, so that nobody is in two places by accident."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from caretally.app.demo.activities import Note, some_note
from caretally.app.demo.drafts import Draft, Work
from caretally.app.demo.people import Team
from caretally.app.demo.periods import Period, offset
from caretally.app.demo.scenario import Client, Vendor
from caretally.app.demo.workload import MINUTE, PENDING_SHARE, month_seconds, pieces
from caretally.errors import CareTallyError

HEADER = (
    *("external_id", "client", "mrn", "staff", "started_at", "ended_at", "duration", "program", "activity", "description"),
    *("source", "entered_at", "approved_by", "within_em", "contact", "country"),
)
OPENS, CLOSES = 8 * 3600, 18 * 3600 + 1800
SOURCES = ("dialer",) * 11 + ("ehr",) * 7 + ("manual",) * 2
LETTERS = {"dialer": "D", "ehr": "E", "manual": "M"}
LIVE = frozenset(("phone call with patient", "caregiver call"))
QHP_MONTH = {"pool": 0.06, "personal": 0.16, "never_pool": 0.08}
Entry = tuple[str, ...]


class OverworkedStaffError(CareTallyError):
    """The demo's sizes and staff do not fit together."""

    code = "demo_overworked"


class Timelog:
    """One vendor's log: calendars (staff, day) -> the second when the person is free again, and a running number."""

    def __init__(self, random: Random, vendor: Vendor, team: Team) -> None:
        """Start with empty calendars and a stock of notes to draw from."""
        self.random, self.team, self.vendor, self.logged_seconds = random, team, vendor, 0
        self._free: dict[tuple[str, date], int] = {}
        self._notes: list[Note] = [some_note(random) for _ in range(6000)]
        self._number = 0
        self._offsets: dict[tuple[str, date], str] = {}

    def month(self, client: Client, draft: Draft, period: Period) -> list[Entry]:
        """Return the entries of one patient in one month: those planned for them, or ordinary ones."""
        if period.number in draft.work:
            used: set[date] = set()
            return [self._planned(client, draft, work, used) for work in draft.work[period.number]]
        window = draft.worked_between(period.first, period.last)
        days = [day for day in period.working_days if window[0] <= day <= window[1]] if window else []
        return self._ordinary(client, draft, days) if days else []

    def _ordinary(self, client: Client, draft: Draft, days: list[date]) -> list[Entry]:
        random, total = self.random, month_seconds(self.random, draft)
        if total == 0:
            return []
        if random.random() < PENDING_SHARE and not draft.is_complex:
            return self._with_unapproved(client, draft, days)
        cut = pieces(random, total, most=min(len(days), 14))
        people = self._people(client, draft, len(cut), total)
        chosen = sorted(random.sample(days, len(cut)))
        return [
            self._entry(client, draft, day, _logged(random.choice(SOURCES), seconds, day, staff))
            for day, seconds, staff in zip(chosen, cut, people, strict=True)
        ]

    def _with_unapproved(self, client: Client, draft: Draft, days: list[date]) -> list[Entry]:
        first, last = sorted((self.random.choice(days), days[-1]))
        good = self._entry(client, draft, first, _logged("ehr", 13 * MINUTE + self.random.randint(0, 300), first, draft.coordinator))
        if first == last:
            return [good]
        unapproved = Work(9 * MINUTE, (last, last), staff=draft.coordinator, source="manual", approved=False)
        return [good, self._entry(client, draft, last, unapproved)]

    def _people(self, client: Client, draft: Draft, count: int, total: int) -> list[str]:
        """Return who does each piece: the coordinator mostly, a colleague sometimes, the practitioner in some months."""
        random, qhp = self.random, self.team.qhp[client.code]
        terms = client.terms[0].qhp_time
        if qhp[1] == draft.npi and random.random() < QHP_MONTH[terms] * client.providers:
            if terms == "personal" and total >= 30 * MINUTE:
                return [qhp[0]] * count
            return [qhp[0]] + [draft.coordinator] * (count - 1)
        colleagues = self.team.by_zone[client.timezone]
        return [draft.coordinator if random.random() < 0.86 else random.choice(colleagues) for _ in range(count)]

    def _planned(self, client: Client, draft: Draft, work: Work, used: set[date]) -> Entry:
        if work.at is not None:
            return self._at(client, draft, work)
        span = (work.days[1] - work.days[0]).days + 1
        weekdays = [day for n in range(span) if (day := work.days[0] + timedelta(days=n)).weekday() < 5]
        free = [day for day in weekdays if day not in used] or weekdays or [work.days[0]]
        day = free[self.random.randrange(len(free))]
        used.add(day)
        return self._entry(client, draft, day, work)

    def _entry(self, client: Client, draft: Draft, day: date, work: Work) -> Entry:
        """Put one piece on a person's calendar and return its row."""
        self.logged_seconds += work.seconds
        staff, source, seconds = work.staff or draft.coordinator, work.source, work.seconds
        start = self._take(staff, day, seconds, whole_minutes=source != "dialer")
        activity, description = work.note or self.random.choice(self._notes)
        end, zone = start + seconds, self._offset(client.timezone, day) if source == "dialer" else ""
        iso, manual = day.isoformat(), source == "manual"
        return (
            work.external_id or self._external_id(source, iso),
            client.code,
            draft.mrn,
            staff,
            f"{iso}T{start // 3600:02}:{start // 60 % 60:02}:{start % 60:02}{zone}",
            "" if manual else f"{iso}T{end // 3600:02}:{end // 60 % 60:02}:{end % 60:02}{zone}",
            _duration(seconds) if manual else "",
            work.program,
            activity,
            description,
            source,
            f"{(day + timedelta(days=work.entered_after)).isoformat()}T09:{start // 60 % 60:02}:00" if manual else "",
            self.team.supervisor if manual and work.approved else "",
            work.within_em,
            "live" if activity in LIVE else "none",
            work.country,
        )

    def _take(self, staff: str, day: date, seconds: int, *, whole_minutes: bool) -> int:
        """Return the second of the day at which the person begins, after whatever else they do on it."""
        random = self.random
        start = self._free.get((staff, day)) or OPENS + random.randint(0, 1800)
        start += random.randint(45, 600)
        if whole_minutes:
            start += -start % MINUTE
        self._free[staff, day] = start + seconds
        if start + seconds > CLOSES:
            raise OverworkedStaffError(f"{staff} has more work on {day} than a day holds.")
        return start

    def _at(self, client: Client, draft: Draft, work: Work) -> Entry:
        """Return the row of work with a fixed start, which may cross midnight or a change of the clocks."""
        zone, at = ZoneInfo(client.timezone), work.at or 0
        start = datetime(work.days[0].year, work.days[0].month, work.days[0].day, at // 3600, at // 60 % 60, at % 60, tzinfo=zone)
        end = (start.astimezone(UTC) + timedelta(seconds=work.seconds)).astimezone(zone)
        activity, description = work.note or self.random.choice(self._notes)
        return (
            work.external_id or self._external_id("dialer", work.days[0].isoformat()),
            client.code,
            draft.mrn,
            work.staff,
            start.isoformat(),
            end.isoformat(),
            "",
            work.program,
            activity,
            description,
            "dialer",
            "",
            "",
            work.within_em,
            "live",
            work.country,
        )

    def _external_id(self, source: str, iso: str) -> str:
        self._number += 1
        return f"{LETTERS[source]}{iso[2:4]}{iso[5:7]}-{self._number:06}"

    def _offset(self, zone: str, day: date) -> str:
        known = self._offsets.get((zone, day))
        if known is None:
            known = self._offsets[zone, day] = offset(zone, day)
        return known


def _logged(source: str, seconds: int, day: date, staff: str) -> Work:
    """Return work as its source logs it: a dialer by the second, the others in whole minutes."""
    return Work(seconds if source == "dialer" else seconds + -seconds % MINUTE, (day, day), staff=staff, source=source)


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, MINUTE)
    return str(minutes) if not rest else f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"

"""Hypothesis strategies for what is on record about a patient around one month: consents, plans, visits, stays."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.builders.facts import PLAN_ELEMENTS, Facts, care_plan, consent, enrolment

ACKNOWLEDGED = ("scope", "cost_sharing", "one_practitioner", "stop")


@dataclass(frozen=True)
class Calendar:
    """The local days of one month."""

    month: str
    first: date
    days: int

    @classmethod
    def of(cls, month: str) -> "Calendar":
        """Take `2026-03`."""
        year, number = (int(part) for part in month.split("-"))
        return cls(month, date(year, number, 1), monthrange(year, number)[1])

    def on(self, offset: int) -> str:
        """Return the ISO date some days after the month's first."""
        return (self.first + timedelta(days=offset)).isoformat()

    def clean_history(self) -> Facts:
        """Return the dated facts of a patient in good order since two months before."""
        since = self.on(-60)
        return {
            "part_b_from": self.on(-2000),
            "enrolments": [enrolment(**{"from": since})],
            "consents": [consent(obtained_on=since)],
            "visits": [{"on": since, "kind": "AWV", "provider": "A"}],
            "care_plan": care_plan(effective_on=since, copy_given_on=since, reviewed_on=since, signed_on=since),
            "mdm": [{"month": self.month, "level": "low", "provider": "A"}],
        }

    def near(self) -> st.SearchStrategy[str]:
        """Dates on both sides of the month's two ends, inside it, and a year or two away."""
        ends = [-1, 0, 1, self.days - 2, self.days - 1, self.days]
        long_ago = [self.days - 1 - 366, self.days - 1 - 365, -425, -426, -730, -731, -732, -800, -60]
        return st.one_of(self.inside(), st.builds(self.on, st.one_of(st.sampled_from(ends), st.sampled_from(long_ago))))

    def inside(self) -> st.SearchStrategy[str]:
        """Dates of the month itself."""
        return st.builds(self.on, st.integers(0, self.days - 1))

    def maybe_near(self) -> st.SearchStrategy[str | None]:
        """As `near`, or nothing on record."""
        return st.one_of(st.none(), self.near())


def once(rows: list[Facts], *key: str) -> list[Facts]:
    """Keep the last of the rows that would be the same record."""
    return list({tuple(row[name] for name in key): row for row in rows}.values())


def _plain_code(row: Any) -> str:
    return str(row if isinstance(row, str) else row["icd10"]).replace(".", "")


@st.composite
def _consents(draw: st.DrawFn, calendar: Calendar) -> Facts:
    rows = []
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 2, 3]))):
        obtained = draw(st.one_of(calendar.inside(), calendar.near()))
        revoked = draw(calendar.maybe_near())
        missing = draw(st.sampled_from([*ACKNOWLEDGED, *[None] * 16]))
        rows.append(
            consent(
                obtained_on=obtained,
                revoked_on=revoked if revoked and revoked >= obtained else None,
                provider=draw(st.sampled_from(["A"] * 7 + ["B"])),
                program=draw(st.sampled_from(["CCM"] * 7 + ["PCM"])),
                acknowledged=[item for item in ACKNOWLEDGED if item != missing],
            )
        )
    return {"consents": once(rows, "program", "provider", "obtained_on")}


@st.composite
def _revoked_or_aged_consent(draw: st.DrawFn, calendar: Calendar) -> Facts:
    obtained = st.sampled_from([calendar.on(n) for n in (-60, -60, -729, -730, -731, -732, -733)])
    revoked = st.sampled_from([calendar.on(n) for n in (-30, -1, 0, 9, calendar.days - 1)])
    first = consent(obtained_on=draw(obtained), revoked_on=draw(st.one_of(st.none(), revoked)))
    again = consent(obtained_on=draw(st.one_of(calendar.inside(), revoked)))
    return {"consents": once(draw(st.sampled_from([[first], [first, again]])), "obtained_on")}


@st.composite
def _enrolments(draw: st.DrawFn, calendar: Calendar) -> Facts:
    starts = sorted(draw(st.sets(calendar.near(), max_size=3)))
    rows = []
    for start, following in zip(starts, [*starts, None][1:], strict=True):
        # In order one after the other, or one within another: a pause inside an enrolment, for one.
        apart = following is not None and draw(st.booleans())
        before = (date.fromisoformat(following or start) - timedelta(days=1)).isoformat() if apart else None
        end = draw(st.sampled_from([before, calendar.on(calendar.days - 3), calendar.on(-1)]))
        rows.append(
            enrolment(
                **{"from": start, "to": end if _in_order(start, end, before) else before},
                provider=draw(st.sampled_from(["A", "A", "A", "B", None])),
                status=draw(st.sampled_from(["enrolled", "enrolled", "enrolled", "paused", "withdrawn"])),
                program=draw(st.sampled_from(["CCM", "CCM", "CCM", "RPM"])),
            )
        )
    return {"enrolments": rows}


def _in_order(start: str, end: str | None, before: str | None) -> bool:
    return end is not None and start <= end and (before is None or end <= before)


@st.composite
def _visits(draw: st.DrawFn, calendar: Calendar) -> Facts:
    kinds = st.sampled_from(
        [
            {"kind": "AWV"},
            {"kind": "IPPE"},
            {"kind": "TCM"},
            {"kind": "EM", "code": "99214"},
            {"kind": "EM"},
            {"kind": "EM", "code": "99211"},
            {"kind": "EM", "code": "99442"},
            {"kind": "EM", "code": "98966"},
        ]
    )
    days = st.one_of(calendar.near(), st.sampled_from([calendar.on(n) for n in (-424, -425, -426, -427)]))
    return {"visits": once([draw(kinds) | {"on": draw(days)} for _ in range(draw(st.integers(0, 2)))], "on", "kind")}


_said = st.fixed_dictionaries(
    {},
    optional={
        "risk_documented": st.sampled_from([True, False, None]),
        "expected_months": st.sampled_from([2, 3, 11, 12, None]),
        "until_death": st.sampled_from([True, False, None]),
    },
)


@st.composite
def _conditions(draw: st.DrawFn, calendar: Calendar) -> Facts:
    codes = draw(st.lists(st.sampled_from(["E11.9", "E119", "I10", "J44.9", "J06.9", "R05.9"]), max_size=3))
    rows: list[Any] = []
    for code in codes:
        onset, resolved = draw(calendar.maybe_near()), draw(calendar.maybe_near())
        in_order = onset is None or resolved is None or onset <= resolved
        dated: Facts = {"icd10": code, "onset_on": onset, "resolved_on": resolved if in_order else None}
        rows.append(draw(st.sampled_from([code, code, dated, dated | draw(_said)])))
    return {"conditions": list({_plain_code(row): row for row in rows}.values())}


@st.composite
def _plans(draw: st.DrawFn, calendar: Calendar) -> Facts:
    rows = []
    for version in range(1, draw(st.integers(0, 2)) + 1):
        missing = draw(st.sampled_from([*PLAN_ELEMENTS, *[None] * 16]))
        rows.append(
            care_plan(
                version=version,
                effective_on=draw(calendar.near()),
                copy_given_on=draw(calendar.maybe_near()),
                reviewed_on=draw(calendar.maybe_near()),
                signed_on=draw(calendar.maybe_near()),
                elements=[element for element in PLAN_ELEMENTS if element != missing],
            )
        )
    return {"care_plan": None, "care_plans": rows}


@st.composite
def _stays(draw: st.DrawFn, calendar: Calendar) -> Facts:
    start, end = draw(calendar.near()), draw(calendar.maybe_near())
    kind = draw(st.sampled_from(["part_a_inpatient", "part_a_snf", "nursing_facility_non_part_a", "hospice"]))
    return {"stays": [{"kind": kind, "from": start, "to": end if end is None or end >= start else start}]}


@st.composite
def _mdm(draw: st.DrawFn, calendar: Calendar) -> Facts:
    months = st.sampled_from([calendar.month, calendar.month, calendar.month, "2013-07"])
    levels = st.sampled_from(["low", "moderate", "high"])
    rows = draw(st.lists(st.tuples(months, levels), max_size=2, unique_by=lambda row: row[0]))
    return {"mdm": [{"month": month, "level": level, "provider": "A"} for month, level in rows]}


def _deaths(calendar: Calendar) -> st.SearchStrategy[Facts]:
    return st.builds(lambda day: {"died_on": day}, calendar.near())


def _identity(calendar: Calendar) -> st.SearchStrategy[Facts]:
    return st.sampled_from(
        [
            {"state": None},
            {"state": "LA"},
            {"qmb": None},
            {"part_b_from": None},
            {"part_b_from": calendar.on(calendar.days - 1)},
            {"part_b_from": calendar.on(calendar.days)},
            {"attested": True},
        ]
    )


@st.composite
def roster_changes(draw: st.DrawFn, calendar: Calendar) -> Facts:
    """Draw up to three departures from good order; none at all is as likely as any number."""
    departures = st.one_of(
        _consents(calendar),
        _revoked_or_aged_consent(calendar),
        _enrolments(calendar),
        _visits(calendar),
        _conditions(calendar),
        _plans(calendar),
        _stays(calendar),
        _mdm(calendar),
        _deaths(calendar),
        _identity(calendar),
    )
    changes: Facts = {}
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
        changes |= draw(departures)
    return changes

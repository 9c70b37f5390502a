"""Hypothesis strategies for patients in any mixture of programs, crowded around the edges of each program and of their meeting.

`mixed_client_months()` is the one to use; it takes its clocks, staff and departures from good order from the months of chronic care. Half of
the patients are in good order, since of so many departures few leave anything to bill.
"""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.builders.facts import Facts, care_plan, clean_patient, consent, enrolment
from tests.builders.in_good_order import patients_in_good_order
from tests.builders.months import ODD_STAFF, ZONES, Clock, agreements, made_one, moments, odd_entries, staff_of
from tests.builders.programs import DEVICES, PROGRAMS, SERVICES, WITHOUT_TIME
from tests.builders.roster_days import Calendar, once, roster_changes
from tests.builders.waived_plans import waived_plans

TIMED = tuple(program for program in PROGRAMS if program not in WITHOUT_TIME)
# Plain months, those of a clock change, and both sides of the day on which some code, pair or setting's rule begins or ends.
MONTHS = ("2026-03", "2026-02", "2026-11", "2025-11", "2024-02", "2027-01")
EDGE_MONTHS = tuple(
    "2015-01 2016-12 2017-01 2017-12 2018-01 2018-12 2019-01 2019-12 2020-01 2020-12 2021-01 2021-12 2022-01 2022-12 2023-01 "
    "2024-12 2025-01 2025-09 2025-10 2025-12 2026-01".split()
)
# Minutes at which some program's code or unit is reached.
REACHED = (10, 16, 20, 30, 31, 36, 40, 60, 76, 86, 90, 106, 120)
CLINICAL = ("nurse", "nurse", "second-nurse", "doctor-a", "doctor-b")
SAID_OF_CONDITIONS: tuple[list[Any], ...] = (
    [{"icd10": "I10", "expected_months": 2}, "E11.9"],
    [{"icd10": "I10", "expected_months": 3}, {"icd10": "E11.9", "expected_months": 12, "risk_documented": True}],
    [{"icd10": "I10", "risk_documented": False}],
    [{"icd10": "I10", "expected_months": 2, "until_death": True}, {"icd10": "E11.9", "risk_documented": False}],
)
CODES_OF_OTHERS = (*SERVICES, "G0557", "99426", "98980", "99454", "99492", "99496", "G0506", "99421", "99453", "G0512")

# Programs that exclude each other, that need each other or that take a code of each other's.
THAT_MEET = (
    ("CCM", "PCM"),
    ("APCM", "APCM_BHI"),
    ("APCM", "APCM_COCM"),
    ("APCM", "CCM", "TCM"),
    ("RPM", "RTM"),
    ("BHI", "COCM"),
    ("APCM", "APCM_BHI", "BHI", "COCM"),
    ("CCM", "RPM", "BHI"),
    ("CCM", "TCM"),
)
rarely: st.SearchStrategy[bool] = st.sampled_from([False] * 15 + [True])
sometimes: st.SearchStrategy[bool] = st.sampled_from([False, False, False, True])
programs_of_one: st.SearchStrategy[list[str]] = st.one_of(
    st.sampled_from(THAT_MEET).map(list),
    st.lists(st.sampled_from(PROGRAMS), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(PROGRAMS), min_size=3, max_size=6, unique=True),
)


@st.composite
def _lengths(draw: st.DrawFn) -> list[int]:
    """Draw the seconds of one or two entries that come within a second of what a program asks for, or do not."""
    total = 60 * draw(st.sampled_from(REACHED)) + draw(st.sampled_from([-1, 0, 0, 1]))
    rest = draw(st.sampled_from([1, 300, 598]))
    return draw(st.sampled_from([[total], [total - rest, rest], [total, 120]]))


@st.composite
def _entries(draw: st.DrawFn, clock: Clock, anchors: list[int], programs: list[str], number: int) -> list[Facts]:
    """Draw work for most of the patient's programs, crowded so that programs and people meet, or each on a day of its own."""
    crowded, faulty = draw(sometimes), draw(sometimes)
    staff = st.sampled_from(CLINICAL + (ODD_STAFF if faulty else ()))
    contact = st.sampled_from(["live", "live", "live", "none", None])
    worked = [program for program in programs if program in TIMED and not draw(rarely)]
    entries: list[Facts] = []
    for program in worked + ([draw(st.sampled_from(PROGRAMS))] if draw(rarely) else []):
        for seconds in draw(_lengths()):
            start = draw(moments(clock, anchors, None if crowded else number + 2 * len(entries)))
            plain: Facts = {"start": clock.text(start), "end": clock.text(start + seconds), "staff": draw(staff), "program": program}
            told: Facts = {"description": "call", "approved": True, "contact": draw(contact)}
            entries.append(plain | told | (draw(odd_entries) if faulty else {}))
    return entries


@st.composite
def _roster(draw: st.DrawFn, calendar: Calendar, programs: list[str]) -> Facts:
    """Draw enrolments, practitioners and consents of each program."""
    enrolments, consents = [], []
    usual = draw(st.sampled_from([calendar.on(n) for n in (-60, -60, -60, -400, 0, 0, 14)]))
    starts = st.sampled_from([usual] * 5 + [calendar.on(-60), calendar.on(0)])
    for program in programs:
        start, provider = draw(starts), draw(st.sampled_from(["A"] * 9 + ["B"] * 3 + [None]))
        end = calendar.on(19) if draw(rarely) else None
        enrolments.append(enrolment(program=program, provider=provider, **{"from": start, "to": end}))
        obtained = draw(st.sampled_from([start] * 8 + [calendar.on(-60), calendar.on(9)]))
        if not draw(rarely):
            consents.append(consent(program=program, provider=provider or "A", obtained_on=obtained))
    return {"enrolments": enrolments, "consents": consents}


def _departed(roster: Facts, changes: Facts, program: str) -> Facts:
    """Return the changes with enrolments and consents of chronic care taken for this program, those of the other programs kept."""
    merged = dict(changes)
    for kind in ("enrolments", "consents"):
        if kind in changes:
            ours = [row | {"program": program} if row["program"] == "CCM" else row for row in changes[kind]]
            named = {row["program"] for row in ours} | {program}
            merged[kind] = [*(row for row in roster[kind] if row["program"] not in named), *ours]
    return merged


def _services(calendar: Calendar) -> st.SearchStrategy[list[Facts]]:
    days = st.sampled_from([calendar.on(n) for n in (-31, -29, -28, -1, 0, 9, calendar.days - 1, calendar.days)])
    who = st.sampled_from(["A", "B", None])
    rows = st.builds(
        lambda code, on, provider, same: {"code": code, "on": on, "provider": provider, "same_practitioner": same},
        st.sampled_from(CODES_OF_OTHERS),
        days,
        who,
        st.sampled_from([None, None, True, False]),
    )
    return st.one_of(st.just([]), st.just([]), st.lists(rows, max_size=3)).map(lambda found: once(found, "code", "on"))


@st.composite
def _discharges(draw: st.DrawFn, calendar: Calendar) -> list[Facts]:
    rows: list[Facts] = []
    for _ in range(draw(st.integers(0, 2))):
        left = calendar.first + timedelta(days=draw(st.sampled_from([-12, -1, 0, 1, 2, 9, calendar.days - 5])))
        contacted = draw(st.sampled_from([None, -1, 0, 1, 2, 2, 3, 4, 5]))
        visited = draw(st.sampled_from([None, 0, 1, 6, 7, 8, 13, 14, 15]))
        rows.append(
            {
                "discharged_on": left.isoformat(),
                "contacted_on": _later(left, contacted),
                "visited_on": _later(left, visited),
                "mdm": draw(st.sampled_from(["low", "moderate", "high", "high", None])),
            }
        )
    return once(rows, "discharged_on")


def _later(day: date, days: int | None) -> str | None:
    return None if days is None else (day + timedelta(days=days)).isoformat()


@st.composite
def _first_visits(draw: st.DrawFn, calendar: Calendar) -> list[Facts]:
    days = st.sampled_from([calendar.on(n) for n in (-60, 0, 4, -426, -425)])
    rows = st.builds(
        lambda on, kind, provider, discussed: {"on": on, "kind": kind, "provider": provider, "ccm_discussed": discussed},
        days,
        st.sampled_from(["AWV", "AWV", "IPPE", "EM", "TCM"]),
        st.sampled_from(["A", "B", None]),
        st.sampled_from([True, True, None]),
    )
    return once(draw(st.lists(rows, min_size=1, max_size=2)), "on", "kind")


@st.composite
def _patients(draw: st.DrawFn, number: int, clock: Clock, anchors: list[int]) -> Facts:
    calendar = clock.calendar
    programs = draw(programs_of_one)
    plain = clean_patient(f"p{number}", **calendar.clean_history())
    roster = draw(_roster(calendar, programs))
    changes = _departed(roster, draw(roster_changes(calendar)), draw(st.sampled_from(programs))) if draw(sometimes) else {}
    known: Facts = {
        "entries": draw(_entries(clock, anchors, programs, number)),
        "device_days": draw(st.sampled_from([*DEVICES, {"RPM": 16, "RTM_RESPIRATORY": 15}, {"RTM_MUSCULOSKELETAL": 2, "RTM": 2}])),
        "services": draw(_services(calendar)),
        "discharges": draw(_discharges(calendar)) if "TCM" in programs else [],
        "choice": draw(st.sampled_from([None] * 8 + programs)),
        "setting": draw(st.sampled_from(["physician"] * 4 + ["rhc_fqhc"])),
        "qmb": draw(st.sampled_from([False, True, None])),
        "conditions": draw(st.sampled_from([["E11.9", "I10"]] * 4 + [["I10"], [], *SAID_OF_CONDITIONS])),
    }
    if draw(sometimes):
        known["visits"] = draw(_first_visits(calendar))
        known["care_plan"] = care_plan(**dict.fromkeys(("effective_on", "copy_given_on", "reviewed_on"), calendar.on(-60)))
        known["care_plan"]["signed_on"] = draw(st.sampled_from([calendar.on(n) for n in (0, 4, -1, 30)]))
    level = draw(st.sampled_from(["low", "moderate", "high", None]))
    known["mdm"] = [{"month": calendar.month, "level": level, "provider": "A"}] if level else []
    return plain | roster | known | draw(waived_plans(calendar)) | changes


@st.composite
def mixed_client_months(draw: st.DrawFn, *, most_patients: int = 3) -> Facts:
    """Draw the facts of one vendor's month for `decide` whose patients are in any programs, under any terms and priority list."""
    zone = draw(st.sampled_from(ZONES))
    clock = Clock(Calendar.of(draw(st.sampled_from(MONTHS * 4 + EDGE_MONTHS))), zone)
    anchors = draw(st.lists(clock.anchors(), min_size=1, max_size=3))
    count = draw(st.integers(1, most_patients))
    everyone = [_patients(number, clock, anchors) | patients_in_good_order(number, clock) for number in range(1, count + 1)]
    patients = [draw(one) for one in everyone]
    listed = draw(st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(PROGRAMS), unique=True, max_size=8)))
    same_human = count > 1 and draw(sometimes)
    clients = draw(st.sampled_from([("main", "second"), ("main", "main")]))
    answer: dict[str, Any] = {"month": clock.calendar.month, "timezone": zone}
    return answer | {
        "agreement": draw(agreements()) | ({"priority": listed} if listed else {}),
        "staff": staff_of(clock.calendar.first),
        "patients": made_one(patients, clients) if same_human else patients,
    }

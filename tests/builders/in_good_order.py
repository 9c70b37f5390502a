"""Hypothesis strategy for patients in whose months everything a program asks for is there, so that its codes are billed in generated months too."""

from typing import Any

from hypothesis import strategies as st

from tests.builders.facts import Facts, clean_patient, consent, enrolment
from tests.builders.months import Clock

# Since when a program's codes are paid for, and the minutes at which one of them or a unit more is reached.
BEGAN = {
    "CCM": "2015-01",
    "PCM": "2022-01",
    "APCM": "2025-01",
    "APCM_BHI": "2026-01",
    "APCM_COCM": "2026-01",
    "RPM": "2020-01",
    "RTM": "2022-01",
    "BHI": "2018-01",
    "COCM": "2018-01",
    "TCM": "2015-01",
}
MINUTES = {"CCM": (20, 40, 60, 90), "PCM": (30, 60), "RPM": (10, 20, 40), "RTM": (10, 20, 40), "BHI": (20,), "COCM": (16, 31, 36, 76, 86)}
# Programs alone, and those that one patient may have beside each other.
TOGETHER = (
    *((program,) for program in ("CCM", "CCM", "CCM", "PCM", "APCM", "RPM", "RTM", "BHI", "COCM", "COCM", "TCM", "TCM")),
    *(("APCM", addon) for addon in ("APCM_BHI", "APCM_COCM", "APCM_COCM")),
    ("CCM", "RPM", "BHI"),
    ("CCM", "TCM"),
    ("PCM", "RTM", "COCM"),
    ("APCM", "RPM"),
)
FIRST_HOUR = 36_000


@st.composite
def patients_in_good_order(draw: st.DrawFn, number: int, clock: Clock) -> Facts:
    """Draw the patient with this number (from 1 to 6), whose work meets nobody else's, in programs that were paid for in the month."""
    calendar = clock.calendar
    programs = draw(st.sampled_from([some for some in TOGETHER if all(BEGAN[program] <= calendar.month for program in some)]))
    start = calendar.on(draw(st.sampled_from([-60, 0])))
    history = calendar.clean_history()
    begins = {"on": start, "kind": "AWV", "provider": "A", "ccm_discussed": draw(st.sampled_from([True, True, None]))}
    known: Facts = {
        "enrolments": [enrolment(program=program, **{"from": start}) for program in programs],
        "consents": [consent(program=program, obtained_on=start) for program in programs],
        "visits": [begins],
        "care_plan": history["care_plan"] | {"signed_on": start},
        "mdm": [{"month": calendar.month, "level": draw(st.sampled_from(["low", "moderate", "high"])), "provider": "A"}],
        "entries": draw(_calls(clock, [program for program in programs if program in MINUTES], number)),
        "device_days": draw(st.sampled_from([{}, {"RPM": 16, "RTM_RESPIRATORY": 30}])),
        "discharges": [draw(_discharges(clock))] if "TCM" in programs else [],
        "setting": draw(st.sampled_from(["physician", "rhc_fqhc"])),
        "qmb": draw(st.booleans()),
    }
    return clean_patient(f"p{number}", **history | known)


@st.composite
def _calls(draw: st.DrawFn, clock: Clock, programs: list[str], number: int) -> list[Facts]:
    calls: list[Facts] = []
    for program in programs:
        begins = clock.midnight(1 + 2 * len(calls)) + FIRST_HOUR + 7200 * number
        ends = begins + 60 * draw(st.sampled_from(MINUTES[program]))
        who = draw(st.sampled_from(["nurse", "doctor-a"]))
        told: dict[str, Any] = {"description": "call", "approved": True, "contact": "live"}
        calls.append({"start": clock.text(begins), "end": clock.text(ends), "staff": who, "program": program} | told)
    return calls


def _discharges(clock: Clock) -> st.SearchStrategy[Facts]:
    """Discharges whose contact is in time on whatever weekday they fall and whose visit is in time for one of the two levels."""
    left, levels = clock.calendar.on(1), st.sampled_from(["moderate", "high"])
    visits = st.sampled_from([clock.calendar.on(1 + days) for days in (6, 7, 8, 14)])
    return st.builds(lambda on, level: {"discharged_on": left, "contacted_on": left, "visited_on": on, "mdm": level}, visits, levels)

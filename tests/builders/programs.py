"""Patients in any mixture of programs, drawn from a seed: what a client-month of all programs can hold."""

from random import Random
from typing import Any

from tests.builders.facts import Facts, care_plan, clean_patient, consent, enrolment, entry, facts

PROGRAMS = ("CCM", "PCM", "APCM", "APCM_BHI", "APCM_COCM", "RPM", "RTM", "BHI", "COCM", "TCM")
WITHOUT_TIME = frozenset({"APCM", "APCM_BHI", "APCM_COCM", "TCM"})
MONTHS = ("2026-03", "2026-02", "2025-06", "2024-12", "2020-01", "2019-12", "2016-05", "2027-01", "2021-01")
SERVICES = ("G0181", "99495", "90960", "99490", "G0556", "99457", "99484")
DEVICES: tuple[dict[str, int], ...] = (
    {},
    {},
    {"RPM": 1},
    {"RPM": 2},
    {"RPM": 15},
    {"RPM": 16},
    {"RPM": 30},
    {"RTM_COGNITIVE": 16},
    {"RTM": 20},
)
LENGTHS = (60, 599, 600, 601, 1199, 1200, 1800, 2160, 3600, 5160)


def client_month_of_programs(draw: Random) -> Facts:
    """Return one to three patients of a month, at one or two clients, under drawn terms and priorities."""
    month = draw.choice(MONTHS)
    terms: dict[str, Any] = {
        "qhp_time": draw.choice(["pool", "personal", "never_pool"]),
        "date_of_service": draw.choice(["threshold", "month_end"]),
    }
    if draw.random() < 0.4:
        terms["priority"] = draw.sample(PROGRAMS, draw.choice([2, 3, 5]))
    patients = [_patient(draw, month, number) for number in range(draw.choice([1, 1, 2, 3]))]
    return facts(*patients, **terms) | {"month": month}


def _patient(draw: Random, month: str, number: int) -> Facts:
    programs = draw.sample(PROGRAMS, draw.choice([0, 1, 1, 2, 2, 3, 4, 5]))
    start = draw.choice([f"{month[:4]}-01-01", f"{month}-01", f"{month}-15", f"{int(month[:4]) - 2}-03-01"])
    bills = {program: draw.choice("AAB") for program in programs}
    return clean_patient(
        f"p{number}",
        enrolments=[enrolment(program=program, provider=bills[program], **{"from": start}) for program in programs],
        consents=[consent(program=program, provider=bills[program], obtained_on=start) for program in programs if draw.random() < 0.9],
        visits=[
            {
                "on": draw.choice([start, f"{month}-02"]),
                "kind": draw.choice(["AWV", "TCM", "EM"]),
                "ccm_discussed": draw.choice([True, None]),
            }
        ],
        care_plan=_plan(draw, month, start),
        conditions=draw.choice([[], ["I10"], ["E11.9", "I10"]]),
        qmb=draw.choice([True, False, None]),
        mdm=[{"month": month, "level": draw.choice(["low", "moderate"])}] if draw.random() < 0.5 else [],
        entries=[_entry(draw, month, programs) for _ in range(draw.choice([0, 1, 2, 3, 4]))],
        device_days=draw.choice(DEVICES),
        services=[_service(draw, code, month) for code in draw.sample(SERVICES, draw.choice([0, 0, 1, 2]))],
        discharges=[_discharge(draw, month)] if "TCM" in programs else [],
        choice=draw.choice([None, None, *programs]),
        died_on=draw.choice([None, None, None, f"{month}-20"]),
        person=draw.choice([f"h{number}", "h0"]),
        client=draw.choice(["main", "main", "other"]),
    )


def _plan(draw: Random, month: str, start: str) -> Facts | None:
    day = max(start, f"{month}-02") if draw.random() < 0.3 else start
    plan = care_plan(**dict.fromkeys(("effective_on", "copy_given_on", "reviewed_on", "signed_on"), day))
    return plan if draw.random() < 0.9 else None


def _entry(draw: Random, month: str, programs: list[str]) -> Facts:
    timed = [program for program in programs if program not in WITHOUT_TIME] or ["CCM"]
    begins = f"{month}-{draw.choice([2, 3, 15, 28]):02d}T{draw.choice([9, 10, 10, 10]):02d}:{draw.choice([0, 0, 5, 20]):02d}"
    return entry(
        begins,
        draw.choice(LENGTHS),
        staff=draw.choice(["nurse", "second-nurse", "doctor-a", "doctor-b", "clerk"]),
        program=draw.choice(timed),
        contact=draw.choice(["live", "none", None]),
        approved=draw.choice([True, True, True, False]),
    )


def _service(draw: Random, code: str, month: str) -> Facts:
    who = {"provider": draw.choice(["A", "B", None]), "same_practitioner": draw.choice([True, False, None])}
    return {"code": code, "on": f"{month}-{draw.choice([1, 10, 28]):02d}"} | who


def _discharge(draw: Random, month: str) -> Facts:
    return {
        "discharged_on": f"{month}-02",
        "contacted_on": f"{month}-{draw.choice([3, 4, 9]):02d}",
        "visited_on": f"{month}-{draw.choice([4, 9, 16, 20]):02d}",
        "mdm": draw.choice(["low", "moderate", "high"]),
    }

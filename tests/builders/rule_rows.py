"""Patients for single rows of the rule tables: what each gate asks of each program, which reason comes first, each holiday."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise, product
from typing import Any

from tests.builders.code_lines import line_of, worked
from tests.builders.facts import PLAN_ELEMENTS, Facts, care_plan, clean_patient, consent, enrolment, entry, facts
from tests.builders.worked_programs import discharge


def of_code(code: str, first_valid: date) -> list[Facts]:
    """Return the code's line on its first day and on the day before, without a day on which no rules are on record."""
    days = [day for day in (first_valid - timedelta(days=1), first_valid) if day.year >= 2015]
    return [made for day in days if (made := line_of(code, day)) is not None]


def of_substitution(row: Mapping[str, Any], bases: Iterable[str]) -> list[Facts]:
    """Return each base of a program in the setting that may pay it otherwise, on the first and last day of each of its times and beside them."""
    firsts = (row["valid_from"], row["mandatory_to"] + timedelta(days=1), row["valid_to"] + timedelta(days=1))
    days = [day for first in firsts for day in (first - timedelta(days=1), first)]
    return [made for base in bases for day in days if (made := line_of(base, day, setting=row["setting"])) is not None]


def of_holiday(day: date) -> Facts:
    """Return a discharge on the day before a holiday, with contact on the last day that the holiday allows and a visit on it."""
    left = day - timedelta(days=1)
    deadline, counted = left, 0
    while counted < 2:
        deadline += timedelta(days=1)
        counted += deadline.weekday() < 5 and deadline != day
    given = discharge(discharged_on=f"{left}", contacted_on=f"{deadline}", visited_on=f"{deadline}")
    return worked(("TCM",), f"{left - timedelta(days=40)}", f"{deadline:%Y-%m}", given)


REASONS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("AFTER_DEATH", {"died_on": "2026-03-01"}, {}),
    ("NOT_ENROLLED", {"enrolments": [enrolment(to="2026-03-01")]}, {}),
    ("PART_A_STAY", {"stays": [{"kind": "part_a_snf", "from": "2026-03-02", "to": "2026-03-05"}]}, {}),
    ("BEFORE_CONSENT", {"consents": [consent(obtained_on="2026-03-20")]}, {}),
    ("STAFF_EXCLUDED", {}, {"staff": "excluded"}),
    ("OUTSIDE_US", {}, {"country": "PH"}),
    ("NON_CLINICAL_STAFF", {}, {"staff": "clerk"}),
    ("IDLE", {}, {"activity": "idle"}),
    ("WITHIN_EM", {}, {"within_em": True}),
    ("STAFF_NOT_LICENSED", {}, {"staff": "unlicensed"}),
    ("TIME_NO_DESCRIPTION", {}, {"description": " "}),
    ("TIME_UNAPPROVED", {}, {"approved": False}),
)


def of_reasons() -> Iterator[Facts]:
    """Yield an entry with each two neighbours among the reasons why seconds do not count, and each reason alone beside work that counts."""
    nurse = {"role": "clinical", "credential": "RN", "licensed_states": ["TX"], "country": "US"}
    staff: dict[str, Facts] = {"unlicensed": nurse | {"licensed_states": ["NY"]}, "excluded": nurse | {"excluded_from": "2026-03-03"}}
    for (_, patient, work), (_, patient_too, work_too) in pairwise(REASONS):
        call = entry("2026-03-03T10:00", 1200, **work | work_too)
        yield facts(clean_patient(entries=[call], **patient | patient_too), staff=staff)
    for _, patient, work in REASONS:
        calls = [entry("2026-03-03T10:00", 900, **work), entry("2026-03-25T10:00", 1199)]
        yield facts(clean_patient(entries=calls, **patient), staff=staff)
        overlapping = [entry("2026-03-03T10:00", 900, **work), entry("2026-03-03T10:10", 900, **work)]
        yield facts(clean_patient(entries=overlapping, **patient), staff=staff)
        # 1,300 seconds by their sum, 1,100 by their union
        partly = [entry("2026-03-03T10:00", 1000), entry("2026-03-03T10:13:20", 300, **{"staff": "second-nurse"} | work)]
        yield facts(clean_patient(entries=partly, **patient), staff=staff)
    twice = entry("2026-03-03T10:13:20", 300, staff="second-nurse")
    yield facts(clean_patient(entries=[entry("2026-03-03T10:00", 1000), twice]), clean_patient("p2", entries=[twice]))
    other = clean_patient("p2", entries=[entry("2026-03-03T10:05", 60)])
    yield facts(clean_patient(entries=[entry("2026-03-03T10:00", 600, approved=False)]), other)
    both = [entry("2026-03-03T10:00", 600), entry("2026-03-03T10:00", 600, program="BHI", staff="second-nurse")]
    programs: dict[str, Any] = {"enrolments": [enrolment(), enrolment(program="BHI")], "consents": [consent(), consent(program="BHI")]}
    elsewhere = clean_patient("p2", entries=[entry("2026-03-03T10:05", 60, staff="second-nurse")])
    yield facts(clean_patient(entries=both, **programs), elsewhere)


FLAWS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no consent": {"consents": []},
    "no practitioner": {"provider": None},
    "another practitioner": {"consent": {"provider": "B"}},
    "consent incomplete": {"consent": {"acknowledged": ["scope"]}},
    "consent old": {"consent": {"obtained_on": "2024-02-29"}},
    "consent revoked": {"consent": {"revoked_on": "2026-02-10"}},
    "consent late": {"consent": {"obtained_on": "2026-03-20"}},
    "no visit": {"visits": []},
    "nurse visit": {"visits": [{"on": "2026-01-05", "kind": "EM", "code": "99211"}]},
    "old visit": {"visits": [{"on": "2025-02-28", "kind": "AWV"}]},
    "no conditions": {"conditions": []},
    "not chronic": {"conditions": ["I10", "E11.9", "J06.9"]},
    "one condition": {"conditions": ["I10"]},
    "one condition, beneficiary": {"conditions": ["I10"], "qmb": True},
    "two conditions, beneficiary": {"qmb": True},
    **{
        f"a condition of {months} months": {"conditions": ["I10", {"icd10": "E11.9", "risk_documented": True, "expected_months": months}]}
        for months in (11, 12)
    },
    **{
        f"two conditions of {months} months": {"conditions": [{"icd10": code, "expected_months": months} for code in ("I10", "E11.9")]}
        for months in (2, 3, 12)
    },
    "brief, until death": {"conditions": ["I10", {"icd10": "C25.9", "expected_months": 2, "until_death": True}]},
    "one condition, until death": {"conditions": [{"icd10": "C25.9", "expected_months": 2, "until_death": True}]},
    "brief, not until death": {"conditions": ["I10", {"icd10": "C25.9", "expected_months": 2, "until_death": False}]},
    "no risk": {"conditions": [{"icd10": code, "risk_documented": False, "until_death": True} for code in ("I10", "E11.9")]},
    "no risk of one": {"conditions": ["I10", {"icd10": "E11.9", "risk_documented": False}]},
    "no risk of a third": {"conditions": ["I10", "E11.9", {"icd10": "M10.9", "risk_documented": False}]},
    "no risk, resolved": {"conditions": ["I10", {"icd10": "M10.9", "risk_documented": False, "resolved_on": "2026-02-28"}]},
    "no risk of the only one": {"conditions": [{"icd10": "M10.9", "risk_documented": False}]},
    "consent two years old": {"consent": {"obtained_on": "2024-03-01"}},
    "visit a year before": {"visits": [{"on": "2025-01-05", "kind": "AWV"}]},
    "visit a day more": {"visits": [{"on": "2025-01-04", "kind": "AWV"}]},
    "visit twelve months ago": {"visits": [{"on": "2025-03-01", "kind": "AWV"}]},
    "plan a year old": {"care_plan": care_plan(effective_on="2025-03-31", reviewed_on=None)},
    "plan a day more": {"care_plan": care_plan(effective_on="2025-03-30", reviewed_on=None)},
    "no plan": {"care_plan": None},
    "plan old": {"care_plan": care_plan(effective_on="2025-01-06", reviewed_on=None)},
    "no copy": {"care_plan": care_plan(copy_given_on=None)},
    "plan not signed": {"care_plan": care_plan(signed_on=None)},
    "hospice": {"stays": [{"kind": "hospice", "from": "2026-03-10", "to": None}]},
    "inpatient": {"stays": [{"kind": "part_a_inpatient", "from": "2026-03-01", "to": "2026-03-31"}]},
    "coverage": {"part_b_from": None},
    "died": {"died_on": "2026-02-20"},
    **{
        f"plan without {element}": {"care_plan": care_plan(elements=[one for one in PLAN_ELEMENTS if one != element])}
        for element in PLAN_ELEMENTS
    },
    **{
        f"visit {code}": {"visits": [{"on": "2026-01-05", "kind": "EM", "code": code}]}
        for code in ("98966", "98967", "98968", "99441", "99442", "99443")
    },
}
TIMED = {"CCM": 20, "PCM": 30, "RPM": 20, "RTM": 20, "BHI": 20, "COCM": 31}
UNTIMED: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "APCM": (("APCM",), {}),
    "APCM_BHI": (("APCM", "APCM_BHI"), {}),
    "APCM_COCM": (("APCM", "APCM_COCM"), {}),
    "TCM": (("TCM",), discharge()),
    "RPM_DEVICE": (("RPM",), {"device_days": {"RPM": 16}}),
    "RTM_DEVICE": (("RTM",), {"device_days": {"RTM_COGNITIVE": 16}}),
}


def of_program(program: str) -> list[Facts]:
    """Return a patient of a program with each flaw, and one whose enrolment starts in the month, with and without what it is added to."""
    new: dict[str, Any] = {"start": "2026-03-01", "consent": {"obtained_on": "2026-03-01"}}
    programs, _ = UNTIMED.get(program, ((program,), {}))
    alone = [enrolment(program=programs[-1], **{"from": start}) for start in ("2026-01-05", "2026-03-01")]
    return [
        *(_flawed(program, flaw) for flaw in (*FLAWS.values(), new)),
        *(_flawed(program, {"enrolments": [enrolled], "consents": [consent(program=programs[-1])]}) for enrolled in alone),
    ]


def of_band(device: str, days_from: int, days_to: int) -> list[Facts]:
    """Return a record of a device on both sides of each end of a band."""
    days = sorted({days_from - 1, days_from, days_to, min(days_to + 1, 30)})
    programs = (device.partition("_")[0],)
    return [worked(programs, "2026-01-05", "2026-03", {"device_days": {device: count}}) for count in days]


def of_duplicates(program: str, other: str, since: date) -> list[Facts]:
    """Return one person here in a program and elsewhere in one that bars it, in the month since when it does and the one before."""
    minutes = {"CCM": 20, "RPM": 20, "RTM": 20}
    made = []
    for day in (since, since - timedelta(days=1)):
        start = (day.replace(day=1) - timedelta(days=40)).isoformat()
        both = []
        for name, client in ((program, "main"), (other, "second")):
            calls = [entry(f"{day}T01:00", 60 * minutes[name], program=name, staff=client)] if name in minutes else []
            (patient,) = worked((name,), start, f"{day:%Y-%m}", {}, more=tuple(calls))["patients"]
            both.append(patient | {"ref": client, "client": client, "person": "one"})
        nurse = {"role": "clinical", "credential": "RN", "licensed_states": ["TX"], "country": "US"}
        if day.year >= 2015:
            made.append(facts(*both, staff={"main": nurse, "second": nurse}) | {"month": f"{day:%Y-%m}"})
    return made


def of_first_visit(day: date) -> list[Facts]:
    """Return a visit that spoke of the care on a day and on the day before it, in the month that the care begins."""
    made = []
    for on in (day - timedelta(days=1), day):
        said = [{"on": f"{on}", "kind": "AWV", "provider": "A", "ccm_discussed": True}]
        call = entry(f"{on}T01:00", 1200)
        plan = care_plan(effective_on=f"{on:%Y-%m}-01", copy_given_on=f"{on}", reviewed_on=None, signed_on=f"{on}")
        made.append(worked(("CCM",), f"{on:%Y-%m}-01", f"{on:%Y-%m}", {"visits": said, "care_plan": plan}, more=(call,)))
    return made


def of_gates() -> Iterator[Facts]:
    """Yield a patient of each program with each flaw, and what only an agreement, work or a second record brings."""
    for flaw in FLAWS.values():
        for program in (*TIMED, *UNTIMED):
            yield _flawed(program, flaw)
    for program in (*TIMED, *UNTIMED):
        yield _flawed(program, {}, attestation_required=True)
        yield _twice(program)
    for here, there in (("RTM", "RPM"), ("RTM_DEVICE", "RPM_DEVICE")):
        yield _twice(here, there)
    for program in ("RPM", "RTM"):
        yield _flawed(program, {"entries": [entry("2026-03-03T10:00", 1200, program=program, contact="none")]})
    for program, minutes in TIMED.items():
        own = [entry("2026-03-03T01:00", 60 * minutes, program=program, staff="doctor-a")]
        yield _flawed(program, {"entries": own}, qhp_time="never_pool")
        for staff, share in (("doctor-b", 1.0), ("nurse", 0.9), ("nurse", 12.0), ("doctor-a", 12.0)):
            call = entry("2026-03-03T01:00", int(60 * minutes * share), program=program, staff=staff)
            yield _flawed(program, {"entries": [call]})
            yield _flawed(program, {"entries": [call, entry("2026-03-04T10:00", 900, program=program)]}, qhp_time="personal")
        late = [entry("2026-03-03T10:00", 60 * minutes, program=program, approved=False)]
        yield _flawed(program, {"entries": late})
        # held for something else too, so that there is a reason left to tell where the rule about waiting time is missing
        yield _flawed(program, {"entries": late, "consents": []})
    yield _flawed("RTM_DEVICE", {"device_days": {"RTM": 20}, "consents": []})
    for credential in ("RN", "LPN", "LVN", "MA", "CMA", "MD", "DO", "NP", "PA", "CNS", "CNM", "CNA"):
        yield from of_credential(credential)


def of_credential(credential: str) -> list[Facts]:
    """Return work of somebody with a credential, licensed in the patient's state and in another one, within a day and past midnight."""
    members = [{"role": "clinical", "credential": credential, "licensed_states": [state], "country": "US"} for state in ("TX", "NY")]
    calls = [entry(begins, 1200, staff="member") for begins in ("2026-03-03T10:00", "2026-03-03T23:50")]
    return [facts(clean_patient(entries=[call]), staff={"member": member}) for member, call in product(members, calls)]


def _flawed(program: str, flaw: Mapping[str, Any], **terms: Any) -> Facts:
    programs, given = UNTIMED.get(program, ((program,), {}))
    calls = [entry("2026-03-03T10:00", 60 * TIMED[program], program=program)] if program in TIMED else []
    known: dict[str, Any] = {
        "enrolments": [
            enrolment(program=name, provider=flaw.get("provider", "A"), **{"from": flaw.get("start", "2026-01-05")}) for name in programs
        ],
        "consents": [consent(**{"program": name} | flaw.get("consent", {})) for name in programs],
        "entries": calls,
    }
    changes = {name: value for name, value in flaw.items() if name not in ("provider", "consent", "start")}
    return facts(clean_patient(**known | given | changes), **terms)


def _twice(program: str, elsewhere: str = "") -> Facts:
    made = _flawed(program, {})
    (patient,) = made["patients"]
    (again,) = _flawed(elsewhere or program, {})["patients"]
    again |= {"ref": "p2", "client": "second", "entries": [one | {"staff": "second-nurse"} for one in again["entries"]]}
    return made | {"patients": [patient, again | {"person": patient["person"]}]}


def of_dates() -> Iterator[Facts]:
    """Yield work after a license ran out and around an exclusion, alone and overlapping, and codes reached exactly by overlapping or waiting work."""
    for program, minutes in (
        ("RPM", 10),
        ("RPM", 20),
        ("RTM", 10),
        ("RTM", 20),
        ("COCM", 16),
        ("COCM", 31),
        ("COCM", 36),
        ("PCM", 30),
        ("BHI", 20),
    ):
        for short, start in product((0, 1), ("2026-01-05", "2026-03-01")):
            call = entry("2026-03-03T10:00", 60 * minutes - short, program=program, approved=False)
            yield _flawed(program, {"entries": [call], "start": start})
    moderate = [{"month": "2026-03", "level": "moderate", "provider": "A"}]
    for seconds in (2399, 2400, 3599, 3600):
        yield facts(clean_patient(entries=[entry("2026-03-03T10:00", seconds)], mdm=moderate))
    expiring = {
        "nurse": {"role": "clinical", "credential": "RN", "licensed_states": ["TX"], "country": "US", "license_expires_on": "2026-03-10"}
    }
    for day in ("2026-03-10", "2026-03-11"):
        alone = entry(f"{day}T10:00", 1200)
        yield facts(clean_patient(entries=[alone]), staff=expiring)
        yield facts(clean_patient(entries=[alone, entry(f"{day}T10:10", 1200)]), staff=expiring)
    # nobody knows the patient's state: a license of any state will do, none will not
    for states, begins in product(([], ["TX"]), ("2026-03-10T10:00", "2026-03-10T23:50")):
        licensed = {"nurse": {**expiring["nurse"], "license_expires_on": None, "licensed_states": states}}
        yield facts(clean_patient(state=None, entries=[entry(begins, 1200)]), staff=licensed)
    for effect, plan in product(("hold", "warn"), ("plan a year old", "plan a day more")):
        yield _flawed("CCM", FLAWS[plan], review_overdue=effect)
    excluded = {"nurse": {**expiring["nurse"], "license_expires_on": None, "excluded_from": "2026-03-10", "excluded_to": "2026-03-12"}}
    for day in ("2026-03-09", "2026-03-10", "2026-03-12", "2026-03-13"):
        alone = entry(f"{day}T10:00", 1200)
        yield facts(clean_patient(entries=[alone]), staff=excluded)
        yield facts(clean_patient(entries=[alone, entry(f"{day}T10:10", 1200)]), staff=excluded)
        yield facts(clean_patient(entries=[entry(f"{day}T23:50", 1800)]), staff=excluded)
    for program, seconds, start in (
        ("RPM", 600, "2026-01-05"),
        ("RTM", 600, "2026-01-05"),
        ("COCM", 960, "2026-01-05"),
        ("COCM", 2160, "2026-03-01"),
    ):
        calls = [
            entry("2026-03-03T10:00", seconds - 60, program=program),
            entry("2026-03-03T10:01", seconds - 60, program=program, staff="second-nurse"),
            entry("2026-03-09T10:00", 60, program=program),
        ]
        yield _flawed(program, {"entries": calls, "start": start})


POLICIES = (
    *(
        "TIME_BACKDATED",
        "CONSENT_AGED",
        "INITIATING_VISIT_EXPIRED",
        "ELIGIBILITY_RISK_NOT_DOCUMENTED",
        "CARE_PLAN_INCOMPLETE",
        "CARE_PLAN_SIGNOFF_MISSING",
        "COVERAGE_UNVERIFIED",
    ),
    *("ACCESS_24_7_MISSING", "SUPERVISION_MISSING", "CARE_TEAM_CONTACT_MISSING", "EHR_NOT_CERTIFIED", "BAA_MISSING", "INTEGRITY_SIGNAL"),
)


def of_policies() -> Iterator[Facts]:
    """Yield what each policy is about under each effect that a vendor may choose for it, and patients whom it does not concern."""
    late = entry("2026-03-03T10:00", 1200) | {"entered_at": "2026-03-20T10:00:00-04:00"}
    alike = [entry(f"2026-03-{day}T10:00", 360) for day in ("02", "03", "04", "05")]
    old = care_plan(signed_on=None, elements=["goals"])
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"entries": [late]},
        {"entries": alike},
        {"consent": {"obtained_on": "2024-02-29"}},
        {"consent": {"obtained_on": "2024-03-01"}},
        {"care_plan": old},
        {"part_b_from": None},
        {"visits": [{"on": "2025-02-28", "kind": "AWV"}]},
        {"visits": [{"on": "2025-03-01", "kind": "AWV"}]},
        {"care_plan": None, "visits": []},
        {"conditions": [{"icd10": code, "risk_documented": False} for code in ("I10", "E11.9")]},
        {"conditions": [{"icd10": code, "expected_months": 3} for code in ("I10", "E11.9")]},
    )
    for code in POLICIES:
        for effect in ("hold", "warn", "off"):
            for change in changes:
                for program in ("CCM", "PCM"):
                    calls = [one | {"program": program} for one in change.get("entries", [])]
                    yield _flawed(program, change | ({"entries": calls} if calls else {})) | {"policies": {code: effect}}
    yield from _of_dated_policies()


def _of_dated_policies() -> Iterator[Facts]:
    for day in ("2026-03-30", "2026-03-31", "2026-04-01"):
        for bound, other in (("from", "to"), ("to", "from")):
            dated = {"effect": "off", bound: day, other: "2015-01-01" if other == "from" else None}
            yield _flawed("CCM", {"part_b_from": None}) | {"policies": {"COVERAGE_UNVERIFIED": dated}}


def of_a_month() -> Iterator[Facts]:
    """Yield what is read of a month before its patients, for one who is alone in it: programs at work, policies, waivers and reasons in force."""
    yield worked(("APCM",), "2026-03-31", "2026-03", {})
    yield worked(("APCM",), "2026-01-05", "2026-03", {}, last_day="2026-03-01")
    yield from _of_dated_policies()
    uncopied = clean_patient(
        entries=[entry("2026-03-03T10:00", 1200)], care_plan=care_plan(copy_given_on=None), waived=["CARE_PLAN_COPY_MISSING"]
    )
    yield facts(uncopied, copy_missing="hold")
    yield worked(("CCM",), "2015-01-01", "2015-01", {}, more=(entry("2015-01-05T10:00", 1200, activity="idle"),))


def of_signals() -> Iterator[Facts]:
    """Yield time put down a week after it ended or a second later, and three or four entries alike, in each program with minutes."""
    for program in TIMED:
        for entered in ("2026-03-10T11:20:00-04:00", "2026-03-10T11:20:01-04:00", None):
            call = entry("2026-03-03T10:00", 1200, program=program) | {"end": "2026-03-03T10:20:00-05:00", "entered_at": entered}
            yield _flawed(program, {"entries": [call]})
            yield _flawed(
                program, {"entries": [call | {"approved": False}, entry("2026-03-03T10:10", 1200, program=program, staff="second-nurse")]}
            )
        days = ("02", "03", "04", "05")
        for number, change in (
            (3, {}),
            (4, {}),
            (4, {"description": "a call"}),
            (4, {"country": "PH"}),
            (4, {"description": "medication review "}),
        ):
            alike = [entry(f"2026-03-{day}T10:00", 360, program=program) for day in days[: number - 1]]
            yield _flawed(program, {"entries": [*alike, entry("2026-03-05T10:00", 360, program=program, **change)]})
            yield _flawed(program, {"entries": [*alike, entry("2026-03-04T10:05", 360, program=program, staff="second-nurse", **change)]})
        longer = [
            *(entry(f"2026-03-{day}T10:00", 360, program=program) for day in days[:3]),
            entry("2026-03-05T10:00", 361, program=program),
        ]
        yield _flawed(program, {"entries": longer})

"""Worked cases of programs beside CCM, alone and together: facts with the claim, the outcome and the codes that they must give.

Those of `cms-cases` have its numbers; the rest stand on the other side of an edge or where decision 0008 settles one.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.builders.facts import Facts, clean_patient, consent, enrolment, entry, facts

MINUTE = 60


@dataclass(frozen=True)
class Worked:
    """A patient in some programs: minutes a program (one call each, one after the other), `more` entries and what else is known."""

    minutes: dict[str, float] = field(default_factory=dict)
    enrolled: tuple[str, ...] = ()
    month: str = "2026-03"
    providers: dict[str, str] = field(default_factory=dict)
    staff: str = "nurse"
    changes: dict[str, Any] = field(default_factory=dict)
    agreement: dict[str, Any] = field(default_factory=dict)
    contact: str = "live"
    since: str = "-01-05"
    more: tuple[Facts, ...] = ()

    def facts(self) -> Facts:
        """Return facts in which nothing but what is said here matters."""
        programs = dict.fromkeys([*self.minutes, *self.enrolled])
        start = self.month[:4] + self.since
        who = {program: self.providers.get(program, "A") for program in programs}
        patient = clean_patient(
            enrolments=[enrolment(program=program, provider=who[program], **{"from": start}) for program in programs],
            consents=[consent(program=program, provider=who[program], obtained_on=start) for program in programs],
            visits=[{"on": start, "kind": "AWV", "provider": "A"}],
            care_plan=clean_patient()["care_plan"] | dict.fromkeys(("effective_on", "copy_given_on", "reviewed_on", "signed_on"), start),
            mdm=[{"month": self.month, "level": "low", "provider": "A"}],
            entries=[
                entry(f"{self.month}-{2 + n:02d}T10:00", int(length * MINUTE), staff=self.staff, program=program, contact=self.contact)
                for n, (program, length) in enumerate(self.minutes.items())
                if length
            ],
        )
        patient["entries"] += self.more
        return facts(patient | self.changes, **self.agreement) | {"month": self.month}


def service(code: str, on: str, **known: Any) -> dict[str, Any]:
    """Return the services of a patient: one that somebody billed."""
    return {"services": [{"code": code, "on": on, **known}]}


def discharge(**changes: Any) -> dict[str, Any]:
    """Return a discharge on a Monday with everything in time."""
    plain = {"discharged_on": "2026-03-02", "contacted_on": "2026-03-04", "visited_on": "2026-03-09", "mdm": "high"}
    return {"discharges": [plain | changes]}


IN_2025, IN_2016 = "2025-06", "2016-05"
CASES: dict[str, tuple[Worked, str, str, set[str]]] = {
    # program care: claim, outcome, exceptions that must be among those raised
    "C046": (Worked({"PCM": 29}), "", "not_billable", {"TIME_BELOW_THRESHOLD"}),
    "C047": (Worked({"PCM": 30}), "99426x1", "billable", set()),
    "C048": (Worked({"PCM": 59}), "99426x1", "billable", set()),
    "C049": (Worked({"PCM": 60}), "99426x1+99427x1", "billable", set()),
    "C050": (Worked({"PCM": 90}), "99426x1+99427x2", "billable", set()),
    "PCM over the cap": (Worked({"PCM": 150}), "99426x1+99427x2", "billable", {"UNIT_CAP_REACHED"}),
    "C052": (Worked({"PCM": 30}, staff="doctor-a", agreement={"qhp_time": "personal"}), "99424x1", "billable", set()),
    "C075": (
        Worked({"PCM": 30}, changes={"visits": [{"on": "2025-02-05", "kind": "AWV", "provider": "A"}]}),
        "99426x1",
        "held",
        {"INITIATING_VISIT_EXPIRED"},
    ),
    "PCM needs one condition": (Worked({"PCM": 30}, changes={"conditions": ["E11.9"]}), "99426x1", "billable", set()),
    "C054": (Worked({"RPM": 9.99}, month="2026-02"), "", "not_billable", {"TIME_BELOW_THRESHOLD"}),
    "RPM 10": (Worked({"RPM": 10}, month="2026-02"), "99470x1", "billable", set()),
    "C056": (Worked({"RPM": 19}, month="2026-02"), "99470x1", "billable", set()),
    "RPM 20": (Worked({"RPM": 20}, month="2026-02"), "99457x1", "billable", set()),
    "C058": (Worked({"RPM": 40}, month="2026-02"), "99457x1+99458x1", "billable", set()),
    "C059": (Worked({"RPM": 15}, month="2025-11"), "", "not_billable", {"CODE_NOT_VALID_ON_DOS", "TIME_BELOW_THRESHOLD"}),
    "RPM without a live contact": (Worked({"RPM": 25}, contact="none"), "", "not_billable", {"NO_INTERACTIVE_CONTACT"}),
    "C061": (Worked(enrolled=("RPM",), changes={"device_days": {"RPM": 16}}), "99454x1", "billable", set()),
    "15 days in 2026": (Worked(enrolled=("RPM",), changes={"device_days": {"RPM": 15}}), "99445x1", "billable", set()),
    "1 day": (Worked(enrolled=("RPM",), changes={"device_days": {"RPM": 1}}), "", "not_billable", {"DEVICE_DAYS_BELOW_MINIMUM"}),
    "C063": (
        Worked(enrolled=("RPM",), month=IN_2025, changes={"device_days": {"RPM": 15}}),
        "",
        "not_billable",
        {"DEVICE_DAYS_BELOW_MINIMUM"},
    ),
    "RPM minutes and device": (Worked({"RPM": 20}, changes={"device_days": {"RPM": 20}}), "99457x1+99454x1", "billable", set()),
    "five minutes beside the device": (
        Worked({"RPM": 5}, changes={"device_days": {"RPM": 20}}),
        "99454x1",
        "billable",
        {"TIME_BELOW_THRESHOLD"},
    ),
    "RTM device of no kind": (Worked(enrolled=("RTM",), changes={"device_days": {"RTM": 20}}), "", "held", {"DEVICE_KIND_MISSING"}),
    "RTM device": (Worked(enrolled=("RTM",), changes={"device_days": {"RTM_MUSCULOSKELETAL": 20}}), "98977x1", "billable", set()),
    "RTM 20": (Worked({"RTM": 40}), "98980x1+98981x1", "billable", set()),
    "C064": (Worked({"BHI": 20}), "99484x1", "billable", set()),
    "BHI one second short": (Worked({"BHI": 19.99}), "", "not_billable", {"TIME_BELOW_THRESHOLD"}),
    "COCM later 30:59": (Worked({"COCM": 30.99}), "G2214x1", "billable", set()),
    "COCM later 31": (Worked({"COCM": 31}), "99493x1", "billable", set()),
    "COCM later 75:59": (Worked({"COCM": 75.99}), "99493x1", "billable", set()),
    "COCM later 76": (Worked({"COCM": 76}), "99493x1+99494x1", "billable", set()),
    "COCM first 35:59": (Worked({"COCM": 35.99}, since="-03-01"), "G2214x1", "billable", set()),
    "COCM first 36": (Worked({"COCM": 36}, since="-03-01"), "99492x1", "billable", set()),
    "COCM first 86": (Worked({"COCM": 86}, since="-03-01"), "99492x1+99494x1", "billable", set()),
    "APCM with one condition": (Worked(enrolled=("APCM",), changes={"conditions": ["I10"]}), "G0556x1", "billable", set()),
    "C092": (Worked(enrolled=("APCM",), changes={"conditions": ["I10"], "qmb": True}), "G0556x1", "billable", set()),
    "APCM with two": (Worked(enrolled=("APCM",)), "G0557x1", "billable", set()),
    "APCM with two and QMB": (Worked(enrolled=("APCM",), changes={"qmb": True}), "G0558x1", "billable", set()),
    "APCM before its time": (Worked(enrolled=("APCM",), month="2024-12"), "", "not_billable", {"CODE_NOT_VALID_ON_DOS"}),
    "APCM without consent": (Worked(enrolled=("APCM",), changes={"consents": []}), "G0557x1", "held", {"NO_CONSENT"}),
    "C090": (
        Worked(enrolled=("APCM_BHI",), changes=service("G0556", "2026-03-10", provider="B")),
        "",
        "not_billable",
        {"ADDON_WITHOUT_BASE"},
    ),
    "the add-on with its base": (Worked(enrolled=("APCM", "APCM_BHI")), "G0557x1+G0570x1", "billable", set()),
    "the add-on with a base billed by the same": (
        Worked(enrolled=("APCM_BHI",), changes=service("G0556", "2026-03-10", provider="A")),
        "G0570x1",
        "billable",
        set(),
    ),
    "TCM within seven days": (Worked(enrolled=("TCM",), changes=discharge()), "99496x1", "billable", set()),
    "TCM on the eighth day": (Worked(enrolled=("TCM",), changes=discharge(visited_on="2026-03-10")), "99495x1", "billable", set()),
    "TCM of moderate decisions": (Worked(enrolled=("TCM",), changes=discharge(mdm="moderate")), "99495x1", "billable", set()),
    "TCM contacted late": (
        Worked(enrolled=("TCM",), changes=discharge(contacted_on="2026-03-05")),
        "",
        "not_billable",
        {"TCM_NOT_SUPPORTED"},
    ),
    "a federal holiday is no business day": (
        Worked(
            enrolled=("TCM",),
            month="2026-01",
            changes=discharge(discharged_on="2026-01-16", contacted_on="2026-01-21", visited_on="2026-01-22"),
        ),
        "99496x1",
        "billable",
        set(),
    ),
    # edges of one program
    "PCM 89": (Worked({"PCM": 89}), "99426x1+99427x1", "billable", set()),
    "RPM 15 before its brief code": (Worked({"RPM": 15}, month="2025-12"), "", "not_billable", {"CODE_NOT_VALID_ON_DOS"}),
    "RPM ten minutes and ten more abroad": (
        Worked({"RPM": 10}, month="2025-12", more=(entry("2025-12-20T10:00", 600, program="RPM", country="PH"),)),
        "",
        "not_billable",
        {"OUTSIDE_US", "TIME_BELOW_THRESHOLD"},
    ),
    "COCM first 85:59": (Worked({"COCM": 85.99}, since="-03-01"), "99492x1", "billable", set()),
    "COCM 15:59": (Worked({"COCM": 15.99}), "", "not_billable", {"TIME_BELOW_THRESHOLD"}),
    "COCM 16": (Worked({"COCM": 16}), "G2214x1", "billable", set()),
    "the patient died before the month": (
        Worked(enrolled=("APCM",), changes={"died_on": "2026-02-10"}),
        "",
        "not_billable",
        {"AFTER_DEATH"},
    ),
    "the patient died before the enrolment": (
        Worked(enrolled=("APCM",), since="-03-10", changes={"died_on": "2026-03-05"}),
        "",
        "not_billable",
        {"AFTER_DEATH"},
    ),
    "a device of a patient who died before the month": (
        Worked(enrolled=("RPM",), changes={"died_on": "2026-02-10", "device_days": {"RPM": 16}}),
        "",
        "not_billable",
        {"AFTER_DEATH"},
    ),
    "two devices with as many days": (
        Worked(enrolled=("RTM",), changes={"device_days": {"RTM_MUSCULOSKELETAL": 16, "RTM_COGNITIVE": 16}}),
        "98978x1",
        "billable",
        set(),
    ),
    "a device of somebody who is not enrolled": (
        Worked({"CCM": 20, "RPM": 5}, changes={"device_days": {"RPM": 16}, "enrolments": [enrolment()]}),
        "99490x1",
        "billable",
        {"NOT_ENROLLED"},
    ),
    "TCM visited before the enrolment": (
        Worked(enrolled=("TCM",), since="-03-15", changes=discharge()),
        "",
        "not_billable",
        {"TCM_NOT_SUPPORTED"},
    ),
    "an add-on whose practitioner is not on record": (
        Worked(
            enrolled=("APCM", "APCM_BHI"),
            changes={"enrolments": [enrolment(program="APCM"), enrolment(program="APCM_BHI", provider=None)]},
        ),
        "G0557x1+G0570x1",
        "held",
        {"PROVIDER_NOT_ELIGIBLE"},
    ),
    "the record says that another billed the base": (
        Worked(enrolled=("APCM_BHI",), changes=service("G0556", "2026-03-10", provider="A", same_practitioner=False)),
        "",
        "not_billable",
        {"ADDON_WITHOUT_BASE"},
    ),
    # programs and services that meet
    "C079": (
        Worked({"CCM": 80}, changes={"mdm": [{"month": "2026-03", "level": "moderate", "provider": "A"}]}),
        "99487x1",
        "billable",
        set(),
    ),
    "C081": (Worked({"CCM": 25}, changes=service("G0181", "2026-03-10", provider="A")), "99490x1", "held", {"MUTUALLY_EXCLUSIVE"}),
    "G0181 by another": (Worked({"CCM": 25}, changes=service("G0181", "2026-03-10", provider="B")), "99490x1", "billable", set()),
    "dialysis": (Worked({"CCM": 25}, changes=service("90960", "2026-03-10", provider="A")), "99490x1", "held", {"MUTUALLY_EXCLUSIVE"}),
    "CCM elsewhere": (Worked({"CCM": 25}, changes=service("99490", "2026-03-31", provider="B")), "99490x1", "held", {"BILLED_ELSEWHERE"}),
    "C083": (
        Worked({"CCM": 25}, month=IN_2016, changes=service("99495", "2016-05-20", provider="A")),
        "",
        "not_billable",
        {"MUTUALLY_EXCLUSIVE"},
    ),
    "TCM after 2020": (Worked({"CCM": 25}, changes=service("99495", "2026-03-10", provider="A")), "99490x1", "billable", set()),
    "C085": (Worked({"CCM": 25, "PCM": 30}), "99490x1", "held", {"MUTUALLY_EXCLUSIVE"}),
    "C085 decided by the list": (
        Worked({"CCM": 25, "PCM": 30}, agreement={"priority": ["PCM", "CCM"]}),
        "99426x1",
        "billable",
        {"MUTUALLY_EXCLUSIVE"},
    ),
    "C085 chosen by a person": (Worked({"CCM": 25, "PCM": 30}, changes={"choice": "PCM"}), "99426x1", "billable", {"MUTUALLY_EXCLUSIVE"}),
    "C086": (Worked({"CCM": 25, "PCM": 30}, providers={"PCM": "B"}), "99490x1+99426x1", "billable", set()),
    "CCM and RPM apart": (Worked({"CCM": 20, "RPM": 20}), "99490x1+99457x1", "billable", set()),
    "APCM bundles CCM": (Worked({"CCM": 25}, enrolled=("APCM",)), "G0557x1", "billable", {"MUTUALLY_EXCLUSIVE"}),
    "RPM never with RTM": (Worked({"RPM": 20, "RTM": 20}), "99457x1", "held", {"MUTUALLY_EXCLUSIVE"}),
    "BHI or CoCM": (Worked({"BHI": 20, "COCM": 60}), "99484x1", "held", {"MUTUALLY_EXCLUSIVE"}),
    "five RPM minutes do not spoil CCM": (Worked({"CCM": 20, "RPM": 5}), "99490x1", "billable", {"TIME_BELOW_THRESHOLD"}),
    "a held line holds the month": (
        Worked({"CCM": 20, "RPM": 20}, changes={"consents": [consent()]}),
        "99490x1+99457x1",
        "held",
        {"NO_CONSENT"},
    ),
    "two services of two practitioners": (
        Worked(
            {"CCM": 25},
            changes={
                "services": [{"code": "G0181", "on": "2026-03-10", "provider": "A"}, {"code": "99490", "on": "2026-03-31", "provider": "B"}]
            },
        ),
        "99490x1",
        "held",
        {"MUTUALLY_EXCLUSIVE", "BILLED_ELSEWHERE"},
    ),
    "a service beside what nobody has chosen": (
        Worked({"RPM": 20, "RTM": 20}, agreement={"priority": ["RTM"]}, changes=service("98980", "2026-03-31", provider="B")),
        "98980x1",
        "held",
        {"MUTUALLY_EXCLUSIVE", "BILLED_ELSEWHERE"},
    ),
    "TCM of the month before": (
        Worked(enrolled=("APCM",), changes=service("99495", "2026-02-20", provider="A")),
        "G0557x1",
        "billable",
        set(),
    ),
    "TCM of the month before, in 2019": (
        Worked({"CCM": 25}, month="2019-05", changes=service("99495", "2019-04-20", provider="A")),
        "",
        "not_billable",
        {"MUTUALLY_EXCLUSIVE"},
    ),
    "the first visit elsewhere": (Worked({"CCM": 25}, changes=service("G0506", "2026-03-10", provider="B")), "99490x1", "billable", set()),
    "a person chooses a program with its device": (
        Worked({"RPM": 20}, enrolled=("RTM",), changes={"choice": "RTM", "device_days": {"RTM_COGNITIVE": 16}}),
        "98978x1",
        "billable",
        {"MUTUALLY_EXCLUSIVE"},
    ),
    "minutes of a program without minutes": (
        Worked(
            {"RPM": 20},
            enrolled=("APCM",),
            providers={"APCM": "B"},
            more=(entry("2026-03-02T10:00", 1200, program="APCM", staff="second-nurse"),),
        ),
        "G0557x1+99457x1",
        "billable",
        set(),
    ),
    # settings
    "C103": (Worked({"CCM": 20}, month="2025-03", changes={"setting": "rhc_fqhc"}), "99490x1", "billable", set()),
    "RHC in 2024": (Worked({"CCM": 20}, month="2024-03", changes={"setting": "rhc_fqhc"}), "G0511x1", "billable", set()),
    "RHC after": (Worked({"CCM": 20}, month="2026-03", changes={"setting": "rhc_fqhc"}), "99490x1", "billable", set()),
    "RHC with CCM and BHI": (
        Worked({"CCM": 20, "BHI": 20}, month="2024-03", changes={"setting": "rhc_fqhc"}),
        "G0511x2",
        "billable",
        set(),
    ),
    "RHC with CCM and PCM": (
        Worked({"CCM": 20, "PCM": 30}, month="2024-03", changes={"setting": "rhc_fqhc"}),
        "G0511x1",
        "held",
        {"MUTUALLY_EXCLUSIVE"},
    ),
    "RHC with CCM and CCM elsewhere": (
        Worked({"CCM": 20}, month="2024-03", changes={"setting": "rhc_fqhc"} | service("99490", "2024-03-10", provider="B")),
        "G0511x1",
        "held",
        {"BILLED_ELSEWHERE"},
    ),
    "RHC in 2025, both lawful": (Worked({"BHI": 20}, month="2025-09", changes={"setting": "rhc_fqhc"}), "99484x1", "billable", set()),
    # the code beside the first visit
    "G0506": (
        Worked(
            {"CCM": 20},
            since="-03-01",
            changes={
                "visits": [{"on": "2026-03-01", "kind": "AWV", "provider": "A", "ccm_discussed": True}],
            },
        ),
        "99490x1+G0506x1",
        "billable",
        set(),
    ),
    "G0506 of another practitioner": (
        Worked(
            {"CCM": 20},
            since="-03-01",
            changes={"visits": [{"on": "2026-03-01", "kind": "AWV", "provider": "B", "ccm_discussed": True}]},
        ),
        "99490x1",
        "billable",
        set(),
    ),
    "no G0506 in a later month": (
        Worked({"CCM": 20}, changes={"visits": [{"on": "2026-03-01", "kind": "AWV", "ccm_discussed": True}]}),
        "99490x1",
        "billable",
        set(),
    ),
}


def one_call_in_two_programs(**agreement: Any) -> Facts:
    """Return C088: one call of twenty minutes logged in both programs."""
    given = Worked({"CCM": 20, "RPM": 20}, agreement=agreement).facts()
    first, second = given["patients"][0]["entries"]
    second |= {"start": first["start"], "end": first["end"], "staff": "second-nurse"}
    return given


def two_settings_of_a_client() -> Facts:
    """Return two patients of one client in 2024, the first seen by a physician, the second in a rural health clinic."""
    first = Worked({"CCM": 20}, month="2024-03", staff="second-nurse").facts()
    (second,) = CASES["RHC in 2024"][0].facts()["patients"]
    return first | {"patients": [*first["patients"], second | {"ref": "p2", "person": "another"}]}


def one_human_twice(here: Worked, there: Worked) -> Facts:
    """Return a patient of two records, the second at another client, under the terms and in the month of the first."""
    mine, others = here.facts(), there.facts()["patients"][0]
    (patient,) = mine["patients"]
    return mine | {"patients": [patient | {"person": "twice"}, others | {"ref": "p2", "person": "twice", "client": "second"}]}


# Records of one person: whether the first is held for the second.
TWICE: dict[str, tuple[Worked, Worked, bool]] = {
    "RPM twice": (Worked({"RPM": 20}), Worked({"RPM": 5}), True),
    "RPM here, RTM there": (Worked({"RPM": 20}), Worked({"RTM": 5}), True),
    "RTM here and there": (Worked({"RTM": 20}), Worked({"RTM": 20}), False),
    "RTM there, with days of a device of RPM": (
        Worked({"RPM": 20}),
        Worked(enrolled=("RTM",), changes={"device_days": {"RPM": 16}}),
        False,
    ),
    "RPM there, with a device": (Worked({"RTM": 20}), Worked(enrolled=("RPM",), changes={"device_days": {"RPM": 16}}), True),
    "RPM here, RTM there, before RTM began": (
        Worked({"RPM": 20}, month="2021-06"),
        Worked(enrolled=("RTM",), month="2021-06", changes={"device_days": {"RTM_COGNITIVE": 16}}),
        False,
    ),
    "APCM by enrolment alone": (Worked(enrolled=("APCM",)), Worked(enrolled=("APCM",)), True),
    "CCM here, PCM there": (Worked({"CCM": 20}), Worked({"PCM": 30}), False),
}

"""Programs beside CCM, alone and together: worked cases decided by the product's own SQL."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.deciding import decided
from tests.builders.facts import Facts, clean_patient, consent, enrolment, entry, facts

CLIENT_FACTS = frozenset({"ACCESS_24_7_MISSING", "BAA_MISSING", "CARE_TEAM_CONTACT_MISSING", "EHR_NOT_CERTIFIED", "SUPERVISION_MISSING"})
MINUTE = 60


@dataclass(frozen=True)
class Program:
    """A patient in some programs: minutes a program (one call each, one after the other) and what else is known."""

    minutes: dict[str, float] = field(default_factory=dict)
    enrolled: tuple[str, ...] = ()
    month: str = "2026-03"
    providers: dict[str, str] = field(default_factory=dict)
    staff: str = "nurse"
    changes: dict[str, Any] = field(default_factory=dict)
    agreement: dict[str, Any] = field(default_factory=dict)
    contact: str = "live"
    since: str = "-01-05"

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
        return facts(patient | self.changes, **self.agreement) | {"month": self.month}


def service(code: str, on: str, **known: Any) -> dict[str, Any]:
    """Return the services of a patient: one that somebody billed."""
    return {"services": [{"code": code, "on": on, **known}]}


def discharge(**changes: Any) -> dict[str, Any]:
    """Return a discharge on a Monday with everything in time."""
    plain = {"discharged_on": "2026-03-02", "contacted_on": "2026-03-04", "visited_on": "2026-03-09", "mdm": "high"}
    return {"discharges": [plain | changes]}


IN_2025, IN_2016 = "2025-06", "2016-05"
CASES: dict[str, tuple[Program, str, str, set[str]]] = {
    # program care: claim, outcome, exceptions that must be among those raised
    "C046": (Program({"PCM": 29}), "", "not_billable", {"TIME_BELOW_THRESHOLD"}),
    "C047": (Program({"PCM": 30}), "99426x1", "billable", set()),
    "C048": (Program({"PCM": 59}), "99426x1", "billable", set()),
    "C049": (Program({"PCM": 60}), "99426x1+99427x1", "billable", set()),
    "C050": (Program({"PCM": 90}), "99426x1+99427x2", "billable", set()),
    "PCM over the cap": (Program({"PCM": 150}), "99426x1+99427x2", "billable", {"UNIT_CAP_REACHED"}),
    "C052": (Program({"PCM": 30}, staff="doctor-a", agreement={"qhp_time": "personal"}), "99424x1", "billable", set()),
    "C075": (
        Program({"PCM": 30}, changes={"visits": [{"on": "2025-02-05", "kind": "AWV", "provider": "A"}]}),
        "99426x1",
        "held",
        {"INITIATING_VISIT_EXPIRED"},
    ),
    "PCM needs one condition": (Program({"PCM": 30}, changes={"conditions": ["E11.9"]}), "99426x1", "billable", set()),
    "C054": (Program({"RPM": 9.99}, month="2026-02"), "", "not_billable", {"TIME_BELOW_THRESHOLD"}),
    "RPM 10": (Program({"RPM": 10}, month="2026-02"), "99470x1", "billable", set()),
    "C056": (Program({"RPM": 19}, month="2026-02"), "99470x1", "billable", set()),
    "RPM 20": (Program({"RPM": 20}, month="2026-02"), "99457x1", "billable", set()),
    "C058": (Program({"RPM": 40}, month="2026-02"), "99457x1+99458x1", "billable", set()),
    "C059": (Program({"RPM": 15}, month="2025-11"), "", "not_billable", {"CODE_NOT_VALID_ON_DOS", "TIME_BELOW_THRESHOLD"}),
    "RPM without a live contact": (Program({"RPM": 25}, contact="none"), "", "not_billable", {"NO_INTERACTIVE_CONTACT"}),
    "C061": (Program(enrolled=("RPM",), changes={"device_days": {"RPM": 16}}), "99454x1", "billable", set()),
    "15 days in 2026": (Program(enrolled=("RPM",), changes={"device_days": {"RPM": 15}}), "99445x1", "billable", set()),
    "1 day": (Program(enrolled=("RPM",), changes={"device_days": {"RPM": 1}}), "", "not_billable", {"DEVICE_DAYS_BELOW_MINIMUM"}),
    "C063": (
        Program(enrolled=("RPM",), month=IN_2025, changes={"device_days": {"RPM": 15}}),
        "",
        "not_billable",
        {"DEVICE_DAYS_BELOW_MINIMUM"},
    ),
    "RPM minutes and device": (Program({"RPM": 20}, changes={"device_days": {"RPM": 20}}), "99457x1+99454x1", "billable", set()),
    "five minutes beside the device": (
        Program({"RPM": 5}, changes={"device_days": {"RPM": 20}}),
        "99454x1",
        "billable",
        {"TIME_BELOW_THRESHOLD"},
    ),
    "RTM device of no kind": (Program(enrolled=("RTM",), changes={"device_days": {"RTM": 20}}), "", "held", {"DEVICE_KIND_MISSING"}),
    "RTM device": (Program(enrolled=("RTM",), changes={"device_days": {"RTM_MUSCULOSKELETAL": 20}}), "98977x1", "billable", set()),
    "RTM 20": (Program({"RTM": 40}), "98980x1+98981x1", "billable", set()),
    "C064": (Program({"BHI": 20}), "99484x1", "billable", set()),
    "BHI one second short": (Program({"BHI": 19.99}), "", "not_billable", {"TIME_BELOW_THRESHOLD"}),
    "COCM later 30:59": (Program({"COCM": 30.99}), "G2214x1", "billable", set()),
    "COCM later 31": (Program({"COCM": 31}), "99493x1", "billable", set()),
    "COCM later 75:59": (Program({"COCM": 75.99}), "99493x1", "billable", set()),
    "COCM later 76": (Program({"COCM": 76}), "99493x1+99494x1", "billable", set()),
    "COCM first 35:59": (Program({"COCM": 35.99}, since="-03-01"), "G2214x1", "billable", set()),
    "COCM first 36": (Program({"COCM": 36}, since="-03-01"), "99492x1", "billable", set()),
    "COCM first 86": (Program({"COCM": 86}, since="-03-01"), "99492x1+99494x1", "billable", set()),
    "APCM with one condition": (Program(enrolled=("APCM",), changes={"conditions": ["I10"]}), "G0556x1", "billable", set()),
    "C092": (Program(enrolled=("APCM",), changes={"conditions": ["I10"], "qmb": True}), "G0556x1", "billable", set()),
    "APCM with two": (Program(enrolled=("APCM",)), "G0557x1", "billable", set()),
    "APCM with two and QMB": (Program(enrolled=("APCM",), changes={"qmb": True}), "G0558x1", "billable", set()),
    "APCM before its time": (Program(enrolled=("APCM",), month="2024-12"), "", "not_billable", {"CODE_NOT_VALID_ON_DOS"}),
    "APCM without consent": (Program(enrolled=("APCM",), changes={"consents": []}), "G0557x1", "held", {"NO_CONSENT"}),
    "C090": (
        Program(enrolled=("APCM_BHI",), changes=service("G0556", "2026-03-10", provider="B")),
        "",
        "not_billable",
        {"ADDON_WITHOUT_BASE"},
    ),
    "the add-on with its base": (Program(enrolled=("APCM", "APCM_BHI")), "G0557x1+G0570x1", "billable", set()),
    "the add-on with a base billed by the same": (
        Program(enrolled=("APCM_BHI",), changes=service("G0556", "2026-03-10", provider="A")),
        "G0570x1",
        "billable",
        set(),
    ),
    "TCM within seven days": (Program(enrolled=("TCM",), changes=discharge()), "99496x1", "billable", set()),
    "TCM on the eighth day": (Program(enrolled=("TCM",), changes=discharge(visited_on="2026-03-10")), "99495x1", "billable", set()),
    "TCM of moderate decisions": (Program(enrolled=("TCM",), changes=discharge(mdm="moderate")), "99495x1", "billable", set()),
    "TCM contacted late": (
        Program(enrolled=("TCM",), changes=discharge(contacted_on="2026-03-05")),
        "",
        "not_billable",
        {"TCM_NOT_SUPPORTED"},
    ),
    "a federal holiday is no business day": (
        Program(
            enrolled=("TCM",),
            month="2026-01",
            changes=discharge(discharged_on="2026-01-16", contacted_on="2026-01-21", visited_on="2026-01-22"),
        ),
        "99496x1",
        "billable",
        set(),
    ),
    # programs and services that meet
    "C081": (Program({"CCM": 25}, changes=service("G0181", "2026-03-10", provider="A")), "99490x1", "held", {"MUTUALLY_EXCLUSIVE"}),
    "G0181 by another": (Program({"CCM": 25}, changes=service("G0181", "2026-03-10", provider="B")), "99490x1", "billable", set()),
    "dialysis": (Program({"CCM": 25}, changes=service("90960", "2026-03-10", provider="A")), "99490x1", "held", {"MUTUALLY_EXCLUSIVE"}),
    "CCM elsewhere": (Program({"CCM": 25}, changes=service("99490", "2026-03-31", provider="B")), "99490x1", "held", {"BILLED_ELSEWHERE"}),
    "C083": (
        Program({"CCM": 25}, month=IN_2016, changes=service("99495", "2016-05-20", provider="A")),
        "",
        "not_billable",
        {"MUTUALLY_EXCLUSIVE"},
    ),
    "TCM after 2020": (Program({"CCM": 25}, changes=service("99495", "2026-03-10", provider="A")), "99490x1", "billable", set()),
    "C085": (Program({"CCM": 25, "PCM": 30}), "99490x1", "held", {"MUTUALLY_EXCLUSIVE"}),
    "C085 decided by the list": (
        Program({"CCM": 25, "PCM": 30}, agreement={"priority": ["PCM", "CCM"]}),
        "99426x1",
        "billable",
        {"MUTUALLY_EXCLUSIVE"},
    ),
    "C085 chosen by a person": (Program({"CCM": 25, "PCM": 30}, changes={"choice": "PCM"}), "99426x1", "billable", {"MUTUALLY_EXCLUSIVE"}),
    "C086": (Program({"CCM": 25, "PCM": 30}, providers={"PCM": "B"}), "99490x1+99426x1", "billable", set()),
    "CCM and RPM apart": (Program({"CCM": 20, "RPM": 20}), "99490x1+99457x1", "billable", set()),
    "APCM bundles CCM": (Program({"CCM": 25}, enrolled=("APCM",)), "G0557x1", "billable", {"MUTUALLY_EXCLUSIVE"}),
    "RPM never with RTM": (Program({"RPM": 20, "RTM": 20}), "99457x1", "held", {"MUTUALLY_EXCLUSIVE"}),
    "BHI or CoCM": (Program({"BHI": 20, "COCM": 60}), "99484x1", "held", {"MUTUALLY_EXCLUSIVE"}),
    "five RPM minutes do not spoil CCM": (Program({"CCM": 20, "RPM": 5}), "99490x1", "billable", {"TIME_BELOW_THRESHOLD"}),
    "a held line holds the month": (
        Program({"CCM": 20, "RPM": 20}, changes={"consents": [consent()]}),
        "99490x1+99457x1",
        "held",
        {"NO_CONSENT"},
    ),
    # settings
    "C103": (Program({"CCM": 20}, month="2025-03", changes={"setting": "rhc_fqhc"}), "99490x1", "billable", set()),
    "RHC in 2024": (Program({"CCM": 20}, month="2024-03", changes={"setting": "rhc_fqhc"}), "G0511x1", "billable", set()),
    "RHC after": (Program({"CCM": 20}, month="2026-03", changes={"setting": "rhc_fqhc"}), "99490x1", "billable", set()),
    # the code beside the first visit
    "G0506": (
        Program(
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
    "no G0506 in a later month": (
        Program({"CCM": 20}, changes={"visits": [{"on": "2026-03-01", "kind": "AWV", "ccm_discussed": True}]}),
        "99490x1",
        "billable",
        set(),
    ),
}


def one_call_in_two_programs(**agreement: Any) -> Facts:
    """Return C088: one call of twenty minutes logged in both programs."""
    given = Program({"CCM": 20, "RPM": 20}, agreement=agreement).facts()
    first, second = given["patients"][0]["entries"]
    second |= {"start": first["start"], "end": first["end"], "staff": "second-nurse"}
    return given


@pytest.mark.parametrize("name", CASES)
def test_a_worked_case_of_any_program(database: TestDatabase, name: str) -> None:
    given, claim, outcome, codes = CASES[name]
    (answer,) = decided(database, given.facts())
    assert ("+".join(f"{line['code']}x{line['units']}" for line in answer["claim"]), answer["outcome"]) == (claim, outcome), answer
    raised = {*answer["exceptions"], *answer["warnings"]} - CLIENT_FACTS
    assert codes <= raised
    assert codes or not answer["exceptions"], answer["exceptions"]


def test_minutes_in_two_programs_wait_for_a_person(database: TestDatabase) -> None:
    (answer,) = decided(database, one_call_in_two_programs())
    assert (answer["outcome"], answer["claim"]) == ("held", [{"code": "99490", "units": 1}])
    assert answer["excluded_seconds"] == {"TIME_DOUBLE_COUNTED": 1200}
    assert "TIME_PENDING" in answer["exceptions"]


@pytest.mark.parametrize(("priority", "code"), [(["CCM", "RPM"], "99490"), (["RPM", "CCM"], "99457")])
def test_the_clients_list_says_whose_the_minutes_are(database: TestDatabase, priority: list[str], code: str) -> None:
    (answer,) = decided(database, one_call_in_two_programs(priority=priority))
    assert (answer["outcome"], answer["claim"]) == ("billable", [{"code": code, "units": 1}])
    assert "TIME_DOUBLE_COUNTED" in answer["exceptions"] + answer["warnings"]

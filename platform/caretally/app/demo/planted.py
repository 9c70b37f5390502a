"""The patients that show each gate in the last month: what is wrong with whom, and why. Everything else about them is clean."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from caretally.app.demo.drafts import ALL_ELEMENTS, Draft, Work
from caretally.app.demo.people import Practice, Team
from caretally.app.demo.periods import Period
from caretally.app.demo.scenario import LAST

MINUTE = 60


@dataclass(frozen=True)
class Scene:
    """What a planted patient is arranged with: the last month and the one before, the vendor's team, the client's practitioners."""

    month: Period
    before: Period
    team: Team
    practice: Practice
    zone: str

    def day(self, number: int) -> date:
        """Return a day of the last month."""
        return self.month.first.replace(day=number)

    def work(self, minutes: int, *, first: int = 1, last: int = 0, **changes: Any) -> Work:
        """Return work between two days of the last month."""
        return Work(minutes * MINUTE, (self.day(first), self.day(last) if last else self.month.last), **changes)

    def evening(self, minutes: int, *, nurse: int, day: int, clock: tuple[int, int]) -> Work:
        """Return work of a nurse on call that starts at a fixed hour and minute of the evening."""
        return self.work(minutes, first=day, last=day, staff=self.team.on_call[self.zone][nurse], at=clock[0] * 3600 + clock[1] * MINUTE)


Arrange = Callable[[Draft, Scene], None]


@dataclass(frozen=True)
class Plant:
    """One gate or story and the patient that shows it, enrolled since the first day `months` before the last month."""

    gate: str
    client: str
    arrange: Arrange
    months: int = 6


def _work(*pieces: int, **changes: Any) -> Arrange:
    """Arrange the last month as good minutes, and one further piece with the changes when there are any."""

    def arrange(draft: Draft, scene: Scene) -> None:
        good, special = (pieces[:-1], pieces[-1]) if changes else (pieces, 0)
        draft.work[LAST] = [scene.work(minutes) for minutes in good] + ([scene.work(special, **changes)] if changes else [])

    return arrange


def _by(person: str, *pieces: int) -> Arrange:
    """Arrange good minutes and a last piece done by one of the team's special people."""

    def arrange(draft: Draft, scene: Scene) -> None:
        draft.work[LAST] = [scene.work(minutes) for minutes in pieces[:-1]] + [scene.work(pieces[-1], staff=getattr(scene.team, person))]

    return arrange


def _enough(then: Arrange) -> Arrange:
    """Arrange 22 good minutes, then what is wrong apart from time."""

    def arrange(draft: Draft, scene: Scene) -> None:
        draft.work[LAST] = [scene.work(9), scene.work(13)]
        then(draft, scene)

    return arrange


def _row(kind: str, **changes: object) -> Arrange:
    """Arrange 22 good minutes and change columns in the last row of a kind."""
    return _enough(lambda draft, _: draft.facts[kind][-1].update(changes))


def _without(kind: str, *, keep: int = 0) -> Arrange:
    """Arrange 22 good minutes and drop the rows of a kind after the first `keep`."""

    def drop(draft: Draft, _: Scene) -> None:
        del draft.facts[kind][keep:]

    return _enough(drop)


def one_second_short(draft: Draft, scene: Scene) -> None:
    """19:59 is not 20:00."""
    draft.work[LAST] = [scene.work(12), scene.work(8)]
    draft.work[LAST][1].seconds -= 1


def before_consent(draft: Draft, scene: Scene) -> None:
    """Ten minutes before the consent of the 15th, twelve after it."""
    draft.facts["consents"][-1]["obtained_on"] = scene.day(15)
    draft.work[LAST] = [scene.work(10, last=14), scene.work(12, first=15)]


def after_death(draft: Draft, scene: Scene) -> None:
    """Eleven minutes before the day of death, ten after it by people who did not know."""
    draft.row["died_on"] = scene.day(12)
    draft.work[LAST] = [scene.work(11, last=11), scene.work(10, first=14)]


def died_after_enough_time(draft: Draft, scene: Scene) -> None:
    """Twenty-four minutes, then the patient dies: still billable, never dated after the death."""
    draft.row["died_on"] = draft.facts["enrolments"][-1]["to"] = draft.leaves = scene.day(20)
    draft.work[LAST] = [scene.work(11, last=18), scene.work(13, last=18)]


def inpatient(draft: Draft, scene: Scene) -> None:
    """Nine of twenty-two minutes fall into an inpatient stay."""
    draft.add("stays", kind="part_a_inpatient", **{"from": scene.day(5), "to": scene.day(14)})
    draft.work[LAST] = [scene.work(9, first=5, last=14), scene.work(13, first=15)]


def worked_after_leaving(draft: Draft, scene: Scene) -> None:
    """Withdrawn on the 10th; nine minutes follow."""
    draft.facts["enrolments"][-1]["to"] = draft.leaves = scene.day(10)
    draft.add("enrolments", program="CCM", status="withdrawn", reason="copay", **{"from": scene.day(11)})
    draft.work[LAST] = [scene.work(12, last=10), scene.work(9, first=12)]


def two_nurses_at_once(draft: Draft, scene: Scene) -> None:
    """Two nurses speak with the patient at once for ten minutes: one set of minutes."""
    draft.work[LAST] = [
        scene.work(10),
        scene.evening(15, nurse=0, day=7, clock=(19, 0)),
        scene.evening(15, nurse=1, day=7, clock=(19, 5)),
    ]


def nurse_in_two_places(draft: Draft, scene: Scene) -> None:
    """A nurse's entry holds another one of hers, for the next patient, inside it."""
    draft.work[LAST] = [scene.work(12), scene.evening(12, nurse=0, day=9, clock=(19, 0))]


def nurse_in_two_places_inside(draft: Draft, scene: Scene) -> None:
    """The other patient of the double booking, who has enough time without it."""
    draft.work[LAST] = [scene.work(11), scene.work(12), scene.evening(5, nurse=0, day=9, clock=(19, 4))]


def revoked(draft: Draft, scene: Scene) -> None:
    """Revoked in the month before: nothing may be billed from this month on."""
    draft.facts["consents"][-1]["revoked_on"] = scene.before.first.replace(day=18)


def revoked_this_month(draft: Draft, scene: Scene) -> None:
    """Revoked this month: this month is still billable."""
    draft.facts["consents"][-1]["revoked_on"] = scene.day(21)


def other_practitioner(draft: Draft, scene: Scene) -> None:
    """Another practitioner bills from the first of the month, without a new consent."""
    draft.facts["assignments"][-1]["to"] = scene.before.last
    successor = next(npi for npi in scene.practice.npis if npi != draft.npi)
    draft.add("assignments", program="CCM", npi=successor, **{"from": scene.month.first})


def only_a_nurse_visit(draft: Draft, scene: Scene) -> None:
    """The only visit on record is a 99211."""
    draft.facts["visits"] = [{"visited_on": scene.before.last - timedelta(days=12), "kind": "EM", "code": "99211", "npi": draft.npi}]


def one_condition_left(draft: Draft, scene: Scene) -> None:
    """Two conditions until one was resolved in the month before."""
    del draft.facts["conditions"][2:]
    draft.facts["conditions"][1]["resolved_on"] = scene.before.first.replace(day=20)


def cough(draft: Draft, scene: Scene) -> None:
    """A cough stands among the chronic conditions."""
    draft.add("conditions", icd10="R05.9", onset_on=scene.before.first)


def review_overdue(draft: Draft, scene: Scene) -> None:
    """The plan is five days more than a year old on the month's last day and was never reviewed."""
    draft.facts["reviews"].clear()
    del draft.facts["care_plans"][1:]
    day = scene.month.last - timedelta(days=370)
    draft.facts["care_plans"][0].update(effective_on=day, signed_on=day, copy_given_on=day)


def no_goals(draft: Draft, _: Scene) -> None:
    """The plan in force lacks measurable goals."""
    draft.facts["care_plans"][-1]["elements"] = ALL_ELEMENTS.replace("goals;", "")


def complex_without_mdm(draft: Draft, scene: Scene) -> None:
    """64 minutes and no decision making documented."""
    draft.work[LAST] = [scene.work(16) for _ in range(4)]


def cap_reached(draft: Draft, scene: Scene) -> None:
    """87 minutes of low complexity: the third add-on is worked and unbilled."""
    draft.work[LAST] = [scene.work(15) for _ in range(5)] + [scene.work(12)]
    draft.add("mdm", month=str(scene.month.month), level="low", npi=draft.npi, documented_on=scene.day(24))


def complex_documented(draft: Draft, scene: Scene) -> None:
    """95 minutes with moderate decision making documented: complex, with one add-on."""
    draft.work[LAST] = [scene.work(19) for _ in range(5)]
    draft.add("mdm", month=str(scene.month.month), level="moderate", npi=draft.npi, documented_on=scene.day(24))


def personal_beside_staff(draft: Draft, scene: Scene) -> None:
    """33 minutes of the billing practitioner and twelve of staff, at a client whose agreement says personal."""
    _billed_by_the_colleague_on_staff(draft, scene)
    own = next(code for code, npi in scene.team.qhp.values() if npi == draft.npi)
    draft.work[LAST] = [scene.work(18, staff=own), scene.work(15, staff=own), scene.work(12)]


def _billed_by_the_colleague_on_staff(draft: Draft, scene: Scene) -> None:
    npi = scene.practice.npis[0]
    draft.npi = draft.facts["assignments"][-1]["npi"] = draft.facts["consents"][-1]["npi"] = npi


def hospice(draft: Draft, scene: Scene) -> None:
    """In hospice from the 20th; the minutes were all before."""
    draft.add("stays", kind="hospice", **{"from": scene.day(20)})
    draft.work[LAST] = [scene.work(10, last=17), scene.work(12, last=17)]


def coverage_unknown(draft: Draft, _: Scene) -> None:
    """Nobody checked whether the patient is a Qualified Medicare Beneficiary."""
    draft.row["qmb"] = ""


def billed_by_a_social_worker(draft: Draft, scene: Scene) -> None:
    """The practitioner on record is a social worker, who may not bill."""
    draft.npi = draft.facts["assignments"][-1]["npi"] = draft.facts["consents"][-1]["npi"] = scene.practice.not_eligible


def reconsent_with_a_brief_condition(draft: Draft, scene: Scene) -> None:
    """The consent of three years ago was renewed in the month before; of the two conditions, one is expected to last seven months."""
    draft.facts["consents"].append(draft.facts["consents"][-1] | {"obtained_on": scene.before.first.replace(day=4), "document_ref": ""})
    del draft.facts["conditions"][2:]
    draft.facts["conditions"][1].update(risk_documented="yes", expected_months=7, until_death="no")


def home_health(draft: Draft, scene: Scene) -> None:
    """Home health supervision was billed in the same month."""
    draft.add("services", code="G0181", on=scene.day(11), npi=draft.npi, same_practitioner="yes", minutes=32)


def over_the_month_end(draft: Draft, scene: Scene) -> None:
    """A call over midnight before the month begins, ten minutes in each, and one over its end."""
    ordinary = Work(14 * MINUTE, (scene.before.first, scene.before.first.replace(day=20)))
    draft.work[LAST - 1] = [ordinary, _crossing(scene, scene.before.last, minutes=20)]
    draft.work[LAST] = [scene.work(12, first=3), _crossing(scene, scene.month.last, minutes=15)]


def _crossing(scene: Scene, day: date, *, minutes: int) -> Work:
    return Work(minutes * MINUTE, (day, day), staff=scene.team.on_call[scene.zone][0], at=23 * 3600 + 50 * MINUTE)


CALL = ("phone call with patient", "Went through the readings of the week and the plan for them.")
CHECK_IN = ("phone call with patient", "Monthly check-in call.")


def _also(draft: Draft, scene: Scene, program: str) -> None:
    """Enrol the patient in a further program from the month's first day, with the same practitioner and a consent of its own."""
    draft.add("enrolments", program=program, status="enrolled", **{"from": scene.month.first})
    draft.add("assignments", program=program, npi=draft.npi, **{"from": scene.month.first})
    draft.facts["consents"].append(draft.facts["consents"][-1] | {"program": program, "obtained_on": scene.month.first})


def principal_care(draft: Draft, scene: Scene) -> None:
    """One disease under principal care instead: half an hour and a further one."""
    for kind in ("enrolments", "assignments", "consents"):
        draft.facts[kind][-1]["program"] = "PCM"
    draft.work[LAST] = [scene.work(21, program="PCM"), scene.work(22, program="PCM"), scene.work(18, program="PCM")]


def monitored_at_home(draft: Draft, scene: Scene) -> None:
    """Chronic care, and a device at home: its days and a live talk about them are paid beside it."""
    _also(draft, scene, "RPM")
    draft.add("device_days", program="RPM", period_from=scene.month.first, days=22, setup_on=scene.month.first)
    draft.work[LAST] = [scene.work(12), scene.work(11), scene.work(13, program="RPM", note=CALL), scene.work(9, program="RPM", note=CALL)]


def behavioral_integration(draft: Draft, scene: Scene) -> None:
    """Chronic care and behavioral integration, each with minutes of its own."""
    _also(draft, scene, "BHI")
    draft.work[LAST] = [scene.work(14), scene.work(9), scene.work(12, program="BHI"), scene.work(10, program="BHI")]


def chronic_and_principal(draft: Draft, scene: Scene) -> None:
    """Chronic and principal care by one practitioner: one of the two, and nobody has chosen."""
    _also(draft, scene, "PCM")
    draft.work[LAST] = [scene.work(12), scene.work(10), scene.work(17, program="PCM"), scene.work(15, program="PCM")]


def put_down_late(draft: Draft, scene: Scene) -> None:
    """Nine minutes were put down twelve days after they were worked."""
    draft.work[LAST] = [scene.work(14), scene.work(9, last=15, source="manual", entered_after=12)]


def all_alike(draft: Draft, scene: Scene) -> None:
    """Four entries, each of six minutes, each with the same words."""
    draft.work[LAST] = [scene.work(6, source="ehr", note=CHECK_IN) for _ in range(4)]


def logged_a_month_late(draft: Draft, scene: Scene) -> None:
    """Thirteen minutes in the month before; nine more of that month come with the last month's file, after its close."""
    draft.work[LAST - 1] = [Work(13 * MINUTE, (scene.before.first, scene.before.last))]
    missed = Work(9 * MINUTE, (scene.before.first, scene.before.last), source="ehr", external_id="A-MONTH-LATE")
    draft.work[LAST] = [scene.work(12), scene.work(11), missed]


_NO_STOP = {"stop": "no"}
MERIDIAN: tuple[Plant, ...] = (
    Plant("TIME_BELOW_THRESHOLD", "LFM", one_second_short),
    Plant("TIME_PENDING", "LFM", _work(12, 10, source="manual", approved=False)),
    Plant("TIME_UNAPPROVED", "LFM", _work(11, 14, 6, source="manual", approved=False)),
    Plant("TIME_NO_DESCRIPTION", "LFM", _work(13, 9, 5, note=("care coordination", ""))),
    Plant("NON_CLINICAL_STAFF", "LFM", _by("administrative", 14, 8)),
    Plant("STAFF_NOT_LICENSED", "LFM", _by("unlicensed", 14, 9)),
    Plant("STAFF_EXCLUDED", "LFM", _by("excluded", 13, 9)),
    Plant("OUTSIDE_US", "LFM", _by("abroad", 13, 8)),
    Plant("a call worked in Canada", "RIM", _work(13, 8, country="CA")),
    Plant("BEFORE_CONSENT", "LFM", before_consent, months=0),
    Plant("AFTER_DEATH", "LFM", after_death),
    Plant("PART_A_STAY", "LFM", inpatient),
    Plant("NOT_ENROLLED", "LFM", worked_after_leaving),
    Plant("WITHIN_EM", "LFM", _work(15, 10, within_em="yes")),
    Plant("IDLE", "LFM", _work(16, 10, note=("idle", "Session left open."))),
    Plant("TIME_OVERLAP_PATIENT", "LFM", two_nurses_at_once),
    Plant("TIME_OVERLAP_STAFF", "LFM", nurse_in_two_places),
    Plant("other side of the double booking", "MPP", nurse_in_two_places_inside),
    Plant("NO_CONSENT", "RIM", _without("consents"), months=0),
    Plant("CONSENT_INCOMPLETE", "RIM", _row("consents", **_NO_STOP), months=0),
    Plant("CONSENT_REVOKED", "RIM", _enough(revoked)),
    Plant("consent revoked this month", "RIM", _enough(revoked_this_month)),
    Plant("CONSENT_OTHER_PRACTITIONER", "RIM", _enough(other_practitioner)),
    Plant("CONSENT_AGED", "RIM", _work(10, 13), months=30),
    Plant("ELIGIBILITY_RISK_NOT_DOCUMENTED", "RIM", _enough(reconsent_with_a_brief_condition), months=36),
    Plant("NO_INITIATING_VISIT", "CGM", _without("visits"), months=0),
    Plant("VISIT_NOT_QUALIFYING", "CGM", _enough(only_a_nurse_visit), months=0),
    Plant("CHRONIC_CONDITIONS_LT_2", "CGM", _enough(one_condition_left)),
    Plant("CONDITION_NOT_CHRONIC_HINT", "CGM", _enough(cough)),
    Plant("NO_CARE_PLAN", "CGM", _without("care_plans"), months=0),
    Plant("CARE_PLAN_COPY_MISSING", "CGM", _row("care_plans", copy_given_on="", copy_method=""), months=0),
    Plant("CARE_PLAN_REVIEW_OVERDUE", "CGM", _enough(review_overdue), months=13),
    Plant("CARE_PLAN_INCOMPLETE", "CGM", _enough(no_goals)),
    Plant("CARE_PLAN_SIGNOFF_MISSING", "CGM", _row("care_plans", signed_by="", signed_on=""), months=0),
    Plant("ATTESTATION_MISSING", "JCC", _work(11, 13)),
    Plant("MDM_NOT_DOCUMENTED", "LFM", complex_without_mdm),
    Plant("UNIT_CAP_REACHED", "LFM", cap_reached),
    Plant("complex with decision making documented", "LFM", complex_documented),
    Plant("STAFF_TIME_UNBILLED", "MPP", personal_beside_staff),
    Plant("QHP_NOT_BILLING", "LFM", _by("other_qhp", 16, 8)),
    Plant("HOSPICE_REVIEW", "RIM", hospice),
    Plant("COVERAGE_UNVERIFIED", "RIM", _enough(coverage_unknown)),
    Plant("PROVIDER_NOT_ELIGIBLE", "LFM", _enough(billed_by_a_social_worker), months=0),
    Plant("DUPLICATE_PATIENT_MONTH", "LFM", _work(10, 12)),
    Plant("same person elsewhere", "MPP", _work(12, 11), months=0),
    Plant("died after enough time", "SBS", died_after_enough_time),
    Plant("call over midnight of the month end", "LFM", over_the_month_end),
    Plant("home health in the same month", "BFH", _enough(home_health)),
    Plant("call on the day the clocks change", "LFM", _work(10, 12), months=14),
    Plant("principal care", "LFM", principal_care, months=0),
    Plant("monitored at home", "LFM", monitored_at_home),
    Plant("behavioral integration", "LFM", behavioral_integration),
    Plant("MUTUALLY_EXCLUSIVE", "LFM", chronic_and_principal),
    Plant("TIME_BACKDATED", "LFM", put_down_late),
    Plant("INTEGRITY_SIGNAL", "LFM", all_alike),
    Plant("logged a month late", "LFM", logged_a_month_late),
    Plant("late approval", "LFM", _work(12, 10)),
    Plant("late correction", "LFM", _work(12, 10)),
    Plant("late new entry", "LFM", _work(14, 9)),
)
HARBOR: tuple[Plant, ...] = (
    Plant("TIME_PENDING", "PSM", _work(13, 9, source="manual", approved=False)),
    Plant("NO_CONSENT", "PSM", _without("consents"), months=0),
    Plant("CARE_PLAN_REVIEW_OVERDUE", "PSM", _enough(review_overdue), months=13),
    Plant("STAFF_TIME_UNBILLED", "DSC", personal_beside_staff),
    Plant("CONSENT_INCOMPLETE", "DSC", _row("consents", **_NO_STOP), months=0),
    Plant("TIME_BELOW_THRESHOLD", "DSC", one_second_short),
    Plant("PART_A_STAY", "PSM", inpatient),
    Plant("home health in the same month", "PSM", _enough(home_health)),
    Plant("monitored at home", "PSM", monitored_at_home),
    Plant("ATTESTATION_MISSING", "KMC", _work(11, 13)),
    Plant("call over midnight of the month end", "KMC", over_the_month_end),
)
PLANTS = {"meridian": MERIDIAN, "harbor": HARBOR}

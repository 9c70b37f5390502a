"""Which form of a patient's chart records what an exception lacks, for those that no form on the exception's own page fixes."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from caretally.settling.fixes import Facts
from caretally.settling.worklist import QueueRow


@dataclass(frozen=True)
class ChartForm:
    """What is recorded, in the words of the link; `kind` is that of the fact in its address, empty for the patient's own record.

    What a plan lacks is recorded in the newest version that is `there`.
    """

    words: str
    kind: str = ""
    there: bool = False


CHART_FORMS = {
    "CONSENT_REVOKED": ChartForm("Record a new consent", "consents"),
    "NO_INITIATING_VISIT": ChartForm("Record the visit", "visits"),
    "VISIT_NOT_QUALIFYING": ChartForm("Record a visit that qualifies", "visits"),
    "INITIATING_VISIT_EXPIRED": ChartForm("Record the new visit", "visits"),
    "CHRONIC_CONDITIONS_LT_2": ChartForm("Record a condition", "conditions"),
    "NO_CARE_PLAN": ChartForm("Record the care plan", "care-plans"),
    "CARE_PLAN_COPY_MISSING": ChartForm("Record the copy in the plan", "care-plans", there=True),
    "CARE_PLAN_INCOMPLETE": ChartForm("Complete the plan", "care-plans", there=True),
    "CARE_PLAN_SIGNOFF_MISSING": ChartForm("Record the signature in the plan", "care-plans", there=True),
    "MDM_NOT_DOCUMENTED": ChartForm("Record the decision making", "decisions"),
    "TCM_NOT_SUPPORTED": ChartForm("Record the discharge", "discharges"),
    "COVERAGE_UNVERIFIED": ChartForm("Record the coverage"),
    "PROVIDER_NOT_ELIGIBLE": ChartForm("Record the supervising provider", "assignments"),
}


@dataclass(frozen=True)
class WayToChart:
    """A link to a form, which leads back to the exception: its words, and the endpoint and values of its address."""

    words: str
    endpoint: str
    values: dict[str, Any]


def way_to_chart(row: QueueRow, facts: Facts) -> WayToChart | None:
    """Return the link to the form that records what an exception lacks; None where no form of the chart does."""
    form = CHART_FORMS.get(row.code)
    if form is None:
        return None
    back: dict[str, Any] = {"patient_id": row.patient_id, "month": str(row.month), "code": row.code}
    if not form.kind:
        return WayToChart(form.words, "charts.edit_patient", back)
    if form.there and facts.plans:
        return WayToChart(form.words, "charts.edit_fact", back | {"kind": form.kind, "fact_id": UUID(facts.plans[0][3])})
    return WayToChart(form.words, "charts.new_fact", back | {"kind": form.kind})

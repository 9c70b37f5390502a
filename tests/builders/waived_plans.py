"""Hypothesis strategy for what a vendor asks of a care plan and somebody may waive: the fault and the waiver come together."""

from hypothesis import strategies as st

from tests.builders.facts import Facts, care_plan
from tests.builders.roster_days import Calendar

COPY, REVIEW = "CARE_PLAN_COPY_MISSING", "CARE_PLAN_REVIEW_OVERDUE"
WAIVED: tuple[list[str], ...] = ([COPY, REVIEW], [COPY], [REVIEW], [])


@st.composite
def waived_plans(draw: st.DrawFn, calendar: Calendar) -> Facts:
    """Draw a plan that may want its copy or its review, with none, one or both of the two waived; mostly neither plan nor waiver."""
    if draw(st.integers(0, 2)) > 0:
        return {}
    made, recently = calendar.on(-800), calendar.on(-60)
    copy, review = draw(st.sampled_from([(None, recently), (recently, None), (None, None), (recently, calendar.on(-500))]))
    plan = care_plan(effective_on=made, signed_on=made, copy_given_on=copy, reviewed_on=review)
    return {"care_plan": plan, "waived": draw(st.sampled_from(WAIVED))}

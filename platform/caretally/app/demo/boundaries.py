"""Work across local midnights of month ends and on days when the clocks change, by nurses on call."""

from caretally.app.demo.drafts import Draft, Work
from caretally.app.demo.people import Team
from caretally.app.demo.periods import Period, clock_changes

ZONE = "America/New_York"
STORY = "call on the day the clocks change"


def add_boundary_work(planted: dict[str, Draft], team: Team, months: tuple[Period, ...]) -> None:
    """Plan a night call on each change of the clocks, and one over New Year's midnight, for the patient of that story."""
    draft = planted.get(STORY)
    if draft is None:
        return
    for period in months[:-1]:
        changes = clock_changes(ZONE, period)
        if changes:
            _plan(draft, period, Work(20 * 60, (changes[0], changes[0]), staff=team.on_call[ZONE][1], at=3600 + 50 * 60))
        if period.month.month == 12:
            _plan(draft, period, Work(18 * 60, (period.last, period.last), staff=team.on_call[ZONE][1], at=23 * 3600 + 52 * 60))


def _plan(draft: Draft, period: Period, night: Work) -> None:
    ordinary = [Work(seconds, (period.first, period.last)) for seconds in (8 * 60, 6 * 60 + 13)]
    draft.work[period.number] = [*ordinary, night]

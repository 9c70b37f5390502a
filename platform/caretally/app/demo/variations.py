"""What happens to ordinary patients over fourteen months: they leave, die, pause, change practitioner, and papers come late."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from caretally.app.demo.drafts import Draft
from caretally.app.demo.roster import Place, consent
from caretally.months import Month

Variation = Callable[[Random, Draft, Place], None]


def vary(random: Random, draft: Draft, place: Place) -> None:
    """Let at most one of the rare things happen to a patient, and set how steadily the patient is worked with."""
    draft.diligence = 0.96 if random.random() < 0.56 else 0.42
    draft.is_complex = random.random() < 0.025
    chosen = random.choices((None, *(happening for happening, _ in VARIATIONS)), (_ORDINARY, *(weight for _, weight in VARIATIONS)))[0]
    if chosen is not None:
        chosen(random, draft, place)


def _some_day(random: Random, draft: Draft, place: Place) -> date:
    room = (place.last_day - draft.starts).days
    return draft.starts + timedelta(days=random.randint(min(60, room), max(60, room)))


def _leave(draft: Draft, day: date, *, status: str, reason: str) -> None:
    draft.facts["enrolments"][-1]["to"] = day
    draft.add("enrolments", program="CCM", status=status, reason=reason, **{"from": day + timedelta(days=1)})
    draft.leaves = day


def withdraw(random: Random, draft: Draft, place: Place) -> None:
    """The patient leaves the program, and sometimes revokes the consent on that day."""
    day = _some_day(random, draft, place)
    reason = random.choice(("copay", "moved away", "prefers office visits", "family cares for the patient"))
    _leave(draft, day, status="withdrawn", reason=reason)
    consents = draft.facts["consents"] = [row for row in draft.facts["consents"] if row["obtained_on"] <= day]
    if random.random() < 0.5:
        for row in consents:
            row["revoked_on"] = day


def go_elsewhere(random: Random, draft: Draft, place: Place) -> None:
    """Another practice takes the patient over."""
    _leave(draft, _some_day(random, draft, place), status="enrolled_elsewhere", reason="changed practice")


def die(random: Random, draft: Draft, place: Place) -> None:
    """The patient dies and is enrolled to that day."""
    day = min(_some_day(random, draft, place), place.last_day)
    draft.row["died_on"] = draft.facts["enrolments"][-1]["to"] = draft.leaves = day


def pause(random: Random, draft: Draft, place: Place) -> None:
    """The patient pauses for some weeks; an annual visit stands before the second enrolment."""
    begin = _some_day(random, draft, place)
    end = begin + timedelta(days=random.randint(20, 70))
    draft.pauses = (begin, end)
    draft.facts["enrolments"][-1]["to"] = begin - timedelta(days=1)
    if end >= place.last_day:
        draft.add("enrolments", program="CCM", status="paused", reason="hospital and rehabilitation", **{"from": begin})
        return
    draft.add("enrolments", program="CCM", status="paused", reason="hospital and rehabilitation", **{"from": begin, "to": end})
    draft.add("enrolments", program="CCM", status="enrolled", **{"from": end + timedelta(days=1)})
    draft.add("visits", visited_on=end - timedelta(days=3), kind="EM", code="99214", npi=draft.npi, ccm_discussed="yes")


def change_practitioner(random: Random, draft: Draft, place: Place) -> None:
    """Another practitioner bills from the first of a month, with a new consent on that day."""
    day = _some_day(random, draft, place)
    first, others = Month.of(day).next().first_day, [npi for npi in place.npis if npi != draft.npi]
    if not others or first > place.last_day:
        return
    draft.facts["assignments"][-1]["to"] = first - timedelta(days=1)
    draft.npi = random.choice(others)
    draft.add("assignments", program="CCM", npi=draft.npi, **{"from": first})
    consent(random, draft, on=first)


def mend_consent(random: Random, draft: Draft, place: Place) -> None:
    """The first consent misses an acknowledgement; a complete one follows some weeks later."""
    draft.facts["consents"][-1][random.choice(("cost_sharing", "one_practitioner", "stop"))] = "no"
    consent(random, draft, on=min(place.last_day, draft.starts + timedelta(days=random.randint(25, 75))))


def late_copy(random: Random, draft: Draft, _: Place) -> None:
    """The copy of the first plan reaches the patient in the month after."""
    following = Month.of(draft.starts).next().first_day
    draft.facts["care_plans"][0]["copy_given_on"] = following + timedelta(days=random.randint(2, 20))


def late_review(random: Random, draft: Draft, place: Place) -> None:
    """The yearly review comes weeks too late, and no later one follows."""
    reviews, first = draft.facts["reviews"], draft.facts["care_plans"][0]
    day = first["effective_on"] + timedelta(days=365 + random.randint(20, 75))
    del draft.facts["care_plans"][1:]
    reviews.clear()
    if day <= place.last_day:
        draft.add("reviews", plan_version=1, reviewed_on=day, reviewer=draft.coordinator, outcome="no_change")


def one_condition(_: Random, draft: Draft, __: Place) -> None:
    """Only one chronic condition is recorded so far."""
    del draft.facts["conditions"][1:]


def no_visit(_: Random, draft: Draft, __: Place) -> None:
    """The visit before enrolment was never recorded."""
    draft.facts["visits"].clear()


VARIATIONS: tuple[tuple[Variation, float], ...] = (
    (withdraw, 4.5), (go_elsewhere, 0.6), (die, 1.6), (pause, 1.5), (change_practitioner, 1.5), (mend_consent, 2.2), (late_copy, 3.0),
    (late_review, 6.0), (one_condition, 0.5), (no_visit, 0.5),
)  # fmt: skip
_ORDINARY = 100.0 - sum(weight for _, weight in VARIATIONS)

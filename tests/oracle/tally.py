"""Counted seconds of a month as a union: each second once, as clinical or as the billing practitioner's own."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from tests.oracle.carelog import Stretch

CLINICAL = frozenset({"clinical"})
QHP = frozenset({"qhp"})
BOTH = CLINICAL | QHP


class Tally:
    """Seconds in order of time, with their local day and class."""

    def __init__(self, stretches: Sequence[Stretch], policy: str, admitted: Iterable[str] = ()) -> None:
        """Count work without a reason, and work whose reason is among `admitted`, as if it had been cured."""
        admits: frozenset[str | None] = frozenset({None, *admitted})
        self._runs: list[tuple[date, int, str]] = []
        for stretch in stretches:
            classes = {
                "qhp" if w.by_billing_qhp else "clinical" for w in stretch.work if w.reason in admits and (w.reason is None or w.is_curable)
            }
            if classes:
                preferred = "qhp" if policy == "personal" else "clinical"
                only = preferred if preferred in classes else classes.pop()
                self._runs.append((stretch.day, stretch.seconds, only))

    def seconds(self, classes: frozenset[str]) -> int:
        """Return how many seconds of these classes count."""
        return sum(length for _, length, which in self._runs if which in classes)

    def day_reaching(self, threshold: int, classes: frozenset[str]) -> date:
        """Return the local day of the second that completes the threshold; ask only when it is reached."""
        so_far = 0
        for day, length, which in self._runs:
            so_far += length if which in classes else 0
            if so_far >= threshold:
                return day
        raise ValueError("the threshold is not reached")

    def first_day(self) -> date | None:
        """Return the local day of the first counted second."""
        return self._runs[0][0] if self._runs else None


def excluded_seconds(stretches: Sequence[Stretch]) -> dict[str, int]:
    """Return seconds by reason, each under its first; a further claim on a counted second is an overlap."""
    excluded: Counter[str] = Counter()
    for stretch in stretches:
        good = sum(1 for work in stretch.work if work.reason is None)
        excluded["TIME_OVERLAP_PATIENT"] += max(good - 1, 0) * stretch.seconds
        for work in stretch.work:
            if work.reason is not None:
                excluded[work.reason] += stretch.seconds
    return {reason: seconds for reason, seconds in excluded.items() if seconds}

"""Which codes counted seconds support under one agreement, and what lies just beyond them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from tests.oracle.carelog import Stretch
from tests.oracle.codes import COMPLEX_MDM, AddOn, Base, valid_on
from tests.oracle.programs import Program
from tests.oracle.tally import BOTH, CLINICAL, QHP, Tally

Line = dict[str, str | int]
Validity = Callable[[Base | AddOn, date], bool]

PATHS = {
    "pool": (("staff", BOTH),),
    "personal": (("personal", QHP), ("staff", BOTH)),
    "never_pool": (("staff", CLINICAL), ("personal", QHP)),
}


def always_valid(_code: Base | AddOn, _day: date) -> bool:
    """Stand in for the validity dates, to ask what time alone would support."""
    return True


@dataclass(frozen=True)
class Choice:
    """The base that was chosen, the path that led to it, the seconds it rests on and the units of its add-on."""

    base: Base
    path: str
    classes: frozenset[str]
    seconds: int
    full_increments: int
    add_on_is_valid: bool
    date_of_service: date

    @property
    def units(self) -> int:
        """Return the add-on units that may be billed."""
        return min(self.full_increments, self.cap) if self.add_on_is_valid else 0

    @property
    def cap(self) -> int:
        """Return how many add-on units a month may have, none without an add-on."""
        return self.base.add_on.cap if self.base.add_on else 0

    @property
    def lines(self) -> list[Line]:
        """Return the claim's lines, the base first."""
        add_on = self.base.add_on
        further: list[Line] = [{"code": add_on.code, "units": self.units}] if add_on and self.units else []
        return [{"code": self.base.code, "units": 1}, *further]


class Biller:
    """The rules of one timed line: its stretches, its MDM and when the client dates its services."""

    def __init__(
        self,
        program: Program,
        stretches: Sequence[Stretch],
        mdm: Sequence[str],
        *,
        is_first_month: bool,
        month_end: date | None,
        last_day: date,
    ) -> None:
        """Take `month_end` (the date of service, when the agreement says so) and the month's `last_day`."""
        self._program = program
        self._stretches = stretches
        self._is_first_month = is_first_month
        self._is_complex = bool(COMPLEX_MDM & set(mdm))
        self._has_mdm = bool(mdm)
        self._month_end = month_end
        self._last_day = last_day

    def choose(
        self, policy: str, *, admitted: Sequence[str] = (), valid: Validity = valid_on, counted_by: str | None = None
    ) -> Choice | None:
        """Return what the agreement's policy bills, or None; `admitted` reasons count as if cured, `counted_by` classes shared seconds."""
        tally = Tally(self._stretches, counted_by or policy, admitted)
        for path, classes in PATHS[policy]:
            for base in self._bases(path):
                choice = self._choice(tally, base, path, classes, valid)
                if choice is not None:
                    return choice
        return None

    def alternatives(self, policy: str, chosen: Choice | None) -> list[list[Line]]:
        """Return the other lawful claims, distinct, never the chosen one, in no order of price."""
        others = [other for other in PATHS if other != policy] if self._program.follows_policy else []
        choices = [self.choose(other, counted_by=policy) for other in others]
        if chosen is not None and self._program.complex:
            if chosen.base in self._program.staff and not self._has_mdm:
                choices += [self._beside(policy, chosen, base) for base in self._program.complex]
            if chosen.base in self._program.complex:
                choices += [self._beside(policy, chosen, base) for base in self._program.staff]
        found: list[list[Line]] = []
        for choice in choices:
            if choice is not None and choice.lines not in [*found, chosen.lines if chosen else []]:
                found.append(choice.lines)
        return found

    def reaches(self, policy: str, further: int) -> bool:
        """Return whether so many further seconds, as a plain sum on any path of the policy, would reach a code of the month."""
        tally = Tally(self._stretches, policy)
        return any(
            tally.seconds(classes) + further >= base.threshold
            for path, classes in PATHS[policy]
            for base in self._bases(path)
            if valid_on(base, self._last_day)
        )

    def nearest_step(self, policy: str, chosen: Choice | None) -> tuple[int, str] | None:
        """Return the fewest seconds that would add a code or a unit, and which, or None at the cap.

        Of equal steps a base comes before an add-on, and staff's before the practitioner's own.
        """
        tally = Tally(self._stretches, policy)
        if chosen is not None:
            steps = [
                (base.threshold - chosen.seconds, 0, base) for base in self._bases(chosen.path) if valid_on(base, chosen.date_of_service)
            ]
            further = [(seconds - chosen.seconds, 1, chosen.base.add_on) for seconds in _next_unit(chosen)]
            return _least([*steps, *further])
        return _least(
            [
                (base.threshold - tally.seconds(classes), int(path == "personal"), base)
                for path, classes in PATHS[policy]
                for base in self._bases(path)
                if valid_on(base, self._last_day)
            ]
        )

    def _bases(self, path: str) -> tuple[Base, ...]:
        if path == "personal":
            return self._program.personal
        staff = self._program.first if self._is_first_month and self._program.first else self._program.staff
        return (*self._program.complex, *staff) if self._is_complex else staff

    def _beside(self, policy: str, chosen: Choice, base: Base) -> Choice | None:
        return self._choice(Tally(self._stretches, policy), base, chosen.path, chosen.classes, valid_on)

    def _choice(self, tally: Tally, base: Base, path: str, classes: frozenset[str], valid: Validity) -> Choice | None:
        seconds = tally.seconds(classes)
        if seconds < base.threshold:
            return None
        day = self._month_end or tally.day_reaching(base.threshold, classes)
        if not valid(base, day):
            return None
        add_on_is_valid = base.add_on is not None and valid(base.add_on, day)
        return Choice(base, path, classes, seconds, base.units(seconds), add_on_is_valid, day)


def _least(steps: Sequence[tuple[int, int, Base | AddOn | None]]) -> tuple[int, str] | None:
    ahead = [(seconds, place, code.code) for seconds, place, code in steps if seconds > 0 and code is not None]
    return (min(ahead)[0], min(ahead)[2]) if ahead else None


def _next_unit(chosen: Choice) -> list[int]:
    if not chosen.add_on_is_valid or chosen.units == chosen.cap:
        return []
    return [chosen.base.seconds_for(chosen.units + 1)]

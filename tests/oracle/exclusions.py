"""What may not be billed beside what: the dated pairs, spelled out by hand from the published ones, and how lines fall to each other."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tests.oracle.lines import ProgramLine
from tests.oracle.localmonth import LocalMonth
from tests.oracle.programs import ORDER, place_in
from tests.oracle.roster import Facts

SAME, DIFFERENT, ANY = "same", "different", "any"
UNKNOWN = "unknown"
TCM_PERIOD = timedelta(days=29)


@dataclass(frozen=True)
class Bar:
    """Two groups of codes that exclude each other for dates of service between two days; `winner` is the group that stays.

    `period` is how long after its date a service billed by somebody else still bars, none beyond its month when zero.
    """

    one: frozenset[str]
    other: frozenset[str]
    scope: str
    first_day: date
    last_day: date = date.max
    winner: frozenset[str] = frozenset()
    period: timedelta = timedelta(0)

    def applies(self, code: str, other: str, relation: str, day: date) -> bool:
        """Return whether the bar stands between two codes on a day, given how their practitioners relate."""
        in_scope = self.scope == ANY or (relation == DIFFERENT) is (self.scope == DIFFERENT)
        meets = (code in self.one and other in self.other) or (code in self.other and other in self.one)
        return meets and in_scope and self.first_day <= day <= self.last_day


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _numbers(first: int, last: int) -> frozenset[str]:
    return frozenset(str(number) for number in range(first, last + 1))


STAFF, PERSONAL, COMPLEX = _codes("99490"), _codes("99491"), _codes("99487 99489")
CCM = _codes("99490 99439 99491 99437 99487 99489")
PCM_PERSONAL, PCM_STAFF = _codes("99424 99425"), _codes("99426 99427")
PCM = PCM_PERSONAL | PCM_STAFF
APCM = _codes("G0556 G0557 G0558")
TCM = _codes("99495 99496")
HOME_CARE = _codes("G0181 G0182") | _numbers(90951, 90970)
MESSAGES = _numbers(99446, 99449) | _numbers(99451, 99452) | _codes("G2250 G2251 G2252") | _numbers(98970, 98972) | _numbers(99421, 99423)
RPM_FAMILY = _codes("99453 99445 99454 99470 99457 99458 99091")
RTM_FAMILY = _codes("98975 98976 98977 98978 98979 98980 98981 98984 98985 98986")
COCM = _codes("99492 99493 99494")

BEFORE_2020 = date(2019, 12, 31)
BARS = (
    Bar(CCM, CCM, DIFFERENT, date(2015, 1, 1)),
    Bar(STAFF, COMPLEX, ANY, date(2017, 1, 1)),
    Bar(PERSONAL, STAFF | COMPLEX, ANY, date(2019, 1, 1)),
    Bar(_codes("99439"), COMPLEX | PERSONAL, ANY, date(2021, 1, 1)),
    Bar(_codes("99437"), STAFF | COMPLEX | _codes("99439"), ANY, date(2022, 1, 1)),
    Bar(CCM, PCM, SAME, date(2022, 1, 1)),
    Bar(PCM_PERSONAL, PCM_STAFF, SAME, date(2022, 1, 1)),
    Bar(STAFF, HOME_CARE, SAME, date(2015, 1, 1)),
    Bar(COMPLEX, HOME_CARE, SAME, date(2017, 1, 1)),
    Bar(PERSONAL, HOME_CARE, SAME, date(2019, 1, 1)),
    Bar(STAFF, TCM, SAME, date(2015, 1, 1), BEFORE_2020, winner=TCM, period=TCM_PERIOD),
    Bar(COMPLEX, TCM, SAME, date(2017, 1, 1), BEFORE_2020, winner=TCM, period=TCM_PERIOD),
    Bar(PERSONAL, TCM, SAME, date(2019, 1, 1), BEFORE_2020, winner=TCM, period=TCM_PERIOD),
    Bar(APCM, CCM | PCM | TCM, ANY, date(2025, 1, 1), winner=APCM),
    Bar(APCM, MESSAGES, SAME, date(2025, 1, 1)),
    Bar(APCM, APCM, ANY, date(2025, 1, 1)),
    Bar(_codes("G0568 G0569 G0570"), COCM | _codes("99484 G2214"), SAME, date(2026, 1, 1)),
    Bar(_codes("99445"), _codes("99454"), ANY, date(2026, 1, 1)),
    Bar(_codes("98984"), _codes("98976"), ANY, date(2026, 1, 1)),
    Bar(_codes("98985"), _codes("98977"), ANY, date(2026, 1, 1)),
    Bar(_codes("98986"), _codes("98978"), ANY, date(2026, 1, 1)),
    Bar(_codes("99470"), _codes("99457"), ANY, date(2026, 1, 1)),
    Bar(_codes("98979"), _codes("98980"), ANY, date(2026, 1, 1)),
    Bar(RPM_FAMILY, RTM_FAMILY, ANY, date(2022, 1, 1)),
    Bar(RPM_FAMILY, RPM_FAMILY, DIFFERENT, date(2021, 1, 1)),
    Bar(_codes("99484"), COCM, SAME, date(2018, 1, 1)),
)


def relation(one: str | None, other: str | None) -> str:
    """Return whether two practitioners are the same, different or not both known."""
    if one is None or other is None:
        return UNKNOWN
    return SAME if one == other else DIFFERENT


def _bars(codes: Iterable[str], others: Iterable[str], how: str, day: date) -> list[tuple[Bar, str, str]]:
    pairs = [(code, other) for code in codes for other in others]
    return [(bar, code, other) for bar in BARS for code, other in pairs if bar.applies(code, other, how, day)]


def exclude_services(line: ProgramLine, services: list[Facts], month: LocalMonth) -> None:
    """Let what somebody billed in the month hold the line or take its claim."""
    met = [(service, how, bar) for service in services for how, bar in _bars_with(line, service, month)]
    for service, how, bar in met:
        code = "BILLED_ELSEWHERE" if how == DIFFERENT else "MUTUALLY_EXCLUSIVE"
        if service["code"] in bar.winner:
            line.fall(code)
        else:
            line.hold(code)


def _bars_with(line: ProgramLine, service: Facts, month: LocalMonth) -> list[tuple[str, Bar]]:
    served_on = date.fromisoformat(service["on"])
    if not line.claims or line.date_of_service is None or served_on > month.last_day:
        return []
    same = service.get("same_practitioner")
    how = relation(line.provider, service.get("provider")) if same is None else SAME if same else DIFFERENT
    day = max(line.date_of_service, served_on)
    bars = [bar for bar, _, _ in _bars(line.code_names, [service["code"]], how, day)]
    return [(how, bar) for bar in bars if served_on + bar.period >= month.first_day]


def exclude_each_other(lines: list[ProgramLine], priority: list[str], choice: str | None) -> None:
    """Let lines of one patient fall to each other: by the pair itself, by a person's choice, by the client's list; the rest are held."""
    for line in lines:
        if any(_wins(other, line) for other in lines):
            line.fall("MUTUALLY_EXCLUSIVE")
    met: list[ProgramLine] = []
    passed: list[ProgramLine] = []
    for line in sorted((one for one in lines if one.claims), key=lambda one: _turn(one, priority, choice)):
        standing = [other for other in met if conflict(line, other)]
        if any(_is_decided(line, other, priority, choice) for other in standing):
            line.fall("MUTUALLY_EXCLUSIVE")
            continue
        for other in [*standing, *(other for other in passed if conflict(line, other))]:
            line.hold("MUTUALLY_EXCLUSIVE")
            other.hold("MUTUALLY_EXCLUSIVE")
        line.is_met = not standing
        (passed if standing else met).append(line)


def _turn(line: ProgramLine, priority: list[str], choice: str | None) -> tuple[bool, tuple[int, int], int]:
    return line.program.called != choice, place_in(priority, line.program.called), ORDER[line.program.name]


def _is_decided(line: ProgramLine, other: ProgramLine, priority: list[str], choice: str | None) -> bool:
    names = {line.program.called, other.program.called}
    return choice in names or names <= set(priority)


def conflict(line: ProgramLine, other: ProgramLine) -> list[tuple[Bar, str, str]]:
    """Return the bars between two lines that still claim something."""
    if line is other or line.date_of_service is None or other.date_of_service is None or not (line.claims and other.claims):
        return []
    day = max(line.date_of_service, other.date_of_service)
    return _bars(line.code_names, other.code_names, relation(line.provider, other.provider), day)


def _wins(winner: ProgramLine, loser: ProgramLine) -> bool:
    return any(code in bar.winner for bar, code, _ in conflict(winner, loser))

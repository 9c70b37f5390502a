"""The codes of every program with their dates, thresholds and caps, written by hand from the published CMS figures.

The product reads the same figures from its dated tables; nothing here is shared with it, so a slip in one shows
against the other.
"""

from dataclasses import dataclass
from datetime import date

MINUTE = 60


@dataclass(frozen=True)
class AddOn:
    """A code for each further increment beyond its base; `increment` is in seconds.

    `minimum` is how many seconds of an increment suffice for a unit, None when it must be full.
    """

    code: str
    increment: int
    cap: int
    first_valid: date
    last_valid: date | None = None
    minimum: int | None = None


@dataclass(frozen=True)
class Base:
    """A first code of a month and the add-on that may follow it; `threshold` is in seconds.

    `full` is where increments begin to count, None when that is the threshold; a `brief` code stands in for one that needs more time.
    """

    code: str
    threshold: int
    add_on: AddOn | None
    first_valid: date
    last_valid: date | None = None
    full: int | None = None
    is_brief: bool = False

    def units(self, seconds: int) -> int:
        """Return how many units of the add-on so many seconds would support, without its cap."""
        if self.add_on is None:
            return 0
        short = self.add_on.increment - (self.add_on.minimum or self.add_on.increment)
        return max((seconds - (self.full or self.threshold) + short) // self.add_on.increment, 0)

    def seconds_for(self, units: int) -> int:
        """Return the fewest seconds that support so many units of the add-on; ask only of a base that has one."""
        if self.add_on is None:
            raise ValueError(f"{self.code} has no add-on")
        short = self.add_on.increment - (self.add_on.minimum or self.add_on.increment)
        return (self.full or self.threshold) + units * self.add_on.increment - short


NON_COMPLEX = Base("99490", 20 * MINUTE, AddOn("99439", 20 * MINUTE, 2, date(2021, 1, 1)), date(2015, 1, 1))
PERSONAL = Base("99491", 30 * MINUTE, AddOn("99437", 30 * MINUTE, 2, date(2022, 1, 1)), date(2019, 1, 1))
COMPLEX = Base("99487", 60 * MINUTE, AddOn("99489", 30 * MINUTE, 10, date(2017, 1, 1)), date(2017, 1, 1))

PCM_STAFF = Base("99426", 30 * MINUTE, AddOn("99427", 30 * MINUTE, 2, date(2022, 1, 1)), date(2022, 1, 1))
PCM_PERSONAL = Base("99424", 30 * MINUTE, AddOn("99425", 30 * MINUTE, 2, date(2022, 1, 1)), date(2022, 1, 1))
RPM_TIME = Base("99457", 20 * MINUTE, AddOn("99458", 20 * MINUTE, 3, date(2020, 1, 1)), date(2019, 1, 1))
RPM_BRIEF = Base("99470", 10 * MINUTE, None, date(2026, 1, 1), is_brief=True)
RTM_TIME = Base("98980", 20 * MINUTE, AddOn("98981", 20 * MINUTE, 3, date(2022, 1, 1)), date(2022, 1, 1))
RTM_BRIEF = Base("98979", 10 * MINUTE, None, date(2026, 1, 1), is_brief=True)
BHI_STAFF = Base("99484", 20 * MINUTE, None, date(2018, 1, 1))
_COCM_FURTHER = AddOn("99494", 30 * MINUTE, 4, date(2018, 1, 1), minimum=16 * MINUTE)
COCM_FIRST = Base("99492", 36 * MINUTE, _COCM_FURTHER, date(2018, 1, 1), full=70 * MINUTE)
COCM_LATER = Base("99493", 31 * MINUTE, _COCM_FURTHER, date(2018, 1, 1), full=60 * MINUTE)
COCM_BRIEF = Base("G2214", 16 * MINUTE, None, date(2021, 1, 1), is_brief=True)

COMPLEX_MDM = frozenset({"moderate", "high"})


@dataclass(frozen=True)
class Untimed:
    """A code that no seconds decide."""

    code: str
    first_valid: date
    last_valid: date | None = None


@dataclass(frozen=True)
class Band:
    """A device code and the days of data, both ends included, for which it is billed."""

    code: str
    least: int
    most: int
    first_valid: date
    last_valid: date | None = None


APCM_LEVELS = (Untimed("G0556", date(2025, 1, 1)), Untimed("G0557", date(2025, 1, 1)), Untimed("G0558", date(2025, 1, 1)))
APCM_BASES = frozenset(level.code for level in APCM_LEVELS)
APCM_COCM_FIRST = Untimed("G0568", date(2026, 1, 1))
APCM_COCM_LATER = Untimed("G0569", date(2026, 1, 1))
APCM_BHI_MONTH = Untimed("G0570", date(2026, 1, 1))
FIRST_VISIT = Untimed("G0506", date(2017, 1, 1))
TCM_HIGH = Untimed("99496", date(2013, 1, 1))
TCM_MODERATE = Untimed("99495", date(2013, 1, 1))
BUNDLED = Untimed("G0511", date(2018, 1, 1), date(2025, 9, 30))
BUNDLED_COCM = Untimed("G0512", date(2018, 1, 1), date(2025, 12, 31))

BANDS = {
    "RPM": (Band("99445", 2, 15, date(2026, 1, 1)), Band("99454", 16, 30, date(2019, 1, 1))),
    "RTM_RESPIRATORY": (Band("98984", 2, 15, date(2026, 1, 1)), Band("98976", 16, 30, date(2022, 1, 1))),
    "RTM_MUSCULOSKELETAL": (Band("98985", 2, 15, date(2026, 1, 1)), Band("98977", 16, 30, date(2022, 1, 1))),
    "RTM_COGNITIVE": (Band("98986", 2, 15, date(2026, 1, 1)), Band("98978", 16, 30, date(2023, 1, 1))),
}

LICENSED_CREDENTIALS = frozenset({"RN", "LPN", "LVN", "MD", "DO", "NP", "PA", "CNS", "CNM"})
CERTIFIED_CREDENTIALS = frozenset({"MA", "CMA"})

VISITS_THAT_QUALIFY = frozenset({"AWV", "IPPE", "TCM", "EM"})
EM_CODES_THAT_DO_NOT = frozenset({"99211", "98966", "98967", "98968", "99441", "99442", "99443"})

ACKNOWLEDGEMENTS = frozenset({"scope", "cost_sharing", "one_practitioner", "stop"})
PLAN_ELEMENTS = frozenset(
    {
        "problems",
        "expected_outcome",
        "goals",
        "management",
        "interventions",
        "community_services",
        "coordination",
        "review_schedule",
    }
)

# A few rows of the AHRQ chronic condition indicator with value 0; the builders list no other code that has it.
NOT_CHRONIC = frozenset({"J00", "J069", "R059", "M5450"})

CLIENT_FACTS = (
    "ACCESS_24_7_MISSING",
    "SUPERVISION_MISSING",
    "EHR_NOT_CERTIFIED",
    "BAA_MISSING",
    "CARE_TEAM_CONTACT_MISSING",
)


def valid_on(code: Base | AddOn | Untimed | Band, day: date) -> bool:
    """Return whether a code may be billed for a date of service (R14)."""
    return code.first_valid <= day and (code.last_valid is None or day <= code.last_valid)

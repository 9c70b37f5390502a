"""The six CCM codes with their dates, thresholds and caps, written by hand from the published CMS figures.

The product reads the same figures from its dated tables; nothing here is shared with it, so a slip in one shows
against the other.
"""

from dataclasses import dataclass
from datetime import date

MINUTE = 60


@dataclass(frozen=True)
class AddOn:
    """A code for each full further increment beyond its base; `increment` is in seconds."""

    code: str
    increment: int
    cap: int
    first_valid: date
    last_valid: date | None = None


@dataclass(frozen=True)
class Base:
    """A first code of a month and the add-on that may follow it; `threshold` is in seconds."""

    code: str
    threshold: int
    add_on: AddOn
    first_valid: date
    last_valid: date | None = None


NON_COMPLEX = Base("99490", 20 * MINUTE, AddOn("99439", 20 * MINUTE, 2, date(2021, 1, 1)), date(2015, 1, 1))
PERSONAL = Base("99491", 30 * MINUTE, AddOn("99437", 30 * MINUTE, 2, date(2022, 1, 1)), date(2019, 1, 1))
COMPLEX = Base("99487", 60 * MINUTE, AddOn("99489", 30 * MINUTE, 10, date(2017, 1, 1)), date(2017, 1, 1))

COMPLEX_MDM = frozenset({"moderate", "high"})

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


def valid_on(code: Base | AddOn, day: date) -> bool:
    """Return whether a code may be billed for a date of service (R14)."""
    return code.first_valid <= day and (code.last_valid is None or day <= code.last_valid)

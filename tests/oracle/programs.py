"""The programs that a patient-month may have lines of, in their order, and what each of them asks for. Source: decision 0008."""

from dataclasses import dataclass
from datetime import date

from tests.oracle.codes import (
    BHI_STAFF,
    COCM_BRIEF,
    COCM_FIRST,
    COCM_LATER,
    COMPLEX,
    NON_COMPLEX,
    PCM_PERSONAL,
    PCM_STAFF,
    PERSONAL,
    RPM_BRIEF,
    RPM_TIME,
    RTM_BRIEF,
    RTM_TIME,
    Base,
)


@dataclass(frozen=True)
class Program:
    """One kind of line: the program it is enrolled, consented and logged as, and the gates it is asked.

    `staff` are the bases tried with everybody's seconds, in order; `complex` and `first` go before them where the month has MDM or is
    the first one. `conditions` is how many are needed, each of which lasts `lasting_months` or until death. A device line takes part
    in none of the program's time. Figures of the gates and device records are read from the day on which the program `began`.
    """

    name: str
    kind: str = "timed"
    enrolled_as: str = ""
    staff: tuple[Base, ...] = ()
    complex: tuple[Base, ...] = ()
    first: tuple[Base, ...] = ()
    personal: tuple[Base, ...] = ()
    conditions: int = 0
    lasting_months: int = 0
    asks_consent: bool = True
    asks_visit: bool = False
    asks_plan: bool = False
    asks_contact: bool = False
    visit_expires: bool = False
    stops_at_part_a: bool = False
    began: date = date(2015, 1, 1)

    @property
    def called(self) -> str:
        """Return the program's name on enrolments, consents and entries."""
        return self.enrolled_as or self.name

    @property
    def follows_policy(self) -> bool:
        """Return whether the agreement says what the practitioner's minutes are; elsewhere they join those of staff."""
        return bool(self.personal)


PROGRAMS = (
    Program("APCM", "monthly", asks_visit=True, asks_plan=True),
    Program(
        "CCM",
        staff=(NON_COMPLEX,),
        complex=(COMPLEX,),
        personal=(PERSONAL,),
        conditions=2,
        lasting_months=12,
        asks_visit=True,
        asks_plan=True,
        stops_at_part_a=True,
    ),
    Program(
        "PCM",
        staff=(PCM_STAFF,),
        personal=(PCM_PERSONAL,),
        conditions=1,
        lasting_months=3,
        asks_visit=True,
        asks_plan=True,
        visit_expires=True,
        stops_at_part_a=True,
        began=date(2022, 1, 1),
    ),
    Program("APCM_BHI", "monthly"),
    Program("APCM_COCM", "monthly"),
    Program("RPM", staff=(RPM_TIME, RPM_BRIEF), asks_contact=True),
    Program("RPM_DEVICE", "device", enrolled_as="RPM", began=date(2019, 1, 1)),
    Program("RTM", staff=(RTM_TIME, RTM_BRIEF), asks_contact=True),
    Program("RTM_DEVICE", "device", enrolled_as="RTM", began=date(2022, 1, 1)),
    Program("BHI", staff=(BHI_STAFF,), asks_visit=True),
    Program("COCM", staff=(COCM_LATER, COCM_BRIEF), first=(COCM_FIRST, COCM_BRIEF), asks_visit=True),
    Program("TCM", "transition", asks_consent=False),
)
NAMED = {program.name: program for program in PROGRAMS}
ORDER = {program.name: place for place, program in enumerate(PROGRAMS)}
# Programs barred across practitioners, so that one person has them once: its own name, or another program that bars it likewise, since when.
BARRED_TWICE = {
    "CCM": {"CCM": date(2015, 1, 1)},
    "APCM": {"APCM": date(2025, 1, 1)},
    "RPM": {"RPM": date(2021, 1, 1), "RTM": date(2022, 1, 1)},
    "RTM": {"RPM": date(2022, 1, 1)},
}


def has_minutes(name: str) -> bool:
    """Return whether a program's entries are minutes that another program cannot claim too."""
    return name in NAMED and NAMED[name].kind == "timed"


def place_in(priority: list[str], name: str) -> tuple[int, int]:
    """Return where a program comes: those of the client's list first, in its order, then the rest in their own."""
    return (priority.index(name) if name in priority else len(priority), ORDER[name])

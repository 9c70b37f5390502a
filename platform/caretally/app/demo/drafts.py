"""What the generator knows of one patient before it is written: rows of every kind, and the work planned in each month."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

Row = dict[str, Any]
FACT_KINDS = (
    "enrolments",
    "assignments",
    "conditions",
    "consents",
    "visits",
    "care_plans",
    "reviews",
    "mdm",
    "services",
    "stays",
    "device_days",
)
ALL_ELEMENTS = "problems;expected_outcome;goals;management;interventions;community_services;coordination;review_schedule"


@dataclass
class Work:
    """A piece of work to be put on somebody's calendar; `days` limits its local days, `at` fixes its start (seconds after midnight).

    Work logged by hand is put down `entered_after` days later.
    """

    seconds: int
    days: tuple[date, date]
    staff: str = ""
    source: str = "dialer"
    approved: bool = True
    note: tuple[str, str] | None = None
    country: str = ""
    within_em: str = ""
    at: int | None = None
    external_id: str = ""
    program: str = "CCM"
    entered_after: int = 1


@dataclass
class Draft:
    """One patient; `facts` holds rows by kind without client and mrn, `work` the planned pieces by month number."""

    mrn: str
    row: Row
    state: str
    starts: date
    facts: dict[str, list[Row]] = field(default_factory=lambda: {kind: [] for kind in FACT_KINDS})
    work: dict[int, list[Work]] = field(default_factory=dict)
    npi: str = ""
    coordinator: str = ""
    diligence: float = 0.7
    is_complex: bool = False
    leaves: date | None = None
    pauses: tuple[date, date] | None = None

    def add(self, kind: str, /, **row: Any) -> None:
        """Add one row of a kind."""
        self.facts[kind].append(row)

    def worked_between(self, first: date, last: date) -> tuple[date, date] | None:
        """Return the days of a month on which work may be logged for the patient, or None without one."""
        begin = max(self.starts, first)
        end = min(self.leaves, last) if self.leaves else last
        if self.pauses and self.pauses[0] <= end and self.pauses[1] >= begin:
            if self.pauses[0] > begin:
                end = min(end, date.fromordinal(self.pauses[0].toordinal() - 1))
            else:
                begin = date.fromordinal(self.pauses[1].toordinal() + 1)
        return (begin, end) if begin <= end else None

"""One program line of a patient-month: what it supports, what stands in its way and the seconds behind it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.oracle.claims import Line
from tests.oracle.gates import Gates
from tests.oracle.programs import Program


@dataclass
class ProgramLine:
    """A line while it is being decided; `codes` is empty when it is unsupported or waits for time.

    `provider` is the billing practitioner, None when nobody is on record. `codes` are what the line bills, `individual` the codes of its
    program, which a setting may have replaced. A line that others exclude until a person chooses is held but `is_met` no longer.
    """

    program: Program
    provider: str | None
    is_enrolled: bool
    raised: Gates
    codes: list[Line] = field(default_factory=list)
    date_of_service: date | None = None
    counted: dict[str, int] = field(default_factory=lambda: {"clinical": 0, "qhp": 0})
    excluded: dict[str, int] = field(default_factory=dict)
    raw_seconds: int = 0
    missing_seconds: int | None = None
    missing_code: str | None = None
    pending_claim: list[Line] | None = None
    alternatives: list[list[Line]] = field(default_factory=list)
    is_met: bool = True

    def __post_init__(self) -> None:
        """Take the claim from a line that is unsupported already."""
        if self.state == "unsupported":
            self._drop_claim()

    @property
    def state(self) -> str:
        """Return supported, held or unsupported; unsupported beats held."""
        if "unsupported" in self.raised.values():
            return "unsupported"
        return "held" if "hold" in self.raised.values() else "supported"

    @property
    def claims(self) -> bool:
        """Return whether the line has codes that may be billed now or once it is cured."""
        return self.state != "unsupported" and bool(self.codes)

    @property
    def code_names(self) -> set[str]:
        """Return the codes without their units."""
        return {str(line["code"]) for line in self.codes}

    def hold(self, code: str) -> None:
        """Raise a code that a person can settle, unless it is raised in earnest already."""
        if self.raised.get(code) != "unsupported":
            self.raised[code] = "hold"

    def fall(self, code: str) -> None:
        """Raise a code that takes the line's claim away, and with it what more time would add to it."""
        self.raised[code] = "unsupported"
        self.missing_seconds, self.alternatives = None, []
        self._drop_claim()

    def _drop_claim(self) -> None:
        self.codes, self.date_of_service = [], None

    @property
    def exceptions(self) -> list[str]:
        """Return the codes that hold the line or take its support."""
        return sorted(code for code, effect in self.raised.items() if effect != "warn")

    @property
    def warnings(self) -> list[str]:
        """Return the other codes."""
        return sorted(code for code, effect in self.raised.items() if effect == "warn")

    def told(self) -> dict[str, Any]:
        """Return the line as the answer has it."""
        return {
            "program": self.program.name,
            "state": self.state,
            "codes": self.codes,
            "exceptions": self.exceptions,
            "warnings": self.warnings,
            "date_of_service": self.date_of_service.isoformat() if self.date_of_service else None,
            "counted_seconds": self.counted,
            "excluded_seconds": self.excluded,
            "missing_seconds": self.missing_seconds,
        }

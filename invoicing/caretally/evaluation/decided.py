"""One patient-month as it was decided, with the rule tables that its words come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal, Self

from caretally.cms.rule_tables import BillingCode, Gate, RuleTables, TimeLadder
from caretally.waivers.in_force import Waiver

Outcome = Literal["billable", "held", "not_billable"]
Path = Literal["staff", "complex", "personal", "first", "brief", "given"]
QhpTime = Literal["pool", "personal", "never_pool"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The columns of a row of `patient_month` that words need; seconds are whole, `alternatives` and `pending_claim` stored claims.

    `codes` and `units` run in parallel, and so do `excluded_reasons` and `excluded_seconds`. Nothing here names a patient, and no
    amount of money is known.
    """

    tables: RuleTables
    enrolled: bool
    outcome: Outcome
    primary_reason: str | None
    path: Path | None
    codes: tuple[str, ...]
    units: tuple[int, ...]
    date_of_service: date | None
    raw_seconds: int
    clinical_seconds: int
    qhp_seconds: int
    pending_clinical_seconds: int
    pending_qhp_seconds: int
    excluded_reasons: tuple[str, ...]
    excluded_seconds: tuple[int, ...]
    unbilled_seconds: int
    exceptions: tuple[str, ...]
    warnings: tuple[str, ...]
    missing_seconds: int | None
    missing_code: str | None
    alternatives: tuple[str, ...]
    pending_claim: str | None
    mdm_level: str | None
    qhp_time: QhpTime
    consent_on: date | None
    plan_version: int | None
    reviewed_on: date | None
    visited_on: date | None
    # of a line of a month of several programs: which program it is, and the program or code that excludes it
    program: str = ""
    excluded_by: str | None = None
    lines: tuple[Decision, ...] = ()
    # the gates that a named person does not ask of the patient, which would have held the month
    waived: tuple[Waiver, ...] = ()

    @classmethod
    def of_row(cls, row: Mapping[str, Any], tables: RuleTables, lines: Iterable[Mapping[str, Any]] = (), **known: Any) -> Self:
        """Return the decision in a row of `patient_month` or `eval_decision`; `known` gives columns that the row lacks (`qhp_time`).

        `lines` are the rows of its program lines, in the order of the programs; none when it has one program only.
        """
        columns = {**row, **known, "tables": tables, "lines": [cls.of_row(line, tables, **known) for line in lines]}
        return cls(**{field.name: _frozen(columns[field.name]) for field in fields(cls) if field.name in columns})

    @property
    def counted_seconds(self) -> int:
        """Return the seconds that count, of clinical staff and practitioner together."""
        return self.clinical_seconds + self.qhp_seconds

    @property
    def pending_seconds(self) -> int:
        """Return the seconds that would count too if everything curable were cured."""
        return self.pending_clinical_seconds + self.pending_qhp_seconds

    @property
    def seconds_beyond_claim(self) -> int:
        """Return the seconds of the claim's own path that its codes and units leave over; other time unbilled is not among them."""
        pooled = 0 if self.qhp_time == "never_pool" else self.qhp_seconds
        used = self.qhp_seconds if self.path == "personal" else self.clinical_seconds + pooled
        return max(0, used - sum(map(self._seconds_of, self.codes, self.units)))

    @property
    def excluded(self) -> dict[str, int]:
        """Return the seconds that do not count by reason, in the order of the reasons, none of them zero."""
        return {reason: spent for reason, spent in zip(self.excluded_reasons, self.excluded_seconds, strict=True) if spent > 0}

    def gate(self, code: str) -> Gate | None:
        """Return what the gate table says of `code`, or None when it does not know it."""
        return self.tables.gates.get(code)

    def complex_base(self) -> BillingCode | None:
        """Return the base code of the complex path of the program whose claim this is, or None when there is none."""
        programs = {ladder.program for ladder in self.tables.ladders if ladder.base_code in self.codes}
        complex_ladders = [ladder for ladder in self.tables.ladders if ladder.path == "complex" and ladder.program in programs]
        return self._base_of(complex_ladders[0]) if complex_ladders else None

    def _seconds_of(self, code: str, units: int) -> int:
        row = self.tables.codes[code]
        return (row.increment_seconds or 0) * units if row.adds_on_to else row.first_threshold_seconds or 0

    def _base_of(self, ladder: TimeLadder) -> BillingCode:
        return self.tables.codes[ladder.base_code]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

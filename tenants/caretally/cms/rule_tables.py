"""The small reference tables as values, for words and for people: what a code, a gate and a time ladder say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from caretally.cms.reference_files import DATA_FOLDER, read_tables


@dataclass(frozen=True, kw_only=True, slots=True)
class BillingCode:
    """One billing code; thresholds and increments in seconds, null where the code is not timed."""

    code: str
    family: str
    label: str
    performed_by: str
    first_threshold_seconds: int | None
    min_reportable_seconds: int | None
    increment_seconds: int | None
    max_units_month: int
    adds_on_to: str | None
    first_valid: date
    last_valid: date | None
    mdm_levels: tuple[str, ...]
    note: str

    def valid_on(self, day: date) -> bool:
        """Tell whether the code may be billed on a day."""
        return self.first_valid <= day and (self.last_valid is None or self.last_valid >= day)


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeLadder:
    """One way (`staff`, `complex`, `personal`) from a program's time to a base code and the add-on that follows it."""

    program: str
    path: str
    base_code: str
    addon_code: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """One reason why time or a month is held back; `sentence` may hold the placeholders of the explanations."""

    code: str
    ordinal: int
    kind: str
    default_effect: str
    vendor_may_change: bool
    label: str
    owner_role: str
    sentence: str
    fix: str
    due_days: int
    rules: tuple[str, ...]
    source: str
    evaluated_from_issue: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ExclusionReason:
    """One reason for which a second does not count, in its order; `curable` when a person can still make it count."""

    code: str
    ordinal: int
    curable: bool
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, kw_only=True)
class RuleTables:
    """The rule set's code and the tables that words need; `gates` and `codes` by code, `programs` the labels, `ladders` and `reasons` in their order."""

    rule_set: str
    codes: Mapping[str, BillingCode]
    ladders: tuple[TimeLadder, ...]
    gates: Mapping[str, Gate]
    reasons: tuple[ExclusionReason, ...]
    programs: Mapping[str, str]
    untimed_programs: frozenset[str]

    def __hash__(self) -> int:
        """Tell tables apart at one look by their rule set; those of one rule set are compared."""
        return hash(self.rule_set)

    @cached_property
    def addon_codes(self) -> frozenset[str]:
        """Return the codes that follow a base on some ladder."""
        return frozenset(ladder.addon_code for ladder in self.ladders if ladder.addon_code is not None)

    @cached_property
    def reason_codes(self) -> tuple[str, ...]:
        """Return the codes of the exclusion reasons in their order, each once."""
        return tuple(dict.fromkeys(reason.code for reason in self.reasons))

    def is_curable(self, code: str) -> bool:
        """Return whether seconds excluded for `code` can still be made to count."""
        return any(reason.code == code and reason.curable for reason in self.reasons)


def rule_tables(connection: Connection) -> RuleTables:
    """Read the tables in force; a handful of short queries, to be done once and kept."""
    newest = connection.scalars(text("SELECT code FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1")).one()
    return _assemble(
        newest,
        codes=_stored(connection, "SELECT * FROM billing_code ORDER BY code"),
        ladders=_stored(connection, "SELECT * FROM time_ladder ORDER BY program, path"),
        gates=_stored(connection, "SELECT * FROM gate ORDER BY ordinal"),
        reasons=_stored(connection, "SELECT * FROM exclusion_reason ORDER BY ordinal, valid_from"),
        programs=_stored(connection, "SELECT * FROM program ORDER BY ordinal"),
    )


def rule_tables_of_files(folder: Path = DATA_FOLDER) -> RuleTables:
    """Read the same tables from the reference files, without a database."""
    tables = read_tables(folder)
    rule_set = next(tables["rule_set"].dicts())
    return _assemble(
        str(rule_set["code"]),
        codes=tables["billing_code"].dicts(),
        ladders=tables["time_ladder"].dicts(),
        gates=tables["gate"].dicts(),
        reasons=tables["exclusion_reason"].dicts(),
        programs=tables["program"].dicts(),
    )


def _stored(connection: Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(query)).mappings()]


def _assemble(
    rule_set: str,
    *,
    codes: Iterable[Mapping[str, Any]],
    ladders: Iterable[Mapping[str, Any]],
    gates: Iterable[Mapping[str, Any]],
    reasons: Iterable[Mapping[str, Any]],
    programs: Iterable[Mapping[str, Any]],
) -> RuleTables:
    known = list(programs)
    return RuleTables(
        rule_set=rule_set,
        codes={row["code"]: BillingCode(**_frozen(row)) for row in codes},
        ladders=tuple(TimeLadder(**_frozen(row)) for row in ladders),
        gates={row["code"]: Gate(**_frozen(row)) for row in gates},
        reasons=tuple(ExclusionReason(**_frozen(row)) for row in reasons),
        programs={row["program"]: row["label"] for row in known},
        untimed_programs=frozenset(row["program"] for row in known if row["kind"] != "timed"),
    )


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: tuple(value) if isinstance(value, list) else value for column, value in row.items()}

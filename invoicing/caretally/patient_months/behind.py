"""What stands behind one patient-month: its decision whole, and each entry of the month with what counted of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from caretally.cms.rule_tables import RuleTables
from caretally.evaluation.decided import Decision
from caretally.files.printed_words import long_date
from caretally.waivers.in_force import Waiver

KEYS = ("vendor_id", "client_id", "patient_id", "entry_ids", "entry_seconds", "starts_at", "ends_at", "timezone")
DAYS_OF_LINE = ("date_of_service", "consent_on", "reviewed_on", "visited_on")


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryOfMonth:
    """One time entry, clipped to the month and in the client's local time; seconds.

    `seconds` counted of the `logged` ones, `running_seconds` is the sum of what counted so far, `crosses` tells that it reached a threshold of
    the codes.
    """

    starts: datetime
    ends: datetime
    activity: str
    description: str
    source: str
    approved_by: str
    staff: str
    credential: str
    logged: int
    seconds: int
    running_seconds: int
    crosses: bool

    @property
    def day(self) -> date:
        """The local day it began on."""
        return self.starts.date()

    @property
    def not_counted(self) -> int:
        """The seconds of it that did not count."""
        return self.logged - self.seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Behind:
    """A decision with its program lines and waivers, and the entries of the month; `papers` as behind.sql gives them of a closed one."""

    decision: Decision
    entries: tuple[EntryOfMonth, ...]
    papers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def counted_entries(self) -> tuple[EntryOfMonth, ...]:
        """The entries of which something counted."""
        return tuple(entry for entry in self.entries if entry.seconds)

    def reached_on(self, threshold: int) -> date | None:
        """Return the day on which the counted seconds reached a threshold."""
        return next((entry.day for entry in self.entries if entry.running_seconds >= threshold), None)


@cache
def statement(name: str) -> TextClause:
    """Return a statement of this capability by the name of its file."""
    return text((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))


def behind(connection: Connection, row: Mapping[str, Any], tables: RuleTables) -> Behind:
    """Return what stands behind a row of `patient_month` that also says its month's bounds and time zone, in one query."""
    key = {name: row[name] for name in KEYS} | {"patient_month_id": row["id"]}
    found = dict(connection.execute(statement("behind"), key).mappings().one())
    known = {"qhp_time": row["qhp_time"]}
    lines = [line_of(line) | known for line in found["program_lines"]]
    waived = tuple(Waiver.printed(one | {"id": UUID(one["id"]), "patient_id": row["patient_id"]}) for one in found["waived"])
    decision = Decision.of_row(row, tables, lines, waived=waived)
    return Behind(decision=decision, entries=_entries(found["entries"], thresholds(decision)), papers=found["papers"] or {})


def behind_now(row: Mapping[str, Any], decision: Decision) -> Behind:
    """Return what stands behind a decision of this transaction; `row` is that of `decided_now`."""
    return Behind(decision=decision, entries=_entries(row["entries"], thresholds(decision)))


@cache
def decided_now() -> TextClause:
    """Return the statement that reads a decision of this transaction with what stands behind it."""
    own = statement("behind").text.replace(":entry_ids", "d.entry_ids").replace(":entry_seconds", "d.entry_seconds")
    return text((Path(__file__).parent / "decided_now.sql").read_text(encoding="utf-8").replace("{behind}", own))


def line_of(line: dict[str, Any]) -> dict[str, Any]:
    """Return a program line that JSON held, with its days as dates."""
    return line | {name: _day(line[name]) for name in DAYS_OF_LINE}


def documented_decision(decision: Decision, kept: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """Return the level of decision-making that a claim is billed for and who documented it when; None where no code of the claim asks for one."""
    if not decision.mdm_level or not any(decision.tables.codes[code].mdm_levels for code in decision.codes):
        return None
    by = f"documented by {kept['by']} on {long_date(date.fromisoformat(kept['documented_on']))}" if kept else ""
    return f"{decision.mdm_level.capitalize()} decision-making", by


def thresholds(decision: Decision) -> tuple[int, ...]:
    """Return the counted seconds at which each billed unit of a decision was reached."""
    return thresholds_of(decision.tables, decision.codes, decision.units)


def thresholds_of(tables: RuleTables, codes: Sequence[str], units: Sequence[int]) -> tuple[int, ...]:
    """Return the counted seconds at which each unit of a claim was reached: the base's threshold, then one increment after another."""
    base = next((code for code in codes if tables.codes[code].first_threshold_seconds), None)
    first = None if base is None else tables.codes[base].first_threshold_seconds
    if first is None:
        return ()
    reached = [first]
    for code, count in zip(codes, units, strict=True):
        if code != base:
            step = tables.codes[code].increment_seconds or 0
            reached += [reached[-1] + step * unit for unit in range(1, count + 1)]
    return tuple(reached)


def _entries(rows: list[dict[str, Any]], reached_at: tuple[int, ...]) -> tuple[EntryOfMonth, ...]:
    entries, running = [], 0
    for row in rows:
        before, running = running, running + row["seconds"]
        moments = {name: datetime.fromisoformat(row[name]) for name in ("starts", "ends")}
        crosses = any(before < threshold <= running for threshold in reached_at)
        entries.append(EntryOfMonth(**row | moments, running_seconds=running, crosses=crosses))
    return tuple(entries)


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)

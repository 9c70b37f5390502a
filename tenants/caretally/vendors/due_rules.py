"""When exceptions are due: a vendor's own days after the month, for a finding or for all findings that a role owns, from which month on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.errors import UsageMistake
from caretally.months import Month
from caretally.vendors.policies import refuse_closed_months

# As the table's check says too.
MOST_DAYS = 365
# CMS's 60 days, which no vendor lengthens.
OF_CMS = "OVERPAYMENT_REVIEW"
GATES = text(
    "SELECT g.code, g.label, g.owner_role, g.due_days, d.days FROM gate g JOIN tenancy.due_days(:today) d USING (code) "
    "WHERE g.code <> :of_cms AND g.kind <> 'parks' ORDER BY g.owner_role, g.ordinal"
)
RULES = text(
    "SELECT subject, days, valid_from, valid_to FROM due_rule WHERE vendor_id = (SELECT tenancy.current_vendor()) "
    "AND coalesce(valid_to, 'infinity') >= :today ORDER BY subject, valid_from"
)
DROP_LATER = text(
    "DELETE FROM due_rule WHERE vendor_id = (SELECT tenancy.current_vendor()) AND subject = :subject AND valid_from >= :first"
)
END_EARLIER = text(
    "UPDATE due_rule SET valid_to = :before WHERE vendor_id = (SELECT tenancy.current_vendor()) AND subject = :subject "
    "AND valid_from < :first AND (valid_to IS NULL OR valid_to >= :first)"
)
ADD = text(
    "INSERT INTO due_rule (vendor_id, subject, days, valid_from) VALUES ((SELECT tenancy.current_vendor()), :subject, :days, :first) RETURNING id"
)


@dataclass(frozen=True)
class DueRule:
    """What a vendor said: days after the month, the first day it holds for and the last (None: until further notice)."""

    days: int
    first: date
    last: date | None


@dataclass(frozen=True)
class DueFinding:
    """A finding: after how many days it is due now, `delivered` how many without any rule; `rules` are its own, now and later."""

    code: str
    label: str
    owner: str
    days: int
    delivered: int
    rules: Sequence[DueRule]


@dataclass(frozen=True)
class DueDates:
    """All findings in the order of their owners, and by owner the rules that hold for all of theirs."""

    findings: Sequence[DueFinding]
    owners: dict[str, Sequence[DueRule]]


def due_dates_of_vendor(connection: Connection, *, today: date) -> DueDates:
    """Return when the findings of the current vendor are due by the rules of today."""
    said: dict[str, list[DueRule]] = {}
    for row in connection.execute(RULES, {"today": today}):
        said.setdefault(row.subject, []).append(DueRule(row.days, row.valid_from, row.valid_to))
    gates = connection.execute(GATES, {"today": today, "of_cms": OF_CMS}).all()
    findings = [DueFinding(row.code, row.label, row.owner_role, row.days, row.due_days, said.get(row.code, ())) for row in gates]
    return DueDates(findings, {owner: said.get(owner, ()) for owner in dict.fromkeys(one.owner for one in findings)})


def set_due_rule(connection: Connection, subject: str, days: int | None, *, start: Month) -> UUID | None:
    """Let a finding (its code), or all that a role owns, be due so many days after the month from a month on, in place of what was said for later.

    No `days` go back to what is delivered. The audit log keeps it. Raises `UsageMistake` for what is neither finding nor owner,
    `PolicyOfClosedMonth` when a client closed that month or a later one.
    """
    known = due_dates_of_vendor(connection, today=start.first_day)
    if subject not in {one.code for one in known.findings} | set(known.owners):
        raise UsageMistake("Choose whose findings, or one finding.")
    refuse_closed_months(connection, start)
    values = {"subject": subject, "first": start.first_day, "before": start.first_day - timedelta(days=1)}
    connection.execute(DROP_LATER, values)
    connection.execute(END_EARLIER, values)
    made: UUID | None = None if days is None else connection.execute(ADD, values | {"days": days}).scalar_one()
    append_event(connection, action="due_rule.changed", detail={"rule": made, "of": subject, "days": days, "from": str(start)})
    return made

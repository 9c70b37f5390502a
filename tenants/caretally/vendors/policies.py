"""A vendor's policies: for each gate that is its own to decide, whether it holds, warns or is off, from which month on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.errors import Conflict, UsageMistake
from caretally.months import Month

EFFECTS = ("off", "warn", "hold")
# Each client's agreement says what these do, so a vendor's own policy would never be asked.
OF_AGREEMENTS = ("CARE_PLAN_COPY_MISSING", "CARE_PLAN_REVIEW_OVERDUE")
GATES = text(
    "SELECT g.code, g.label, g.fix, g.default_effect, p.id AS policy_id, p.effect, p.valid_from, p.valid_to FROM gate g "
    "LEFT JOIN vendor_policy p ON p.gate_code = g.code AND p.vendor_id = (SELECT tenancy.current_vendor()) "
    "WHERE g.kind = 'policy' AND g.vendor_may_change AND g.code <> ALL (:agreed) ORDER BY g.ordinal, p.valid_from"
)
HOLD = text("SELECT 1 FROM vendor_lock WHERE vendor_id = (SELECT tenancy.current_vendor()) FOR UPDATE")
CLOSED = text(
    "SELECT c.code, m.month FROM client_month m JOIN client c USING (vendor_id, client_id) WHERE m.vendor_id = (SELECT tenancy.current_vendor()) "
    "AND m.status = 'closed' AND m.month >= :first ORDER BY m.month DESC, c.code LIMIT 1"
)
DROP_LATER = text(
    "DELETE FROM vendor_policy WHERE vendor_id = (SELECT tenancy.current_vendor()) AND gate_code = :code AND valid_from >= :first"
)
END_EARLIER = text(
    "UPDATE vendor_policy SET valid_to = :before WHERE vendor_id = (SELECT tenancy.current_vendor()) AND gate_code = :code "
    "AND valid_from < :first AND (valid_to IS NULL OR valid_to >= :first)"
)
ADD = text(
    "INSERT INTO vendor_policy (vendor_id, gate_code, effect, valid_from) VALUES ((SELECT tenancy.current_vendor()), :code, :effect, :first) RETURNING id"
)


class PolicyOfClosedMonth(Conflict):
    """A policy would reach back into a month that a client closed."""

    code = "policy_of_closed_month"


@dataclass(frozen=True)
class Dated:
    """What a policy says in a time: an effect, its first day, its last (None: until further notice)."""

    effect: str
    first: date
    last: date | None


@dataclass(frozen=True)
class Policy:
    """One gate that the vendor decides about: `now` is its effect today, `since` the day from which (None: the product's own), `dated` all that was said."""

    code: str
    label: str
    fix: str
    default_effect: str
    now: str
    since: date | None
    dated: Sequence[Dated]

    def later(self, today: date) -> list[Dated]:
        """Return what will hold from a day to come."""
        return [one for one in self.dated if one.first > today]


def policies_of_vendor(connection: Connection, *, today: date) -> list[Policy]:
    """Return the current vendor's policies in the order of the gates."""
    gathered: dict[str, tuple[str, str, str, list[Dated]]] = {}
    for row in connection.execute(GATES, {"agreed": list(OF_AGREEMENTS)}):
        known = gathered.setdefault(row.code, (row.label, row.fix, row.default_effect, []))
        if row.policy_id is not None:
            known[3].append(Dated(row.effect, row.valid_from, row.valid_to))
    return [_policy(code, *found, today=today) for code, found in gathered.items()]


def set_policy(connection: Connection, code: str, effect: str, *, start: Month) -> UUID:
    """Let a gate hold, warn or be off from the first day of a month on, in place of what was said for later; the audit log keeps it.

    Raises `UsageMistake` for a gate or effect that is not the vendor's to choose, `PolicyOfClosedMonth` when a client closed that month or a later one.
    """
    known = {row.code for row in connection.execute(GATES, {"agreed": list(OF_AGREEMENTS)})}
    if code not in known or effect not in EFFECTS:
        raise UsageMistake("Choose one of the policies, and whether it holds, warns or is off.")
    refuse_closed_months(connection, start)
    values = {"code": code, "first": start.first_day, "before": start.first_day - timedelta(days=1)}
    connection.execute(DROP_LATER, values)
    connection.execute(END_EARLIER, values)
    made: UUID = connection.execute(ADD, values | {"effect": effect}).scalar_one()
    append_event(connection, action="policy.changed", detail={"policy": made, "gate": code, "effect": effect, "from": str(start)})
    return made


def refuse_closed_months(connection: Connection, start: Month) -> None:
    """Hold the vendor's closes up and raise `PolicyOfClosedMonth` when a client closed the month or a later one."""
    connection.execute(HOLD)
    closed = connection.execute(CLOSED, {"first": start.first_day}).one_or_none()
    if closed is not None:
        raise PolicyOfClosedMonth(f"{closed.code} closed {closed.month:%B %Y} under the policies of then; choose a month after it.")


def _policy(code: str, label: str, fix: str, default: str, dated: list[Dated], *, today: date) -> Policy:
    holds = next((one for one in dated if one.first <= today and (one.last is None or one.last >= today)), None)
    return Policy(code, label, fix, default, holds.effect if holds else default, holds.first if holds else None, dated)

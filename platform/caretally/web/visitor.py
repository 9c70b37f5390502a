"""Who a request comes from, as pages need it; `app` passes in the function that finds out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Request

from caretally.tenancy.context import TenantContext


@dataclass(frozen=True)
class Visitor:
    """A signed-in person in one of their memberships.

    `clients` is None for a vendor's own people; a practice's people see these clients only, on their own pool and database role.
    `must_step_up` are those of the permissions that ask for a fresh second factor first; `period` is the first and the last day that an
    auditor may look at. `actor` goes to the audit log and into the signed context, `session_key` is what form tokens are bound to and no secret of the session.
    """

    actor: str
    name: str
    role: str
    vendor_id: UUID
    vendor_name: str
    permissions: frozenset[str]
    session_key: str
    clients: tuple[UUID, ...] | None = None
    must_step_up: frozenset[str] = frozenset()
    period: tuple[date, date] | None = None

    @property
    def context(self) -> TenantContext:
        """The context that the database verifies for each transaction of this visitor."""
        return TenantContext(self.vendor_id, self.actor, self.clients, self.period)

    @property
    def initials(self) -> str:
        """Two letters for the picture in the rail."""
        words = self.name.split() or ["?"]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


FindVisitor = Callable[[Request], Visitor | None]

"""Who a request comes from, as pages need it; `app` passes in the function that finds out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import Request

from caretally.tenancy.context import TenantContext

# What an operator's context names at the installation's own pages: the nil UUID (RFC 9562, 5.9), which no vendor has.
NO_VENDOR = UUID(int=0)


@dataclass(frozen=True)
class Reading:
    """A break-glass access that an operator reads a vendor's data by, until it ends."""

    id: UUID
    ends_at: datetime


@dataclass(frozen=True)
class Visitor:
    """A signed-in person in one of their memberships.

    `clients` is None for a vendor's own people; a practice's people see these clients only, on their own pool and database role.
    `must_step_up` are those of the permissions that ask for a fresh second factor first; `period` is the first and the last day that an
    auditor may look at. `operates` is an operator at the installation's own pages, `reading` one who reads this vendor's data by break-glass.
    `actor` goes to the audit log and into the signed context, `session_key` is what form tokens are bound to and no secret of the session.
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
    operates: bool = False
    reading: Reading | None = None

    @property
    def context(self) -> TenantContext:
        """The context that the database verifies for each transaction of this visitor."""
        ends_at = self.reading.ends_at if self.reading else None
        return TenantContext(self.vendor_id, self.actor, self.clients, self.period, reads_only=self.reading is not None, ends_at=ends_at)

    @property
    def initials(self) -> str:
        """Two letters for the picture in the rail."""
        words = self.name.split() or ["?"]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


FindVisitor = Callable[[Request], Visitor | None]

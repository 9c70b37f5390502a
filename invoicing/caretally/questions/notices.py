"""The mails about threads: to whom, and what they say. They name an invoice and no patient, and hold nothing of what was said."""

from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.mail.message import Mail

SUBJECTS = {
    "open": "A line of invoice {number} waits for your answer",
    "answered": "A question about invoice {number} was answered",
    "accepted": "A line of invoice {number} was accepted",
    "withdrawn": "A question about invoice {number} was withdrawn",
}
# The vendor's billing administrators, its administrators where there is none; or those of the practice.
OF_VENDOR = text(
    "SELECT DISTINCT email FROM membership WHERE vendor_id = :vendor_id AND ended_at IS NULL AND role = (SELECT role FROM membership "
    "WHERE vendor_id = :vendor_id AND ended_at IS NULL AND role IN ('billing_admin', 'vendor_admin') ORDER BY role LIMIT 1) ORDER BY 1"
)
OF_PRACTICE = text(
    "SELECT DISTINCT m.email FROM membership m JOIN membership_client c ON c.vendor_id = m.vendor_id AND c.membership_id = m.id "
    "WHERE m.vendor_id = :vendor_id AND m.ended_at IS NULL AND m.role = 'practice_administrator' AND c.client_id = :client_id ORDER BY 1"
)


def addresses(accounts: Connection, side: Literal["practice", "vendor"], *, vendor_id: UUID, client_id: UUID) -> list[str]:
    """Return where to write to a side of a thread; `accounts` is a connection of the sign-in, which knows memberships."""
    of_side = OF_VENDOR if side == "vendor" else OF_PRACTICE
    return list(accounts.scalars(of_side, {"vendor_id": vendor_id, "client_id": client_id}))


def notice(to: str, *, state: str, number: str, address: str) -> Mail:
    """Return the mail that a thread has gone on; `address` leads to it."""
    subject = SUBJECTS[state].format(number=number)
    return Mail(to, subject, f"{subject}. Sign in to read it:\n\n{address}\n\nThis mail holds nothing of what was written there.\n")

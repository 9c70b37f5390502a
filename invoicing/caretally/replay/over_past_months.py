"""What a version would have brought over a client's newest months, beside what was closed or would be closed; nothing stays."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.close.prepare import Client
from caretally.months import Month
from caretally.replay.versions import NoSuchClient
from caretally.whatif.changes import Changes, TriedVersion
from caretally.whatif.what_if import what_if

MONTHS_REPLAYED = 6
CLIENT = text("SELECT vendor_id, client_id AS id, code, name, timezone, po_number, terms_days FROM client WHERE client_id = :client_id")
MONTHS = text(
    "SELECT DISTINCT month FROM client_month WHERE client_id = :client_id AND status <> 'open' AND month <= current_date ORDER BY month DESC LIMIT :most"
)


@dataclass(frozen=True)
class ReplayedMonth:
    """One month under the version: invoice totals in cents, how many patient-months of how many differ; `parked` says why it has no price."""

    month: Month
    state: str
    before_cents: int
    after_cents: int
    different: int
    compared: int
    parked: str | None

    @property
    def difference_cents(self) -> int:
        """What the invoice would have been more, or less."""
        return self.after_cents - self.before_cents


def client_of(connection: Connection, client_id: UUID) -> Client:
    """Return a client as a close takes it. Raises `NoSuchClient`."""
    row = connection.execute(CLIENT, {"client_id": client_id}).mappings().one_or_none()
    if row is None:
        raise NoSuchClient("There is no such client; choose one from the list of agreements.")
    return Client(**row)


def months_of(connection: Connection, client_id: UUID) -> list[Month]:
    """Return the client's newest six begun months, the newest first."""
    return [Month.of(day) for day in connection.scalars(MONTHS, {"client_id": client_id, "most": MONTHS_REPLAYED})]


def replayed(connection: Connection, client: Client, month: Month, version: TriedVersion) -> ReplayedMonth:
    """Return one month under a version; everything is rolled back."""
    told = what_if(connection, client, month, Changes(version=version))
    after = told.total_cents_after if told.parked_reason is None else told.total_cents_before
    return ReplayedMonth(month, told.state, told.total_cents_before, after, len(told.patients), told.compared, told.parked_reason)

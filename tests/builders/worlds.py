"""Two vendors with practices, patients and people whose names are canaries, and everybody who may look at them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from caretally.identity.roles import BREAK_GLASS, MATRIX, Permission, Role
from caretally.web.visitor import NO_VENDOR, Reading, Visitor
from tests.builders.accounts import give_role, new_signer
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of
from tests.builders.pages_office import invoice_id, office_with_closed_month


@dataclass(frozen=True)
class Owned:
    """What somebody else must not see: the ids of an invoice, of a membership at its practice, of a patient with an exception
    and of the client, and a canary in the names."""

    invoice: UUID
    member: UUID
    canary: str
    patient: UUID
    client: UUID


def held(permissions: Iterable[Permission]) -> frozenset[str]:
    """Return permissions by their values, as a visitor holds them."""
    return frozenset(permission.value for permission in permissions)


def owned(office: Office, client: str, name: str) -> Owned:
    """Return what a practice owns."""
    member = "SELECT membership_id FROM membership_client WHERE client_id = :client_id"
    key = {"client_id": office.clients[client]}
    patient = office.value("SELECT id FROM patient WHERE client_id = :client_id AND given_name = 'Shirley'", **key)
    return Owned(invoice_id(office, client), office.value(member, **key), f"{name}-{client}", patient, UUID(str(key["client_id"])))


@dataclass(frozen=True)
class World:
    """Two vendors; the first has two practices. Every name of a patient or practice is a canary of its owner."""

    pages: Pages
    ours: Office
    theirs: Office

    def visitors(self) -> dict[str, tuple[Visitor | None, list[Owned]]]:
        """Return each visitor with what is not theirs."""
        of_a = [owned(self.ours, code, "Castellano") for code in ("A1", "A2")]
        of_b = [owned(self.theirs, "B1", "Quillfeather")]
        ours = self.ours.clients
        return {
            "vendor A": (visitor_of(self.ours.vendor_id), of_b),
            "practice A1": (visitor_of(self.ours.vendor_id, clients=[ours["A1"]]), [of_a[1], *of_b]),
            "practice A2": (visitor_of(self.ours.vendor_id, clients=[ours["A2"]]), [of_a[0], *of_b]),
            "vendor B": (visitor_of(self.theirs.vendor_id), of_a),
            "an operator": (visitor_of(NO_VENDOR, permissions=held(MATRIX[Role.OPERATOR]), operates=True), of_a + of_b),
            "an operator who reads vendor A": (self.reader(), of_b),
            "anonymous": (None, of_a + of_b),
        }

    def reader(self) -> Visitor:
        """Return an operator who reads the first vendor's data by break-glass."""
        reading = Reading(uuid4(), datetime.now(UTC) + timedelta(minutes=30))
        return visitor_of(self.ours.vendor_id, permissions=held(BREAK_GLASS), reading=reading)


def new_world(database: TestDatabase) -> World:
    """Return both vendors with a closed month, and an administrator at each practice."""
    ours, theirs = office_with_closed_month(database, "A1", "A2"), office_with_closed_month(database, "B1", name="Quillfeather")
    for office, code, name in ((ours, "A1", "Castellano"), (ours, "A2", "Castellano"), (theirs, "B1", "Quillfeather")):
        signer = new_signer(database, name=f"Person of {name}-{code}")
        give_role(database, signer, office.vendor_id, "practice_administrator", clients=[code])
    return World(Pages(database), ours, theirs)

"""Two vendors with practices, patients and people whose names are canaries, and everybody who may look at them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import text

from caretally.identity.roles import BREAK_GLASS, MATRIX, Permission, Role
from caretally.practice.roster import GivenRoster, GivenRow, compare
from caretally.practice.sample import Draw, draw
from caretally.questions.ask import Asked, ask
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.visitor import NO_VENDOR, Reading, Visitor
from tests.builders.accounts import give_role, new_signer
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office
from tests.builders.pages import Pages, visitor_of
from tests.builders.pages_office import invoice_id, office_with_closed_month, send_all


@dataclass(frozen=True)
class Owned:
    """What somebody else must not see: ids of an invoice, of a membership at its practice, of a thread, of a patient with an exception, of a sample, a
    roster and of the client itself. The canary stands in the names and in what was asked.
    """

    invoice: UUID
    member: UUID
    canary: str
    question: UUID
    patient: UUID
    sample: UUID
    item: UUID
    roster: UUID
    client: UUID


def held(permissions: Iterable[Permission]) -> frozenset[str]:
    """Return permissions by their values, as a visitor holds them."""
    return frozenset(permission.value for permission in permissions)


def owned(office: Office, client: str, name: str) -> Owned:
    """Return what a practice owns."""
    member = "SELECT membership_id FROM membership_client WHERE client_id = :client_id"
    key = {"client_id": office.clients[client]}
    return Owned(
        invoice_id(office, client),
        office.value(member, **key),
        f"{name}-{client}",
        question=office.value("SELECT id FROM line_question WHERE client_id = :client_id", **key),
        patient=office.value("SELECT id FROM patient WHERE client_id = :client_id AND given_name = 'Shirley'", **key),
        sample=uuid5(NAMESPACE_URL, f"sample of {key}"),
        item=item_of(office, client),
        roster=uuid5(NAMESPACE_URL, f"roster of {key}"),
        client=office.clients[client],
    )


def item_of(office: Office, client: str) -> UUID:
    """Return the id of what a practice drew, which its vendor cannot read."""
    context = TenantContext(office.vendor_id, "tester", (office.clients[client],))
    with tenant_transaction(office.database.practice_engine, context, secret=office.database.secret) as connection:
        return UUID(str(connection.scalar(text("SELECT id FROM practice_sample_item"))))


def fill_own_space(office: Office, client: str, name: str) -> None:
    """Let a practice ask about a line, draw a sample and compare a roster, with its canary in all of them."""
    key = {"client_id": office.clients[client]}
    context = TenantContext(office.vendor_id, "tester", (office.clients[client],))
    with tenant_transaction(office.database.practice_engine, context, secret=office.database.secret) as connection:
        line = connection.execute(text("SELECT id, invoice_id FROM invoice_line ORDER BY line_number LIMIT 1")).one()
        asked = Asked(
            id=uuid4(),
            invoice_id=line.invoice_id,
            invoice_line_id=line.id,
            kind="question",
            said=f"{name}-{client} asks",
            answer_by=date(2030, 1, 15),
        )
        ask(connection, asked, vendor_id=office.vendor_id, name=f"{name}-{client}")
        sample = Draw(
            id=uuid5(NAMESPACE_URL, f"sample of {key}"), client_id=office.clients[client], month=OCTOBER, size=1, seed=f"{name}-{client}"
        )
        draw(connection, sample, vendor_id=office.vendor_id, name=f"{name}-{client}")
        given = GivenRoster(rows=(GivenRow(line=2, name=f"{name}-{client}", born="", mrn="1", mbi=""),), sha256="0" * 64)
        compare(
            connection,
            given,
            roster_id=uuid5(NAMESPACE_URL, f"roster of {key}"),
            client_id=office.clients[client],
            month=OCTOBER,
            vendor_id=office.vendor_id,
            name=f"{name}-{client}",
        )


@dataclass(frozen=True)
class World:
    """Two vendors; the first has two practices. Every name of a patient or practice is a canary of its owner."""

    pages: Pages
    ours: Office
    theirs: Office

    @cached_property
    def belongings(self) -> tuple[list[Owned], list[Owned]]:
        """What the practices of the one vendor and of the other own, asked for once: no test takes anything of it away."""
        return [owned(self.ours, code, "Castellano") for code in ("A1", "A2")], [owned(self.theirs, "B1", "Quillfeather")]

    def visitors(self) -> dict[str, tuple[Visitor | None, list[Owned]]]:
        """Return each visitor with what is not theirs."""
        of_a, of_b = self.belongings
        ours = self.ours.clients
        return {
            "vendor A": (visitor_of(self.ours.vendor_id), of_b),
            "practice A1": (visitor_of(self.ours.vendor_id, clients=[ours["A1"]]), [of_a[1], *of_b]),
            "practice A2": (visitor_of(self.ours.vendor_id, clients=[ours["A2"]]), [of_a[0], *of_b]),
            "an auditor of A1": (self.auditor(), [of_a[1], *of_b]),
            "vendor B": (visitor_of(self.theirs.vendor_id), of_a),
            "an operator": (visitor_of(NO_VENDOR, permissions=held(MATRIX[Role.OPERATOR]), operates=True), of_a + of_b),
            "an operator who reads vendor A": (self.reader(), of_b),
            "anonymous": (None, of_a + of_b),
        }

    def auditor(self) -> Visitor:
        """Return who audits the first practice's October."""
        october = (OCTOBER.first_day, OCTOBER.last_day)
        return visitor_of(self.ours.vendor_id, clients=[self.ours.clients["A1"]], permissions=held(MATRIX[Role.AUDITOR]), period=october)

    def reader(self) -> Visitor:
        """Return an operator who reads the first vendor's data by break-glass."""
        reading = Reading(uuid4(), datetime.now(UTC) + timedelta(minutes=30))
        return visitor_of(self.ours.vendor_id, permissions=held(BREAK_GLASS), reading=reading)


def new_world(database: TestDatabase) -> World:
    """Return both vendors with a closed month, and an administrator at each practice."""
    ours, theirs = office_with_closed_month(database, "A1", "A2"), office_with_closed_month(database, "B1", name="Quillfeather")
    send_all(ours)
    send_all(theirs)
    for office, code, name in ((ours, "A1", "Castellano"), (ours, "A2", "Castellano"), (theirs, "B1", "Quillfeather")):
        signer = new_signer(database, name=f"Person of {name}-{code}")
        give_role(database, signer, office.vendor_id, "practice_administrator", clients=[code])
        fill_own_space(office, code, name)
    return World(Pages(database), ours, theirs)

"""A vendor whose nurse and supervisor sign in and log time, for tests of the timer and its pages."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from caretally.carelog.staff_ties import tie
from caretally.identity.roles import MATRIX, Role
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.visitor import Visitor
from tests.builders.accounts import give_role, new_signer, submit
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, visitor_of


@dataclass
class Timekeeping:
    """The client `A1` with patients by record number; people by `nurse`, `colleague` and `supervisor`, each tied to somebody of the staff."""

    office: Office
    patients: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def context(self, who: str = "nurse") -> TenantContext:
        """Return the signed context of a person."""
        return TenantContext(self.office.vendor_id, f"person:{self.accounts[who]}")

    def transaction(self, who: str = "nurse") -> Any:
        """Open a transaction of a person."""
        return tenant_transaction(self.office.database.vendor_engine, self.context(who), secret=self.office.database.secret)

    def turn_back(self, seconds: int, *, seen: bool = True) -> None:
        """Let the nurse's timer have started so many seconds earlier, last seen as early unless told otherwise."""
        columns = "started_at = started_at - s, running_since = running_since - s" + (", seen_at = seen_at - s" if seen else "")
        with self.office.transaction() as connection:
            connection.execute(
                text(f"UPDATE timer SET {columns} FROM (SELECT make_interval(secs => :seconds) AS s) x WHERE ended_at IS NULL"),
                {"seconds": seconds},
            )

    def page(self, pages: Pages, path: str, who: str = "nurse") -> TestResponse:
        """Open a page as a person."""
        return pages.get(path, self.visitors[who])

    def send(self, pages: Pages, path: str, who: str = "nurse", *, to: str = "", **typed: object) -> TestResponse:
        """Open a page as a person and send its form."""
        return submit(pages.client(self.visitors[who]), path, to=to, **typed)

    def add_person(self, name: str, staff: str, role: Role) -> None:
        """Let a person of a role sign in as somebody of the staff."""
        signer = new_signer(self.office.database, name=f"{name.capitalize()} Person")
        give_role(self.office.database, signer, self.office.vendor_id, role)
        self.accounts[name] = signer.id
        held = frozenset(map(str, MATRIX[role]))
        self.visitors[name] = visitor_of(
            self.office.vendor_id, permissions=held, actor=f"person:{signer.id}", name=f"{name.capitalize()} Person", role=role
        )
        with self.office.transaction() as connection:
            tie(connection, signer.id, self.office.staff[staff])


def new_timekeeping(database: TestDatabase, **terms: Any) -> Timekeeping:
    """Return a vendor with one client, two patients, a nurse, a colleague and a supervisor."""
    office = new_office(database, "A1", **terms)
    office.add_staff("rn2", given_name="Omar", family_name="Diaz")
    office.add_staff("sup", given_name="Ines", family_name="Ferro")
    made = Timekeeping(office)
    for mrn, given, family in (("1001", "Alma", "Abara"), ("1002", "Bela", "Brandt")):
        made.patients[mrn] = office.add_patient(
            "A1",
            mrn,
            given_name=given,
            family_name=family,
            search_name=f"{family} {given}".lower(),
            birth_date=f"1941-03-{int(mrn) % 100:02d}",
        )
    made.add_person("nurse", "rn", Role.CLINICAL_STAFF)
    made.add_person("colleague", "rn2", Role.CLINICAL_STAFF)
    made.add_person("supervisor", "sup", Role.CLINICAL_SUPERVISOR)
    return made


def now_of(connection: Connection) -> datetime:
    """Return the database's clock to the second."""
    moment: datetime = connection.execute(text("SELECT date_trunc('second', clock_timestamp())")).scalar_one()
    return moment


def some_minutes_ago(minutes: int) -> datetime:
    """Return a moment of the recent past, to the second."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)

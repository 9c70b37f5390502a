"""A vendor with one client and patients whose papers are in order, so that only what a test changes matters."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

from caretally.close.close_month import clients_to_close, close_month
from caretally.close.prepare import Client
from caretally.close.results import ClientResult
from caretally.months import Month
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase

OCTOBER = Month(2026, 10)
ELEMENTS = ["problems", "expected_outcome", "goals", "management", "interventions", "community_services", "coordination", "review_schedule"]
PRICES = {"99490": 3800, "99439": 1600, "99487": 9000, "99489": 4000, "99491": 5000, "99437": 3000}
numbers = count(1)


def insert(connection: Connection, table: str, values: Mapping[str, Any], *, returning: str = "id") -> Any:
    """Insert one row and return one of its columns."""
    columns = ", ".join(values)
    binds = ", ".join(f":{name}" for name in values)
    return connection.scalar(text(f"INSERT INTO {table} ({columns}) VALUES ({binds}) RETURNING {returning}"), values)


@dataclass
class Office:
    """A vendor of the test's database; `clients` maps codes to ids. Every method opens a transaction of its own."""

    database: TestDatabase
    vendor_id: UUID
    actor: str = "tester"
    clients: dict[str, UUID] = field(default_factory=dict)
    providers: dict[str, UUID] = field(default_factory=dict)
    staff: dict[str, UUID] = field(default_factory=dict)

    def transaction(self) -> Any:
        """Open a transaction of the vendor."""
        return tenant_transaction(self.database.vendor_engine, TenantContext(self.vendor_id, self.actor), secret=self.database.secret)

    def add_client(
        self, code: str, *, timezone: str = "America/New_York", basis: str = "per_code", prices: Mapping[str, int] = PRICES, **terms: Any
    ) -> UUID:
        """Add a client with a provider and an agreement since 2026."""
        key = {"vendor_id": self.vendor_id}
        with self.transaction() as connection:
            client_id = insert(
                connection, "client", key | {"code": code, "name": f"Practice {code}", "timezone": timezone}, returning="client_id"
            )
            key["client_id"] = client_id
            provider = {"npi": f"9{next(numbers):09d}", "family_name": "Okafor", "given_name": "Rosa", "credential": "MD"}
            self.providers[code] = insert(connection, "provider", key | provider)
            agreement_id = insert(connection, "agreement", key | {"valid_from": "2026-01-01", "basis": basis} | terms)
            for price_code, cents in prices.items():
                insert(connection, "agreement_price", key | {"agreement_id": agreement_id, "code": price_code, "price_cents": cents})
        self.clients[code] = client_id
        return UUID(str(client_id))

    def add_staff(self, code: str, **changes: Any) -> UUID:
        """Add a nurse licensed in New York."""
        nurse = {
            "vendor_id": self.vendor_id,
            "code": code,
            "family_name": "Rivers",
            "given_name": "Tia",
            "role": "clinical",
            "credential": "RN",
            "licensed_states": ["NY"],
        }
        with self.transaction() as connection:
            staff_id: UUID = insert(connection, "staff", nurse | changes)
        self.staff[code] = staff_id
        return staff_id

    def add_patient(self, client: str, mrn: str, **changes: Any) -> UUID:
        """Add a patient enrolled since January with consent, visit, plan and two conditions."""
        with self.transaction() as connection:
            return self.insert_patient(connection, client, mrn, **changes)

    def insert_patient(self, connection: Connection, client: str, mrn: str, **changes: Any) -> UUID:
        """Insert what `add_patient` adds, in the caller's transaction."""
        key: dict[str, Any] = {"vendor_id": self.vendor_id, "client_id": self.clients[client]}
        person = {
            "mrn": mrn,
            "family_name": "Abara",
            "given_name": "Alma",
            "birth_date": "1941-03-02",
            "state": "NY",
            "qmb": False,
            "part_b_from": "2010-01-01",
        }
        key["patient_id"] = patient_id = insert(connection, "patient", key | person | changes)
        by_provider = {"program": "CCM", "provider_id": self.providers[client]}
        insert(connection, "enrolment", key | {"program": "CCM", "status": "enrolled", "valid_from": "2026-01-05"})
        insert(connection, "assignment", key | by_provider | {"valid_from": "2026-01-05"})
        agreed = dict.fromkeys(("scope", "cost_sharing", "one_practitioner", "stop"), True)
        insert(connection, "consent", key | by_provider | agreed | {"method": "verbal", "obtained_on": "2026-01-05"})
        insert(connection, "visit", key | {"visited_on": "2026-01-05", "kind": "AWV"})
        for icd10 in ("E119", "I10"):
            insert(connection, "condition", key | {"icd10": icd10})
        plan = {"version": 1, "effective_on": "2026-01-06", "copy_given_on": "2026-01-06", "signed_on": "2026-01-06", "elements": ELEMENTS}
        insert(connection, "care_plan", key | plan)
        return UUID(str(patient_id))

    def add_time(
        self,
        client: str,
        patient_id: UUID,
        staff: str,
        *,
        starts: datetime = datetime(2026, 10, 5, 14, tzinfo=UTC),
        seconds: int = 1200,
        **changes: Any,
    ) -> UUID:
        """Add one time entry, 20 minutes on 5 October unless told otherwise."""
        with self.transaction() as connection:
            return self.insert_time(connection, client, patient_id, staff, starts=starts, seconds=seconds, **changes)

    def insert_time(
        self, connection: Connection, client: str, patient_id: UUID, staff: str, *, starts: datetime, seconds: int, **changes: Any
    ) -> UUID:
        """Insert what `add_time` adds, in the caller's transaction."""
        entry = {
            "vendor_id": self.vendor_id,
            "client_id": self.clients[client],
            "patient_id": patient_id,
            "staff_id": self.staff[staff],
            "started_at": starts,
            "ended_at": starts + timedelta(seconds=seconds),
            "program": "CCM",
            "source": "dialer",
            "external_id": f"e{next(numbers)}",
            "activity": "call",
            "description": "medication review",
        }
        entry_id: UUID = insert(connection, "time_entry", entry | changes)
        return entry_id

    def add_late_time(
        self,
        client: str,
        patient_id: UUID,
        staff: str,
        *,
        starts: datetime,
        seconds: int,
        external_id: str = "",
        source: str = "dialer",
        **changes: Any,
    ) -> UUID:
        """Add time for a closed month as an import keeps it; an `external_id` of the month's own corrects or approves that entry."""
        fields = {
            "program": "CCM",
            "activity": "call",
            "description": "call",
            "approved_by": "",
            "within_em": False,
            "contact": "",
        } | changes
        entry = {
            "vendor_id": self.vendor_id,
            "client_id": self.clients[client],
            "patient_id": patient_id,
            "staff_id": self.staff[staff],
            "kind": "corrected" if external_id else "new",
            "month": starts.date().replace(day=1),
            "started_at": starts,
            "ended_at": starts + timedelta(seconds=seconds),
            "source": source,
            "external_id": external_id or f"late-{next(numbers)}",
            "fields": json.dumps(fields),
        }
        with self.transaction() as connection:
            late_id: UUID = insert(connection, "late_entry", entry)
        return late_id

    def client(self, code: str) -> Client:
        """Return the client as a close takes it."""
        with self.transaction() as connection:
            return clients_to_close(connection, [code])[0]

    def close(self, *codes: str, month: Month = OCTOBER, **options: Any) -> list[ClientResult]:
        """Close or preview a month for these clients (none given: all) and return their results."""
        with self.transaction() as connection:
            clients = clients_to_close(connection, codes)
        return list(close_month(self.transaction, month, clients, **options))

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Return the rows of a query as the vendor sees them."""
        with self.transaction() as connection:
            return list(connection.execute(text(query), values).all())

    def value(self, query: str, **values: Any) -> Any:
        """Return the one value of a query as the vendor sees it."""
        return self.rows(query, **values)[0][0]


def new_office(database: TestDatabase, *clients: str, **terms: Any) -> Office:
    """Return a new vendor with these clients and the nurse `rn`."""
    vendor_id = uuid4()
    context = TenantContext(vendor_id, "operator-cli:tester")
    with tenant_transaction(database.operator_engine, context, secret=database.secret) as connection:
        slug = f"vendor-{next(numbers)}-{vendor_id.hex[:6]}"
        values = {"vendor_id": vendor_id, "slug": slug, "name": "Meridian Care Partners", "timezone": "America/New_York"}
        connection.execute(
            text("INSERT INTO vendor (vendor_id, slug, name, timezone) VALUES (:vendor_id, :slug, :name, :timezone)"), values
        )
    office = Office(database, vendor_id)
    office.add_staff("rn")
    for code in clients:
        office.add_client(code, **terms)
    return office

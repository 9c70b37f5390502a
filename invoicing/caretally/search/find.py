"""Finds what holds some words, kind by kind, at most twenty of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.db.lists import literal_pattern
from caretally.invoices.find_invoices import InvoiceRow, Wanted, find_invoices
from caretally.patients.roster import PatientLine, patients_found

MOST_OF_A_KIND = 20
TODAY = text(
    "SELECT coalesce(max((clock_timestamp() AT TIME ZONE timezone)::date), (clock_timestamp() AT TIME ZONE 'UTC')::date) FROM client"
)
# The clients and providers that the transaction may see; one statement, since both are few beside patients.
NAMED = text(
    "(SELECT 'client' AS kind, client_id, client_id AS id, name, code AS detail FROM client WHERE vendor_id = :vendor_id "
    "AND (name ILIKE :pattern OR code ILIKE :pattern) ORDER BY name, code LIMIT :most) UNION ALL "
    "(SELECT 'provider', d.client_id, d.id, d.given_name || ' ' || d.family_name || ', ' || d.credential, d.npi || ' at ' || c.name FROM provider d "
    "JOIN client c ON c.vendor_id = d.vendor_id AND c.client_id = d.client_id WHERE d.vendor_id = :vendor_id "
    "AND ((d.family_name || ' ' || d.given_name) ILIKE :pattern OR (d.given_name || ' ' || d.family_name) ILIKE :pattern OR d.npi ILIKE :pattern) "
    "ORDER BY d.family_name, d.given_name, d.npi LIMIT :most)"
)


@dataclass(frozen=True)
class Found:
    """What was found of each kind; `patients_in_all` and `invoices_in_all` count beyond the twenty shown."""

    patients: Sequence[PatientLine] = ()
    clients: Sequence[RowMapping] = ()
    providers: Sequence[RowMapping] = ()
    invoices: Sequence[InvoiceRow] = ()
    patients_in_all: int = 0
    invoices_in_all: int = 0

    @property
    def nothing(self) -> bool:
        """Tell whether nothing was found."""
        return not (self.patients or self.clients or self.providers or self.invoices)


def find(connection: Connection, words: str, *, vendor_id: UUID, patients: bool, invoices: bool) -> Found:
    """Return what holds the words among what the transaction may see; `patients` and `invoices` say whether the visitor may see those at all."""
    if not words.strip():
        return Found()
    named = connection.execute(NAMED, {"vendor_id": vendor_id, "pattern": literal_pattern(words), "most": MOST_OF_A_KIND}).mappings().all()
    people: Sequence[PatientLine] = ()
    if patients:
        today = connection.execute(TODAY).scalar_one()
        people = patients_found(connection, vendor_id=vendor_id, today=today, words=words, size=MOST_OF_A_KIND)
    billed = find_invoices(connection, Wanted(words=words), vendor_id=vendor_id) if invoices else None
    return Found(
        patients=people,
        clients=[row for row in named if row["kind"] == "client"],
        providers=[row for row in named if row["kind"] == "provider"],
        invoices=billed.rows[:MOST_OF_A_KIND] if billed else (),
        patients_in_all=people[0].found if people else 0,
        invoices_in_all=billed.found if billed else 0,
    )

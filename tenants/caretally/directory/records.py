"""How a client, a provider and a staff member are read as their files would say them, and what names them."""

from caretally.clients.import_clients import CLIENTS
from caretally.directory.import_people import PROVIDERS, STAFF
from caretally.imports.records import RecordKind, as_text, same

CLIENT_COLUMNS = same(
    "code name timezone setting place_of_service medicare_locality tin address bill_to po_number terms_days contact_name contact_email "
    "access_24_7_from ehr_certified_from supervision_from baa_on"
)
PROVIDER_COLUMNS = same("npi family_name given_name credential specialty email phone") | {
    "client": "SELECT c.code FROM client c WHERE c.vendor_id = provider.vendor_id AND c.client_id = provider.client_id",
    "qp_years": "array_to_string(qp_years, ';')",
    "from": "valid_from",
    "to": "valid_to",
}
STAFF_COLUMNS = same("family_name given_name role credential license_expires_on country npi email excluded_from excluded_to") | {
    "staff": "code",
    "licensed_states": "array_to_string(licensed_states, ';')",
}
CLIENT = RecordKind(
    "client",
    CLIENTS,
    f"SELECT {as_text(CLIENT_COLUMNS)} FROM client WHERE client_id = :id",
    ("code",),
    "There is a client {code} already; open it from the list.",
    taken="SELECT EXISTS (SELECT FROM client WHERE code = :code)",
)
PROVIDER = RecordKind(
    "provider",
    PROVIDERS,
    f"SELECT {as_text(PROVIDER_COLUMNS)} FROM provider WHERE id = :id",
    ("client", "npi"),
    "There is a provider {npi} already; open it from the list.",
)
STAFF_MEMBER = RecordKind(
    "staff member",
    STAFF,
    f"SELECT {as_text(STAFF_COLUMNS)} FROM staff WHERE id = :id",
    ("staff",),
    "There is a staff member {staff} already; open it from the list.",
)

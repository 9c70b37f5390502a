"""How a page asks for each column of a client, a provider and a staff member."""

from caretally.imports.typed_fields import Group, TypedField

SETTINGS = (("physician", "Physician practice"), ("rhc_fqhc", "Rural health clinic or FQHC"))
ROLES = (("clinical", "Clinical staff"), ("qhp", "Physician or other QHP"), ("administrative", "Administrative, time does not count"))
CODE = TypedField("code", "Code", hint="Short, as in LFM; it stands in the names of files and never changes.", required=True)
CLIENT_GROUPS = (
    Group(
        "Practice",
        (
            CODE,
            TypedField("name", "Name", required=True),
            TypedField("timezone", "Time zone", "choice", hint="Its months run by it; it stays once a month is closed.", required=True),
            TypedField("setting", "Kind of practice", "choice", options=SETTINGS),
            TypedField("place_of_service", "Place of service", hint="Two digits, 11 for an office."),
            TypedField("medicare_locality", "Medicare locality", hint="Contractor and locality, as 01112-05; empty for national amounts."),
            TypedField("tin", "Tax number (TIN)"),
        ),
    ),
    Group(
        "Billing",
        (
            TypedField("address", "Address", "area", hint="A line each."),
            TypedField("bill_to", "Bill to", "area", hint="Who gets the invoice, when it is not the address."),
            TypedField("po_number", "Purchase order number"),
            TypedField("terms_days", "Payment terms in days", hint="0 to 365; 30 unless told otherwise."),
        ),
    ),
    Group(
        "Contact",
        (TypedField("contact_name", "Contact"), TypedField("contact_email", "Contact's email", "email", hint="As name@example.org.")),
    ),
    Group(
        "What Medicare asks of the practice",
        (
            TypedField("access_24_7_from", "24/7 access since", "date"),
            TypedField("ehr_certified_from", "Certified EHR since", "date"),
            TypedField("supervision_from", "General supervision since", "date"),
            TypedField("baa_on", "Business associate agreement signed on", "date"),
        ),
    ),
)
PROVIDER_GROUPS = (
    Group(
        "Provider",
        (
            TypedField("npi", "NPI", hint="Ten digits; the check digit is checked.", required=True),
            TypedField("family_name", "Family name", required=True),
            TypedField("given_name", "Given name", required=True),
            TypedField("credential", "Credential", hint="As in MD, DO, NP, PA.", required=True),
            TypedField("specialty", "Specialty"),
        ),
    ),
    Group("Reached at", (TypedField("email", "Email", "email", hint="As name@example.org."), TypedField("phone", "Phone"))),
    Group(
        "At this practice",
        (
            TypedField("from", "First day", "date"),
            TypedField("to", "Last day", "date"),
            TypedField("qp_years", "QP years", hint="Years as a qualifying participant of an advanced payment model, as 2026;2027."),
        ),
    ),
)
STAFF_GROUPS = (
    Group(
        "Person",
        (
            TypedField("staff", "Code", hint="As the time files name the person; it never changes.", required=True),
            TypedField("family_name", "Family name", required=True),
            TypedField("given_name", "Given name", required=True),
            TypedField("email", "Email", "email", hint="As name@example.org."),
        ),
    ),
    Group(
        "What the time counts as",
        (
            TypedField("role", "Role", "choice", options=ROLES, required=True),
            TypedField("credential", "Credential", hint="As in RN, LPN, MA, CNA."),
            TypedField("licensed_states", "Licensed in", hint="States, as NY;NJ."),
            TypedField("license_expires_on", "Licence expires on", "date"),
            TypedField("country", "Country", hint="Two letters, US unless told otherwise."),
            TypedField("npi", "NPI", hint="For physicians and other QHPs."),
        ),
    ),
    Group(
        "Excluded from federal programs",
        (
            TypedField("excluded_from", "First day", "date", hint="By the OIG's list; time of these days does not count."),
            TypedField("excluded_to", "Last day", "date"),
        ),
    ),
)

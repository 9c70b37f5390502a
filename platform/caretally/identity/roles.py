"""What each role may do: the one matrix that routes, commands and `docs/roles.md` go by."""

from enum import StrEnum


class Permission(StrEnum):
    """One thing that a person may be allowed to do; a route names the one it needs by its value."""

    READ_MONTHS = "read_months"
    READ_INVOICES = "read_invoices"
    ASK_QUESTIONS = "ask_questions"
    ANSWER_QUESTIONS = "answer_questions"
    AUDIT_CARE = "audit_care"
    READ_PATIENTS = "read_patients"
    READ_FORECAST = "read_forecast"
    READ_DIRECTORY = "read_directory"
    READ_AUDIT_LOG = "read_audit_log"
    READ_ISOLATION_REPORT = "read_isolation_report"
    RECORD_OUTREACH = "record_outreach"
    LOG_TIME = "log_time"
    APPROVE_TIME = "approve_time"
    SETTLE_EXCEPTIONS = "settle_exceptions"
    ATTEST = "attest"
    WAIVE_GATES = "waive_gates"
    IMPORT = "import"
    EXPORT = "export"
    CLOSE_MONTH = "close_month"
    SEND_INVOICE = "send_invoice"
    VOID_INVOICE = "void_invoice"
    CREDIT_INVOICE = "credit_invoice"
    CHANGE_AGREEMENTS = "change_agreements"
    CHANGE_PAYMENT_SETTINGS = "change_payment_settings"
    CHANGE_SETTINGS = "change_settings"
    CHANGE_IDENTITY_PROVIDER = "change_identity_provider"
    MANAGE_PEOPLE = "manage_people"
    READ_BREAK_GLASS = "read_break_glass"
    APPROVE_BREAK_GLASS = "approve_break_glass"
    REQUEST_BREAK_GLASS = "request_break_glass"
    READ_WORK = "read_work"
    SAVE_VIEWS = "save_views"
    READ_HEALTH = "read_health"
    MANAGE_VENDORS = "manage_vendors"


class Role(StrEnum):
    """What a person is in one membership."""

    OPERATOR = "operator"
    VENDOR_ADMIN = "vendor_admin"
    BILLING_ADMIN = "billing_admin"
    COORDINATOR = "coordinator"
    CLINICAL_STAFF = "clinical_staff"
    CLINICAL_SUPERVISOR = "clinical_supervisor"
    PRACTICE_ADMINISTRATOR = "practice_administrator"
    PROVIDER = "provider"
    AUDITOR = "auditor"


class Reach(StrEnum):
    """Whose rows a role can see at all: the database role and pool follow from it."""

    INSTALLATION = "counts and health of the installation"
    VENDOR = "all clients of a vendor"
    CLIENTS = "the clients named in the membership"
    CLIENT_AND_PERIOD = "one client, one period"


REACH: dict[Role, Reach] = dict.fromkeys(Role, Reach.VENDOR) | {
    Role.OPERATOR: Reach.INSTALLATION,
    Role.PRACTICE_ADMINISTRATOR: Reach.CLIENTS,
    Role.PROVIDER: Reach.CLIENTS,
    Role.AUDITOR: Reach.CLIENT_AND_PERIOD,
}

_OPERATES = frozenset({Permission.READ_HEALTH, Permission.MANAGE_VENDORS, Permission.REQUEST_BREAK_GLASS})
_CARES = frozenset(
    {
        Permission.READ_MONTHS,
        Permission.READ_PATIENTS,
        Permission.READ_FORECAST,
        Permission.READ_DIRECTORY,
        Permission.RECORD_OUTREACH,
        Permission.LOG_TIME,
        Permission.READ_WORK,
        Permission.SAVE_VIEWS,
    }
)
_BILLS = frozenset(
    {
        Permission.READ_MONTHS,
        Permission.READ_INVOICES,
        Permission.ANSWER_QUESTIONS,
        Permission.READ_PATIENTS,
        Permission.READ_FORECAST,
        Permission.READ_DIRECTORY,
        Permission.RECORD_OUTREACH,
        Permission.SETTLE_EXCEPTIONS,
        Permission.WAIVE_GATES,
        Permission.IMPORT,
        Permission.EXPORT,
        Permission.CLOSE_MONTH,
        Permission.SEND_INVOICE,
        Permission.VOID_INVOICE,
        Permission.CREDIT_INVOICE,
        Permission.CHANGE_AGREEMENTS,
        Permission.READ_WORK,
        Permission.SAVE_VIEWS,
    }
)
# What a practice asks of its vendor, and checks by itself in a space that the vendor does not see.
_AUDITS = frozenset(
    {
        Permission.READ_MONTHS,
        Permission.READ_INVOICES,
        Permission.READ_PATIENTS,
        Permission.ASK_QUESTIONS,
        Permission.AUDIT_CARE,
        Permission.EXPORT,
    }
)
_ADMINISTERS = frozenset(
    {
        Permission.READ_AUDIT_LOG,
        Permission.READ_ISOLATION_REPORT,
        Permission.CHANGE_PAYMENT_SETTINGS,
        Permission.CHANGE_SETTINGS,
        Permission.CHANGE_IDENTITY_PROVIDER,
        Permission.MANAGE_PEOPLE,
        Permission.READ_BREAK_GLASS,
        Permission.APPROVE_BREAK_GLASS,
    }
)
# What an operator may do at a vendor by break-glass: look, and nothing that changes, sends or takes away.
BREAK_GLASS = frozenset({Permission.READ_MONTHS, Permission.READ_INVOICES, Permission.READ_PATIENTS, Permission.READ_AUDIT_LOG})

MATRIX: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: _OPERATES,
    Role.VENDOR_ADMIN: _BILLS | _ADMINISTERS,
    Role.BILLING_ADMIN: _BILLS,
    Role.COORDINATOR: _CARES | {Permission.SETTLE_EXCEPTIONS, Permission.IMPORT},
    Role.CLINICAL_STAFF: _CARES,
    Role.CLINICAL_SUPERVISOR: _CARES | {Permission.APPROVE_TIME, Permission.SETTLE_EXCEPTIONS},
    Role.PRACTICE_ADMINISTRATOR: _AUDITS,
    Role.PROVIDER: frozenset({Permission.READ_MONTHS, Permission.READ_PATIENTS, Permission.ATTEST}),
    Role.AUDITOR: frozenset({Permission.READ_MONTHS, Permission.READ_INVOICES, Permission.READ_PATIENTS}),
}

STEP_UP = frozenset(
    {
        Permission.ATTEST,
        Permission.CLOSE_MONTH,
        Permission.SEND_INVOICE,
        Permission.VOID_INVOICE,
        Permission.CREDIT_INVOICE,
        Permission.CHANGE_PAYMENT_SETTINGS,
        Permission.CHANGE_IDENTITY_PROVIDER,
        Permission.EXPORT,
        Permission.APPROVE_BREAK_GLASS,
        Permission.REQUEST_BREAK_GLASS,
    }
)

STEPPED = " \u2020"


def roles_page() -> str:
    """Return `docs/roles.md`: the matrix in Markdown, one column per role, a yes or nothing in each cell."""
    head = ["| | " + " | ".join(f"`{role}`" for role in Role) + " |", "|---|" + ":-:|" * len(Role)]
    reach = "| *sees* | " + " | ".join(REACH[role] for role in Role) + " |"
    rows = [f"| `{permission}`{STEPPED * (permission in STEP_UP)} | {_cells(permission)} |" for permission in Permission]
    return "\n".join([*_INTRODUCTION, *head, reach, *rows, ""])


def _cells(permission: Permission) -> str:
    return " | ".join("yes" if permission in MATRIX[role] else "" for role in Role)


_INTRODUCTION = (
    "# Roles",
    "",
    "Written by `python -m caretally.identity.print_roles` from the matrix that routes go by; a test compares the two. \u2020 asks for a fresh",
    "second factor. A person can hold several memberships, each with one role, and works in one of them at a time. By break-glass an operator may, at the",
    f"vendor that was asked and until the access ends: {', '.join(f'`{permission}`' for permission in sorted(BREAK_GLASS))}.",
    "",
)

"""The policies, triggers, grants and key exceptions that a table must have, word for word; the catalog check compares them with the database."""

from caretally.tenancy.registry import CLIENT_TABLES, GLOBAL_TABLES, GLOBAL_VIEWS, TABLES, VENDOR_TABLES

LOGINS = ("vendor", "practice", "auth", "operator", "migrate")

COMMON_UNIQUE_KEYS = {
    "vendor_slug_key": "a slug names a vendor in addresses and commands; only the operator, who sees all slugs, inserts one",
    "client_vendor_id_code_key": "a client's code is the vendor's to give; a practice cannot insert a client",
    "invoice_vendor_id_series_sequence_revision_key": "a vendor's invoice numbers run over all its clients; a practice cannot insert an invoice",
}

VENDOR_MATCHES = "(vendor_id = ( SELECT tenancy.current_vendor() AS current_vendor))"
CLIENT_MATCHES = "(client_id = ANY (( SELECT tenancy.current_clients() AS current_clients)::uuid[]))"

CLIENT_SOURCES = (
    "time_entry mdm billed_service client provider patient enrolment assignment condition consent visit care_plan review attestation stay "
    "device_period discharge agreement agreement_price late_entry exclusion_choice"
).split()
OWN_GUARD = {"time_entry": "time", "mdm": "mdm", "billed_service": "service"}
VENDOR_SOURCES = ("staff", "vendor_policy")
FROZEN = "patient_month program_line exception invoice invoice_line invoice_state ledger_entry audit_event overpayment_review attestation".split()

NEW, OLD = "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT", "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT"
SINGLE_TRIGGERS = {
    "client": (
        f"born AFTER INSERT {NEW} guard.client_born()",
        "timezone_fixed BEFORE UPDATE OF timezone FOR EACH ROW guard.client_timezone()",
    ),
    "vendor": ("born AFTER INSERT FOR EACH ROW guard.vendor_born()",),
    "client_month": ("steps BEFORE DELETE OR UPDATE FOR EACH ROW guard.month_steps()",),
    "number_counter": ("forward BEFORE DELETE OR UPDATE FOR EACH ROW guard.forward_only('last_number')",),
    "audit_head": ("forward BEFORE DELETE OR UPDATE FOR EACH ROW guard.forward_only('seq')",),
    "attestation": ("signer BEFORE INSERT OR UPDATE FOR EACH ROW guard.signer_is_session()",),
}

CHANGED_BY_VENDOR = (
    "vendor_policy import_mapping import_before staff client provider patient enrolment assignment condition consent visit care_plan review mdm "
    "billed_service stay device_period discharge time_entry late_entry agreement agreement_price exclusion_choice"
).split()
ADDED_BY_VENDOR = (
    "import_batch patient_month program_line exception invoice invoice_line invoice_state ledger_entry overpayment_review audit_event client_month "
    "number_counter"
).split()
VENDOR_GRANTS = (
    dict.fromkeys(CHANGED_BY_VENDOR, frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"}))
    | dict.fromkeys(ADDED_BY_VENDOR, frozenset({"SELECT", "INSERT"}))
    | dict.fromkeys(("vendor", "vendor_secret", "attestation"), frozenset({"SELECT"}))
    | {
        "vendor_lock": frozenset({"SELECT", "UPDATE"}),
        "client_lock": frozenset({"SELECT", "UPDATE"}),
        "import_batch": frozenset({"SELECT", "INSERT", "UPDATE(undone_at)", "UPDATE(undone_by)"}),
        "client_month": frozenset({"SELECT", "INSERT", "UPDATE"}),
        "number_counter": frozenset({"SELECT", "INSERT", "UPDATE(last_number)"}),
        "audit_head": frozenset({"SELECT", "UPDATE(seq)", "UPDATE(hash)"}),
    }
)
UNSEEN_BY_PRACTICE = frozenset({"client_lock", "agreement", "agreement_price", "overpayment_review"})
UNSEEN_BY_ALL = frozenset({"alembic_version"})


def declared_policies(prefix: str) -> dict[str, frozenset[str]]:
    """Return each table's policies as `name KIND COMMAND TO roles USING expression CHECK expression`; `prefix` begins every role's name."""
    vendor = f"tenant_vendor PERMISSIVE * TO public USING {VENDOR_MATCHES} CHECK {VENDOR_MATCHES}"
    clients = f"tenant_clients RESTRICTIVE * TO {prefix}_practice USING {CLIENT_MATCHES} CHECK {CLIENT_MATCHES}"
    policies = dict.fromkeys(CLIENT_TABLES, frozenset({vendor, clients})) | dict.fromkeys(VENDOR_TABLES, frozenset({vendor}))
    lists = f"operator_lists PERMISSIVE r TO {prefix}_operator USING true CHECK none"
    return policies | {"vendor": policies["vendor"] | {lists}}


def declared_triggers() -> dict[str, frozenset[str]]:
    """Return each table's enabled triggers as `name WHEN EVENT [REFERENCING …] FOR EACH … function`."""
    return {table: triggers for table in TABLES if (triggers := frozenset(_triggers(table)))}


def _triggers(table: str) -> list[str]:
    triggers = list(SINGLE_TRIGGERS.get(table, ()))
    if table not in UNSEEN_BY_ALL:
        triggers.append("never_truncated BEFORE TRUNCATE FOR EACH STATEMENT guard.refuse_change()")
    if table in FROZEN:
        triggers.append("never_changed BEFORE DELETE OR UPDATE FOR EACH STATEMENT guard.refuse_change()")
    if table in CLIENT_SOURCES:
        triggers += _client_guards(OWN_GUARD.get(table, "lock"))
    if table in VENDOR_SOURCES:
        triggers += [f"guard_{event.lower()} AFTER {event} {NEW} guard.lock_vendor_new()" for event in ("INSERT", "UPDATE")]
        triggers.append(f"guard_delete AFTER DELETE {OLD} guard.lock_vendor_old()")
    return triggers


def _client_guards(kind: str) -> list[str]:
    return [
        f"guard_insert AFTER INSERT {NEW} guard.{kind}_new()",
        f"guard_update_old AFTER UPDATE {OLD} guard.{kind}_old()",
        f"guard_update_new AFTER UPDATE {NEW} guard.{kind}_new()",
        f"guard_delete AFTER DELETE {OLD} guard.{kind}_old()",
    ]


def declared_grants(prefix: str) -> dict[str, frozenset[str]]:
    """Return each table's and view's grants as `role PRIVILEGE` or `role PRIVILEGE(column)`; what is not here is not granted."""
    return {table: grants for table in (*TABLES, *GLOBAL_VIEWS) if (grants := frozenset(_grants(table, prefix)))}


def _grants(table: str, prefix: str) -> list[str]:
    if table in (*GLOBAL_TABLES, *GLOBAL_VIEWS):
        return [] if table in UNSEEN_BY_ALL else [f"{prefix}_{kind} SELECT" for kind in ("vendor", "practice", "operator")]
    grants = [f"{prefix}_vendor {privilege}" for privilege in VENDOR_GRANTS.get(table, ())]
    if table in CLIENT_TABLES and table not in UNSEEN_BY_PRACTICE:
        grants.append(f"{prefix}_practice SELECT")
    if table == "vendor":
        grants += [f"{prefix}_operator SELECT", f"{prefix}_operator INSERT"]
    return grants

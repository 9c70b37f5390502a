"""The policies, triggers, grants and key exceptions that a table must have, word for word; the catalog check compares them with the database."""

from caretally.tenancy.registry import ACCOUNT_TABLES, CLIENT_TABLES, GLOBAL_TABLES, GLOBAL_VIEWS, PRACTICE_SPACE, TABLES, VENDOR_TABLES

LOGINS = ("vendor", "practice", "auth", "operator", "migrate")

COMMON_KEYS = {
    "vendor_slug_key": "a slug names a vendor in addresses and commands; only the operator, who sees all slugs, inserts one; by an expression",
    "membership_of_account": "the sign-in lists an account's vendors; by an expression, so that it is not asked before the policy",
    "client_vendor_id_code_key": "a client's code is the vendor's to give; a practice cannot insert a client",
    "invoice_vendor_id_series_sequence_revision_key": "a vendor's invoice numbers run over all its clients; a practice cannot insert an invoice",
}

VENDOR_MATCHES = "(vendor_id = ( SELECT tenancy.current_vendor() AS current_vendor))"
CLIENT_MATCHES = "(client_id = ANY (( SELECT tenancy.current_clients() AS current_clients)::uuid[]))"

# What an auditor sees of a client only within the period of their membership.
OF_PERIOD = "((month >= ( SELECT tenancy.period_first() AS period_first)) AND (month <= ( SELECT tenancy.period_last() AS period_last)))"
OF_MONTHS = "mdm attestation late_entry client_month patient_month exclusion_choice adjustment invoice line_question practice_sample practice_roster"
PERIODS = dict.fromkeys(OF_MONTHS.split(), OF_PERIOD) | {
    "time_entry": "((started_at >= ( SELECT tenancy.period_starts_at() AS period_starts_at)) "
    "AND (started_at < ( SELECT tenancy.period_ends_at() AS period_ends_at)))"
}

CLIENT_SOURCES = (
    "time_entry mdm billed_service client provider patient enrolment assignment condition consent visit care_plan review attestation stay "
    "device_period discharge agreement agreement_price late_entry exclusion_choice waiver"
).split()
OWN_GUARD = {"time_entry": "time", "mdm": "mdm", "billed_service": "service"}
VENDOR_SOURCES = ("staff", "vendor_policy", "due_rule")
FROZEN = (
    "patient_month program_line adjustment exception invoice invoice_line invoice_state ledger_entry audit_event overpayment_review "
    "isolation_report attestation outreach_attempt line_question line_message"
).split() + PRACTICE_SPACE

NEW, OLD = "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT", "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT"
BOTH = "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT"
SINGLE_TRIGGERS = {
    "staff": (f"note_excluded AFTER UPDATE {BOTH} guard.note_excluded()",),
    "client": (
        f"born AFTER INSERT {NEW} guard.client_born()",
        "timezone_fixed BEFORE UPDATE OF timezone FOR EACH ROW guard.client_timezone()",
    ),
    "vendor": ("born AFTER INSERT FOR EACH ROW guard.vendor_born()",),
    "client_month": ("steps BEFORE DELETE OR UPDATE FOR EACH ROW guard.month_steps()",),
    "number_counter": ("forward BEFORE DELETE OR UPDATE FOR EACH ROW guard.forward_only('last_number')",),
    "audit_head": ("forward BEFORE DELETE OR UPDATE FOR EACH ROW guard.forward_only('seq')",),
    "break_glass": ("steps BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW guard.break_glass_steps()",),
    "job": ("asked BEFORE INSERT FOR EACH ROW guard.job_asked()", "forgotten BEFORE DELETE FOR EACH ROW guard.job_forgotten()"),
    "job_outbox": ("wake AFTER INSERT OR DELETE FOR EACH STATEMENT guard.wake_relay()",),
    "exception_work": tuple(f"recount_{event.lower()} AFTER {event} {NEW} guard.recount_work()" for event in ("INSERT", "UPDATE")),
    "late_entry": ("recount_late AFTER UPDATE FOR EACH ROW WHEN ((old.patient_id IS DISTINCT FROM new.patient_id)) guard.recount_late()",),
    "attestation": ("signer BEFORE INSERT OR UPDATE FOR EACH ROW guard.signer_is_session()",),
}

# What shapes the queue of exceptions leaves a stamp; whoever is added to the patients is in no queue yet.
STAMPED = dict.fromkeys("client exception_count exception_patient due_rule".split(), ("INSERT", "UPDATE", "DELETE")) | {
    "client_month": ("INSERT", "UPDATE"),
    "exception_work": ("INSERT", "UPDATE"),
    "patient": ("UPDATE",),
}

OF_MONTH = ("r.month", "(r.month + interval '1 month')::date - 1")
# What notes a fact that came after its month had closed: the first and the last day it bears on, the columns that count, the column of its end.
NOTED_LATE = {
    "enrolment": ("r.valid_from", "r.valid_to", "r.program, r.status, r.valid_from", "r.valid_to"),
    "assignment": ("r.valid_from", "r.valid_to", "r.program, r.provider_id, r.valid_from", "r.valid_to"),
    "condition": (
        "r.onset_on",
        "r.resolved_on",
        "r.icd10, r.onset_on, r.risk_documented, r.expected_months, r.until_death",
        "r.resolved_on",
    ),
    "consent": (
        "r.obtained_on",
        "NULL",
        "r.program, r.provider_id, r.obtained_on, r.scope, r.cost_sharing, r.one_practitioner, r.stop",
        "r.revoked_on",
    ),
    "visit": ("r.visited_on", "NULL", "r.visited_on, r.kind, r.code, r.ccm_discussed", "NULL"),
    "care_plan": ("r.effective_on", "NULL", "r.version, r.effective_on, r.signed_on, r.copy_given_on, r.elements", "NULL"),
    "review": ("r.reviewed_on", "NULL", "r.reviewed_on", "NULL"),
    "stay": ("r.valid_from", "r.valid_to", "r.kind, r.valid_from", "r.valid_to"),
    "device_period": ("r.period_from", "NULL", "r.program, r.period_from, r.days, r.setup_on", "NULL"),
    "discharge": ("r.discharged_on", "NULL", "r.discharged_on, r.contacted_on, r.visited_on, r.mdm", "NULL"),
    "mdm": (*OF_MONTH, "r.month, r.level", "NULL"),
    "attestation": (*OF_MONTH, "r.month", "NULL"),
    "exclusion_choice": (*OF_MONTH, "r.month, r.program", "NULL"),
}
NOTED_LATE_ON_CHANGE = {"patient": ("NULL", "NULL", "r.part_b_from, r.qmb", "r.died_on")}
# What cures those whom it holds: the row's key, whose patients it concerns, the columns that count, the exceptions that they can cure.
NOTED_HELD = {
    "client": (
        "vendor_id, client_id",
        "vendor_id, client_id",
        "access_24_7_from, supervision_from, ehr_certified_from, baa_on, contact_name, contact_email",
        "{ACCESS_24_7_MISSING,SUPERVISION_MISSING,EHR_NOT_CERTIFIED,BAA_MISSING,CARE_TEAM_CONTACT_MISSING}",
    ),
    "provider": ("vendor_id, client_id, id", "vendor_id, client_id", "credential", "{PROVIDER_NOT_ELIGIBLE}"),
    "staff": ("vendor_id, id", "vendor_id", "role, credential, licensed_states, license_expires_on, country, npi", "{TIME_PENDING}"),
}


def inserts(columns: str) -> tuple[str, ...]:
    """Return the right to insert these columns and no other: the rest come from the login and the context."""
    return tuple(f"INSERT({column})" for column in columns.split())


# What a practice adds beside reading: its questions, and what it keeps for itself.
WRITTEN_BY_PRACTICE = {
    "line_question": ("INSERT",),
    "line_message": inserts("vendor_id client_id id question_id seq state said actor_name"),
    "practice_sample": inserts("vendor_id client_id id client_month_id month seed size population drawn_name"),
    "practice_sample_item": ("INSERT",),
    "practice_verdict": inserts("vendor_id client_id id item_id seq verdict reason given_name"),
    "practice_roster": inserts("vendor_id client_id id month file_sha256 file_name rows_read matched missing extra refused compared_name"),
    "practice_roster_row": ("INSERT",),
}
# What the holder of a job's lease writes of it.
WORKED_AT = tuple(f"UPDATE({column})" for column in "status attempts lease locked_until started_at ended_at done total what said".split())
# When the relay says the hint of a job again, and that it has.
HANDED = ("UPDATE(due_at)", "UPDATE(handed_at)")
# What a vendor says of itself.
SET_BY_VENDOR = "name address remit_to contact accent timezone session_idle_minutes session_hours four_eyes".split()
# What may change of a break-glass request: that it was decided, and that it ended.
DECIDED = tuple(f"UPDATE({column})" for column in "approved decided_by decider_name decided_at ends_at ended_by ended_at".split())
# What may change of the work on an exception; whose it is stays.
CHANGED_OF_WORK = "assignee_id due_on note state version changed_by changed_at".split()
CHANGED_BY_VENDOR = (
    "vendor_policy due_rule import_mapping import_before staff client provider patient enrolment assignment condition consent visit care_plan review mdm "
    "billed_service stay device_period discharge time_entry late_entry agreement agreement_price exclusion_choice person_record person_match "
    "staff_account timer timer_piece other_time logged_time import_upload exception_count exception_patient queue_stamp kept_forecast"
).split()
ADDED_BY_VENDOR = (
    "waiver import_batch patient_month program_line adjustment exception invoice invoice_line invoice_state ledger_entry overpayment_review "
    "client_month number_counter isolation_report outreach_attempt closing_run closing_result agreement_replay invoice_file"
).split()
VENDOR_GRANTS = (
    dict.fromkeys(CHANGED_BY_VENDOR, frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"}))
    | dict.fromkeys(ADDED_BY_VENDOR, frozenset({"SELECT", "INSERT"}))
    | dict.fromkeys(("vendor", "attestation", "late_fact", "audit_event", "audit_head"), frozenset({"SELECT"}))
    | {
        "vendor": frozenset({"SELECT", *(f"UPDATE({column})" for column in SET_BY_VENDOR)}),
        "vendor_lock": frozenset({"SELECT", "UPDATE"}),
        "client_lock": frozenset({"SELECT", "UPDATE"}),
        "waiver": frozenset({"SELECT", "INSERT", "UPDATE(withdrawn_at)", "UPDATE(withdrawn_by)"}),
        "import_batch": frozenset({"SELECT", "INSERT", "UPDATE(undone_at)", "UPDATE(undone_by)"}),
        "client_month": frozenset({"SELECT", "INSERT", "UPDATE"}),
        "agreement_replay": frozenset({"SELECT", "INSERT", "UPDATE(months)"}),
        "closing_result": frozenset({"SELECT", "INSERT", *(f"UPDATE({column})" for column in ("status", "code", "reason", "ended_at"))}),
        "number_counter": frozenset({"SELECT", "INSERT", "UPDATE(last_number)"}),
        "membership": frozenset({"SELECT", "INSERT", "UPDATE(role)", "UPDATE(changed_at)", "UPDATE(ended_by)", "UPDATE(ended_at)"}),
        "identity_provider": frozenset({"SELECT", "INSERT", "UPDATE(ended_at)"}),
        "break_glass": frozenset({"SELECT", *DECIDED}),
        "membership_client": frozenset({"SELECT", "INSERT", "DELETE"}),
        "line_question": frozenset({"SELECT"}),
        "line_message": frozenset({"SELECT", *inserts("vendor_id client_id id question_id seq state said actor_name")}),
        "job": frozenset({"SELECT", "INSERT", "DELETE", *WORKED_AT}),
        "job_outbox": frozenset({"SELECT", "INSERT", "DELETE", *HANDED}),
        "job_effect": frozenset({"SELECT", "INSERT"}),
        "job_schedule": frozenset({"SELECT", "INSERT", "UPDATE(next_at)"}),
        "exception_work": frozenset({"SELECT", "INSERT", *(f"UPDATE({column})" for column in CHANGED_OF_WORK)}),
        "exception_act": frozenset({"SELECT", "INSERT", "UPDATE(undone_at)", "UPDATE(undone_by)"}),
        "exception_act_row": frozenset({"SELECT", "INSERT", "UPDATE(version)"}),
        "previewed_exception": frozenset({"SELECT", "INSERT", "DELETE"}),
        "saved_view": frozenset({"SELECT", "INSERT", "DELETE"}),
    }
)
UNSEEN_BY_PRACTICE = frozenset(
    (
        "client_lock agreement agreement_price overpayment_review late_fact person_record membership_client logged_time outreach_attempt "
        "closing_result agreement_replay invoice_file exception_work exception_act_row previewed_exception "
        "exception_count exception_patient kept_forecast"
    ).split()
)
# Columns that a practice may read where it may not read all: a patient's person key changes when another client's patient is the same person.
READ_BY_PRACTICE = {
    "patient": (
        "vendor_id client_id id mrn family_name given_name search_name birth_date mbi state payer qmb part_b_from died_on created_batch_id batch_id"
    ).split()
}
# What the operator reads of every vendor: names to list and create them, how many rows there are, the heads of their audit chains to sign
# checkpoints over, the break-glass requests, and for the relay and the scheduler whose turn it is.
SEEN_BY_OPERATOR = {
    "vendor": ("SELECT", "INSERT"),
    "audit_head": ("SELECT",),
    "client": ("SELECT(vendor_id)",),
    "patient": ("SELECT(vendor_id)",),
    "client_month": ("SELECT(vendor_id)", "SELECT(month)", "SELECT(status)"),
    "membership": ("SELECT(vendor_id)", "SELECT(role)", "SELECT(ended_at)"),
    "break_glass": ("SELECT", "INSERT", *DECIDED),
    "job_outbox": ("SELECT", *HANDED),
    "job_schedule": tuple(f"SELECT({column})" for column in "vendor_id id kind next_at".split()),
}
# What the sign-in reads of every vendor: whose member an account is, and the names of the vendors and practices to choose from.
SEEN_BY_SIGN_IN = {
    "vendor": ("SELECT(vendor_id)", "SELECT(slug)", "SELECT(name)", "SELECT(session_idle_minutes)", "SELECT(session_hours)"),
    "client": ("SELECT(vendor_id)", "SELECT(client_id)", "SELECT(name)"),
    "membership": ("SELECT",),
    "membership_client": ("SELECT",),
    "identity_provider": ("SELECT",),
    "break_glass": tuple(f"SELECT({column})" for column in "vendor_id id requested_by approved ends_at ended_at".split()),
}
# What the sign-in writes of accounts. What happened to one is only ever added to.
WRITTEN_BY_SIGN_IN = {
    "account": ("SELECT", "INSERT", "UPDATE"),
    "account_authenticator": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "account_passkey": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "account_recovery_code": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "account_link": ("SELECT", "INSERT", "UPDATE"),
    "account_ceremony": ("SELECT", "INSERT", "DELETE"),
    "account_session": ("SELECT", "INSERT", "UPDATE"),
    "account_event": ("SELECT", "INSERT"),
    "account_federation": ("SELECT", "INSERT"),
    "sign_in_failure": ("SELECT", "INSERT", "DELETE"),
}
UNSEEN_BY_ALL = frozenset({"alembic_version"})


def declared_policies(prefix: str) -> dict[str, frozenset[str]]:
    """Return each table's policies as `name KIND COMMAND TO roles USING expression CHECK expression`; `prefix` begins every role's name."""
    vendor = f"tenant_vendor PERMISSIVE * TO public USING {VENDOR_MATCHES} CHECK {VENDOR_MATCHES}"
    clients = f"tenant_clients RESTRICTIVE * TO {prefix}_practice USING {CLIENT_MATCHES} CHECK {CLIENT_MATCHES}"
    policies = dict.fromkeys(CLIENT_TABLES, frozenset({vendor, clients})) | dict.fromkeys(VENDOR_TABLES, frozenset({vendor}))
    for table, expression in PERIODS.items():
        policies[table] |= {f"tenant_period RESTRICTIVE * TO {prefix}_practice USING {expression} CHECK none"}
    for table in PRACTICE_SPACE:
        policies[table] |= {f"practice_space RESTRICTIVE * TO {prefix}_vendor USING false CHECK false"}
    lists = f"operator_lists PERMISSIVE r TO {prefix}_operator USING true CHECK none"
    policies |= {table: policies[table] | {lists} for table in SEEN_BY_OPERATOR}
    policies["job_outbox"] |= {f"relay_hands PERMISSIVE w TO {prefix}_operator USING true CHECK true"}
    reads = f"sign_in_reads PERMISSIVE r TO {prefix}_auth USING true CHECK none"
    policies |= {table: policies[table] | {reads} for table in SEEN_BY_SIGN_IN}
    return policies | dict.fromkeys(ACCOUNT_TABLES, frozenset({f"sign_in PERMISSIVE * TO {prefix}_auth USING true CHECK true"}))


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
    return triggers + _stamps(table) + _notes(table)


def _stamps(table: str) -> list[str]:
    seen = {"DELETE": "OLD"}
    return [
        f"stamp_{event.lower()} AFTER {event} REFERENCING {seen.get(event, 'NEW')} TABLE AS changed FOR EACH STATEMENT guard.stamp_queue()"
        for event in STAMPED.get(table, ())
    ]


def _notes(table: str) -> list[str]:
    late, changed, held = (
        _call("note_late", NOTED_LATE.get(table)),
        _call("note_late", NOTED_LATE_ON_CHANGE.get(table)),
        _call("note_held", NOTED_HELD.get(table)),
    )
    notes = [f"note_insert AFTER INSERT {NEW} {late}", f"note_delete AFTER DELETE {OLD} {late}"] if late else []
    notes += [f"note_update AFTER UPDATE {BOTH} {late or changed}"] if late or changed else []
    return notes + ([f"note_held AFTER UPDATE {BOTH} {held}"] if held else [])


def _call(function: str, arguments: tuple[str, ...] | None) -> str:
    quoted = ", ".join("'" + argument.replace("'", "''") + "'" for argument in arguments or ())
    return f"guard.{function}({quoted})" if arguments else ""


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
    if table in READ_BY_PRACTICE:
        grants += [f"{prefix}_practice SELECT({column})" for column in READ_BY_PRACTICE[table]]
    elif table in CLIENT_TABLES and table not in UNSEEN_BY_PRACTICE:
        grants.append(f"{prefix}_practice SELECT")
    grants += [f"{prefix}_practice {privilege}" for privilege in WRITTEN_BY_PRACTICE.get(table, ())]
    if table in SEEN_BY_OPERATOR:
        grants += [f"{prefix}_operator {privilege}" for privilege in SEEN_BY_OPERATOR[table]]
    grants += [f"{prefix}_auth {privilege}" for privilege in (*SEEN_BY_SIGN_IN.get(table, ()), *WRITTEN_BY_SIGN_IN.get(table, ()))]
    return grants

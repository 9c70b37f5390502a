"""Every table and its level. A table that is not here fails the catalog check of the isolation battery."""

from enum import StrEnum


class Level(StrEnum):
    """How far a row belongs: to one client of a vendor, to a vendor, to a person whatever the vendor, or to everybody (reference data)."""

    CLIENT = "client"
    VENDOR = "vendor"
    ACCOUNT = "account"
    GLOBAL = "global"


SCHEMA = "caretally"
SCHEMAS = (SCHEMA, "tenancy", "guard", "import")

CLIENT_TABLES = (
    "client client_lock provider patient enrolment assignment condition consent visit care_plan review mdm attestation billed_service "
    "stay device_period discharge time_entry late_entry agreement agreement_price client_month patient_month exception invoice "
    "invoice_line invoice_state ledger_entry overpayment_review program_line exclusion_choice waiver late_fact adjustment person_record "
    "membership_client logged_time outreach_attempt closing_result agreement_replay invoice_file line_question line_message practice_sample "
    "practice_sample_item practice_verdict practice_roster practice_roster_row exception_work exception_act_row previewed_exception "
    "exception_count exception_patient kept_forecast"
).split()
# Of these, what a practice keeps for itself: the vendor has no right to them, and a policy of their own shows it no row.
PRACTICE_SPACE = "practice_sample practice_sample_item practice_verdict practice_roster practice_roster_row".split()
VENDOR_TABLES = (
    "vendor vendor_lock vendor_secret vendor_policy due_rule import_batch import_mapping import_before staff number_counter audit_head "
    "audit_event person_match membership identity_provider break_glass isolation_report staff_account timer timer_piece other_time "
    "import_upload closing_run job job_outbox job_effect job_schedule exception_act saved_view queue_stamp"
).split()
ACCOUNT_TABLES = (
    "account account_authenticator account_passkey account_recovery_code account_link account_ceremony account_session account_event "
    "sign_in_failure account_federation"
).split()
GLOBAL_TABLES = (
    "rule_set billing_code time_ladder gate waivable_gate exclusion_reason credential_type visit_code_not_qualifying plan_element program_limit "
    "code_exclusion reference_load relative_value fee_status conversion_factor geographic_index place_of_service unit_edit pair_edit "
    "chronic_indicator diagnosis_code code_family program program_gate duplicate_program untimed_code device_band code_substitution "
    "visit_addon federal_holiday alembic_version"
).split()
GLOBAL_VIEWS = ("reference_edition", "ncci_pair", "icd10_code", "diagnosis_known")

TABLES: dict[str, Level] = (
    dict.fromkeys(CLIENT_TABLES, Level.CLIENT)
    | dict.fromkeys(VENDOR_TABLES, Level.VENDOR)
    | dict.fromkeys(ACCOUNT_TABLES, Level.ACCOUNT)
    | dict.fromkeys(GLOBAL_TABLES, Level.GLOBAL)
)
SECURITY_DEFINER_FUNCTIONS = frozenset(
    {
        "tenancy.verified_context",
        "guard.share_client_locks",
        "guard.take_vendor_lock",
        "guard.client_born",
        "guard.note_late",
        "guard.note_held",
        "guard.note_excluded",
        "guard.vendor_born",
        "import.refresh_statistics",
        "tenancy.analyse",
        "tenancy.append_event",
        "tenancy.staff_at_work",
        "tenancy.named_on_record",
        "tenancy.due_days",
        "tenancy.person_hashes",
    }
)

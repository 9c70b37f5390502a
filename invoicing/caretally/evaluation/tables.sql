-- The working tables of one evaluation: one client, one month, dropped with the transaction.
CREATE TEMP TABLE IF NOT EXISTS eval_scope (
    program text NOT NULL, n int NOT NULL, patient_id uuid NOT NULL, mrn text NOT NULL, state text, enrolled boolean NOT NULL,
    provider_id uuid, provider_npi text, provider_may_bill boolean,
    any_consent boolean NOT NULL, own_consent boolean NOT NULL, live_consent boolean NOT NULL, consent_on date, consent_complete boolean,
    first_visit_on date, first_qualifying_visit_on date, last_qualifying_visit_on date, conditions int NOT NULL, not_chronic_hint boolean NOT NULL, risk_not_documented boolean NOT NULL,
    plan_version int, plan_on date, copy_given boolean, plan_complete boolean, plan_signed boolean, reviewed_on date,
    mdm_level text, attested boolean NOT NULL, hospice boolean NOT NULL, coverage_verified boolean NOT NULL, duplicate boolean NOT NULL,
    died_on date, qmb boolean NOT NULL, last_enrolled_day date NOT NULL, starts_this_month boolean NOT NULL,
    enrolled_days datemultirange, consent_from date, part_a datemultirange, day_reason smallint[]
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS eval_conflict (entry_id uuid NOT NULL, contested int8multirange NOT NULL) ON COMMIT DROP;
-- The part of an entry that the same patient has in an earlier program too.
CREATE TEMP TABLE IF NOT EXISTS eval_double (entry_id uuid NOT NULL, doubled int8multirange NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS eval_time (
    n int NOT NULL, raw_seconds int NOT NULL, clinical_seconds int NOT NULL, qhp_seconds int NOT NULL,
    cured_clinical_seconds int NOT NULL, cured_qhp_seconds int NOT NULL, first_counted_day smallint,
    staff_day smallint, complex_day smallint, personal_day smallint, first_day smallint, brief_day smallint,
    other_qhp boolean NOT NULL, live_contact boolean NOT NULL,
    lost_reasons smallint[] NOT NULL, lost_seconds int[] NOT NULL, entry_ids uuid[] NOT NULL, entry_seconds int[] NOT NULL, entries_hash bytea NOT NULL,
    tangled boolean NOT NULL, backdated boolean NOT NULL, alike boolean NOT NULL
) ON COMMIT DROP;
-- A code that no minutes decide, and the day it is dated; or the reason why there is none.
CREATE TEMP TABLE IF NOT EXISTS eval_given (n int NOT NULL, code text, served_on date, reason text, holds boolean NOT NULL DEFAULT false, setup_code text) ON COMMIT DROP;
-- One row a program line until lines of one patient are put together, one row a patient-month then.
CREATE TEMP TABLE IF NOT EXISTS eval_decision (
    program text NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL, mrn text COLLATE "C" NOT NULL, enrolled boolean NOT NULL, outcome text NOT NULL, primary_reason text,
    path text, codes text[] NOT NULL, units smallint[] NOT NULL, date_of_service date,
    raw_seconds int NOT NULL, clinical_seconds int NOT NULL, qhp_seconds int NOT NULL,
    pending_clinical_seconds int NOT NULL, pending_qhp_seconds int NOT NULL,
    excluded_reasons text[] NOT NULL, excluded_seconds int[] NOT NULL, unbilled_seconds int NOT NULL,
    exceptions text[] NOT NULL, warnings text[] NOT NULL, missing_seconds int, missing_code text, alternatives text[] NOT NULL,
    pending_claim text, mdm_level text, provider_id uuid, consent_on date, plan_version int, reviewed_on date, visited_on date,
    entry_ids uuid[] NOT NULL, entry_seconds int[] NOT NULL, entries_hash bytea NOT NULL, evidence_hash bytea NOT NULL
) ON COMMIT DROP;

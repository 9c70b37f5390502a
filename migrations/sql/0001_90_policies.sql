-- Row level security, forced, on every tenant table; grants to the login roles. The lists mirror caretally.tenancy.registry, and a test compares them.
DO $$
DECLARE
    name text;
    client_level text[] := ARRAY['client', 'client_lock', 'provider', 'patient', 'enrolment', 'assignment', 'condition', 'consent', 'visit', 'care_plan', 'review',
        'mdm', 'attestation', 'billed_service', 'stay', 'device_period', 'discharge', 'time_entry', 'late_entry', 'agreement', 'agreement_price', 'client_month',
        'patient_month', 'exception', 'invoice', 'invoice_line', 'invoice_state', 'ledger_entry', 'overpayment_review', 'program_line', 'exclusion_choice', 'waiver', 'late_fact', 'adjustment',
        'person_record', 'membership_client',
        'logged_time', 'closing_result', 'agreement_replay', 'invoice_file', 'exception_work', 'exception_act_row', 'previewed_exception'];
    vendor_level text[] := ARRAY['vendor', 'vendor_lock', 'vendor_secret', 'vendor_policy', 'due_rule', 'import_batch', 'import_mapping', 'import_before', 'staff',
        'number_counter', 'audit_head', 'audit_event', 'person_match', 'membership', 'identity_provider', 'break_glass', 'isolation_report',
        'staff_account', 'timer', 'timer_piece', 'other_time', 'closing_run', 'exception_act', 'saved_view'];
    account_level text[] := ARRAY['account', 'account_authenticator', 'account_passkey', 'account_recovery_code', 'account_link', 'account_ceremony',
        'account_session', 'account_event', 'sign_in_failure', 'account_federation'];
BEGIN
    FOREACH name IN ARRAY client_level || vendor_level LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant_vendor ON %I AS PERMISSIVE FOR ALL TO PUBLIC USING (vendor_id = (SELECT tenancy.current_vendor())) '
            'WITH CHECK (vendor_id = (SELECT tenancy.current_vendor()))', name);
    END LOOP;
    FOREACH name IN ARRAY client_level LOOP
        EXECUTE format('CREATE POLICY tenant_clients ON %I AS RESTRICTIVE FOR ALL TO {{practice}} USING (client_id = ANY ((SELECT tenancy.current_clients())::uuid[])) '
            'WITH CHECK (client_id = ANY ((SELECT tenancy.current_clients())::uuid[]))', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['mdm', 'attestation', 'late_entry', 'client_month', 'patient_month', 'exclusion_choice', 'adjustment', 'invoice'] LOOP
        EXECUTE format('CREATE POLICY tenant_period ON %I AS RESTRICTIVE FOR ALL TO {{practice}} '
            'USING (month >= (SELECT tenancy.period_first()) AND month <= (SELECT tenancy.period_last()))', name);
    END LOOP;
    CREATE POLICY tenant_period ON time_entry AS RESTRICTIVE FOR ALL TO {{practice}}
        USING (started_at >= (SELECT tenancy.period_starts_at()) AND started_at < (SELECT tenancy.period_ends_at()));
    FOREACH name IN ARRAY account_level LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY sign_in ON %I AS PERMISSIVE FOR ALL TO {{auth}} USING (true) WITH CHECK (true)', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO {{auth}}', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['vendor', 'client', 'membership', 'membership_client', 'identity_provider', 'break_glass'] LOOP
        EXECUTE format('CREATE POLICY sign_in_reads ON %I AS PERMISSIVE FOR SELECT TO {{auth}} USING (true)', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['vendor', 'audit_head', 'client', 'patient', 'client_month', 'membership', 'break_glass'] LOOP
        EXECUTE format('CREATE POLICY operator_lists ON %I AS PERMISSIVE FOR SELECT TO {{operator}} USING (true)', name);
    END LOOP;
END $$;
-- The sign-in knows accounts, whose members they are, and by which name vendors and practices are chosen; no patient's row.
GRANT UPDATE ON account, account_authenticator, account_passkey, account_recovery_code, account_link, account_session TO {{auth}};
GRANT DELETE ON account_authenticator, account_passkey, account_recovery_code, account_ceremony, sign_in_failure TO {{auth}};
GRANT SELECT (vendor_id, slug, name, session_idle_minutes, session_hours) ON vendor TO {{auth}};
GRANT SELECT (vendor_id, client_id, name) ON client TO {{auth}};
GRANT SELECT ON membership, membership_client, identity_provider TO {{auth}};
GRANT SELECT (vendor_id, id, requested_by, approved, ends_at, ended_at) ON break_glass TO {{auth}};
-- The operator lists vendors by name and creates them. Of the rows beneath it learns how many there are and nothing else of them.
GRANT SELECT, INSERT ON vendor TO {{operator}};
GRANT SELECT (vendor_id) ON client, patient TO {{operator}};
GRANT SELECT (vendor_id, month, status) ON client_month TO {{operator}};
GRANT SELECT (vendor_id, role, ended_at) ON membership TO {{operator}};
-- Checkpoints are signed over the heads of every vendor's audit chain: a number and a hash each.
GRANT SELECT ON audit_head TO {{operator}};
-- Break-glass: asked for, decided and ended by operators, each in the vendor's own context and log.
GRANT SELECT, INSERT, UPDATE (approved, decided_by, decider_name, decided_at, ends_at, ended_by, ended_at) ON break_glass TO {{operator}};
GRANT SELECT, UPDATE (approved, decided_by, decider_name, decided_at, ends_at, ended_by, ended_at) ON break_glass TO {{vendor}};

GRANT SELECT ON vendor, vendor_lock TO {{vendor}};
GRANT UPDATE (name, address, remit_to, contact, accent, timezone, session_idle_minutes, session_hours, four_eyes) ON vendor TO {{vendor}};
GRANT UPDATE ON vendor_lock, client_lock TO {{vendor}};
GRANT SELECT ON client_lock, attestation, late_fact TO {{vendor}};
GRANT SELECT, INSERT, UPDATE, DELETE ON vendor_policy, due_rule, import_mapping, import_before, staff, client, provider, patient, enrolment, assignment, condition, consent,
    visit, care_plan, review, mdm, billed_service, stay, device_period, discharge, time_entry, late_entry, agreement, agreement_price, exclusion_choice, person_record,
    person_match TO {{vendor}};
GRANT SELECT, INSERT ON waiver, import_batch, patient_month, program_line, adjustment, exception, invoice, invoice_line, invoice_state, ledger_entry, overpayment_review,
    client_month, number_counter, isolation_report, closing_run, closing_result, agreement_replay, invoice_file TO {{vendor}};
GRANT UPDATE (months) ON agreement_replay TO {{vendor}};
GRANT UPDATE (status, code, reason, ended_at) ON closing_result TO {{vendor}};
GRANT UPDATE (undone_at, undone_by) ON import_batch TO {{vendor}};
GRANT UPDATE (withdrawn_at, withdrawn_by) ON waiver TO {{vendor}};
GRANT UPDATE ON client_month TO {{vendor}};
GRANT UPDATE (last_number) ON number_counter TO {{vendor}};
GRANT SELECT ON audit_head, audit_event TO {{vendor}};
GRANT SELECT, INSERT, UPDATE (role, changed_at, ended_by, ended_at) ON membership TO {{vendor}};
GRANT SELECT, INSERT, DELETE ON membership_client TO {{vendor}};
GRANT SELECT, INSERT, UPDATE (ended_at) ON identity_provider TO {{vendor}};
GRANT SELECT ON client, provider, enrolment, assignment, condition, consent, visit, care_plan, review, mdm, attestation, billed_service, stay,
    device_period, discharge, time_entry, late_entry, client_month, patient_month, program_line, exclusion_choice, waiver, adjustment, exception, invoice, invoice_line,
    invoice_state, ledger_entry TO {{practice}};
-- Not `person_key`: it changes when another client's patient turns out to be the same person.
GRANT SELECT (vendor_id, client_id, id, mrn, family_name, given_name, search_name, birth_date, mbi, state, payer, qmb, part_b_from, died_on, created_batch_id, batch_id)
    ON patient TO {{practice}};

-- Row level security, forced, on every tenant table; grants to the login roles. The lists mirror caretally.tenancy.registry, and a test compares them.
DO $$
DECLARE
    name text;
    client_level text[] := ARRAY['client', 'client_lock', 'provider', 'patient', 'enrolment', 'assignment', 'condition', 'consent', 'visit', 'care_plan', 'review',
        'mdm', 'attestation', 'billed_service', 'stay', 'device_period', 'discharge', 'time_entry', 'late_entry', 'agreement', 'agreement_price', 'client_month',
        'patient_month', 'exception', 'invoice', 'invoice_line', 'invoice_state', 'ledger_entry', 'overpayment_review', 'program_line', 'exclusion_choice', 'waiver', 'late_fact', 'adjustment',
        'person_record'];
    vendor_level text[] := ARRAY['vendor', 'vendor_lock', 'vendor_secret', 'vendor_policy', 'import_batch', 'import_mapping', 'import_before', 'staff',
        'number_counter', 'audit_head', 'audit_event', 'person_match'];
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
END $$;
-- The operator lists vendors by name and creates them; the rows beneath stay closed to it.
CREATE POLICY operator_lists ON vendor AS PERMISSIVE FOR SELECT TO {{operator}} USING (true);
GRANT SELECT, INSERT ON vendor TO {{operator}};
-- Checkpoints are signed over the heads of every vendor's audit chain: a number and a hash each.
CREATE POLICY operator_lists ON audit_head AS PERMISSIVE FOR SELECT TO {{operator}} USING (true);
GRANT SELECT ON audit_head TO {{operator}};

GRANT SELECT ON vendor, vendor_lock TO {{vendor}};
GRANT UPDATE ON vendor_lock, client_lock TO {{vendor}};
GRANT SELECT ON client_lock, attestation, late_fact TO {{vendor}};
GRANT SELECT, INSERT, UPDATE, DELETE ON vendor_policy, import_mapping, import_before, staff, client, provider, patient, enrolment, assignment, condition, consent,
    visit, care_plan, review, mdm, billed_service, stay, device_period, discharge, time_entry, late_entry, agreement, agreement_price, exclusion_choice, person_record,
    person_match TO {{vendor}};
GRANT SELECT, INSERT ON waiver, import_batch, patient_month, program_line, adjustment, exception, invoice, invoice_line, invoice_state, ledger_entry, overpayment_review,
    client_month, number_counter TO {{vendor}};
GRANT UPDATE (undone_at, undone_by) ON import_batch TO {{vendor}};
GRANT UPDATE (withdrawn_at, withdrawn_by) ON waiver TO {{vendor}};
GRANT UPDATE ON client_month TO {{vendor}};
GRANT UPDATE (last_number) ON number_counter TO {{vendor}};
GRANT SELECT ON audit_head, audit_event TO {{vendor}};
GRANT SELECT ON client, provider, enrolment, assignment, condition, consent, visit, care_plan, review, mdm, attestation, billed_service, stay,
    device_period, discharge, time_entry, late_entry, client_month, patient_month, program_line, exclusion_choice, waiver, adjustment, exception, invoice, invoice_line,
    invoice_state, ledger_entry TO {{practice}};
-- Not `person_key`: it changes when another client's patient turns out to be the same person.
GRANT SELECT (vendor_id, client_id, id, mrn, family_name, given_name, search_name, birth_date, mbi, state, payer, qmb, part_b_from, died_on, created_batch_id, batch_id)
    ON patient TO {{practice}};

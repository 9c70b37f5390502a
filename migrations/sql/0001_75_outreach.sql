-- Setting a vendor up: files between their upload and their import, and the calls that ask patients to enrol.
-- A file as it was parsed (PostgreSQL's CSV, the line number first), with what was chosen and corrected since; it is deleted when it is imported or
-- discarded, and a day after its upload at the latest.
CREATE TABLE import_upload (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    kind text NOT NULL,
    file_name text NOT NULL,
    file_sha256 text NOT NULL,
    headers text[] NOT NULL,
    row_count int NOT NULL CHECK (row_count >= 0),
    -- what the parser said of lines, and the column that each header means, null until it was chosen
    problems jsonb NOT NULL,
    mapping jsonb,
    -- line -> place of the cell from 0 -> its text
    corrections jsonb NOT NULL,
    -- what a page shows of a large file that background work has tried, and of which state of file and tables (imports/kept_verdict.py)
    tried jsonb,
    content bytea NOT NULL,
    uploaded_by text NOT NULL CHECK (uploaded_by <> ''),
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, id)
);
CREATE INDEX import_upload_by_age ON import_upload (vendor_id, uploaded_at);
-- One attempt to reach a patient about a program. Nothing of it is ever changed: who was called when is evidence.
CREATE TABLE outreach_attempt (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    program text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('no_answer', 'left_message', 'call_back', 'wrong_number', 'declined', 'consented')),
    script_version text NOT NULL DEFAULT '',
    call_back_on date,
    attempted_by text NOT NULL CHECK (attempted_by <> ''),
    attempted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, client_id, id),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient
);
CREATE INDEX outreach_attempt_of_patient ON outreach_attempt (vendor_id, client_id, patient_id, attempted_at);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['import_upload', 'outreach_attempt'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant_vendor ON %I AS PERMISSIVE FOR ALL TO PUBLIC USING (vendor_id = (SELECT tenancy.current_vendor())) '
            'WITH CHECK (vendor_id = (SELECT tenancy.current_vendor()))', name);
        EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', name);
    END LOOP;
    CREATE POLICY tenant_clients ON outreach_attempt AS RESTRICTIVE FOR ALL TO {{practice}} USING (client_id = ANY ((SELECT tenancy.current_clients())::uuid[]))
        WITH CHECK (client_id = ANY ((SELECT tenancy.current_clients())::uuid[]));
    CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON outreach_attempt FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change();
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON import_upload TO {{vendor}};
GRANT SELECT, INSERT ON outreach_attempt TO {{vendor}};

-- Questions and disputes about invoice lines, and what a practice keeps for itself: samples that it drew, rosters that it compared.
-- Everything here is only ever added to. The lists mirror caretally.tenancy.registry and .declared, and a test compares them.

-- What a practice asks or disputes of one line. It changes no invoice: what a line cost when it was asked stands beside what is disputed of it.
CREATE TABLE line_question (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    invoice_id uuid NOT NULL,
    invoice_line_id uuid NOT NULL,
    month date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('dispute', 'question')),
    line_cents bigint NOT NULL,
    disputed_cents bigint CHECK (disputed_cents > 0),
    answer_by date NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, client_id, id),
    FOREIGN KEY (vendor_id, client_id, invoice_id) REFERENCES invoice,
    FOREIGN KEY (vendor_id, client_id, invoice_line_id) REFERENCES invoice_line,
    CHECK ((kind = 'dispute') = (disputed_cents IS NOT NULL)),
    CHECK (disputed_cents <= line_cents)
);
CREATE INDEX line_question_by_invoice ON line_question (vendor_id, client_id, invoice_id);
-- What was said, in its order; `state` is what the thread is since. Who says it is the login's and the context's, not the writer's, to tell.
CREATE TABLE line_message (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    question_id uuid NOT NULL,
    seq int NOT NULL CHECK (seq >= 1),
    side text NOT NULL DEFAULT CASE WHEN session_user = '{{practice:name}}' THEN 'practice' ELSE 'vendor' END CHECK (side IN ('practice', 'vendor')),
    state text NOT NULL CHECK (state IN ('open', 'answered', 'accepted', 'withdrawn')),
    said text NOT NULL CHECK (said <> ''),
    actor text NOT NULL DEFAULT tenancy.current_actor(),
    actor_name text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, question_id, seq),
    FOREIGN KEY (vendor_id, client_id, question_id) REFERENCES line_question,
    CHECK ((side = 'vendor') = (state = 'answered'))
);
-- A practice's own draw of billed patient-months; seed and size draw the same ones again from the same close.
CREATE TABLE practice_sample (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    client_month_id uuid NOT NULL,
    month date NOT NULL,
    seed text NOT NULL CHECK (seed <> ''),
    size int NOT NULL CHECK (size >= 1),
    population int NOT NULL CHECK (population >= size),
    drawn_by text NOT NULL DEFAULT tenancy.current_actor(),
    drawn_name text NOT NULL,
    drawn_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, client_id, id),
    FOREIGN KEY (vendor_id, client_id, client_month_id) REFERENCES client_month
);
CREATE TABLE practice_sample_item (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    sample_id uuid NOT NULL,
    ordinal int NOT NULL CHECK (ordinal >= 1),
    patient_month_id uuid NOT NULL,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, sample_id, ordinal),
    UNIQUE (vendor_id, client_id, sample_id, patient_month_id),
    FOREIGN KEY (vendor_id, client_id, sample_id) REFERENCES practice_sample,
    FOREIGN KEY (vendor_id, client_id, patient_month_id) REFERENCES patient_month
);
-- What the practice found of a drawn patient-month; a changed mind is a further row, and the newest counts.
CREATE TABLE practice_verdict (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    item_id uuid NOT NULL,
    seq int NOT NULL CHECK (seq >= 1),
    verdict text NOT NULL CHECK (verdict IN ('not_ok', 'ok')),
    reason text NOT NULL,
    given_by text NOT NULL DEFAULT tenancy.current_actor(),
    given_name text NOT NULL,
    given_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, item_id, seq),
    FOREIGN KEY (vendor_id, client_id, item_id) REFERENCES practice_sample_item,
    CHECK (verdict = 'ok' OR reason <> '')
);
-- A practice's own list of patients, compared with who was enrolled in a month.
CREATE TABLE practice_roster (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    month date NOT NULL,
    file_sha256 text NOT NULL,
    rows_read int NOT NULL,
    matched int NOT NULL,
    missing int NOT NULL,
    extra int NOT NULL,
    refused int NOT NULL,
    compared_by text NOT NULL DEFAULT tenancy.current_actor(),
    compared_name text NOT NULL,
    compared_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, client_id, id),
    FOREIGN KEY (vendor_id, client_id) REFERENCES client
);
-- `missing` stands on the practice's list and was not enrolled, `extra` was enrolled and does not stand on it; `line` is the file's, none for `extra`.
CREATE TABLE practice_roster_row (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    roster_id uuid NOT NULL,
    result text NOT NULL CHECK (result IN ('matched', 'missing', 'extra', 'refused')),
    line int,
    name text NOT NULL,
    birth_date date,
    mrn text NOT NULL,
    mbi text NOT NULL,
    patient_id uuid,
    remark text NOT NULL,
    PRIMARY KEY (vendor_id, client_id, id),
    FOREIGN KEY (vendor_id, client_id, roster_id) REFERENCES practice_roster,
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient
);
CREATE INDEX practice_roster_row_by_roster ON practice_roster_row (vendor_id, client_id, roster_id);

DO $$
DECLARE
    name text;
    practice_space text[] := ARRAY['practice_sample', 'practice_sample_item', 'practice_verdict', 'practice_roster', 'practice_roster_row'];
BEGIN
    FOREACH name IN ARRAY ARRAY['line_question', 'line_message'] || practice_space LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant_vendor ON %I AS PERMISSIVE FOR ALL TO PUBLIC USING (vendor_id = (SELECT tenancy.current_vendor())) '
            'WITH CHECK (vendor_id = (SELECT tenancy.current_vendor()))', name);
        EXECUTE format('CREATE POLICY tenant_clients ON %I AS RESTRICTIVE FOR ALL TO {{practice}} USING (client_id = ANY ((SELECT tenancy.current_clients())::uuid[])) '
            'WITH CHECK (client_id = ANY ((SELECT tenancy.current_clients())::uuid[]))', name);
        EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', name);
        EXECUTE format('CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', name);
        EXECUTE format('GRANT SELECT ON %I TO {{practice}}', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['line_question', 'practice_sample', 'practice_roster'] LOOP
        EXECUTE format('CREATE POLICY tenant_period ON %I AS RESTRICTIVE FOR ALL TO {{practice}} '
            'USING (month >= (SELECT tenancy.period_first()) AND month <= (SELECT tenancy.period_last()))', name);
    END LOOP;
    -- The vendor has no right to a practice's space, and would see no row of it if somebody gave it one.
    FOREACH name IN ARRAY practice_space LOOP
        EXECUTE format('CREATE POLICY practice_space ON %I AS RESTRICTIVE FOR ALL TO {{vendor}} USING (false) WITH CHECK (false)', name);
    END LOOP;
END $$;
GRANT SELECT ON line_question, line_message TO {{vendor}};
GRANT INSERT (vendor_id, client_id, id, question_id, seq, state, said, actor_name) ON line_message TO {{vendor}}, {{practice}};
GRANT INSERT ON line_question TO {{practice}};
GRANT INSERT (vendor_id, client_id, id, client_month_id, month, seed, size, population, drawn_name) ON practice_sample TO {{practice}};
GRANT INSERT ON practice_sample_item TO {{practice}};
GRANT INSERT (vendor_id, client_id, id, item_id, seq, verdict, reason, given_name) ON practice_verdict TO {{practice}};
GRANT INSERT (vendor_id, client_id, id, month, file_sha256, rows_read, matched, missing, extra, refused, compared_name) ON practice_roster TO {{practice}};
GRANT INSERT ON practice_roster_row TO {{practice}};

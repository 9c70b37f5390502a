-- What a vendor and its clients know: every row leads with vendor_id, every client-level row carries client_id in its key. Decision 0004.
-- `created_batch_id` and `batch_id` name the import that made and last changed a row, so that a whole file can be undone.
CREATE TABLE vendor (
    vendor_id uuid PRIMARY KEY,
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name text NOT NULL CHECK (name <> ''),
    timezone text NOT NULL,
    address text NOT NULL DEFAULT '',
    remit_to text NOT NULL DEFAULT '',
    contact text NOT NULL DEFAULT '',
    accent text NOT NULL DEFAULT '#0b6259' CHECK (accent ~ '^#[0-9a-f]{6}$'),
    session_idle_minutes smallint NOT NULL DEFAULT 15 CHECK (session_idle_minutes BETWEEN 1 AND 15),
    session_hours smallint NOT NULL DEFAULT 12 CHECK (session_hours BETWEEN 1 AND 12),
    created_at timestamptz NOT NULL DEFAULT now()
);
-- Unique by an expression: an index of the column itself is asked before the policy, and a forged context would be refused only where a row
-- is found, which tells that there is one. Everybody under the policy asks it first; the logins that see every slug have few rows to read.
CREATE UNIQUE INDEX vendor_slug_key ON vendor (lower(slug));
-- `caretally decide` loads given facts into this vendor and rolls them back; nothing is ever committed in it.
INSERT INTO vendor (vendor_id, slug, name, timezone) VALUES ('00000000-0000-7000-8000-000000000001', 'decide', 'Facts under decision', 'UTC');
CREATE TABLE vendor_lock (vendor_id uuid PRIMARY KEY REFERENCES vendor);
INSERT INTO vendor_lock SELECT vendor_id FROM vendor;
-- The key under which the identifiers of a vendor's persons are hashed, as the two blocks of RFC 2104; no login reads it.
CREATE TABLE vendor_secret (
    vendor_id uuid PRIMARY KEY REFERENCES vendor,
    inner_block bytea NOT NULL CHECK (length(inner_block) = 64),
    outer_block bytea NOT NULL CHECK (length(outer_block) = 64)
);
CREATE TABLE vendor_policy (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    gate_code text NOT NULL REFERENCES gate,
    effect text NOT NULL CHECK (effect IN ('off', 'warn', 'hold')),
    limit_months smallint CHECK (limit_months > 0),
    limit_days smallint CHECK (limit_days > 0),
    valid_from date NOT NULL,
    valid_to date,
    PRIMARY KEY (vendor_id, id),
    CHECK (valid_to >= valid_from),
    EXCLUDE USING gist (vendor_id WITH =, gate_code WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
);
-- How many days after its month an exception is due, where the vendor says so and not the table of gates. `subject` is the code of a gate or the role that
-- owns gates; a gate's own rule goes before its owner's.
CREATE TABLE due_rule (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    subject text NOT NULL,
    days smallint NOT NULL CHECK (days BETWEEN 0 AND 365),
    valid_from date NOT NULL,
    valid_to date,
    PRIMARY KEY (vendor_id, id),
    CHECK (valid_to >= valid_from),
    EXCLUDE USING gist (vendor_id WITH =, subject WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
);
CREATE TABLE import_batch (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    kind text NOT NULL,
    file_name text NOT NULL,
    file_sha256 text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    rows_read int NOT NULL,
    rows_new int NOT NULL,
    rows_changed int NOT NULL,
    rows_unchanged int NOT NULL,
    rows_late int NOT NULL,
    rows_refused int NOT NULL,
    undone_at timestamptz,
    undone_by text,
    PRIMARY KEY (vendor_id, id)
);
CREATE TABLE import_mapping (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    name text NOT NULL,
    kind text NOT NULL,
    columns jsonb NOT NULL,
    PRIMARY KEY (vendor_id, id),
    UNIQUE (vendor_id, kind, name)
);
-- The image of a row before an import changed it: what undo restores.
CREATE TABLE import_before (
    vendor_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    batch_id uuid NOT NULL,
    table_name text NOT NULL,
    row_id uuid NOT NULL,
    image jsonb NOT NULL,
    PRIMARY KEY (vendor_id, id),
    UNIQUE (vendor_id, batch_id, table_name, row_id),
    FOREIGN KEY (vendor_id, batch_id) REFERENCES import_batch
);
CREATE TABLE staff (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    code text NOT NULL,
    family_name text NOT NULL,
    given_name text NOT NULL,
    role text NOT NULL CHECK (role IN ('clinical', 'administrative', 'qhp')),
    credential text NOT NULL DEFAULT '',
    licensed_states text[] NOT NULL DEFAULT '{}',
    license_expires_on date,
    country text NOT NULL DEFAULT 'US' CHECK (country ~ '^[A-Z]{2}$'),
    npi text CHECK (npi ~ '^[0-9]{10}$'),
    email text NOT NULL DEFAULT '',
    -- the days on which the person is excluded from federal health care programs (OIG's list), both inclusive
    excluded_from date,
    excluded_to date,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, id),
    UNIQUE (vendor_id, code),
    CHECK (excluded_to >= excluded_from),
    CHECK (excluded_to IS NULL OR excluded_from IS NOT NULL)
);
CREATE TABLE client (
    vendor_id uuid NOT NULL REFERENCES vendor,
    client_id uuid NOT NULL DEFAULT tenancy.new_id(),
    code text NOT NULL CHECK (code <> ''),
    name text NOT NULL CHECK (name <> ''),
    timezone text NOT NULL,
    setting text NOT NULL DEFAULT 'physician' CHECK (setting IN ('physician', 'rhc_fqhc')),
    -- where the practitioner would have seen the patients, and the Medicare contractor and locality that pay for it ('' for none)
    place_of_service text NOT NULL DEFAULT '11' CHECK (place_of_service ~ '^[0-9]{2}$'),
    medicare_locality text NOT NULL DEFAULT '' CHECK (medicare_locality ~ '^([0-9]{5}-[0-9]{2})?$'),
    tin text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    bill_to text NOT NULL DEFAULT '',
    po_number text NOT NULL DEFAULT '',
    terms_days smallint NOT NULL DEFAULT 30 CHECK (terms_days BETWEEN 0 AND 365),
    contact_name text NOT NULL DEFAULT '',
    contact_email text NOT NULL DEFAULT '',
    access_24_7_from date,
    ehr_certified_from date,
    supervision_from date,
    baa_on date,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id),
    UNIQUE (vendor_id, code)
);
-- Locked by a close (FOR UPDATE) and by writers (FOR SHARE). Apart from client, whose rows foreign keys lock on every insert.
CREATE TABLE client_lock (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    PRIMARY KEY (vendor_id, client_id),
    FOREIGN KEY (vendor_id, client_id) REFERENCES client ON DELETE CASCADE
);
CREATE TABLE provider (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    npi text NOT NULL CHECK (npi ~ '^[0-9]{10}$'),
    family_name text NOT NULL,
    given_name text NOT NULL,
    credential text NOT NULL DEFAULT '',
    specialty text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    -- years in which Medicare pays this practitioner as a qualifying participant of an alternative payment model
    qp_years int[] NOT NULL DEFAULT '{}',
    valid_from date,
    valid_to date,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, npi),
    FOREIGN KEY (vendor_id, client_id) REFERENCES client,
    CHECK (valid_to >= valid_from)
);
CREATE TABLE patient (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    mrn text NOT NULL CHECK (mrn <> ''),
    family_name text NOT NULL,
    given_name text NOT NULL,
    search_name text NOT NULL DEFAULT '',
    birth_date date NOT NULL,
    mbi text,
    state text CHECK (state ~ '^[A-Z]{2}$'),
    payer text NOT NULL DEFAULT '',
    qmb boolean,
    part_b_from date,
    died_on date,
    -- the same in all records of one person, null for somebody who has one record; no practice reads it
    person_key bytea,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, mrn),
    FOREIGN KEY (vendor_id, client_id) REFERENCES client
);
CREATE INDEX patient_by_person ON patient (vendor_id, person_key) WHERE person_key IS NOT NULL;
CREATE TABLE enrolment (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    program text NOT NULL,
    status text NOT NULL CHECK (status IN ('enrolled', 'paused', 'withdrawn', 'enrolled_elsewhere', 'declined', 'ineligible')),
    valid_from date NOT NULL,
    valid_to date,
    reason text NOT NULL DEFAULT '',
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, program, valid_from),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    CHECK (valid_to >= valid_from)
);
CREATE TABLE assignment (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    program text NOT NULL,
    provider_id uuid NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, program, valid_from),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    FOREIGN KEY (vendor_id, client_id, provider_id) REFERENCES provider,
    CHECK (valid_to >= valid_from)
);
CREATE TABLE condition (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    icd10 text NOT NULL CHECK (icd10 ~ '^[A-Z][0-9][0-9A-Z]([0-9A-Z]{1,4})?$'),
    onset_on date,
    resolved_on date,
    -- what the practitioner documents of it, null where nobody said: a significant risk, how many months it lasts in all, whether until death
    risk_documented boolean,
    expected_months int CHECK (expected_months >= 0),
    until_death boolean,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, icd10),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    CHECK (resolved_on >= onset_on)
);
CREATE TABLE consent (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    program text NOT NULL,
    provider_id uuid NOT NULL,
    method text NOT NULL CHECK (method IN ('verbal', 'written')),
    obtained_on date NOT NULL,
    obtained_by text NOT NULL DEFAULT '',
    scope boolean NOT NULL DEFAULT false,
    cost_sharing boolean NOT NULL DEFAULT false,
    one_practitioner boolean NOT NULL DEFAULT false,
    stop boolean NOT NULL DEFAULT false,
    script_version text NOT NULL DEFAULT '',
    document_ref text NOT NULL DEFAULT '',
    revoked_on date,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, program, provider_id, obtained_on),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    FOREIGN KEY (vendor_id, client_id, provider_id) REFERENCES provider,
    CHECK (revoked_on >= obtained_on)
);
CREATE TABLE visit (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    visited_on date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('AWV', 'IPPE', 'TCM', 'EM')),
    code text NOT NULL DEFAULT '',
    npi text,
    ccm_discussed boolean,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, visited_on, kind),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient
);
CREATE TABLE care_plan (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    version int NOT NULL CHECK (version > 0),
    effective_on date NOT NULL,
    author text NOT NULL DEFAULT '',
    signed_by text NOT NULL DEFAULT '',
    signed_on date,
    copy_given_on date,
    copy_method text NOT NULL DEFAULT '',
    elements text[] NOT NULL DEFAULT '{}',
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, version),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient
);
CREATE TABLE review (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    plan_version int NOT NULL,
    reviewed_on date NOT NULL,
    reviewer text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('no_change', 'updated')),
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, plan_version, reviewed_on),
    FOREIGN KEY (vendor_id, client_id, patient_id, plan_version) REFERENCES care_plan (vendor_id, client_id, patient_id, version)
);
CREATE TABLE mdm (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    level text NOT NULL CHECK (level IN ('low', 'moderate', 'high')),
    npi text NOT NULL,
    documented_on date NOT NULL,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, month),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient
);
CREATE TABLE attestation (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    provider_id uuid NOT NULL,
    statement_version text NOT NULL,
    signer text NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, month),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    FOREIGN KEY (vendor_id, client_id, provider_id) REFERENCES provider
);
CREATE TABLE billed_service (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    code text NOT NULL,
    served_on date NOT NULL,
    npi text,
    same_practitioner boolean,
    minutes int,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, code, served_on),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient
);
CREATE TABLE stay (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('part_a_inpatient', 'part_a_snf', 'nursing_facility_non_part_a', 'hospice')),
    valid_from date NOT NULL,
    valid_to date,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, kind, valid_from),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    CHECK (valid_to >= valid_from)
);
CREATE TABLE device_period (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    program text NOT NULL,
    period_from date NOT NULL,
    days smallint NOT NULL CHECK (days BETWEEN 0 AND 30),
    setup_on date,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, program, period_from),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient
);
CREATE TABLE discharge (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    discharged_on date NOT NULL,
    contacted_on date,
    visited_on date,
    mdm text NOT NULL DEFAULT '' CHECK (mdm IN ('', 'low', 'moderate', 'high')),
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, patient_id, discharged_on),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient
);
-- One entry of time as it was worked. The content hash holds no generated id, so evidence is the same on every machine.
CREATE TABLE time_entry (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    started_at timestamptz(0) NOT NULL,
    ended_at timestamptz(0) NOT NULL,
    entered_at timestamptz,
    within_em boolean NOT NULL DEFAULT false,
    country text CHECK (country ~ '^[A-Z]{2}$'),
    program text NOT NULL,
    source text NOT NULL DEFAULT '',
    external_id text NOT NULL,
    activity text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    contact text NOT NULL DEFAULT '' CHECK (contact IN ('', 'live', 'none')),
    approved_by text NOT NULL DEFAULT '',
    created_batch_id uuid,
    batch_id uuid,
    -- whole seconds since 1970 UTC: the evaluation sorts, clips and adds integers only
    started_second bigint NOT NULL GENERATED ALWAYS AS (extract(epoch FROM started_at - timestamptz '1970-01-01 00:00:00+00')::bigint) STORED,
    ended_second bigint NOT NULL GENERATED ALWAYS AS (extract(epoch FROM ended_at - timestamptz '1970-01-01 00:00:00+00')::bigint) STORED,
    content_hash bytea NOT NULL GENERATED ALWAYS AS (sha256(
        int8send(extract(epoch FROM started_at - timestamptz '1970-01-01 00:00:00+00')::bigint) || int8send(extract(epoch FROM ended_at - timestamptz '1970-01-01 00:00:00+00')::bigint)
        || decode(replace(source || E'\x1f' || external_id || E'\x1f' || program || E'\x1f' || activity || E'\x1f' || description || E'\x1f' || contact
        || E'\x1f' || approved_by || E'\x1f' || coalesce(country, '') || E'\x1f' || CASE WHEN within_em THEN '1' ELSE '0' END,
        E'\\', E'\\\\'), 'escape'))) STORED,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, source, external_id),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    FOREIGN KEY (vendor_id, staff_id) REFERENCES staff,
    CHECK (ended_at > started_at),
    CHECK (ended_at <= started_at + interval '24 hours')
);
CREATE INDEX time_entry_by_month ON time_entry (vendor_id, client_id, started_at);
-- A patient's page and the time behind one line of an invoice read one patient.
CREATE INDEX time_entry_by_patient ON time_entry (vendor_id, client_id, patient_id, started_at);
CREATE INDEX time_entry_by_staff ON time_entry (vendor_id, staff_id, started_second) INCLUDE (ended_second, client_id, patient_id, id);
-- A time row that arrived for a month already closed: never an edit, offered as an adjustment on the next invoice.
CREATE TABLE late_entry (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('new', 'corrected', 'approved')),
    month date NOT NULL,
    started_at timestamptz(0) NOT NULL,
    ended_at timestamptz(0) NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL,
    fields jsonb NOT NULL,
    -- its month was opened again and the entry imported into it: nothing is late about it any more
    taken_in boolean NOT NULL DEFAULT false,
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, source, external_id),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    FOREIGN KEY (vendor_id, staff_id) REFERENCES staff,
    CHECK (ended_at > started_at)
);
CREATE TABLE agreement (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    valid_from date NOT NULL,
    valid_to date,
    basis text NOT NULL CHECK (basis IN ('per_patient_month', 'per_code', 'percentage')),
    tier_mode text NOT NULL DEFAULT 'graduated' CHECK (tier_mode IN ('graduated', 'whole_volume')),
    minimum_cents bigint NOT NULL DEFAULT 0 CHECK (minimum_cents >= 0),
    qhp_time text NOT NULL DEFAULT 'pool' CHECK (qhp_time IN ('pool', 'personal', 'never_pool')),
    attestation_required boolean NOT NULL DEFAULT false,
    date_of_service text NOT NULL DEFAULT 'threshold' CHECK (date_of_service IN ('threshold', 'month_end')),
    copy_missing text NOT NULL DEFAULT 'hold' CHECK (copy_missing IN ('hold', 'warn', 'off')),
    review_overdue text NOT NULL DEFAULT 'hold' CHECK (review_overdue IN ('hold', 'warn', 'off')),
    po_required boolean NOT NULL DEFAULT false,
    -- which of programs that exclude each other this client bills, first wins; programs it does not name are left to a person
    priority text[] NOT NULL DEFAULT '{}',
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, valid_from),
    FOREIGN KEY (vendor_id, client_id) REFERENCES client,
    CHECK (valid_to >= valid_from),
    CONSTRAINT agreement_versions_do_not_overlap EXCLUDE USING gist
        (vendor_id WITH =, client_id WITH =, daterange(valid_from, valid_to, '[]') WITH &&) DEFERRABLE INITIALLY IMMEDIATE
);
CREATE TABLE agreement_price (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    agreement_id uuid NOT NULL,
    code text NOT NULL DEFAULT '',
    tier_from int NOT NULL DEFAULT 1 CHECK (tier_from >= 1),
    price_cents bigint CHECK (price_cents >= 0),
    -- of what Medicare is expected to pay for the patient-month
    percent numeric(12, 6) CHECK (percent BETWEEN 1 AND 100),
    created_batch_id uuid,
    batch_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, agreement_id, code, tier_from),
    FOREIGN KEY (vendor_id, client_id, agreement_id) REFERENCES agreement ON DELETE CASCADE,
    CHECK (num_nonnulls(price_cents, percent) = 1)
);
-- A dated fact that was recorded or changed after a month it bears on had closed. The next close looks at those months again. Written by 0001_65.
CREATE TABLE late_fact (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    source text NOT NULL,
    from_day date NOT NULL,
    to_day date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (vendor_id, client_id, id),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient ON DELETE CASCADE
);
CREATE INDEX late_fact_by_time ON late_fact (vendor_id, client_id, recorded_at);

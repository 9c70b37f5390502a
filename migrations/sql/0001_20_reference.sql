-- Dated reference tables, the same for every vendor: no threshold, increment, cap or code stands in code. Loaded by caretally.cms.
CREATE TABLE rule_set (
    code text PRIMARY KEY,
    effective_from date NOT NULL,
    source_sha256 text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE billing_code (
    code text PRIMARY KEY CHECK (code ~ '^[0-9A-Z]{5}$'),
    family text NOT NULL,
    label text NOT NULL,
    performed_by text NOT NULL CHECK (performed_by IN ('staff', 'personal', 'device', 'team')),
    first_threshold_seconds int CHECK (first_threshold_seconds > 0),
    min_reportable_seconds int,
    increment_seconds int CHECK (increment_seconds > 0),
    max_units_month smallint NOT NULL CHECK (max_units_month > 0),
    adds_on_to text,
    first_valid date NOT NULL,
    last_valid date,
    mdm_levels text[] NOT NULL DEFAULT '{}',
    note text NOT NULL DEFAULT ''
);
-- One row a way of reaching a base code by time: its threshold and the add-on that follows it.
CREATE TABLE time_ladder (
    program text NOT NULL,
    path text NOT NULL CHECK (path IN ('staff', 'complex', 'personal')),
    base_code text NOT NULL REFERENCES billing_code,
    addon_code text REFERENCES billing_code,
    PRIMARY KEY (program, path)
);
CREATE TABLE gate (
    code text PRIMARY KEY,
    ordinal smallint NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('unsupported', 'held', 'excluded', 'warning', 'policy', 'signal', 'parks')),
    default_effect text NOT NULL CHECK (default_effect IN ('off', 'warn', 'hold', 'exclude', 'unsupport', 'park')),
    vendor_may_change boolean NOT NULL,
    label text NOT NULL,
    owner_role text NOT NULL,
    sentence text NOT NULL,
    fix text NOT NULL,
    due_days smallint NOT NULL,
    rules text[] NOT NULL,
    source text NOT NULL,
    evaluated_from_issue smallint NOT NULL DEFAULT 1
);
CREATE TABLE exclusion_reason (
    code text NOT NULL REFERENCES gate,
    ordinal smallint NOT NULL,
    curable boolean NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    PRIMARY KEY (code, valid_from)
);
-- Counts, months and days that a rule needs and that are not minutes: dated, one row a program and limit.
CREATE TABLE program_limit (
    program text NOT NULL,
    name text NOT NULL CHECK (name IN ('conditions_needed', 'consent_aged_months', 'review_interval_days', 'visit_lookback_months')),
    amount int NOT NULL CHECK (amount > 0),
    valid_from date NOT NULL,
    valid_to date,
    source text NOT NULL,
    PRIMARY KEY (program, name, valid_from),
    CHECK (valid_to >= valid_from)
);
CREATE TABLE credential_type (
    credential text PRIMARY KEY,
    counts_as text NOT NULL CHECK (counts_as IN ('clinical', 'qhp')),
    needs_state_license boolean NOT NULL,
    may_bill boolean NOT NULL
);
CREATE TABLE visit_code_not_qualifying (code text PRIMARY KEY, why text NOT NULL);
CREATE TABLE plan_element (element text PRIMARY KEY, label text NOT NULL);
CREATE TABLE code_exclusion (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('policy', 'ncci_ptp')),
    code_a text NOT NULL,
    code_b text NOT NULL,
    scope text NOT NULL,
    "window" text NOT NULL,
    allowed text NOT NULL,
    ncci_modifier text NOT NULL,
    valid_from date,
    valid_to date,
    note text NOT NULL,
    source text NOT NULL
);
GRANT SELECT ON program_limit, rule_set, billing_code, time_ladder, gate, exclusion_reason, credential_type, visit_code_not_qualifying, plan_element,
    code_exclusion TO {{vendor}}, {{practice}}, {{operator}};

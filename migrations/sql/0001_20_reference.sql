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
    path text NOT NULL CHECK (path IN ('staff', 'complex', 'personal', 'first', 'brief')),
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
-- The gates that a vendor may waive by name, because nobody but the vendor asks them; what CMS asks is not here.
CREATE TABLE waivable_gate (
    gate_code text PRIMARY KEY REFERENCES gate,
    source text NOT NULL
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
    name text NOT NULL CHECK (name IN ('conditions_needed', 'condition_lasts_months', 'consent_aged_months', 'review_interval_days', 'visit_lookback_months',
        'visit_expires_months', 'contact_business_days', 'period_days', 'device_period_days', 'entered_within_days', 'alike_entries', 'source_usual_months',
        'filing_months', 'filing_warning_days')),
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
    wins text NOT NULL DEFAULT '' CHECK (wins IN ('', 'code_a', 'code_b')),
    ncci_modifier text NOT NULL,
    valid_from date,
    valid_to date,
    note text NOT NULL,
    source text NOT NULL
);
-- What a name in an exclusion stands for: a family of codes, a range, or the code itself.
CREATE TABLE code_family (
    name text NOT NULL,
    code text NOT NULL,
    PRIMARY KEY (name, code)
);
-- The programs a patient can be in, in the order in which their lines are told and met; never an order of price. Decision 0008.
CREATE TABLE program (
    program text PRIMARY KEY,
    ordinal smallint NOT NULL UNIQUE,
    label text NOT NULL,
    enrolled_as text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('timed', 'monthly', 'transition', 'device')),
    follows_qhp_policy boolean NOT NULL
);
CREATE TABLE program_gate (
    program text NOT NULL REFERENCES program,
    gate_code text NOT NULL REFERENCES gate,
    PRIMARY KEY (program, gate_code)
);
CREATE TABLE duplicate_program (
    program text NOT NULL REFERENCES program,
    other_program text NOT NULL REFERENCES program,
    valid_from date NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (program, other_program)
);
CREATE TABLE untimed_code (
    program text NOT NULL REFERENCES program,
    ordinal smallint NOT NULL,
    code text NOT NULL REFERENCES billing_code,
    enrolled_since text NOT NULL CHECK (enrolled_since IN ('any', 'this_month', 'earlier')),
    conditions_from int,
    qmb_only boolean NOT NULL,
    needs_base boolean NOT NULL,
    visit_within_days int,
    mdm_levels text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (program, ordinal)
);
CREATE TABLE device_band (
    device text NOT NULL,
    program text NOT NULL REFERENCES program,
    code text NOT NULL REFERENCES billing_code,
    days_from smallint NOT NULL,
    days_to smallint NOT NULL,
    setup_code text NOT NULL REFERENCES billing_code,
    PRIMARY KEY (device, code),
    CHECK (days_to >= days_from)
);
CREATE TABLE code_substitution (
    setting text NOT NULL,
    program text NOT NULL REFERENCES program,
    code text NOT NULL REFERENCES billing_code,
    valid_from date NOT NULL,
    mandatory_to date NOT NULL,
    valid_to date NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (setting, program, valid_from),
    CHECK (valid_to >= mandatory_to AND mandatory_to >= valid_from)
);
CREATE TABLE visit_addon (
    program text NOT NULL REFERENCES program,
    code text NOT NULL REFERENCES billing_code,
    source text NOT NULL,
    PRIMARY KEY (program, code)
);
CREATE TABLE federal_holiday (day date PRIMARY KEY, name text NOT NULL);
GRANT SELECT ON code_family, program, program_gate, duplicate_program, untimed_code, device_band, code_substitution, visit_addon, federal_holiday,
    program_limit, rule_set, billing_code, time_ladder, gate, waivable_gate, exclusion_reason, credential_type, visit_code_not_qualifying, plan_element,
    code_exclusion TO {{vendor}}, {{practice}}, {{operator}};

-- People and how they prove who they are (decision 0012). An account belongs to a person, not to a vendor: only the login of the sign-in
-- sees these rows, by policy and by grant. What an account may do at a vendor is a membership, which is that vendor's own row.
CREATE TABLE account (
    account_id uuid PRIMARY KEY DEFAULT tenancy.new_id(),
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) <= 254 AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    name text NOT NULL CHECK (name <> ''),
    password_hash text,
    is_operator boolean NOT NULL DEFAULT false,
    made_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz
);
-- An authenticator's secret is sealed under the installation's key; one that waits takes its place once a code of it was given. A step once taken is never taken again (RFC 6238, 5.2).
CREATE TABLE account_authenticator (
    account_id uuid PRIMARY KEY REFERENCES account,
    sealed bytea,
    last_step bigint NOT NULL DEFAULT 0,
    waiting bytea,
    CHECK (sealed IS NOT NULL OR waiting IS NOT NULL)
);
CREATE TABLE account_passkey (
    account_id uuid NOT NULL REFERENCES account,
    passkey_id uuid NOT NULL DEFAULT tenancy.new_id(),
    credential_id bytea NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 16 AND 1023),
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    label text NOT NULL CHECK (label <> ''),
    made_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz,
    PRIMARY KEY (account_id, passkey_id)
);
CREATE TABLE account_recovery_code (
    account_id uuid NOT NULL REFERENCES account,
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    used_at timestamptz,
    PRIMARY KEY (account_id, code_hash)
);
-- A link that was mailed: its hash only. `invitation` sets the first password, `reset` a new one; each once and for a limited time.
CREATE TABLE account_link (
    link_hash bytea PRIMARY KEY CHECK (length(link_hash) = 32),
    account_id uuid NOT NULL REFERENCES account,
    purpose text NOT NULL CHECK (purpose IN ('invitation', 'reset')),
    made_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL,
    used_at timestamptz
);
-- What a browser was asked and must answer once: a passkey's challenge, an identity provider's state. Kept by the hash of the browser's cookie.
CREATE TABLE account_ceremony (
    ceremony_hash bytea PRIMARY KEY CHECK (length(ceremony_hash) = 32),
    kind text NOT NULL CHECK (kind IN ('passkey_made', 'passkey_used', 'provider')),
    sealed bytea NOT NULL,
    ends_at timestamptz NOT NULL
);
-- A session is known by the hash of its token. `password`: the second factor is still to come; `full`: both were given. The membership
-- that the person works in, or the break-glass access that an operator reads by, is named without a key, since it is a vendor's row, and is
-- looked up with every request. `operates`: an operator at the installation's own pages, in no vendor.
CREATE TABLE account_session (
    session_id uuid PRIMARY KEY DEFAULT tenancy.new_id(),
    account_id uuid NOT NULL REFERENCES account,
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    stage text NOT NULL CHECK (stage IN ('password', 'full')),
    only_vendor_id uuid,
    vendor_id uuid,
    membership_id uuid,
    break_glass_id uuid,
    operates boolean NOT NULL DEFAULT false,
    entered_at timestamptz,
    made_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL,
    idle_seconds int NOT NULL CHECK (idle_seconds > 0),
    factor_at timestamptz,
    network text NOT NULL,
    browser text NOT NULL,
    ended_at timestamptz,
    CHECK ((vendor_id IS NULL) = (membership_id IS NULL AND break_glass_id IS NULL)),
    CHECK ((entered_at IS NULL) = (vendor_id IS NULL AND NOT operates)),
    CHECK (NOT operates OR membership_id IS NULL),
    CHECK (break_glass_id IS NULL OR operates),
    CHECK (stage = 'full' OR entered_at IS NULL)
);
CREATE INDEX account_session_of_account ON account_session (account_id) WHERE ended_at IS NULL;
-- What happened to an account, for the person and for whoever looks into an attack: no address, no password, no code.
CREATE TABLE account_event (
    account_id uuid NOT NULL REFERENCES account,
    event_id uuid NOT NULL DEFAULT tenancy.new_id(),
    at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL CHECK (action ~ '^[a-z_]+$'),
    network text NOT NULL,
    browser text NOT NULL,
    PRIMARY KEY (account_id, event_id)
);
-- Failed attempts, counted by keyed hashes of what they were made at and from; rows older than the longest window are removed as others come.
CREATE TABLE sign_in_failure (
    failure_id uuid PRIMARY KEY DEFAULT tenancy.new_id(),
    key_hash bytea NOT NULL CHECK (length(key_hash) = 32),
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sign_in_failure_key ON sign_in_failure (key_hash, at);
CREATE INDEX sign_in_failure_at ON sign_in_failure (at);

-- Who an account is at an identity provider (OpenID Connect: issuer and subject name a person for ever, an address does not).
CREATE TABLE account_federation (
    issuer text NOT NULL,
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    account_id uuid NOT NULL REFERENCES account,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
-- A vendor's own identity provider: for addresses of these domains, with the role that each group of it has here. A session that it opened
-- enters this vendor only. `proves_factor`: the vendor states that the provider asks for a second factor itself.
CREATE TABLE identity_provider (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    issuer text NOT NULL CHECK (issuer ~ '^https?://'),
    client text NOT NULL CHECK (client <> ''),
    sealed_secret bytea NOT NULL,
    domains text[] NOT NULL CHECK (cardinality(domains) > 0),
    group_claim text NOT NULL DEFAULT 'groups',
    roles jsonb NOT NULL,
    proves_factor boolean NOT NULL DEFAULT false,
    made_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (vendor_id, id)
);
CREATE UNIQUE INDEX identity_provider_once ON identity_provider (vendor_id) WHERE ended_at IS NULL;

-- What an account may do at a vendor: one role; a practice's people at the clients of membership_client only, an auditor in a period only.
CREATE TABLE membership (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    account_id uuid NOT NULL REFERENCES account,
    role text NOT NULL CHECK (role IN ('vendor_admin', 'billing_admin', 'coordinator', 'clinical_staff', 'clinical_supervisor',
        'practice_administrator', 'provider', 'auditor')),
    email text NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    period_from date,
    period_to date,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    ended_by text,
    ended_at timestamptz,
    PRIMARY KEY (vendor_id, id),
    CHECK ((role = 'auditor') = (period_from IS NOT NULL) AND (period_from IS NULL) = (period_to IS NULL) AND period_to >= period_from),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX membership_once ON membership (vendor_id, account_id, role) WHERE ended_at IS NULL;
CREATE INDEX membership_of_account ON membership ((account_id::text)) WHERE ended_at IS NULL;
CREATE TABLE membership_client (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    membership_id uuid NOT NULL,
    PRIMARY KEY (vendor_id, client_id, membership_id),
    FOREIGN KEY (vendor_id, client_id) REFERENCES client (vendor_id, client_id),
    FOREIGN KEY (vendor_id, membership_id) REFERENCES membership (vendor_id, id)
);
CREATE INDEX membership_client_of_membership ON membership_client (vendor_id, membership_id);

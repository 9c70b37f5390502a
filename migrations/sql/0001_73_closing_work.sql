-- Closing through pages: what a month shows of a client at one look, four eyes, and what somebody asked to be previewed or closed.
-- The month's figures as its newest preview or its close left them, so that no page adds up patient-months or entries (close/summary.sql).
ALTER TABLE client_month ADD COLUMN summary jsonb CHECK (jsonb_typeof(summary) = 'object');
-- Four eyes: the one who previewed last is not the one who closes.
ALTER TABLE vendor ADD COLUMN four_eyes boolean NOT NULL DEFAULT false;
-- What a month still waits for, without reading its other entries and imports.
CREATE INDEX time_entry_unapproved ON time_entry (vendor_id, client_id, started_at) WHERE source = 'manual' AND approved_by = '';
-- The first page tells which of last year's held patients must be filed soon.
CREATE INDEX patient_month_held ON patient_month (vendor_id, month) WHERE outcome = 'held';
CREATE INDEX import_batch_refused ON import_batch (vendor_id, at) WHERE rows_refused > 0 AND undone_at IS NULL;

-- One act for some or all clients of a month; its id is given by the form that asked, so that a form sent twice asks once.
CREATE TABLE closing_run (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    kind text NOT NULL CHECK (kind IN ('preview', 'close')),
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, id)
);
CREATE TABLE closing_result (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    run_id uuid NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'previewed', 'closed', 'nothing', 'parked')),
    -- somebody checked a total that the bounds of a close hold back
    acknowledged boolean NOT NULL DEFAULT false,
    -- the preview that was on the page of whoever asked for the close
    seen_hash bytea,
    seen_total_cents bigint,
    code text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    ended_at timestamptz,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, run_id),
    FOREIGN KEY (vendor_id, run_id) REFERENCES closing_run,
    FOREIGN KEY (vendor_id, client_id) REFERENCES client,
    CHECK (status = 'waiting' OR ended_at IS NOT NULL),
    CHECK (status <> 'parked' OR reason <> '')
);
CREATE INDEX closing_result_of_run ON closing_result (vendor_id, run_id);
CREATE INDEX closing_result_of_month ON closing_result (vendor_id, client_id, month, ended_at);
-- A version of an agreement that somebody tries over past months: the form as it was typed, and each month once it was decided and priced again.
CREATE TABLE agreement_replay (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL,
    typed jsonb NOT NULL CHECK (jsonb_typeof(typed) = 'object'),
    months jsonb NOT NULL DEFAULT '[]',
    asked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, client_id, id),
    FOREIGN KEY (vendor_id, client_id) REFERENCES client
);
-- A file of a long invoice, made once for each state of it.
CREATE TABLE invoice_file (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    invoice_id uuid NOT NULL,
    ending text NOT NULL CHECK (ending IN ('pdf', 'xlsx')),
    state_seq int NOT NULL,
    file_name text NOT NULL,
    patients int NOT NULL CHECK (patients >= 0),
    content bytea NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, invoice_id, ending, state_seq),
    FOREIGN KEY (vendor_id, client_id, invoice_id) REFERENCES invoice
);
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON invoice_file FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON agreement_replay FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON closing_run FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON closing_result FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change();

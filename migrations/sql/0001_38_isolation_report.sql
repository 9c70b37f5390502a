-- Each isolation report as it was signed and printed, for the vendor's page. Nothing of it is ever changed (0001_60).
CREATE TABLE isolation_report (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    made_at timestamptz NOT NULL,
    holds boolean NOT NULL,
    report jsonb NOT NULL CHECK (jsonb_typeof(report) = 'object'),
    pdf bytea NOT NULL,
    PRIMARY KEY (vendor_id, id)
);

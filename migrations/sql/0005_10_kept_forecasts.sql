-- What the newest forecast of a client's month under way came to: patients, seconds and cents, nobody's name. Made in the background, again and again;
-- nothing rests on it. `why` says in a sentence why there is none.
CREATE TABLE IF NOT EXISTS kept_forecast (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    as_of date,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    why text NOT NULL DEFAULT '' CHECK (length(why) <= 500),
    patients int NOT NULL DEFAULT 0,
    reached int NOT NULL DEFAULT 0,
    short int NOT NULL DEFAULT 0,
    held int NOT NULL DEFAULT 0,
    to_call int NOT NULL DEFAULT 0,
    missing_seconds bigint NOT NULL DEFAULT 0,
    -- patients, in thousandths: a sum of chances
    expected_per_mille bigint NOT NULL DEFAULT 0,
    at_stake_cents bigint NOT NULL DEFAULT 0,
    expected_cents bigint NOT NULL DEFAULT 0,
    held_cents bigint NOT NULL DEFAULT 0,
    working_days_left int NOT NULL DEFAULT 0,
    PRIMARY KEY (vendor_id, client_id, month),
    FOREIGN KEY (vendor_id, client_id) REFERENCES client
);
CREATE INDEX IF NOT EXISTS kept_forecast_of_month ON kept_forecast (vendor_id, month);

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'caretally' AND tablename = 'kept_forecast') THEN
        ALTER TABLE kept_forecast ENABLE ROW LEVEL SECURITY;
        ALTER TABLE kept_forecast FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant_vendor ON kept_forecast AS PERMISSIVE FOR ALL TO PUBLIC USING (vendor_id = (SELECT tenancy.current_vendor()))
            WITH CHECK (vendor_id = (SELECT tenancy.current_vendor()));
        CREATE POLICY tenant_clients ON kept_forecast AS RESTRICTIVE FOR ALL TO {{practice}} USING (client_id = ANY ((SELECT tenancy.current_clients())::uuid[]))
            WITH CHECK (client_id = ANY ((SELECT tenancy.current_clients())::uuid[]));
        CREATE TRIGGER never_truncated BEFORE TRUNCATE ON kept_forecast FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change();
    END IF;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON kept_forecast TO {{vendor}};

-- Background work (decision 0015). A job is a row, written in the transaction of what it belongs to; the broker only carries the hint "run job …".
CREATE TABLE job (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    kind text NOT NULL CHECK (kind <> ''),
    -- Asked for twice under one key, it is one job.
    job_key text NOT NULL CHECK (job_key <> ''),
    -- Ids, months and counts only; a name never.
    payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    asked_by text NOT NULL DEFAULT tenancy.current_actor(),
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'done', 'refused', 'quarantined')),
    -- Counted before the work, so that work which kills its process is counted too.
    attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Who holds the lease, and until when; only the holder writes what follows.
    lease uuid,
    locked_until timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    done int NOT NULL DEFAULT 0 CHECK (done >= 0),
    total int CHECK (total >= 0),
    what text,
    -- What came of it, in one sentence.
    said text,
    PRIMARY KEY (vendor_id, id),
    UNIQUE (vendor_id, kind, job_key)
);
CREATE INDEX job_newest ON job (vendor_id, asked_at, id);
-- The page of a file or of an agreement shows the work about it.
CREATE INDEX job_about ON job (vendor_id, (payload ->> 'about'), asked_at) WHERE payload ? 'about';
-- What is forgotten after the days of a setting.
CREATE INDEX job_ended ON job (vendor_id, ended_at) WHERE status IN ('done', 'refused');
-- What the relay has to say, and when again: `handed_at` is null while a job waits for its turn; from then on `due_at` is when the hint counts as
-- lost, pushed on by the lease. The row goes with the job's end, so the table holds unfinished jobs alone.
CREATE TABLE job_outbox (
    vendor_id uuid NOT NULL,
    id uuid NOT NULL,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    handed_at timestamptz,
    PRIMARY KEY (vendor_id, id),
    FOREIGN KEY (vendor_id, id) REFERENCES job
);
CREATE INDEX job_outbox_waiting ON job_outbox (vendor_id, due_at, id) WHERE handed_at IS NULL;
CREATE INDEX job_outbox_handed ON job_outbox (vendor_id, due_at) WHERE handed_at IS NOT NULL;
-- One row for each effect, in the effect's own transaction: a job may run twice, its effect happens once.
CREATE TABLE job_effect (
    vendor_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    job_id uuid NOT NULL,
    effect_key text NOT NULL CHECK (effect_key <> ''),
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (vendor_id, id),
    UNIQUE (vendor_id, effect_key),
    FOREIGN KEY (vendor_id, job_id) REFERENCES job ON DELETE CASCADE
);
-- What is done again and again; the schedulers ask which is due.
CREATE TABLE job_schedule (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    kind text NOT NULL CHECK (kind <> ''),
    every_minutes int NOT NULL CHECK (every_minutes > 0),
    next_at timestamptz NOT NULL,
    PRIMARY KEY (vendor_id, id),
    UNIQUE (vendor_id, kind)
);

-- Whoever asks for a job is who the signed context says, and it begins as one that nobody has worked at.
CREATE FUNCTION guard.job_asked() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    NEW.asked_by := tenancy.current_actor();
    NEW.status := 'waiting';
    NEW.attempts := 0;
    RETURN NEW;
END $$;
CREATE TRIGGER asked BEFORE INSERT ON job FOR EACH ROW EXECUTE FUNCTION guard.job_asked();
-- Only what has ended is forgotten: neither what waits for its turn nor what waits for a person.
CREATE FUNCTION guard.job_forgotten() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    IF OLD.status NOT IN ('done', 'refused') THEN
        RAISE EXCEPTION 'a job that has not ended is never removed' USING ERRCODE = '42501';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER forgotten BEFORE DELETE ON job FOR EACH ROW EXECUTE FUNCTION guard.job_forgotten();
-- A new job, or the end of one that lets the next of its vendor in, wakes the relays. The word carries nothing: it is heard in every vendor's session.
CREATE FUNCTION guard.wake_relay() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('caretally_jobs', '');
    RETURN NULL;
END $$;
CREATE TRIGGER wake AFTER INSERT OR DELETE ON job_outbox FOR EACH STATEMENT EXECUTE FUNCTION guard.wake_relay();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['job', 'job_outbox', 'job_effect', 'job_schedule'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant_vendor ON %I AS PERMISSIVE FOR ALL TO PUBLIC USING (vendor_id = (SELECT tenancy.current_vendor())) '
            'WITH CHECK (vendor_id = (SELECT tenancy.current_vendor()))', name);
        EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', name);
    END LOOP;
    -- The relay and the scheduler log in as the operator and see whose turn it is, never what a job is about.
    FOREACH name IN ARRAY ARRAY['job_outbox', 'job_schedule'] LOOP
        EXECUTE format('CREATE POLICY operator_lists ON %I AS PERMISSIVE FOR SELECT TO {{operator}} USING (true)', name);
    END LOOP;
    CREATE POLICY relay_hands ON job_outbox AS PERMISSIVE FOR UPDATE TO {{operator}} USING (true) WITH CHECK (true);
END $$;
GRANT SELECT, INSERT, DELETE, UPDATE (status, attempts, lease, locked_until, started_at, ended_at, done, total, what, said) ON job TO {{vendor}};
GRANT SELECT, INSERT, DELETE, UPDATE (due_at, handed_at) ON job_outbox TO {{vendor}};
GRANT SELECT, INSERT ON job_effect TO {{vendor}};
GRANT SELECT, INSERT, UPDATE (next_at) ON job_schedule TO {{vendor}};
GRANT SELECT, UPDATE (due_at, handed_at) ON job_outbox TO {{operator}};
GRANT SELECT (vendor_id, id, kind, next_at) ON job_schedule TO {{operator}};

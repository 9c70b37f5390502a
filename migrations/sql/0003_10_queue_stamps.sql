-- What tells a page that the queue of a vendor is as it was: every change of what orders it or is counted in it leaves a stamp that was never there before.
-- Decision 0022.
CREATE TABLE queue_stamp (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    PRIMARY KEY (vendor_id, id)
);

-- Stamps that somebody else holds are left, so nobody waits for another: what was seen before is gone or has company.
CREATE FUNCTION tenancy.stamp_queue(of_vendor uuid) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, caretally, pg_temp AS $$
    WITH before AS MATERIALIZED (SELECT s.id FROM queue_stamp s WHERE s.vendor_id = of_vendor FOR UPDATE SKIP LOCKED),
    gone AS (DELETE FROM queue_stamp s USING before b WHERE s.vendor_id = of_vendor AND s.id = b.id)
    INSERT INTO queue_stamp (vendor_id) VALUES (of_vendor)
$$;
REVOKE EXECUTE ON FUNCTION tenancy.stamp_queue(uuid) FROM PUBLIC;
-- Like what counts, for whoever a trigger may work for; a practice has no right to the stamps themselves.
GRANT EXECUTE ON FUNCTION tenancy.stamp_queue(uuid) TO {{vendor}}, {{practice}};

CREATE FUNCTION guard.stamp_queue() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM tenancy.stamp_queue(vendor_id) FROM (SELECT DISTINCT vendor_id FROM changed) of_each;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION guard.stamp_queue() FROM PUBLIC;

DO $$
DECLARE
    name text;
BEGIN
    -- the months and clients there are, what is counted of them, the work on each exception and what else became of it since its close, the rule of the days,
    -- and patients for their names; whoever is added, as what an import adds, is in no queue yet
    FOREACH name IN ARRAY ARRAY['client', 'client_month', 'exception_count', 'exception_patient', 'exception_work', 'due_rule'] LOOP
        EXECUTE format('CREATE TRIGGER stamp_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION guard.stamp_queue()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['client', 'client_month', 'exception_count', 'exception_patient', 'exception_work', 'due_rule', 'patient'] LOOP
        EXECUTE format('CREATE TRIGGER stamp_update AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION guard.stamp_queue()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['client', 'exception_count', 'exception_patient', 'due_rule'] LOOP
        EXECUTE format('CREATE TRIGGER stamp_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION guard.stamp_queue()', name);
    END LOOP;
END $$;

CREATE TRIGGER never_truncated BEFORE TRUNCATE ON queue_stamp FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change();
ALTER TABLE queue_stamp ENABLE ROW LEVEL SECURITY;
-- A later migration that writes one of these tables as their owner has to put this force aside too, for its own transaction.
ALTER TABLE queue_stamp FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_vendor ON queue_stamp AS PERMISSIVE FOR ALL TO PUBLIC USING (vendor_id = (SELECT tenancy.current_vendor()))
    WITH CHECK (vendor_id = (SELECT tenancy.current_vendor()));
GRANT SELECT, INSERT, UPDATE, DELETE ON queue_stamp TO {{vendor}};

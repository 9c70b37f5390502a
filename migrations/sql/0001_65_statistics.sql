-- What the planner knows of a client. Left to itself it does not know one that came beside far larger ones after the last ANALYZE, takes each of its
-- sources for a row or two, and joins them in loops over all its patients (measured: more than six minutes instead of two seconds for 1,500).
-- A client belongs to one vendor; without these the planner multiplies the two shares and, beside many vendors, expects next to nothing of each.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['patient', 'enrolment', 'assignment', 'condition', 'consent', 'visit', 'care_plan', 'review', 'mdm', 'stay',
            'time_entry', 'patient_month', 'exception'] LOOP
        EXECUTE format('CREATE STATISTICS %I (dependencies) ON vendor_id, client_id FROM %I', name || '_of_client', name);
    END LOOP;
END $$;

-- Those of the named tables of which the planner expects less than a twentieth of the client's rows (of `staff`: of the vendor's). Rows are counted
-- no further than the difference matters: from a thousand expected on, the planner shuns loops by itself, and loops over `few` rows cost nothing.
CREATE FUNCTION tenancy.unknown_to_planner(client uuid, names text[], few int) RETURNS text[]
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, caretally, pg_temp AS $$
DECLARE
    of_vendor text := format('FROM %%I WHERE vendor_id = %L', tenancy.current_vendor());
    of_client text := of_vendor || format(' AND client_id = %L', client);
    unknown text[] := '{}';
    name text;
    rows text;
    plan json;
    expected bigint;
    enough bigint;
    found bigint;
BEGIN
    FOREACH name IN ARRAY names LOOP
        rows := format(CASE name WHEN 'staff' THEN of_vendor ELSE of_client END, name);
        EXECUTE 'EXPLAIN (FORMAT JSON) SELECT ' || rows INTO plan;
        expected := plan -> 0 -> 'Plan' ->> 'Plan Rows';
        CONTINUE WHEN expected >= 1000;
        enough := 20 * expected + CASE name WHEN 'staff' THEN 20 ELSE few END;
        EXECUTE format('SELECT count(*) FROM (SELECT %s LIMIT %s) counted', rows, enough) INTO found;
        IF found = enough THEN
            unknown := unknown || name;
        END IF;
    END LOOP;
    RETURN unknown;
END $$;
GRANT EXECUTE ON FUNCTION tenancy.unknown_to_planner(uuid, text[], int) TO {{vendor}}, {{practice}};

-- Only an owner can analyse, so this allow-listed SECURITY DEFINER does it; it waits for nobody, so a table that somebody else is just analysing is left.
CREATE FUNCTION tenancy.analyse(names text[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'caretally'::regnamespace AND relkind = 'r' AND relname = ANY (names) ORDER BY 1 LOOP
        EXECUTE format('ANALYZE (SKIP_LOCKED) caretally.%I', name);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION tenancy.analyse(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.analyse(text[]) TO {{vendor}};

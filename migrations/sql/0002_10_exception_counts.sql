-- What the queue of exceptions comes to, counted beside each client's month: patients who are alike in all that the queue is filtered by stand in one row with
-- their number, so that a page adds up some rows of each client and not every exception. Decision 0019.
CREATE TABLE exception_count (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    client_month_id uuid NOT NULL,
    -- the exceptions of each of these patients, in parallel and in the order of their codes
    codes text[] NOT NULL,
    -- held, not_billable or warning; `waived` for a warning that a waiver made of what would hold
    outcomes text[] NOT NULL,
    -- null for what is due by the vendor's rule of the day, which no close has written
    due_on date[] NOT NULL,
    states text[] NOT NULL,
    assignees uuid[] NOT NULL,
    -- of one patient
    held_cents bigint[] NOT NULL,
    -- rows of the same exceptions add up, and one may take away
    patients int NOT NULL,
    PRIMARY KEY (vendor_id, client_id, id),
    FOREIGN KEY (vendor_id, client_id, client_month_id) REFERENCES client_month,
    CHECK (cardinality(codes) > 0 AND cardinality(outcomes) = cardinality(codes) AND cardinality(due_on) = cardinality(codes)
        AND cardinality(states) = cardinality(codes) AND cardinality(assignees) = cardinality(codes) AND cardinality(held_cents) = cardinality(codes))
);
CREATE INDEX exception_count_of_month ON exception_count (vendor_id, client_id, client_month_id);
-- As what a patient is counted whose exceptions somebody worked on, a later close cured, or a close reported beside the decision; all others are counted as decided.
CREATE TABLE exception_patient (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    client_month_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    codes text[] NOT NULL,
    outcomes text[] NOT NULL,
    due_on date[] NOT NULL,
    states text[] NOT NULL,
    assignees uuid[] NOT NULL,
    held_cents bigint[] NOT NULL,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, client_month_id, patient_id),
    FOREIGN KEY (vendor_id, client_id, client_month_id) REFERENCES client_month,
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient
);
-- The rows of a page are found by their reason and their money, what a close reported beside its decisions by itself, and patients in the order of their names.
CREATE INDEX exception_by_reason ON exception (vendor_id, client_id, client_month_id, code, held_cents);
DROP INDEX exception_by_month;
CREATE INDEX exception_beside_decision ON exception (vendor_id, client_id, client_month_id) WHERE patient_month_id IS NULL OR waiver_id IS NOT NULL;
CREATE INDEX patient_by_name ON patient (vendor_id, (family_name || ', ' || given_name)) INCLUDE (client_id, id);

-- The reasons of some patients as a close or a preview decided them, before anything else became of them. Like the two that follow it names its tables whole, without
-- a search path of its own: so it becomes a part of the statement that calls it, and is planned with it.
CREATE FUNCTION tenancy.decided_exceptions(of_vendor uuid, of_clients uuid[], of_months uuid[], of_patients uuid[])
RETURNS TABLE (client_id uuid, client_month_id uuid, patient_id uuid, code text, outcome text, due_on date, held_cents bigint)
LANGUAGE sql STABLE AS $$
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(of_clients, of_months, of_patients) AS a (client_id, client_month_id, patient_id)
    ),
    month_of AS MATERIALIZED (
        SELECT m.client_id, m.id, m.month, m.revision, m.status FROM caretally.client_month m
        WHERE m.vendor_id = of_vendor AND (m.client_id, m.id) IN (SELECT a.client_id, a.client_month_id FROM asked a)
    ),
    -- one day for each reason of a close
    due AS MATERIALIZED (
        SELECT m.id, g.code, e.due_on FROM month_of m CROSS JOIN caretally.gate g
        CROSS JOIN LATERAL (
            SELECT x.due_on FROM caretally.exception x WHERE x.vendor_id = of_vendor AND x.client_id = m.client_id AND x.client_month_id = m.id AND x.code = g.code
              AND x.patient_month_id IS NOT NULL AND x.waiver_id IS NULL LIMIT 1) e
        WHERE m.status = 'closed'
    ),
    decided AS MATERIALIZED (
        SELECT m.client_id, m.id, p.patient_id, p.outcome, p.primary_reason, p.exceptions, p.warnings, p.held_cents
        FROM asked a
        JOIN month_of m ON m.client_id = a.client_id AND m.id = a.client_month_id AND m.status = 'closed'
        -- fenced: looked up by its whole key, one patient each, however many are asked about
        CROSS JOIN LATERAL (
            SELECT x.* FROM caretally.patient_month x
            WHERE x.vendor_id = of_vendor AND x.client_id = m.client_id AND x.month = m.month AND x.revision = m.revision AND x.patient_id = a.patient_id OFFSET 0) p
    )
    SELECT d.client_id, d.id, d.patient_id, r.code, d.outcome, due.due_on, CASE WHEN r.code = d.primary_reason THEN d.held_cents ELSE 0 END
    FROM decided d CROSS JOIN LATERAL unnest(d.exceptions) AS r (code) LEFT JOIN due ON due.id = d.id AND due.code = r.code
    WHERE d.outcome <> 'billable'
    UNION ALL
    SELECT d.client_id, d.id, d.patient_id, w.code, 'warning', NULL, 0 FROM decided d CROSS JOIN LATERAL unnest(d.warnings) AS w (code) WHERE w.code <> ALL (d.exceptions)
    UNION ALL
    SELECT x.client_id, x.client_month_id, x.patient_id, x.code, x.outcome, NULL, x.held_cents
    FROM asked a
    JOIN month_of m ON m.client_id = a.client_id AND m.id = a.client_month_id AND m.status = 'previewed'
    JOIN caretally.previewed_exception x ON x.vendor_id = of_vendor AND x.client_id = m.client_id AND x.client_month_id = m.id AND x.patient_id = a.patient_id
$$;

-- What patients are counted as where nobody has worked on anything: one row a patient that has any.
CREATE FUNCTION tenancy.untouched_exceptions(of_vendor uuid, of_clients uuid[], of_months uuid[], of_patients uuid[])
RETURNS TABLE (client_id uuid, client_month_id uuid, patient_id uuid, codes text[], outcomes text[], due_on date[], states text[], assignees uuid[], held_cents bigint[])
LANGUAGE sql STABLE AS $$
    SELECT client_id, client_month_id, patient_id, array_agg(code ORDER BY code COLLATE "C"), array_agg(outcome ORDER BY code COLLATE "C"), array_agg(due_on ORDER BY code COLLATE "C"),
           array_agg('open'::text), array_agg(NULL::uuid), array_agg(held_cents ORDER BY code COLLATE "C")
    FROM (SELECT client_id, client_month_id, patient_id, code, min(outcome) AS outcome, min(due_on) AS due_on, sum(held_cents)::bigint AS held_cents
          FROM tenancy.decided_exceptions(of_vendor, of_clients, of_months, of_patients) GROUP BY 1, 2, 3, 4) each_code
    GROUP BY 1, 2, 3
$$;

-- What patients are counted as now: with what a close reported beside its decisions, with the work on each reason and with what a later close cured.
CREATE FUNCTION tenancy.worked_exceptions(of_vendor uuid, of_clients uuid[], of_months uuid[], of_patients uuid[])
RETURNS TABLE (client_id uuid, client_month_id uuid, patient_id uuid, codes text[], outcomes text[], due_on date[], states text[], assignees uuid[], held_cents bigint[])
LANGUAGE sql STABLE AS $$
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(of_clients, of_months, of_patients) AS a (client_id, client_month_id, patient_id)
    ),
    month_of AS MATERIALIZED (
        SELECT m.client_id, m.id, m.month, m.status FROM caretally.client_month m
        WHERE m.vendor_id = of_vendor AND (m.client_id, m.id) IN (SELECT a.client_id, a.client_month_id FROM asked a)
    ),
    beside AS (
        SELECT m.client_id, m.id, coalesce(p.patient_id, l.patient_id, j.patient_id) AS patient_id, e.code, CASE WHEN e.waiver_id IS NULL THEN 'warning' ELSE 'waived' END AS outcome, e.due_on
        FROM month_of m
        JOIN caretally.exception e ON e.vendor_id = of_vendor AND e.client_id = m.client_id AND e.client_month_id = m.id AND (e.patient_month_id IS NULL OR e.waiver_id IS NOT NULL)
        LEFT JOIN caretally.patient_month p ON p.vendor_id = e.vendor_id AND p.client_id = e.client_id AND p.id = e.patient_month_id
        LEFT JOIN caretally.late_entry l ON l.vendor_id = e.vendor_id AND l.client_id = e.client_id AND l.id = e.late_entry_id
        LEFT JOIN caretally.adjustment j ON j.vendor_id = e.vendor_id AND j.client_id = e.client_id AND j.id = e.adjustment_id
        WHERE m.status = 'closed'
    ),
    found AS (
        SELECT client_id, client_month_id, patient_id, code, min(outcome) FILTER (WHERE outcome <> 'waived') AS outcome, bool_or(outcome = 'waived') AS waived,
               min(due_on) AS due_on, sum(held_cents)::bigint AS held_cents
        FROM (
            SELECT * FROM tenancy.decided_exceptions(of_vendor, of_clients, of_months, of_patients)
            UNION ALL
            SELECT b.client_id, b.id, b.patient_id, b.code, b.outcome, b.due_on, 0
            FROM beside b JOIN asked a ON a.client_id = b.client_id AND a.client_month_id = b.id AND a.patient_id = b.patient_id
        ) reason
        GROUP BY 1, 2, 3, 4
    ),
    told AS (
        SELECT f.client_id, f.client_month_id, f.patient_id, f.code, CASE WHEN f.waived AND coalesce(f.outcome, 'warning') = 'warning' THEN 'waived' ELSE f.outcome END AS outcome,
               coalesce(w.due_on, f.due_on) AS due_on, w.assignee_id, f.held_cents,
               CASE WHEN f.waived THEN 'waived' WHEN coalesce(w.state, 'open') <> 'open' THEN w.state
                    WHEN EXISTS (SELECT FROM caretally.adjustment a WHERE a.vendor_id = of_vendor AND a.client_id = f.client_id AND a.month = m.month AND a.patient_id = f.patient_id
                                 AND f.code = ANY (a.cured)) THEN 'fixed'
                    ELSE 'open' END AS state
        FROM found f
        JOIN month_of m ON m.client_id = f.client_id AND m.id = f.client_month_id
        LEFT JOIN LATERAL (
            SELECT x.due_on, x.assignee_id, x.state FROM caretally.exception_work x
            WHERE x.vendor_id = of_vendor AND x.client_id = f.client_id AND x.month = m.month AND x.patient_id = f.patient_id AND x.code = f.code OFFSET 0) w ON true
    )
    SELECT client_id, client_month_id, patient_id, array_agg(code ORDER BY code COLLATE "C"), array_agg(outcome ORDER BY code COLLATE "C"), array_agg(due_on ORDER BY code COLLATE "C"),
           array_agg(state ORDER BY code COLLATE "C"), array_agg(assignee_id ORDER BY code COLLATE "C"), array_agg(held_cents ORDER BY code COLLATE "C")
    FROM told GROUP BY 1, 2, 3
$$;
CREATE INDEX adjustment_of_patient ON adjustment (vendor_id, client_id, month, patient_id);

-- After very many rows at once their table is analysed at once: else the planner, which knows nothing of them yet, looks each of them up among all of its client's.
CREATE FUNCTION tenancy.analyse_after_many(name text, rows bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    IF rows >= 1000 THEN
        PERFORM tenancy.analyse(ARRAY[name]);
    END IF;
END $$;

-- Counts some patients again, each in the newest revision of the month: what they were counted as is taken away, what they are now is added. Rows that somebody
-- else holds are left and added up beside, so nobody waits for the row of a whole group; two who work on one patient take turns.
CREATE FUNCTION tenancy.recount_exceptions(of_vendor uuid, clients uuid[], months date[], patients uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, caretally, pg_temp AS $$
#variable_conflict use_column
DECLARE
    of_clients uuid[];
    of_months uuid[];
    of_patients uuid[];
BEGIN
    -- a close or a preview that counts the whole month is not met halfway
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('caretally exceptions counted ' || c || m, 0))
    FROM (SELECT DISTINCT c, m FROM unnest(clients, months) AS a (c, m) ORDER BY 1, 2) each_month;
    SELECT array_agg(a.client_id), array_agg(newest.id), array_agg(a.patient_id) INTO of_clients, of_months, of_patients
    FROM (SELECT DISTINCT x.client_id, x.month, x.patient_id FROM unnest(clients, months, patients) AS x (client_id, month, patient_id)) a
    JOIN (SELECT DISTINCT ON (m.client_id, m.month) m.client_id, m.month, m.id, m.status FROM client_month m
          WHERE m.vendor_id = of_vendor AND (m.client_id, m.month) IN (SELECT x.client_id, x.month FROM unnest(clients, months) AS x (client_id, month))
          ORDER BY m.client_id, m.month, m.revision DESC) newest
      ON newest.client_id = a.client_id AND newest.month = a.month AND newest.status IN ('closed', 'previewed');
    IF of_patients IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO exception_patient (vendor_id, client_id, client_month_id, patient_id, codes, outcomes, due_on, states, assignees, held_cents)
    SELECT of_vendor, a.client_id, a.client_month_id, a.patient_id, coalesce(u.codes, '{}'), coalesce(u.outcomes, '{}'), coalesce(u.due_on, '{}'), coalesce(u.states, '{}'),
           coalesce(u.assignees, '{}'), coalesce(u.held_cents, '{}')
    FROM unnest(of_clients, of_months, of_patients) AS a (client_id, client_month_id, patient_id)
    LEFT JOIN tenancy.untouched_exceptions(of_vendor, of_clients, of_months, of_patients) u USING (client_id, client_month_id, patient_id)
    ORDER BY a.client_id, a.client_month_id, a.patient_id
    ON CONFLICT (vendor_id, client_id, client_month_id, patient_id) DO NOTHING;
    PERFORM tenancy.analyse_after_many('exception_patient', cardinality(of_patients));
    PERFORM 1 FROM exception_patient e
    WHERE e.vendor_id = of_vendor AND (e.client_id, e.client_month_id, e.patient_id) IN (SELECT * FROM unnest(of_clients, of_months, of_patients))
    ORDER BY e.client_id, e.client_month_id, e.patient_id FOR UPDATE;
    WITH was AS MATERIALIZED (
        SELECT e.* FROM exception_patient e
        WHERE e.vendor_id = of_vendor AND (e.client_id, e.client_month_id, e.patient_id) IN (SELECT * FROM unnest(of_clients, of_months, of_patients))
    ),
    now AS MATERIALIZED (
        SELECT w.client_id, w.client_month_id, w.patient_id, coalesce(n.codes, '{}') AS codes, coalesce(n.outcomes, '{}') AS outcomes, coalesce(n.due_on, '{}') AS due_on,
               coalesce(n.states, '{}') AS states, coalesce(n.assignees, '{}') AS assignees, coalesce(n.held_cents, '{}') AS held_cents
        FROM was w LEFT JOIN tenancy.worked_exceptions(of_vendor, of_clients, of_months, of_patients) n USING (client_id, client_month_id, patient_id)
    ),
    moved AS (
        UPDATE exception_patient e SET codes = n.codes, outcomes = n.outcomes, due_on = n.due_on, states = n.states, assignees = n.assignees, held_cents = n.held_cents
        FROM now n WHERE e.vendor_id = of_vendor AND e.client_id = n.client_id AND e.client_month_id = n.client_month_id AND e.patient_id = n.patient_id
          AND (e.codes, e.outcomes, e.due_on, e.states, e.assignees, e.held_cents) IS DISTINCT FROM (n.codes, n.outcomes, n.due_on, n.states, n.assignees, n.held_cents)
    ),
    change AS MATERIALIZED (
        SELECT client_id, client_month_id, codes, outcomes, due_on, states, assignees, held_cents, sum(patients)::int AS patients
        FROM (SELECT client_id, client_month_id, codes, outcomes, due_on, states, assignees, held_cents, -1 AS patients FROM was
              UNION ALL SELECT client_id, client_month_id, codes, outcomes, due_on, states, assignees, held_cents, 1 FROM now) both_ways
        WHERE cardinality(codes) > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(patients) <> 0
    ),
    alike AS MATERIALIZED (
        SELECT c.client_id, c.id FROM exception_count c JOIN change x USING (client_id, client_month_id, codes, outcomes, due_on, states, assignees, held_cents)
        WHERE c.vendor_id = of_vendor FOR UPDATE OF c SKIP LOCKED
    ),
    taken AS (
        DELETE FROM exception_count c USING alike a WHERE c.vendor_id = of_vendor AND c.client_id = a.client_id AND c.id = a.id
        RETURNING c.client_id, c.client_month_id, c.codes, c.outcomes, c.due_on, c.states, c.assignees, c.held_cents, c.patients
    )
    INSERT INTO exception_count (vendor_id, client_id, client_month_id, codes, outcomes, due_on, states, assignees, held_cents, patients)
    SELECT of_vendor, client_id, client_month_id, codes, outcomes, due_on, states, assignees, held_cents, sum(patients)::int
    FROM (SELECT * FROM change UNION ALL SELECT * FROM taken) whole
    GROUP BY 2, 3, 4, 5, 6, 7, 8, 9 HAVING sum(patients) <> 0;
END $$;

-- Counts a client's month anew, as its close or its newest preview left it.
CREATE FUNCTION tenancy.count_exceptions(of_vendor uuid, of_client uuid, month_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, caretally, pg_temp AS $$
#variable_conflict use_column
DECLARE
    counted client_month;
    of_patients uuid[];
BEGIN
    SELECT * INTO STRICT counted FROM client_month m WHERE m.vendor_id = of_vendor AND m.client_id = of_client AND m.id = month_id;
    PERFORM pg_advisory_xact_lock(hashtextextended('caretally exceptions counted ' || of_client || counted.month, 0));
    DELETE FROM exception_patient e WHERE e.vendor_id = of_vendor AND e.client_id = of_client AND e.client_month_id = month_id;
    DELETE FROM exception_count e WHERE e.vendor_id = of_vendor AND e.client_id = of_client AND e.client_month_id = month_id;
    IF counted.status = 'closed' THEN
        INSERT INTO exception_count (vendor_id, client_id, client_month_id, codes, outcomes, due_on, states, assignees, held_cents, patients)
        SELECT of_vendor, of_client, month_id, s.codes, s.outcomes, s.due_on, s.states, s.assignees, s.held_cents, d.patients
        FROM (SELECT p.outcome, p.primary_reason, p.exceptions, p.warnings, p.held_cents, count(*)::int AS patients FROM patient_month p
              WHERE p.vendor_id = of_vendor AND p.client_id = of_client AND p.month = counted.month AND p.revision = counted.revision
                AND (p.outcome <> 'billable' OR p.warnings <> '{}')
              GROUP BY 1, 2, 3, 4, 5) d
        CROSS JOIN LATERAL (
            SELECT array_agg(code ORDER BY code COLLATE "C") AS codes, array_agg(outcome ORDER BY code COLLATE "C") AS outcomes, array_agg(due_on ORDER BY code COLLATE "C") AS due_on,
                   array_agg('open'::text) AS states, array_agg(NULL::uuid) AS assignees, array_agg(held_cents ORDER BY code COLLATE "C") AS held_cents
            FROM (SELECT r.code, d.outcome, (SELECT x.due_on FROM exception x WHERE x.vendor_id = of_vendor AND x.client_id = of_client AND x.client_month_id = month_id AND x.code = r.code
                                             AND x.patient_month_id IS NOT NULL AND x.waiver_id IS NULL LIMIT 1) AS due_on,
                         CASE WHEN r.code = d.primary_reason THEN d.held_cents ELSE 0 END AS held_cents
                  FROM unnest(d.exceptions) AS r (code) WHERE d.outcome <> 'billable'
                  UNION ALL
                  SELECT DISTINCT w.code, 'warning', NULL::date, 0 FROM unnest(d.warnings) AS w (code) WHERE w.code <> ALL (d.exceptions)) told
        ) s
        WHERE s.codes IS NOT NULL;
    ELSIF counted.status = 'previewed' THEN
        INSERT INTO exception_count (vendor_id, client_id, client_month_id, codes, outcomes, due_on, states, assignees, held_cents, patients)
        SELECT of_vendor, of_client, month_id, codes, outcomes, due_on, states, assignees, held_cents, count(*)::int
        FROM (SELECT array_agg(x.code ORDER BY x.code COLLATE "C") AS codes, array_agg(x.outcome ORDER BY x.code COLLATE "C") AS outcomes, array_agg(NULL::date) AS due_on,
                     array_agg('open'::text) AS states, array_agg(NULL::uuid) AS assignees, array_agg(x.held_cents ORDER BY x.code COLLATE "C") AS held_cents
              FROM previewed_exception x WHERE x.vendor_id = of_vendor AND x.client_id = of_client AND x.client_month_id = month_id GROUP BY x.patient_id) each_patient
        GROUP BY 4, 5, 6, 7, 8, 9;
    END IF;
    SELECT array_agg(patient_id) INTO of_patients FROM (
        SELECT w.patient_id FROM exception_work w WHERE w.vendor_id = of_vendor AND w.client_id = of_client AND w.month = counted.month
        UNION
        SELECT a.patient_id FROM adjustment a WHERE a.vendor_id = of_vendor AND a.client_id = of_client AND a.month = counted.month
        UNION
        SELECT coalesce(p.patient_id, l.patient_id, j.patient_id)
        FROM exception e
        LEFT JOIN patient_month p ON p.vendor_id = e.vendor_id AND p.client_id = e.client_id AND p.id = e.patient_month_id
        LEFT JOIN late_entry l ON l.vendor_id = e.vendor_id AND l.client_id = e.client_id AND l.id = e.late_entry_id
        LEFT JOIN adjustment j ON j.vendor_id = e.vendor_id AND j.client_id = e.client_id AND j.id = e.adjustment_id
        WHERE e.vendor_id = of_vendor AND e.client_id = of_client AND e.client_month_id = month_id AND (e.patient_month_id IS NULL OR e.waiver_id IS NOT NULL)) touched
    WHERE patient_id IS NOT NULL;
    IF of_patients IS NOT NULL THEN
        PERFORM tenancy.recount_exceptions(of_vendor, array_fill(of_client, ARRAY[cardinality(of_patients)]), array_fill(counted.month, ARRAY[cardinality(of_patients)]), of_patients);
    END IF;
END $$;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['decided_exceptions(uuid, uuid[], uuid[], uuid[])', 'untouched_exceptions(uuid, uuid[], uuid[], uuid[])', 'worked_exceptions(uuid, uuid[], uuid[], uuid[])',
            'recount_exceptions(uuid, uuid[], date[], uuid[])', 'analyse_after_many(text, bigint)', 'count_exceptions(uuid, uuid, uuid)'] LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION tenancy.%s FROM PUBLIC', name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION tenancy.%s TO {{vendor}}, {{practice}}', name);
    END LOOP;
END $$;

-- Whatever writes the work on exceptions, or moves a late entry to another patient, the counts follow.
CREATE FUNCTION guard.recount_work() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
DECLARE
    touched record;
BEGIN
    PERFORM tenancy.analyse_after_many('exception_work', count(*)) FROM new_rows;
    FOR touched IN SELECT vendor_id, array_agg(client_id) AS clients, array_agg(month) AS months, array_agg(patient_id) AS patients FROM new_rows GROUP BY vendor_id LOOP
        PERFORM tenancy.recount_exceptions(touched.vendor_id, touched.clients, touched.months, touched.patients);
    END LOOP;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION guard.recount_work() FROM PUBLIC;
CREATE TRIGGER recount_insert AFTER INSERT ON exception_work REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.recount_work();
CREATE TRIGGER recount_update AFTER UPDATE ON exception_work REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.recount_work();
CREATE FUNCTION guard.recount_late() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM tenancy.recount_exceptions(NEW.vendor_id, array_agg(m.client_id), array_agg(m.month), array_agg(whose.patient_id))
    FROM exception e
    JOIN client_month m ON m.vendor_id = e.vendor_id AND m.client_id = e.client_id AND m.id = e.client_month_id
    CROSS JOIN (VALUES (OLD.patient_id), (NEW.patient_id)) AS whose (patient_id)
    WHERE e.vendor_id = NEW.vendor_id AND e.client_id = NEW.client_id AND e.late_entry_id = NEW.id AND e.patient_month_id IS NULL
    HAVING count(*) > 0;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION guard.recount_late() FROM PUBLIC;
CREATE TRIGGER recount_late AFTER UPDATE ON late_entry FOR EACH ROW WHEN (OLD.patient_id IS DISTINCT FROM NEW.patient_id) EXECUTE FUNCTION guard.recount_late();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['exception_count', 'exception_patient'] LOOP
        EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant_vendor ON %I AS PERMISSIVE FOR ALL TO PUBLIC USING (vendor_id = (SELECT tenancy.current_vendor())) '
            'WITH CHECK (vendor_id = (SELECT tenancy.current_vendor()))', name);
        EXECUTE format('CREATE POLICY tenant_clients ON %I AS RESTRICTIVE FOR ALL TO {{practice}} USING (client_id = ANY ((SELECT tenancy.current_clients())::uuid[])) '
            'WITH CHECK (client_id = ANY ((SELECT tenancy.current_clients())::uuid[]))', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO {{vendor}}', name);
    END LOOP;
END $$;

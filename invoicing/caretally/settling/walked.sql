-- The exceptions of some patients in these months (after newest_months.sql): of those whom words found, or of the first by name, where a page's rows are some of
-- very many that only the names order. A row for a patient, a month and a code, as reasons.sql gives it.
walked AS MATERIALIZED (
    SELECT client_id, id FROM unnest(CAST(:found_clients AS uuid[]), CAST(:found_patients AS uuid[])) AS f (client_id, id) -- asked
    SELECT p.client_id, p.id FROM patient p WHERE p.vendor_id = :vendor_id AND p.client_id = ANY (:walked_clients) ORDER BY p.family_name || ', ' || p.given_name FETCH FIRST (CAST(:walk AS bigint)) ROWS WITH TIES -- asked
),
asked AS MATERIALIZED (
    SELECT array_agg(w.client_id) AS clients, array_agg(m.id) AS months, array_agg(w.id) AS patients FROM walked w JOIN month_now m USING (client_id)
),
worked AS MATERIALIZED (
    SELECT x.client_id, x.client_month_id, x.patient_id, unnest(x.codes) AS code, unnest(x.outcomes) AS outcome, unnest(x.due_on) AS due_on, unnest(x.states) AS state,
           unnest(x.assignees) AS assignee_id, unnest(x.held_cents) AS held_cents
    FROM asked CROSS JOIN LATERAL tenancy.worked_exceptions(:vendor_id, asked.clients, asked.months, asked.patients) x
),
told AS (
    SELECT m.client_id, m.month, m.status AS month_status, e.patient_id, e.code, g.ordinal, g.owner, g.waivable,
           CASE e.outcome WHEN 'waived' THEN 'warning' ELSE e.outcome END AS outcome, e.held_cents,
           coalesce(e.due_on, CAST((SELECT on_days FROM due) ->> (m.month || ' ' || e.code) AS date)) AS due_on, w.due_on AS own_due_on, e.assignee_id, coalesce(w.note, '') AS note,
           e.state, coalesce(w.state, 'open') AS own_state, coalesce(w.version, 0) AS version
    FROM worked e
    JOIN month_now m ON m.client_id = e.client_id AND m.id = e.client_month_id
    JOIN gate_told g ON g.code = e.code
    LEFT JOIN LATERAL (
        SELECT * FROM exception_work x
        WHERE x.vendor_id = :vendor_id AND x.client_id = m.client_id AND x.month = m.month AND x.patient_id = e.patient_id AND x.code = e.code OFFSET 0) w ON true
    WHERE NOT (g.about_client AND (m.status = 'previewed' OR e.outcome = 'warning'))
)

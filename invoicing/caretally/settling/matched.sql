-- The exceptions that filters let through, one row for a patient, a month and a code, with the work on each. Only the newest revision of a client's month counts:
-- what its close wrote, or what its last preview showed; a reopened month has none.
month_now AS MATERIALIZED (
    SELECT client_id, id, month, revision, status FROM (
        SELECT DISTINCT ON (client_id, month) client_id, id, month, revision, status FROM client_month
        WHERE vendor_id = :vendor_id AND (CAST(:month AS date) IS NULL OR month = :month) AND (CAST(:client_id AS uuid) IS NULL OR client_id = :client_id)
        ORDER BY client_id, month, revision DESC
    ) newest WHERE status IN ('closed', 'previewed')
),
reason AS (
    -- what a close wrote of a patient-month; the money stands at the reason that decides
    SELECT m.client_id, m.month, m.status, p.patient_id, e.code, CASE WHEN e.waiver_id IS NULL THEN p.outcome ELSE 'warning' END AS outcome,
           e.held_cents, e.due_on, e.waiver_id IS NOT NULL AS waived
    FROM month_now m
    JOIN exception e ON e.vendor_id = :vendor_id AND e.client_id = m.client_id AND e.client_month_id = m.id
    JOIN patient_month p ON p.vendor_id = e.vendor_id AND p.client_id = e.client_id AND p.id = e.patient_month_id
    WHERE m.status = 'closed'
    UNION ALL
    -- what came in after a close, or would change one
    SELECT m.client_id, m.month, m.status, coalesce(l.patient_id, a.patient_id), e.code, 'warning', 0, e.due_on, false
    FROM month_now m
    JOIN exception e ON e.vendor_id = :vendor_id AND e.client_id = m.client_id AND e.client_month_id = m.id AND e.patient_month_id IS NULL
    LEFT JOIN late_entry l ON l.vendor_id = e.vendor_id AND l.client_id = e.client_id AND l.id = e.late_entry_id
    LEFT JOIN adjustment a ON a.vendor_id = e.vendor_id AND a.client_id = e.client_id AND a.id = e.adjustment_id
    WHERE m.status = 'closed' AND (l.id IS NOT NULL OR a.id IS NOT NULL)
    UNION ALL
    -- what is worth a look; facts about the client itself are told once, on its report
    SELECT m.client_id, m.month, m.status, p.patient_id, g.code, 'warning', 0, (m.month + interval '1 month')::date - 1 + g.due_days, false
    FROM month_now m
    JOIN patient_month p ON p.vendor_id = :vendor_id AND p.client_id = m.client_id AND p.month = m.month AND p.revision = m.revision
    CROSS JOIN LATERAL unnest(p.warnings) AS warned (code)
    JOIN gate g ON g.code = warned.code
    WHERE m.status = 'closed' AND warned.code <> ALL (:about_client) AND warned.code <> ALL (p.exceptions)
    UNION ALL
    SELECT m.client_id, m.month, m.status, x.patient_id, x.code, x.outcome, x.held_cents, (m.month + interval '1 month')::date - 1 + g.due_days, false
    FROM month_now m
    JOIN previewed_exception x ON x.vendor_id = :vendor_id AND x.client_id = m.client_id AND x.client_month_id = m.id
    JOIN gate g ON g.code = x.code AND g.code <> ALL (:about_client)
    WHERE m.status = 'previewed'
),
found AS (
    -- a waived reason is a warning of the month too, and several late entries are one thing to do
    SELECT client_id, month, status, patient_id, code, min(outcome) AS outcome, sum(held_cents)::bigint AS held_cents, min(due_on) AS due_on, bool_or(waived) AS waived
    FROM reason GROUP BY client_id, month, status, patient_id, code
),
-- What the filters and the order of a page need of each; names are looked up for what is shown (page.sql).
told AS (
    SELECT f.client_id, f.month, f.status AS month_status, f.patient_id, f.code, g.ordinal, g.owner_role AS owner, v.gate_code IS NOT NULL AS waivable,
           f.outcome, f.held_cents, coalesce(w.due_on, f.due_on) AS due_on, w.due_on AS own_due_on, w.assignee_id, coalesce(w.note, '') AS note,
           CASE WHEN f.waived THEN 'waived' WHEN cured.code IS NOT NULL AND coalesce(w.state, 'open') = 'open' THEN 'fixed' ELSE coalesce(w.state, 'open') END AS state,
           coalesce(w.state, 'open') AS own_state, coalesce(w.version, 0) AS version
    FROM found f
    JOIN gate g ON g.code = f.code
    LEFT JOIN waivable_gate v ON v.gate_code = f.code
    LEFT JOIN exception_work w ON w.vendor_id = :vendor_id AND w.client_id = f.client_id AND w.month = f.month AND w.patient_id = f.patient_id AND w.code = f.code
    -- a later close proposed an adjustment because the reason is gone
    LEFT JOIN (
        SELECT DISTINCT a.client_id, a.month, a.patient_id, unnest(a.cured) AS code FROM adjustment a WHERE a.vendor_id = :vendor_id
    ) cured ON cured.client_id = f.client_id AND cured.month = f.month AND cured.patient_id = f.patient_id AND cured.code = f.code
),
matched AS MATERIALIZED (
    SELECT * FROM told
    WHERE (CAST(:code AS text) IS NULL OR code = :code)
      AND (CAST(:outcome AS text) IS NULL OR outcome = :outcome)
      AND (CAST(:owner AS text) IS NULL OR owner = :owner)
      AND (CAST(:state AS text) IS NULL OR state = :state)
      AND (CAST(:due AS text) IS NULL OR due_on < CAST(:today AS date) + CASE :due WHEN 'overdue' THEN 0 ELSE 8 END)
      AND (NOT :unassigned OR assignee_id IS NULL)
      AND (CAST(:assignee AS uuid) IS NULL OR assignee_id = :assignee)
      AND (NOT :mine OR assignee_id IN (
          SELECT id FROM membership WHERE vendor_id = :vendor_id AND ended_at IS NULL AND 'person:' || account_id = (SELECT tenancy.current_actor())))
      AND (CAST(:patient_id AS uuid) IS NULL OR patient_id = :patient_id)
      AND (CAST(:picked AS text[]) IS NULL OR patient_id || '/' || to_char(month, 'YYYY-MM') || '/' || code = ANY (:picked))
      AND (CAST(:pattern AS text) IS NULL OR EXISTS (
          SELECT FROM patient p WHERE p.vendor_id = :vendor_id AND p.client_id = told.client_id AND p.id = told.patient_id
            AND (p.mrn ILIKE :pattern OR p.family_name || ', ' || p.given_name ILIKE :pattern)))
)

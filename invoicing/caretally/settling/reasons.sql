-- The exceptions of these months (after newest_months.sql), one row for a patient, a month and a code, with the work on each: what each close or preview
-- wrote is read reason by reason. A page asks for its own rows by what it knows of them from the counts (totals.sql): their months, codes and money.
reason AS (
    -- what a close wrote of a patient-month; the money stands at the reason that decides
    SELECT m.client_id, m.month, m.status, p.patient_id, e.code, CASE WHEN e.waiver_id IS NULL THEN p.outcome ELSE 'warning' END AS outcome,
           e.held_cents, e.due_on, e.waiver_id IS NOT NULL AS waived
    FROM month_now m
    JOIN exception e ON e.vendor_id = :vendor_id AND e.client_id = m.client_id AND e.client_month_id = m.id
    JOIN patient_month p ON p.vendor_id = e.vendor_id AND p.client_id = e.client_id AND p.id = e.patient_month_id
    WHERE m.status = 'closed'
      AND e.code = ANY (:codes) -- asked
      AND e.held_cents BETWEEN :least_cents AND :most_cents -- asked
    UNION ALL
    -- what came in after a close, or would change one
    SELECT m.client_id, m.month, m.status, coalesce(l.patient_id, a.patient_id), e.code, 'warning', 0, e.due_on, false
    FROM month_now m
    JOIN exception e ON e.vendor_id = :vendor_id AND e.client_id = m.client_id AND e.client_month_id = m.id AND e.patient_month_id IS NULL
    LEFT JOIN late_entry l ON l.vendor_id = e.vendor_id AND l.client_id = e.client_id AND l.id = e.late_entry_id
    LEFT JOIN adjustment a ON a.vendor_id = e.vendor_id AND a.client_id = e.client_id AND a.id = e.adjustment_id
    WHERE m.status = 'closed' AND (l.id IS NOT NULL OR a.id IS NOT NULL)
      AND e.code = ANY (:codes) -- asked
    UNION ALL
    -- what is worth a look; facts about the client itself are told once, on its report
    SELECT w.client_id, w.month, w.status, w.patient_id, w.code, 'warning', 0, NULL, false
    FROM (SELECT m.client_id, m.month, m.status, p.patient_id, p.exceptions, unnest(p.warnings) AS code
          FROM month_now m JOIN patient_month p ON p.vendor_id = :vendor_id AND p.client_id = m.client_id AND p.month = m.month AND p.revision = m.revision
          WHERE m.status = 'closed'
            AND :warned AND p.warnings && CAST(:codes AS text[]) -- asked
          ) w
    JOIN gate_told g ON g.code = w.code AND NOT g.about_client
    WHERE w.code <> ALL (w.exceptions)
      AND w.code = ANY (:codes) -- asked
    UNION ALL
    SELECT m.client_id, m.month, m.status, x.patient_id, x.code, x.outcome, x.held_cents, NULL, false
    FROM month_now m
    JOIN previewed_exception x ON x.vendor_id = :vendor_id AND x.client_id = m.client_id AND x.client_month_id = m.id
    JOIN gate_told g ON g.code = x.code AND NOT g.about_client
    WHERE m.status = 'previewed'
      AND x.code = ANY (:codes) -- asked
),
found AS (
    -- a waived reason is a warning of the month too, and several late entries are one thing to do
    SELECT client_id, month, status, patient_id, code, min(outcome) AS outcome, sum(held_cents)::bigint AS held_cents, min(due_on) AS due_on, bool_or(waived) AS waived
    FROM reason GROUP BY client_id, month, status, patient_id, code
),
-- What the filters and the order of a page need of each; names are looked up for what is shown (page.sql).
told AS (
    SELECT f.client_id, f.month, f.status AS month_status, f.patient_id, f.code, g.ordinal, g.owner, g.waivable,
           f.outcome, f.held_cents, coalesce(w.due_on, f.due_on, CAST((SELECT on_days FROM due) ->> (f.month || ' ' || f.code) AS date)) AS due_on, w.due_on AS own_due_on, w.assignee_id, coalesce(w.note, '') AS note,
           CASE WHEN f.waived THEN 'waived' WHEN cured.code IS NOT NULL AND coalesce(w.state, 'open') = 'open' THEN 'fixed' ELSE coalesce(w.state, 'open') END AS state,
           coalesce(w.state, 'open') AS own_state, coalesce(w.version, 0) AS version
    FROM found f
    JOIN gate_told g ON g.code = f.code
    LEFT JOIN exception_work w ON w.vendor_id = :vendor_id AND w.client_id = f.client_id AND w.month = f.month AND w.patient_id = f.patient_id AND w.code = f.code
    -- a later close proposed an adjustment because the reason is gone
    LEFT JOIN (
        SELECT DISTINCT a.client_id, a.month, a.patient_id, unnest(a.cured) AS code
        FROM adjustment a JOIN month_now m ON m.client_id = a.client_id AND m.month = a.month WHERE a.vendor_id = :vendor_id
    ) cured ON cured.client_id = f.client_id AND cured.month = f.month AND cured.patient_id = f.patient_id AND cured.code = f.code
)

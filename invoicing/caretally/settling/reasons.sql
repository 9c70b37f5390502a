-- The exceptions of these months (after newest_months.sql), one row for a patient, a month and a code, with the work on each: what each close or preview
-- wrote is read reason by reason (reasons_*.sql). A page asks for its own rows by what it knows of them from the counts (totals.sql): months, codes, money.
reason (client_id, month, status, patient_id, code, outcome, held_cents, due_on, waived) AS (
{reasons}
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
    -- fenced: looked up by its whole key, since the planner knows little of what was worked on just now
    LEFT JOIN LATERAL (
        SELECT * FROM exception_work x
        WHERE x.vendor_id = :vendor_id AND x.client_id = f.client_id AND x.month = f.month AND x.patient_id = f.patient_id AND x.code = f.code OFFSET 0) w ON true
    -- a later close proposed an adjustment because the reason is gone
    LEFT JOIN (
        SELECT DISTINCT a.client_id, a.month, a.patient_id, unnest(a.cured) AS code
        FROM adjustment a JOIN month_now m ON m.client_id = a.client_id AND m.month = a.month WHERE a.vendor_id = :vendor_id
    ) cured ON cured.client_id = f.client_id AND cured.month = f.month AND cured.patient_id = f.patient_id AND cured.code = f.code
)

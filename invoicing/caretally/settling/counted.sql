-- The exceptions of these months (after newest_months.sql) as they are counted beside each month: a row for each reason of patients who are alike.
told AS (
    SELECT m.client_id, m.month, m.id AS client_month_id, c.id, c.patients, e.code, g.owner, e.held_cents, e.state, e.assignee_id,
           CASE e.outcome WHEN 'waived' THEN 'warning' ELSE e.outcome END AS outcome,
           coalesce(e.due_on, CAST((SELECT on_days FROM due) ->> (m.month || ' ' || e.code) AS date)) AS due_on
    FROM month_now m
    JOIN exception_count c ON c.vendor_id = :vendor_id AND c.client_id = m.client_id AND c.client_month_id = m.id
    CROSS JOIN LATERAL unnest(c.codes, c.outcomes, c.due_on, c.states, c.assignees, c.held_cents) AS e (code, outcome, due_on, state, assignee_id, held_cents)
    JOIN gate_told g ON g.code = e.code
    -- facts about the client itself are told once, on its report
    WHERE NOT (g.about_client AND (m.status = 'previewed' OR e.outcome = 'warning'))
)

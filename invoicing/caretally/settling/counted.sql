-- The exceptions of these months (after newest_months.sql) as they are counted beside each month: a row for each reason of patients who are alike.
counted AS MATERIALIZED (
    -- the arrays run in parallel, and side by side they cost a tenth of what a join with each row's would
    SELECT m.client_id, m.month, m.status, m.id AS client_month_id, c.id, c.patients, unnest(c.codes) AS code, unnest(c.held_cents) AS held_cents, unnest(c.states) AS state,
           unnest(c.assignees) AS assignee_id, unnest(c.outcomes) AS outcome, unnest(c.due_on) AS due_on
    FROM month_now m JOIN exception_count c ON c.vendor_id = :vendor_id AND c.client_id = m.client_id AND c.client_month_id = m.id
),
gate_of_month AS MATERIALIZED (
    SELECT m.month, g.code, g.owner, g.about_client, (m.month + interval '1 month')::date - 1 + d.days AS due_on
    FROM (SELECT DISTINCT month FROM month_now) m CROSS JOIN LATERAL tenancy.due_days(m.month) d JOIN gate_told g ON g.code = d.code
),
told AS (
    SELECT c.client_id, c.month, c.status, c.client_month_id, c.id, c.patients, c.code, g.owner, c.held_cents, c.state, c.assignee_id,
           CASE c.outcome WHEN 'waived' THEN 'warning' ELSE c.outcome END AS outcome, coalesce(c.due_on, g.due_on) AS due_on
    FROM counted c
    JOIN gate_of_month g ON g.code = c.code AND g.month = c.month
    -- facts about the client itself are told once, on its report
    WHERE NOT (g.about_client AND (c.status = 'previewed' OR c.outcome = 'warning'))
)

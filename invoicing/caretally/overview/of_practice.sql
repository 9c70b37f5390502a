-- What a practice has before it: invoices that are due and overdue, and questions of its own that were answered.
WITH day AS MATERIALIZED (SELECT (now() AT TIME ZONE 'UTC')::date AS today),
owed AS MATERIALIZED (
    SELECT i.total_cents, i.due_on, i.due_on < (now() AT TIME ZONE c.timezone)::date AS past_due
    FROM invoice i
    JOIN client c ON c.vendor_id = i.vendor_id AND c.client_id = i.client_id
    CROSS JOIN LATERAL (
        SELECT state FROM invoice_state x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id ORDER BY x.seq DESC LIMIT 1
    ) s
    WHERE i.vendor_id = :vendor_id AND i.kind = 'invoice' AND s.state = 'open'
)
SELECT today, (SELECT count(*) FROM owed)::int AS open, (SELECT coalesce(sum(total_cents), 0) FROM owed)::bigint AS open_cents, (SELECT min(due_on) FROM owed WHERE NOT past_due) AS next_due,
       (SELECT count(*) FROM owed WHERE past_due)::int AS overdue, (SELECT coalesce(sum(total_cents), 0) FROM owed WHERE past_due)::bigint AS overdue_cents,
       (SELECT count(*) FROM line_question q CROSS JOIN LATERAL (
            SELECT m.state FROM line_message m WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
        ) newest WHERE q.vendor_id = :vendor_id AND newest.state = 'answered')::int AS answered
FROM day

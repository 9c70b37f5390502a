-- One page of threads in the states wanted, those to be answered soonest first.
WITH thread AS (
    SELECT q.id, q.kind, q.disputed_cents, q.answer_by, q.opened_at, q.month, i.id AS invoice_id, i.number, i.bill #>> '{client,name}' AS client,
           coalesce(p.patient_name, '') AS patient_name, newest.state, newest.at, newest.said, newest.messages
    FROM line_question q
    JOIN invoice_line l ON l.vendor_id = q.vendor_id AND l.client_id = q.client_id AND l.id = q.invoice_line_id
    JOIN invoice i ON i.vendor_id = q.vendor_id AND i.client_id = q.client_id AND i.id = q.invoice_id
    LEFT JOIN patient_month p ON p.vendor_id = l.vendor_id AND p.client_id = l.client_id AND p.id = l.patient_month_id
    CROSS JOIN LATERAL (
        SELECT m.state, m.at, m.said, m.seq AS messages FROM line_message m
        WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
    ) newest
    WHERE q.vendor_id = :vendor_id
)
SELECT thread.*, count(*) OVER ()::int AS found, coalesce(sum(disputed_cents) OVER (), 0)::bigint AS found_cents
FROM thread WHERE state = ANY (CAST(:states AS text[])) AND (CAST(:kind AS text) = '' OR kind = :kind)
ORDER BY state NOT IN ('open', 'answered'), answer_by, opened_at
LIMIT :size OFFSET :start

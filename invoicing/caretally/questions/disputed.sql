-- What the disputes that are going on take of a line, that of the form itself left out, and whether that form had begun its thread before.
SELECT coalesce(sum(q.disputed_cents) FILTER (WHERE q.id <> :id AND newest.state = ANY (CAST(:states AS text[]))), 0)::bigint AS disputed_cents,
       coalesce(bool_or(q.id = :id), false) AS begun
FROM line_question q CROSS JOIN LATERAL (
    SELECT m.state FROM line_message m
    WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
) newest
WHERE q.vendor_id = :vendor_id AND q.invoice_line_id = :invoice_line_id

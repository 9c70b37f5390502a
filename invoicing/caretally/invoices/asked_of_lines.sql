-- How many threads the lines of each patient have on an invoice, and whether one goes on; a part of the statements of lines.
asked AS MATERIALIZED (
    SELECT l.patient_month_id, count(*)::int AS threads, bool_or(newest.state IN ('open', 'answered')) AS going_on
    FROM line_question q JOIN invoice_line l ON l.vendor_id = q.vendor_id AND l.client_id = q.client_id AND l.id = q.invoice_line_id
    CROSS JOIN LATERAL (
        SELECT m.state FROM line_message m WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
    ) newest
    WHERE q.vendor_id = :vendor_id AND q.client_id = :client_id AND q.invoice_id = :invoice_id GROUP BY 1
)

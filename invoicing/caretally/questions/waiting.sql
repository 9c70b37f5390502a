-- Threads that are not settled: a vendor's own people count those that wait for their answer, a practice's all that are still going on.
SELECT count(*)::int FROM line_question q CROSS JOIN LATERAL (
    SELECT m.state FROM line_message m
    WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
) newest
WHERE q.vendor_id = :vendor_id AND (newest.state = 'open' OR (newest.state = 'answered' AND (SELECT tenancy.of_practice())))

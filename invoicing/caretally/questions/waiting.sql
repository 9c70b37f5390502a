-- Threads whose next word is the reader's side's: a vendor's own people count those that wait for their answer, a practice's those that have one.
SELECT count(*)::int FROM line_question q CROSS JOIN LATERAL (
    SELECT m.state FROM line_message m
    WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
) newest
WHERE q.vendor_id = :vendor_id AND newest.state = CASE WHEN (SELECT tenancy.of_practice()) THEN 'answered' ELSE 'open' END

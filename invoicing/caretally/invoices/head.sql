-- What stands on an invoice and can change, beside the columns that tell which invoice it is: its state and its questions.
SELECT i.vendor_id, i.client_id, i.id, i.client_month_id, i.month, i.revision, i.number, i.issued_on, i.due_on, i.total_cents, i.line_count, i.rule_set, i.evidence_hash,
    (SELECT code || ' ' || loaded_at FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1) AS rule_tables_now,
    (SELECT s.state FROM invoice_state s WHERE s.vendor_id = i.vendor_id AND s.client_id = i.client_id AND s.invoice_id = i.id ORDER BY s.seq DESC LIMIT 1) AS state,
    q.questioned, q.open_questions
FROM invoice i
CROSS JOIN LATERAL (
    SELECT count(DISTINCT l.patient_month_id)::int AS questioned, count(*) FILTER (WHERE newest.state IN ('open', 'answered'))::int AS open_questions
    FROM line_question q JOIN invoice_line l ON l.vendor_id = q.vendor_id AND l.client_id = q.client_id AND l.id = q.invoice_line_id AND l.invoice_id = q.invoice_id
    CROSS JOIN LATERAL (
        SELECT m.state FROM line_message m WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
    ) newest
    WHERE q.vendor_id = i.vendor_id AND q.client_id = i.client_id AND q.invoice_id = i.id
) q
WHERE i.vendor_id = :vendor_id AND i.id = :invoice_id AND i.kind = 'invoice'
  AND (NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o
      WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open'))

-- Threads of the lines asked for, with all that was said in its order; the state of a thread is that of its newest message.
SELECT q.id, q.invoice_id, q.client_id, q.invoice_line_id, l.patient_month_id, l.code, l.units, q.month, q.kind, q.line_cents, q.disputed_cents, q.answer_by, q.opened_at,
       i.number, i.bill #>> '{client,name}' AS client, i.bill #>> '{client,timezone}' AS timezone, coalesce(p.patient_name, '') AS patient_name, coalesce(p.mrn, '') AS mrn,
       (SELECT jsonb_agg(jsonb_build_object('seq', m.seq, 'side', m.side, 'state', m.state, 'said', m.said, 'actor', m.actor, 'name', m.actor_name, 'at', m.at)
                         ORDER BY m.seq)
        FROM line_message m WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id) AS messages
FROM line_question q
JOIN invoice_line l ON l.vendor_id = q.vendor_id AND l.client_id = q.client_id AND l.id = q.invoice_line_id
JOIN invoice i ON i.vendor_id = q.vendor_id AND i.client_id = q.client_id AND i.id = q.invoice_id
LEFT JOIN patient_month p ON p.vendor_id = l.vendor_id AND p.client_id = l.client_id AND p.id = l.patient_month_id
WHERE q.vendor_id = :vendor_id AND (CAST(:question_id AS uuid) IS NULL OR q.id = :question_id)
  AND (CAST(:patient_month_id AS uuid) IS NULL OR (q.invoice_id = :invoice_id AND l.patient_month_id = :patient_month_id))
ORDER BY q.opened_at, q.id

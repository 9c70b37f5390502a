-- A thread about a line that the practice sees; what the line cost is taken from the line itself. Sent twice it is one thread.
INSERT INTO line_question (vendor_id, client_id, id, invoice_id, invoice_line_id, month, kind, line_cents, disputed_cents, answer_by)
SELECT l.vendor_id, l.client_id, :id, i.id, l.id, i.month, :kind, l.amount_cents, :disputed_cents, :answer_by
FROM invoice_line l JOIN invoice i ON i.vendor_id = l.vendor_id AND i.client_id = l.client_id AND i.id = l.invoice_id
WHERE l.vendor_id = :vendor_id AND l.id = :invoice_line_id AND i.id = :invoice_id
ON CONFLICT DO NOTHING
RETURNING client_id

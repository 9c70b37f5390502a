-- Invoices with their newest state that hold the words in the number or the client's printed name, with its marks or without; void ones are left out of the sum, since the next
-- revision takes their place. A practice's are those that were sent. Overdue is an open one whose due day is past where the client is.
WITH newest AS (
    SELECT i.id, i.number, i.month, i.client_id, i.bill #>> '{client,name}' AS client, i.issued_on, i.due_on, i.total_cents, i.patient_month_count AS patients,
           s.state, i.due_on < (now() AT TIME ZONE c.timezone)::date AS past_due, (SELECT count(*)::int FROM line_question q CROSS JOIN LATERAL (
                SELECT m.state FROM line_message m WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
            ) said WHERE q.vendor_id = i.vendor_id AND q.client_id = i.client_id AND q.invoice_id = i.id AND said.state IN ('open', 'answered')) AS questions
    FROM invoice i
    JOIN client c ON c.vendor_id = i.vendor_id AND c.client_id = i.client_id
    CROSS JOIN LATERAL (
        SELECT state FROM invoice_state x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id ORDER BY x.seq DESC LIMIT 1
    ) s
    WHERE i.vendor_id = :vendor_id AND i.kind = 'invoice' AND (i.number ILIKE :pattern OR i.bill #>> '{client,name}' ILIKE :pattern OR cardinality(CAST(:looked_for AS text[])) > 0
           AND lower(regexp_replace(normalize(i.bill #>> '{client,name}', NFKD), '[\u0300-\u036f]', '', 'g')) LIKE ALL (CAST(:looked_for AS text[])))
      AND (CAST(:client_id AS uuid) IS NULL OR i.client_id = :client_id) AND (CAST(:month AS date) IS NULL OR i.month = :month)
      AND (NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o
          WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open'))
)
SELECT newest.*, count(*) OVER ()::int AS found, coalesce(sum(total_cents) FILTER (WHERE state <> 'void') OVER (), 0)::bigint AS found_cents
FROM newest WHERE CASE CAST(:state AS text) WHEN '' THEN true WHEN 'overdue' THEN state = 'open' AND past_due ELSE state = :state END
ORDER BY {order}
LIMIT :size OFFSET :start

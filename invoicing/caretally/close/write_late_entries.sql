-- Minutes that arrived after their month closed and that no close has reported yet.
INSERT INTO exception (vendor_id, client_id, client_month_id, patient_month_id, late_entry_id, code, held_cents, due_on)
SELECT l.vendor_id, l.client_id, :client_month_id, NULL, l.id, g.code, 0, :month_last + g.due_days
FROM late_entry l JOIN gate g ON g.code = 'LATE_ENTRY'
WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.month < :month_first
  AND NOT EXISTS (SELECT FROM exception e JOIN client_month m ON m.vendor_id = e.vendor_id AND m.client_id = e.client_id AND m.id = e.client_month_id
                  WHERE e.vendor_id = l.vendor_id AND e.client_id = l.client_id AND e.late_entry_id = l.id AND m.status = 'closed')

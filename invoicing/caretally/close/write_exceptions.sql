-- Each reason of a held or not billable patient-month becomes a row that somebody owns and that is due; the money stands at the primary one.
INSERT INTO exception (vendor_id, client_id, client_month_id, patient_month_id, late_entry_id, code, held_cents, due_on)
SELECT :vendor_id, :client_id, :client_month_id, p.id, NULL, e.code, CASE WHEN e.code = p.primary_reason THEN p.held_cents ELSE 0 END, :month_last + g.due_days
FROM patient_month p CROSS JOIN LATERAL unnest(p.exceptions) AS e (code) JOIN gate g ON g.code = e.code
WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.month = :month_first AND p.revision = :revision AND p.outcome <> 'billable'

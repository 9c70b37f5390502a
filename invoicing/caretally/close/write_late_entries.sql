-- Time that came in after its month closed and that no close has reported as it is now, kept as it is printed.
INSERT INTO exception (vendor_id, client_id, client_month_id, patient_month_id, late_entry_id, printed, code, held_cents, due_on)
SELECT :vendor_id, :client_id, :client_month_id, NULL, l.late_entry_id, l.printed, g.code, 0, :month_last + g.days
FROM jsonb_to_recordset(CAST(:late AS jsonb)) AS l (late_entry_id uuid, printed jsonb) JOIN tenancy.due_days(:month_first) g ON g.code = 'LATE_ENTRY'

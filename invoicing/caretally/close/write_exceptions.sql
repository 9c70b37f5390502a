-- Each reason of a held or not billable patient-month becomes a row that somebody owns and that is due; the money stands at the primary one.
INSERT INTO exception (vendor_id, client_id, client_month_id, patient_month_id, late_entry_id, code, held_cents, due_on)
SELECT :vendor_id, :client_id, :client_month_id, p.id, NULL, code, CASE WHEN code = p.primary_reason THEN p.held_cents ELSE 0 END, :month_last + g.days
FROM (
    SELECT id, primary_reason, held_cents, unnest(exceptions) AS code
    FROM patient_month
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND month = :month_first AND revision = :revision AND outcome <> 'billable'
) p JOIN tenancy.due_days(:month_first) g USING (code)

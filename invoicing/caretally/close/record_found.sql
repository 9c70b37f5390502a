-- What the queue shows of a month that is still open: the reasons of its last preview, in place of those before (removed in a statement of its own).
INSERT INTO previewed_exception (vendor_id, client_id, client_month_id, patient_id, code, outcome, held_cents)
SELECT :vendor_id, :client_id, :client_month_id, f.patient_id, f.code, f.outcome, f.held_cents
FROM jsonb_to_recordset(CAST(:found AS jsonb)) AS f (patient_id uuid, code text, outcome text, held_cents bigint)

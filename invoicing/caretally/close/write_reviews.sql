-- A closed month that billed what today's facts no longer support: its overpayment review begins, once for each finding.
INSERT INTO overpayment_review (vendor_id, client_id, patient_month_id, code, due_on)
SELECT :vendor_id, :client_id, r.patient_month_id, r.review_code, current_date + g.due_days
FROM jsonb_to_recordset(CAST(:reviews AS jsonb)) AS r (patient_month_id uuid, review_code text) JOIN gate g ON g.code = 'OVERPAYMENT_REVIEW'
ON CONFLICT DO NOTHING

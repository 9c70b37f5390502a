INSERT INTO close_supported
SELECT patient_id, codes, units FROM eval_decision d
WHERE outcome = 'billable' AND NOT EXISTS (SELECT FROM close_supported s WHERE s.patient_id = d.patient_id)

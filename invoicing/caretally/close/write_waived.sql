-- Each reason that a waiver kept from holding a patient-month becomes a row too, with the waiver as it is printed and the money that it released.
INSERT INTO exception (vendor_id, client_id, client_month_id, patient_month_id, waiver_id, code, due_on, printed)
SELECT DISTINCT ON (p.id, w.gate_code) :vendor_id, :client_id, :client_month_id, p.id, w.id, w.gate_code, w.expires_on,
       jsonb_build_object('waived_by', w.waived_by, 'reason', w.reason, 'expires_on', w.expires_on, 'cents', p.amount_cents)
FROM patient_month p
JOIN waiver w ON w.vendor_id = p.vendor_id AND w.client_id = p.client_id AND w.id = ANY (:waiver_ids) AND (w.patient_id IS NULL OR w.patient_id = p.patient_id)
 AND w.gate_code = ANY (p.warnings)
WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.month = :month_first AND p.revision = :revision
ORDER BY p.id, w.gate_code, w.patient_id IS NULL, w.recorded_at, w.id

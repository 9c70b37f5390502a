-- What is waived as long already, for the patient or for all of the client's, is left out.
INSERT INTO waiver (vendor_id, client_id, patient_id, gate_code, first_month, expires_on, waived_by, reason, recorded_by)
SELECT (SELECT tenancy.current_vendor()), a.client_id, a.patient_id, a.gate_code, a.first_month, :expires_on, :waived_by, :reason, (SELECT tenancy.current_actor())
FROM asked a
WHERE NOT EXISTS (
    SELECT FROM waiver w
    WHERE w.vendor_id = (SELECT tenancy.current_vendor()) AND w.client_id = a.client_id AND w.gate_code = a.gate_code
      AND (w.patient_id IS NULL OR w.patient_id = a.patient_id) AND w.first_month <= a.first_month AND w.expires_on >= :expires_on AND w.withdrawn_at IS NULL
)
RETURNING id AS waiver_id, client_id, patient_id, gate_code, first_month

-- The matches that can be waived.
SELECT client_id, patient_id, code AS gate_code, month FROM matched WHERE waivable AND outcome = 'held'

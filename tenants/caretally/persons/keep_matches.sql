-- What was found is written where it is new or differs; a pair that a person decided stays decided. Its id follows from the pair.
INSERT INTO person_match (vendor_id, id, first_client_id, first_patient_id, second_client_id, second_patient_id, found_by, score, reasons, status)
SELECT a.vendor_id, CAST(encode(substr(sha256(uuid_send(a.patient_id) || uuid_send(b.patient_id)), 1, 16), 'hex') AS uuid),
       a.client_id, a.patient_id, b.client_id, b.patient_id, f.found_by, f.score, f.reasons, f.status
FROM person_found f JOIN person_record a ON a.patient_id = f.first_patient_id JOIN person_record b ON b.patient_id = f.second_patient_id
ON CONFLICT (vendor_id, first_patient_id, second_patient_id) DO UPDATE SET found_by = EXCLUDED.found_by, score = EXCLUDED.score, reasons = EXCLUDED.reasons, status = EXCLUDED.status
WHERE person_match.decided_by IS NULL
  AND (person_match.found_by, person_match.score, person_match.reasons, person_match.status) IS DISTINCT FROM (EXCLUDED.found_by, EXCLUDED.score, EXCLUDED.reasons, EXCLUDED.status)
RETURNING status

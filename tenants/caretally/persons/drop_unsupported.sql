-- Pairs that identifiers alone spoke for and speak for no longer. What a person decided stays.
DELETE FROM person_match m
WHERE m.decided_by IS NULL
  AND (m.first_patient_id IN (SELECT patient_id FROM person_stale) OR m.second_patient_id IN (SELECT patient_id FROM person_stale)
       OR (m.found_by <> 'near' AND m.first_patient_id = ANY (CAST(:looked_at AS uuid[])) AND m.second_patient_id = ANY (CAST(:looked_at AS uuid[]))))
  AND NOT EXISTS (SELECT FROM person_found f WHERE f.first_patient_id = m.first_patient_id AND f.second_patient_id = m.second_patient_id)

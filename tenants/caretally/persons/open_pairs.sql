-- The pairs that stand open or were told apart, with the person that each record belongs to by now; `asked_anew` when one of the two is stale.
SELECT m.id, m.status, coalesce(a.person_key, uuid_send(a.id)) AS one, coalesce(b.person_key, uuid_send(b.id)) AS other,
       m.found_by = 'near' AND (m.first_patient_id IN (SELECT patient_id FROM person_stale) OR m.second_patient_id IN (SELECT patient_id FROM person_stale)) AS asked_anew
FROM person_match m
JOIN patient a ON a.client_id = m.first_client_id AND a.id = m.first_patient_id
JOIN patient b ON b.client_id = m.second_client_id AND b.id = m.second_patient_id
WHERE m.status <> 'same'

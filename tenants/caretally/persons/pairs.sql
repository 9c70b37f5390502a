-- The pairs of a vendor with what a reviewer compares; the likeliest first, the order of one likelihood by where the records are.
SELECT m.id, m.status, m.found_by, m.score, m.reasons, m.found_at, m.decided_by, m.decided_at, m.reason,
       c.code AS client, p.mrn, p.family_name, p.given_name, p.birth_date, right(p.mbi, 4) AS mbi_end,
       d.code AS other_client, q.mrn AS other_mrn, q.family_name AS other_family_name, q.given_name AS other_given_name, q.birth_date AS other_birth_date,
       right(q.mbi, 4) AS other_mbi_end, m.first_client_id, m.first_patient_id, m.second_client_id, m.second_patient_id
FROM person_match m
JOIN patient p ON p.client_id = m.first_client_id AND p.id = m.first_patient_id JOIN client c ON c.client_id = m.first_client_id
JOIN patient q ON q.client_id = m.second_client_id AND q.id = m.second_patient_id JOIN client d ON d.client_id = m.second_client_id
WHERE m.status = ANY (CAST(:statuses AS text[])) AND starts_with(CAST(m.id AS text), :word)
ORDER BY m.status = 'proposed' DESC, m.score DESC, c.code, p.mrn, d.code, q.mrn

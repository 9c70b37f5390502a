-- The records that share a name, a number or a pair held to be one person with those of the last round. Names and numbers are taken once each,
-- so that a thousand records of one name cost a thousand rows.
INSERT INTO person_group SELECT patient_id, CAST(:round AS int) + 1 FROM (
    SELECT o.patient_id FROM (SELECT DISTINCT r.name_key FROM person_group g JOIN person_record r USING (patient_id) WHERE g.round = :round) k
    JOIN person_record o ON o.name_key = k.name_key
    UNION
    SELECT o.patient_id FROM (SELECT DISTINCT r.mbi_key FROM person_group g JOIN person_record r USING (patient_id) WHERE g.round = :round) k
    JOIN person_record o ON o.mbi_key = k.mbi_key
    UNION
    SELECT m.second_patient_id FROM person_group g JOIN person_match m ON m.first_patient_id = g.patient_id WHERE g.round = :round AND m.status = 'same'
    UNION
    SELECT m.first_patient_id FROM person_group g JOIN person_match m ON m.second_patient_id = g.patient_id WHERE g.round = :round AND m.status = 'same'
) found
ON CONFLICT DO NOTHING

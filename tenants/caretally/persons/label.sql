-- One key for all records of a person, none for somebody who has one record: a keyed hash of the oldest record's id, so it tells nothing of the person.
WITH person AS (
    SELECT c.client_id, c.patient_id, h.key
    FROM unnest(CAST(:clients AS uuid[]), CAST(:patients AS uuid[]), CAST(:oldest AS uuid[])) AS c (client_id, patient_id, oldest)
    LEFT JOIN (
        SELECT o.oldest, o.key FROM unnest(CAST(:named AS uuid[]), tenancy.person_hashes(ARRAY(SELECT 'person|' || n FROM unnest(CAST(:named AS uuid[])) WITH ORDINALITY AS t (n, place) ORDER BY place)))
            AS o (oldest, key)
    ) h USING (oldest)
)
UPDATE patient p SET person_key = person.key FROM person
WHERE p.client_id = person.client_id AND p.id = person.patient_id AND p.person_key IS DISTINCT FROM person.key
RETURNING p.id, p.person_key

-- Pairs worth a closer look, each once: born on the same day with a trait in common (a beginning or an end of a name, a piece of the Medicare
-- number), or of one name and born on days that a slip could make of each other. A trait or a name that too many share tells nobody apart and is
-- passed over, so the number of pairs grows with the number of records and never with its square.
WITH fresh AS MATERIALIZED (
    SELECT r.patient_id, r.birth_date, r.whole FROM person_stale s JOIN person_record r USING (client_id, patient_id)
),
born AS (
    SELECT o.patient_id, o.birth_date, trait, count(*) OVER (PARTITION BY o.birth_date, trait) AS sharers
    FROM person_record o CROSS JOIN unnest(o.traits) AS trait
    WHERE o.birth_date IN (SELECT birth_date FROM fresh WHERE birth_date <> :unknown_birth_date)
),
telling AS MATERIALIZED (SELECT patient_id, birth_date, trait FROM born WHERE sharers BETWEEN 2 AND :most_of_a_trait),
named AS MATERIALIZED (
    SELECT patient_id, birth_date, whole FROM (
        SELECT o.patient_id, o.birth_date, o.whole, count(*) OVER (PARTITION BY o.whole) AS sharers FROM person_record o WHERE o.whole IN (SELECT whole FROM fresh)
    ) n WHERE sharers BETWEEN 2 AND :most_of_a_name AND birth_date <> :unknown_birth_date
),
pair AS (
    SELECT least(a.patient_id, b.patient_id) AS one, greatest(a.patient_id, b.patient_id) AS other
    FROM telling a JOIN telling b USING (birth_date, trait) WHERE a.patient_id <> b.patient_id AND a.patient_id IN (SELECT patient_id FROM fresh)
    UNION
    SELECT least(a.patient_id, b.patient_id), greatest(a.patient_id, b.patient_id)
    FROM named a JOIN named b ON b.whole = a.whole AND b.birth_date <> a.birth_date
    WHERE a.patient_id IN (SELECT patient_id FROM fresh)
      AND (abs(b.birth_date - a.birth_date) = 1
           OR (extract(year FROM b.birth_date) = extract(year FROM a.birth_date) AND extract(month FROM b.birth_date) = extract(day FROM a.birth_date)
               AND extract(day FROM b.birth_date) = extract(month FROM a.birth_date))
           OR (SELECT count(*) FROM generate_series(1, 8) AS place
               WHERE substr(to_char(b.birth_date, 'YYYYMMDD'), place, 1) <> substr(to_char(a.birth_date, 'YYYYMMDD'), place, 1)) <= 2)
)
SELECT a.patient_id, a.family, a.given, a.generation, a.birth_date, a.mbi, coalesce(p.person_key, uuid_send(a.patient_id)) AS person,
       b.patient_id AS other_id, b.family AS other_family, b.given AS other_given, b.generation AS other_generation, b.birth_date AS other_birth_date, b.mbi AS other_mbi,
       coalesce(q.person_key, uuid_send(b.patient_id)) AS other_person
FROM pair
JOIN person_record a ON a.patient_id = pair.one JOIN patient p ON p.client_id = a.client_id AND p.id = a.patient_id
JOIN person_record b ON b.patient_id = pair.other JOIN patient q ON q.client_id = b.client_id AND q.id = b.patient_id
WHERE p.person_key IS DISTINCT FROM q.person_key OR p.person_key IS NULL

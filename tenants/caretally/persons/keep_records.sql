-- The hashes of all names and numbers are made by one call each. A day of birth that stands for "not known" says nothing beside a name.
WITH read AS MATERIALIZED (
    SELECT s.*, r.family, r.given, r.whole, r.generation, string_to_array(r.traits, ' ') AS traits, 'name|' || r.name_text || '|' || CASE WHEN s.birth_date <> :unknown_birth_date THEN s.birth_date END AS name_text,
           row_number() OVER () AS place
    FROM person_stale s JOIN person_read r USING (patient_id)
),
hashed AS (
    SELECT h.name_key, h.mbi_key, h.place FROM (
        SELECT tenancy.person_hashes(array_agg(name_text ORDER BY place)) AS names, tenancy.person_hashes(array_agg('mbi|' || mbi ORDER BY place)) AS mbis FROM read
    ) a CROSS JOIN unnest(a.names, a.mbis) WITH ORDINALITY AS h (name_key, mbi_key, place)
)
INSERT INTO person_record (vendor_id, client_id, patient_id, read_from, family, given, whole, generation, birth_date, mbi, name_key, mbi_key, traits)
SELECT (SELECT tenancy.current_vendor()), r.client_id, r.patient_id, r.read_from, r.family, r.given, r.whole, r.generation, r.birth_date, r.mbi, h.name_key, h.mbi_key, r.traits
FROM read r JOIN hashed h USING (place) ORDER BY r.place
ON CONFLICT (vendor_id, client_id, patient_id) DO UPDATE SET read_from = EXCLUDED.read_from, family = EXCLUDED.family, given = EXCLUDED.given, whole = EXCLUDED.whole,
    generation = EXCLUDED.generation, birth_date = EXCLUDED.birth_date, mbi = EXCLUDED.mbi, name_key = EXCLUDED.name_key, mbi_key = EXCLUDED.mbi_key, traits = EXCLUDED.traits

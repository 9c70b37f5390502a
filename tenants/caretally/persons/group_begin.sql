-- Every touched record that hangs together with another one. Who is alone and was alone is left out: they are nearly all.
CREATE TEMP TABLE person_group (patient_id uuid PRIMARY KEY, round int NOT NULL) ON COMMIT DROP;
INSERT INTO person_group SELECT r.patient_id, 0 FROM person_touched t JOIN person_record r USING (patient_id)
WHERE EXISTS (SELECT FROM person_record o WHERE o.name_key = r.name_key AND o.patient_id <> r.patient_id)
   OR EXISTS (SELECT FROM person_record o WHERE o.mbi_key = r.mbi_key AND o.patient_id <> r.patient_id)
   OR EXISTS (SELECT FROM person_match m WHERE m.first_patient_id = r.patient_id)
   OR EXISTS (SELECT FROM person_match m WHERE m.second_patient_id = r.patient_id)
   OR EXISTS (SELECT FROM patient p WHERE p.client_id = r.client_id AND p.id = r.patient_id AND p.person_key IS NOT NULL);
ANALYZE person_group

-- Whose neighbourhood changes: the stale ones, and those that shared an identifier with what they were.
CREATE TEMP TABLE person_touched ON COMMIT DROP AS
SELECT patient_id FROM person_stale
UNION
SELECT other.patient_id FROM person_stale s JOIN person_record was USING (client_id, patient_id) JOIN person_record other ON other.name_key = was.name_key
UNION
SELECT other.patient_id FROM person_stale s JOIN person_record was USING (client_id, patient_id) JOIN person_record other ON other.mbi_key = was.mbi_key

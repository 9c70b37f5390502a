-- Patients whose record is absent, or was read from other identifiers, or in an older way of reading names.
CREATE TEMP TABLE person_stale ON COMMIT DROP AS
SELECT p.client_id, p.id AS patient_id, p.family_name, p.given_name, p.birth_date, import.mbi(p.mbi) AS mbi, p.read_from
FROM (
    SELECT *, hashtextextended(concat_ws(E'\x1f', CAST(:reading AS text), family_name, given_name, birth_date - date '2000-01-01', mbi), 0) AS read_from
    FROM patient
) p
LEFT JOIN person_record r ON r.vendor_id = p.vendor_id AND r.client_id = p.client_id AND r.patient_id = p.id
WHERE r.read_from IS DISTINCT FROM p.read_from OR p.id = ANY (CAST(:again AS uuid[]))

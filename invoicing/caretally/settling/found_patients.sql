-- The patients whom words find, in name or record number, no more than are looked at one by one.
SELECT p.client_id, p.id FROM patient p
WHERE p.vendor_id = :vendor_id AND (p.mrn ILIKE :pattern OR p.family_name || ', ' || p.given_name ILIKE :pattern) LIMIT :most

-- The fingerprints of the rows of one client month, or of all that were closed, in the order of their record numbers: the leaves of the tree
-- whose root stands in the audit log.
SELECT m.id AS client_month_id, p.evidence_hash
FROM client_month m
JOIN patient_month p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.month = m.month AND p.revision = m.revision
WHERE m.vendor_id = (SELECT tenancy.current_vendor()) AND (CAST(:client_month_id AS uuid) IS NULL OR m.id = :client_month_id)
  AND (CAST(:month AS date) IS NULL OR m.month = :month)
ORDER BY m.client_id, m.month, m.revision, p.mrn

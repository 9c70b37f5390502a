-- Each reason of a held or not billable patient-month has its row, the money stands at the primary one, and late time is neither lost before nor after its report.
SELECT c.code || ' ' || to_char(m.month, 'YYYY-MM') || ' patient ' || coalesce(pm.mrn, '(not in the month)') || ': '
       || CASE WHEN e.id IS NULL THEN 'the row of its exception ' || reason.code || ' is gone'
               WHEN p.cents IS NULL THEN 'it has a row of the exception ' || reason.code || ' that it was not closed with'
               ELSE 'its exception ' || reason.code || ' holds ' || e.held_cents || ' cents instead of ' || p.cents END AS breach
FROM (SELECT vendor_id, client_id, client_month_id, id AS patient_month_id, code, CASE WHEN code = primary_reason THEN held_cents ELSE 0 END AS cents
      FROM patient_month CROSS JOIN LATERAL unnest(exceptions) AS r (code)
      WHERE outcome <> 'billable' AND (CAST(:month AS date) IS NULL OR month = :month)) p
FULL JOIN (SELECT e.* FROM exception e JOIN client_month m ON m.vendor_id = e.vendor_id AND m.client_id = e.client_id AND m.id = e.client_month_id
           WHERE e.patient_month_id IS NOT NULL AND e.waiver_id IS NULL AND (CAST(:month AS date) IS NULL OR m.month = :month)) e
    USING (vendor_id, client_id, client_month_id, patient_month_id, code) AS reason
JOIN client_month m ON m.vendor_id = reason.vendor_id AND m.client_id = reason.client_id AND m.id = reason.client_month_id
JOIN client c ON c.vendor_id = m.vendor_id AND c.client_id = m.client_id
LEFT JOIN patient_month pm ON pm.vendor_id = reason.vendor_id AND pm.client_id = reason.client_id AND pm.id = reason.patient_month_id
WHERE e.id IS NULL OR p.cents IS NULL OR e.held_cents <> p.cents
UNION ALL
SELECT c.code || ' ' || to_char(m.month, 'YYYY-MM') || ': a late entry that its exceptions report is gone'
FROM exception e
JOIN client_month m ON m.vendor_id = e.vendor_id AND m.client_id = e.client_id AND m.id = e.client_month_id
JOIN client c ON c.vendor_id = e.vendor_id AND c.client_id = e.client_id
WHERE e.late_entry_id IS NOT NULL AND (CAST(:month AS date) IS NULL OR m.month = :month)
  AND NOT EXISTS (SELECT FROM late_entry l WHERE l.vendor_id = e.vendor_id AND l.client_id = e.client_id AND l.id = e.late_entry_id)
UNION ALL
-- An import that is not undone still has all the late rows that its audit event counts: as they are, or as the images of what a later import made of them.
SELECT 'import ' || b.id || ' of ' || to_char(b.at AT TIME ZONE 'UTC', 'YYYY-MM-DD') || ' brought ' || (a.detail ->> 'late') || ' late entries, and ' || kept.entries || ' are left'
FROM audit_event a
JOIN import_batch b ON b.vendor_id = a.vendor_id AND b.id::text = a.detail ->> 'batch' AND b.undone_at IS NULL
CROSS JOIN LATERAL (
    SELECT count(*) AS entries FROM (
        SELECT l.id FROM late_entry l WHERE l.created_batch_id = b.id OR l.batch_id = b.id
        UNION
        SELECT i.row_id FROM import_before i
        WHERE i.table_name = 'late_entry' AND b.id::text IN (i.image ->> 'created_batch_id', i.image ->> 'batch_id')) own
) kept
WHERE a.action = 'import' AND a.detail ->> 'late' <> '0' AND kept.entries::text <> a.detail ->> 'late'
ORDER BY 1 LIMIT 20

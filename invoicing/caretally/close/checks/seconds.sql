-- Minutes are conserved: counted plus excluded is raw, and the pieces that a line leads to add up to what was counted.
SELECT c.code || ' ' || to_char(p.month, 'YYYY-MM') || ' patient ' || p.mrn || ': ' || p.clinical_seconds + p.qhp_seconds || ' s counted and '
       || excluded.total || ' s excluded are not ' || p.raw_seconds || ' s raw, or the entries count ' || pieces.total || ' s' AS breach
FROM patient_month p
JOIN client c USING (vendor_id, client_id)
CROSS JOIN LATERAL (SELECT coalesce(sum(s), 0) AS total FROM unnest(p.excluded_seconds) AS s) excluded
CROSS JOIN LATERAL (SELECT coalesce(sum(s), 0) AS total FROM unnest(p.entry_seconds) AS s) pieces
WHERE (CAST(:month AS date) IS NULL OR p.month = :month)
  AND (p.clinical_seconds + p.qhp_seconds + excluded.total <> p.raw_seconds OR pieces.total <> p.clinical_seconds + p.qhp_seconds)
ORDER BY 1 LIMIT 20

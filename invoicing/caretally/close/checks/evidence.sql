-- Each decision still has the fingerprint that was printed, and the months' digests are over them.
WITH fingerprint AS (
    SELECT p.vendor_id, p.client_id, p.client_month_id, p.mrn, p.month, p.evidence_hash,
           sha256(convert_to(concat_ws(E'\x1f', 'caretally-evidence-2', c.code, array_to_string(p.programs, '+'), p.month, p.mrn, p.outcome, array_to_string(p.codes, '+'), array_to_string(p.units, '+'),
              p.date_of_service, p.raw_seconds, p.clinical_seconds, p.qhp_seconds, array_to_string(p.exceptions, ','), pr.npi, p.consent_on, p.plan_version,
              p.reviewed_on, p.visited_on, p.mdm_level, m.rule_set), 'UTF8') || p.entries_hash) AS computed, c.code
    FROM patient_month p
    JOIN client_month m ON m.vendor_id = p.vendor_id AND m.client_id = p.client_id AND m.id = p.client_month_id
    JOIN client c ON c.vendor_id = p.vendor_id AND c.client_id = p.client_id
    LEFT JOIN provider pr ON pr.vendor_id = p.vendor_id AND pr.client_id = p.client_id AND pr.id = p.provider_id
    WHERE CAST(:month AS date) IS NULL OR p.month = :month
)
SELECT code || ' ' || to_char(month, 'YYYY-MM') || ' patient ' || mrn || ': the decision is not the one its fingerprint was made of' AS breach
FROM fingerprint WHERE computed <> evidence_hash
UNION ALL
SELECT c.code || ' ' || to_char(m.month, 'YYYY-MM') || ': the rows are not the ones that were closed'
FROM client_month m
JOIN client c USING (vendor_id, client_id)
LEFT JOIN (SELECT vendor_id, client_id, client_month_id AS id, sha256(string_agg(evidence_hash, '' ORDER BY mrn)) AS digest FROM fingerprint GROUP BY 1, 2, 3) f
    USING (vendor_id, client_id, id)
WHERE m.status IN ('closed', 'reopened') AND (CAST(:month AS date) IS NULL OR m.month = :month) AND m.rows_hash <> coalesce(f.digest, sha256(''))
ORDER BY 1 LIMIT 20

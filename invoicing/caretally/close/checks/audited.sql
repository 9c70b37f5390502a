-- Each close stands in the audit log with the digest of its rows.
SELECT c.code || ' ' || to_char(m.month, 'YYYY-MM') || ' revision ' || m.revision || ': no audit event has the digest of its rows' AS breach
FROM client_month m JOIN client c USING (vendor_id, client_id)
WHERE m.status IN ('closed', 'reopened') AND (CAST(:month AS date) IS NULL OR m.month = :month)
  AND NOT EXISTS (SELECT FROM audit_event a WHERE a.vendor_id = m.vendor_id AND a.action = 'month.closed' AND a.detail ->> 'client_id' = m.client_id::text
                  AND a.detail ->> 'month' = to_char(m.month, 'YYYY-MM') AND a.detail ->> 'revision' = m.revision::text AND a.detail ->> 'rows_sha256' = encode(m.rows_hash, 'hex'))
ORDER BY 1 LIMIT 20

-- What a closed month shows is what its audit event has the digests of: figures and words, reasons with their money, the invoice and its lines.
SELECT c.code || ' ' || to_char(m.month, 'YYYY-MM') || ' revision ' || m.revision || ': ' || digest.says || ' are not those that were closed' AS breach
FROM contents
JOIN client_month m ON m.id = contents.client_month_id
JOIN client c USING (vendor_id, client_id)
JOIN audit_event a ON a.vendor_id = m.vendor_id AND a.action = 'month.closed' AND a.detail ->> 'client_id' = m.client_id::text
 AND a.detail ->> 'month' = to_char(m.month, 'YYYY-MM') AND a.detail ->> 'revision' = m.revision::text
CROSS JOIN LATERAL (VALUES ('the figures of its patients', contents.figures_sha256, a.detail ->> 'figures_sha256'),
                           ('its exceptions', contents.exceptions_sha256, a.detail ->> 'exceptions_sha256'),
                           ('its invoice or its lines', contents.invoice_sha256, a.detail ->> 'invoice_sha256')) AS digest (says, computed, logged)
WHERE digest.computed IS DISTINCT FROM digest.logged
ORDER BY 1 LIMIT 20

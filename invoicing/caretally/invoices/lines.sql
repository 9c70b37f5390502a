-- The patient-months of an invoice in printing order, with what they were charged.
SELECT p.*, l.kind, l.code, l.units AS line_units, l.unit_price_cents, l.amount_cents AS line_cents,
       (SELECT jsonb_build_object('documented_on', k.documented_on, 'by', coalesce((
            SELECT r.given_name || ' ' || r.family_name || coalesce(', ' || nullif(r.credential, ''), '') FROM provider r
            WHERE r.vendor_id = k.vendor_id AND r.client_id = k.client_id AND r.npi = k.npi), 'NPI ' || k.npi))
        FROM mdm k WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.patient_id AND k.month = p.month AND k.level = p.mdm_level) AS mdm
FROM invoice_line l
LEFT JOIN patient_month p ON p.vendor_id = l.vendor_id AND p.client_id = l.client_id AND p.id = l.patient_month_id
WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.invoice_id = :invoice_id
ORDER BY l.line_number

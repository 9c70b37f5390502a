-- The patient-months of an invoice in printing order, with what they were charged.
SELECT p.*, l.kind, l.code, l.units AS line_units, l.unit_price_cents, l.amount_cents AS line_cents
FROM invoice_line l
LEFT JOIN patient_month p ON p.vendor_id = l.vendor_id AND p.client_id = l.client_id AND p.id = l.patient_month_id
WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.invoice_id = :invoice_id
ORDER BY l.line_number

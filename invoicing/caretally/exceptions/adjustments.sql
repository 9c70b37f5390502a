-- What a close proposed for closed months, beside how those were closed.
SELECT a.*, p.outcome AS closed_outcome, p.codes AS closed_codes, p.units AS closed_units, i.number AS invoice_number
FROM adjustment a
LEFT JOIN patient_month p ON p.vendor_id = a.vendor_id AND p.client_id = a.client_id AND p.id = a.patient_month_id
LEFT JOIN invoice i ON i.vendor_id = p.vendor_id AND i.client_id = p.client_id AND i.client_month_id = p.client_month_id AND i.kind = 'invoice'
WHERE a.vendor_id = :vendor_id AND a.client_id = :client_id AND a.client_month_id = :client_month_id
ORDER BY a.month, a.mrn

SELECT to_jsonb(f) || jsonb_build_object('invoice_number', i.number)
FROM close_found f
LEFT JOIN invoice i ON i.vendor_id = :vendor_id AND i.client_id = :client_id AND i.kind = 'invoice'
    AND i.client_month_id = (SELECT p.client_month_id FROM patient_month p WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = f.patient_month_id)
WHERE f.is_proposed OR f.review_code IS NOT NULL
ORDER BY f.month, f.mrn

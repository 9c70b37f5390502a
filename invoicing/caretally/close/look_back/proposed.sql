-- The last proposal that stands for each patient and month: a close that was taken back proposes nothing.
INSERT INTO close_proposed
SELECT DISTINCT ON (a.patient_id, a.month) a.id, a.month, a.patient_id, a.patient_month_id, a.mrn, a.codes, a.units, a.added_codes, a.added_units, a.date_of_service
FROM adjustment a
JOIN client_month m ON m.vendor_id = a.vendor_id AND m.client_id = a.client_id AND m.id = a.client_month_id AND m.status = 'closed'
WHERE a.vendor_id = :vendor_id AND a.client_id = :client_id AND a.month = ANY (:months)
ORDER BY a.patient_id, a.month, m.month DESC

-- what came in after a close, or would change one
SELECT m.client_id, m.month, m.status, coalesce(l.patient_id, a.patient_id), e.code, 'warning', 0, e.due_on, false
FROM month_now m
JOIN exception e ON e.vendor_id = :vendor_id AND e.client_id = m.client_id AND e.client_month_id = m.id AND e.patient_month_id IS NULL
LEFT JOIN late_entry l ON l.vendor_id = e.vendor_id AND l.client_id = e.client_id AND l.id = e.late_entry_id
LEFT JOIN adjustment a ON a.vendor_id = e.vendor_id AND a.client_id = e.client_id AND a.id = e.adjustment_id
WHERE m.status = 'closed' AND (l.id IS NOT NULL OR a.id IS NOT NULL)
  AND e.code = ANY (:codes) -- asked

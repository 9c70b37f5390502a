-- what a close wrote of a patient-month; the money stands at the reason that decides
SELECT m.client_id, m.month, m.status, p.patient_id, e.code, CASE WHEN e.waiver_id IS NULL THEN p.outcome ELSE 'warning' END AS outcome,
       e.held_cents, e.due_on, e.waiver_id IS NOT NULL AS waived
FROM month_now m
JOIN exception e ON e.vendor_id = :vendor_id AND e.client_id = m.client_id AND e.client_month_id = m.id
JOIN patient_month p ON p.vendor_id = e.vendor_id AND p.client_id = e.client_id AND p.id = e.patient_month_id
WHERE m.status = 'closed'
  AND e.code = ANY (:codes) -- asked
  AND e.held_cents BETWEEN :least_cents AND :most_cents -- asked

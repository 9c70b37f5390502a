-- what the newest preview of a month that is open found
SELECT m.client_id, m.month, m.status, x.patient_id, x.code, x.outcome, x.held_cents, CAST(NULL AS date), false
FROM month_now m
JOIN previewed_exception x ON x.vendor_id = :vendor_id AND x.client_id = m.client_id AND x.client_month_id = m.id
JOIN gate_told g ON g.code = x.code AND NOT g.about_client
WHERE m.status = 'previewed'
  AND x.code = ANY (:codes) -- asked

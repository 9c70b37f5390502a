-- The patients of a closed month who are not billed for one reason, a page of them.
SELECT p.*, count(*) OVER ()::int AS found, sum(p.held_cents) OVER ()::bigint AS found_cents
FROM patient_month p
WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.client_month_id = :client_month_id AND p.enrolled AND p.outcome <> 'billable'
  AND p.primary_reason = :reason
ORDER BY lower(p.patient_name), p.mrn LIMIT :size OFFSET :start

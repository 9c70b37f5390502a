-- A code beside the visit that begins the care: once, in the month the enrolment starts, when the visit spoke of the care and a plan was
-- signed on or after it (R25).
INSERT INTO eval_given (n, setup_code)
SELECT DISTINCT s.n, a.code
FROM visit_addon a
JOIN billing_code c USING (code)
JOIN eval_scope s ON s.program = a.program AND s.starts_this_month AND s.plan_version IS NOT NULL
JOIN visit v ON v.vendor_id = :vendor_id AND v.client_id = :client_id AND v.patient_id = s.patient_id AND v.ccm_discussed AND v.kind <> 'TCM'
 AND v.visited_on BETWEEN :month_first AND :month_last AND coalesce(v.npi = s.provider_npi, true)
 AND c.first_valid <= v.visited_on AND (c.last_valid IS NULL OR c.last_valid >= v.visited_on)
JOIN care_plan p ON p.vendor_id = v.vendor_id AND p.client_id = v.client_id AND p.patient_id = v.patient_id AND p.version = s.plan_version
 AND p.signed_on BETWEEN v.visited_on AND :month_last
WHERE a.program = :program AND NOT (v.kind = 'EM' AND v.code IN (SELECT b.code FROM visit_code_not_qualifying b))
  AND NOT EXISTS (SELECT FROM patient_month m JOIN client_month cm ON cm.vendor_id = m.vendor_id AND cm.client_id = m.client_id AND cm.id = m.client_month_id
                  WHERE m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.patient_id = s.patient_id AND m.month < :month_first AND m.month >= :month_first - 366
                    AND cm.status = 'closed' AND a.code = ANY (m.codes))

-- An add-on falls with its base: the line it rested on was excluded, and no service stands in its place (R25, R31).
UPDATE eval_line l SET outcome = 'not_billable', primary_reason = 'ADDON_WITHOUT_BASE', exceptions = l.exceptions || '{ADDON_WITHOUT_BASE}', codes = '{}', units = '{}',
    path = NULL, date_of_service = NULL, excluded_by = coalesce(l.excluded_by, base.program)
FROM eval_line base
JOIN code_exclusion x ON x.allowed = 'REQUIRED base'
JOIN code_family f ON f.name = x.code_b
WHERE base.patient_id = l.patient_id AND base.program <> l.program AND base.outcome = 'not_billable' AND base.excluded_by IS NOT NULL
  AND l.outcome <> 'not_billable' AND x.code_a = ANY (l.codes) AND f.code IN (SELECT u.code FROM untimed_code u WHERE u.program = base.program)
  AND NOT EXISTS (SELECT FROM billed_service b JOIN provider pr ON pr.vendor_id = b.vendor_id AND pr.client_id = b.client_id AND pr.id = l.provider_id
                  WHERE b.vendor_id = :vendor_id AND b.client_id = :client_id AND b.patient_id = l.patient_id AND b.code = f.code
                    AND b.served_on BETWEEN :month_first AND :month_last AND coalesce(b.same_practitioner, b.npi = pr.npi, false))

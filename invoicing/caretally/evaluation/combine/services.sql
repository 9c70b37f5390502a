-- A standing line and the services that were billed for the patient: by whom decides what each is called, the pair decides whether it can be
-- chosen. What takes the line's support comes first.
UPDATE eval_line SET barred_by = found.gate_codes, excluded_by = found.code, stands = NOT found.service_wins
FROM (
    SELECT patient_id, program, bool_or(wins) AS service_wins, (array_agg(code ORDER BY wins DESC, same DESC, code))[1] AS code,
           array_agg(CASE WHEN same THEN 'MUTUALLY_EXCLUSIVE' ELSE 'BILLED_ELSEWHERE' END ORDER BY wins DESC, same DESC) AS gate_codes
    FROM (
        SELECT l.patient_id, l.program, same.same, bool_or(y.service_wins) AS wins, min(s.code) AS code
        FROM eval_line l
        LEFT JOIN provider pr ON pr.vendor_id = :vendor_id AND pr.client_id = :client_id AND pr.id = l.provider_id
        JOIN billed_service s ON s.vendor_id = :vendor_id AND s.client_id = :client_id AND s.patient_id = l.patient_id
        CROSS JOIN LATERAL (SELECT coalesce(s.same_practitioner, s.npi = pr.npi, true) AS same) same
        JOIN (
            SELECT a.code AS line_code, b.code AS service_code, x.scope, x."window", x.valid_from, x.valid_to, x.wins = 'code_b' AS service_wins
            FROM code_exclusion x JOIN code_family a ON a.name = x.code_a JOIN code_family b ON b.name = x.code_b WHERE x.kind = 'policy' AND x.allowed = 'no'
            UNION
            SELECT b.code, a.code, x.scope, x."window", x.valid_from, x.valid_to, x.wins = 'code_a'
            FROM code_exclusion x JOIN code_family a ON a.name = x.code_a JOIN code_family b ON b.name = x.code_b WHERE x.kind = 'policy' AND x.allowed = 'no'
        ) y ON y.line_code = ANY (l.asked) AND y.service_code = s.code AND y.valid_from <= greatest(l.date_of_service, s.served_on)
         AND coalesce(y.valid_to >= greatest(l.date_of_service, s.served_on), true)
         AND (s.served_on >= :month_first OR y."window" = '30-day TCM period')
         AND s.served_on BETWEEN :month_first - CAST(:period_days AS int) + 1 AND :month_last
         AND CASE y.scope WHEN 'same practitioner' THEN same.same
                          WHEN 'different practitioner' THEN NOT same.same ELSE true END
        WHERE l.stands
        GROUP BY l.patient_id, l.program, same.same
    ) met
    GROUP BY patient_id, program
) found
WHERE eval_line.patient_id = found.patient_id AND eval_line.program = found.program

-- What the patients of a closed month ended with, in seconds, one row a program.
SELECT p.mrn, p.programs[1] AS program, p.clinical_seconds + CASE WHEN p.qhp_time = 'never_pool' AND g.follows_qhp_policy THEN 0 ELSE p.qhp_seconds END AS seconds
FROM patient_month p JOIN program g ON g.program = p.programs[1]
WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.client_month_id = :client_month_id AND cardinality(p.programs) = 1
UNION ALL
SELECT p.mrn, l.program, l.clinical_seconds + CASE WHEN p.qhp_time = 'never_pool' AND g.follows_qhp_policy THEN 0 ELSE l.qhp_seconds END
FROM patient_month p
JOIN program_line l ON l.vendor_id = p.vendor_id AND l.client_id = p.client_id AND l.patient_month_id = p.id
JOIN program g ON g.program = l.program
WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.client_month_id = :client_month_id AND cardinality(p.programs) > 1

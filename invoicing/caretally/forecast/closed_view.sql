-- What the patients of closed months came to, one row a program.
CREATE TEMP VIEW forecast_closed AS
SELECT p.vendor_id, p.client_id, p.client_month_id, p.patient_id, p.programs[1] AS program, p.raw_seconds, p.clinical_seconds, p.qhp_seconds
FROM patient_month p
WHERE p.enrolled AND cardinality(p.programs) = 1
UNION ALL
SELECT p.vendor_id, p.client_id, p.client_month_id, p.patient_id, l.program, l.raw_seconds, l.clinical_seconds, l.qhp_seconds
FROM patient_month p
JOIN program_line l ON l.vendor_id = p.vendor_id AND l.client_id = p.client_id AND l.patient_month_id = p.id
WHERE l.enrolled AND cardinality(p.programs) > 1

-- One row a line that can be told from another: the lines that were put together, and the patient-months that are one line by themselves.
CREATE TEMP VIEW forecast_line AS
SELECT patient_id, program, codes, units, clinical_seconds, qhp_seconds, missing_seconds, missing_code, exceptions, provider_id FROM eval_line
UNION ALL
SELECT patient_id, program, codes, units, clinical_seconds, qhp_seconds, missing_seconds, missing_code, exceptions, provider_id
FROM eval_decision d WHERE NOT EXISTS (SELECT FROM eval_line l WHERE l.patient_id = d.patient_id)

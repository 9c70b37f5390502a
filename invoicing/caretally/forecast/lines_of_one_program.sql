-- No patient has lines to put together: each patient-month is one line.
CREATE TEMP VIEW forecast_line AS
SELECT patient_id, program, codes, units, clinical_seconds, qhp_seconds, missing_seconds, missing_code, exceptions, provider_id FROM eval_decision

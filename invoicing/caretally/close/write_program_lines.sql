-- The lines of the patient-months that were put together from several programs, or that met a service somebody billed.
INSERT INTO program_line (vendor_id, client_id, patient_month_id, program, outcome, primary_reason, path, codes, units, date_of_service, enrolled, raw_seconds, clinical_seconds,
    qhp_seconds, pending_clinical_seconds, pending_qhp_seconds, excluded_reasons, excluded_seconds, unbilled_seconds, exceptions, warnings, missing_seconds, missing_code,
    alternatives, pending_claim, mdm_level, provider_id, consent_on, plan_version, reviewed_on, visited_on, excluded_by, entry_ids, entry_seconds, evidence_hash)
SELECT :vendor_id, :client_id, d.id, l.program, l.outcome, l.primary_reason, l.path, l.codes, l.units, l.date_of_service, l.enrolled, l.raw_seconds, l.clinical_seconds,
       l.qhp_seconds, l.pending_clinical_seconds, l.pending_qhp_seconds, l.excluded_reasons, l.excluded_seconds, l.unbilled_seconds, l.exceptions, l.warnings, l.missing_seconds,
       l.missing_code, l.alternatives, l.pending_claim, l.mdm_level, l.provider_id, l.consent_on, l.plan_version, l.reviewed_on, l.visited_on, coalesce(l.excluded_by, ''),
       l.entry_ids, l.entry_seconds, l.evidence_hash
FROM eval_line l JOIN eval_decision d ON d.patient_id = l.patient_id

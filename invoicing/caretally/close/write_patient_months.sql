-- The decisions become rows that never change.
INSERT INTO patient_month (vendor_id, client_id, id, client_month_id, programs, patient_id, mrn, patient_name, provider_name, month, revision, enrolled, outcome, primary_reason, path, codes, units,
    date_of_service, raw_seconds, clinical_seconds, qhp_seconds, pending_clinical_seconds, pending_qhp_seconds, excluded_reasons, excluded_seconds,
    unbilled_seconds, exceptions, warnings, missing_seconds, missing_code, alternatives, pending_claim, mdm_level, qhp_time, provider_id, consent_on,
    plan_version, reviewed_on, visited_on, amount_cents, held_cents, expected_line_cents, expected_cents, expected_note, entry_ids, entry_seconds, entries_hash, evidence_hash)
SELECT :vendor_id, :client_id, d.id, :client_month_id, string_to_array(d.program, '+'), d.patient_id, d.mrn, p.family_name || ', ' || p.given_name,
       coalesce(pr.given_name || ' ' || pr.family_name || coalesce(', ' || nullif(pr.credential, ''), ''), ''), :month_first, :revision, d.enrolled, d.outcome, d.primary_reason, d.path, d.codes, d.units,
       d.date_of_service, d.raw_seconds, d.clinical_seconds, d.qhp_seconds, d.pending_clinical_seconds, d.pending_qhp_seconds, d.excluded_reasons, d.excluded_seconds,
       d.unbilled_seconds, d.exceptions, d.warnings, d.missing_seconds, d.missing_code, d.alternatives, d.pending_claim, d.mdm_level, :qhp_time, d.provider_id, d.consent_on,
       d.plan_version, d.reviewed_on, d.visited_on, coalesce(a.amount_cents, 0),
       coalesce(h.held_cents, 0),
       coalesce(y.line_cents, x.line_cents, '{}'), CASE WHEN y.note IS NULL THEN x.cents ELSE y.cents END, coalesce(y.note, x.note, ''), d.entry_ids, d.entry_seconds, d.entries_hash, d.evidence_hash
FROM eval_decision d
JOIN patient p ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = d.patient_id
LEFT JOIN provider pr ON pr.vendor_id = :vendor_id AND pr.client_id = :client_id AND pr.id = d.provider_id
LEFT JOIN close_amount a ON a.decision_id = d.id
LEFT JOIN close_held h ON h.decision_id = d.id
-- as in decision_expected, whose join of the decisions to themselves would cost as much as the rest of this statement's joins
LEFT JOIN close_expected x ON x.codes = d.codes AND x.units = d.units AND x.pending_claim = coalesce(d.pending_claim, '')
    AND x.served_on = coalesce(d.date_of_service, 'infinity') AND x.provider_id = coalesce(d.provider_id, '00000000-0000-0000-0000-000000000000')
LEFT JOIN close_expected_of_lines y ON y.decision_id = d.id

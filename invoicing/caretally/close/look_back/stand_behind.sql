-- What the month billed, then what was proposed for it before, then what is proposed now: in this order units are numbered, so that the close's own
-- pricing gives each proposal the tier that comes after everything already billed.
INSERT INTO eval_decision (program, id, patient_id, mrn, enrolled, outcome, codes, units, raw_seconds, clinical_seconds, qhp_seconds, pending_clinical_seconds,
    pending_qhp_seconds, excluded_reasons, excluded_seconds, unbilled_seconds, exceptions, warnings, alternatives, date_of_service, provider_id, entry_ids, entry_seconds,
    entries_hash, evidence_hash)
SELECT '', id, patient_id, place || mrn, true, 'billable', codes, units, 0, 0, 0, 0, 0, '{}', '{}', 0, '{}', '{}', '{}', date_of_service, provider_id, '{}', '{}', '', ''
FROM (
    SELECT E'\x01' AS place, p.id, p.patient_id, p.mrn, p.codes, p.units, p.date_of_service, p.provider_id
    FROM patient_month p
    WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.month = :month_first AND p.client_month_id = :client_month_id AND p.outcome = 'billable'
    UNION ALL
    SELECT E'\x02', a.id, a.patient_id, a.mrn, a.added_codes, a.added_units, a.date_of_service, NULL
    FROM close_proposed a
    WHERE a.month = :month_first
      AND NOT (:by_patient AND EXISTS (SELECT FROM patient_month p WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = a.patient_month_id AND p.outcome = 'billable'))
      AND NOT EXISTS (SELECT FROM close_found f WHERE f.month = :month_first AND f.patient_id = a.patient_id AND f.is_proposed)
    UNION ALL
    SELECT E'\x03', f.decision_id, f.patient_id, f.mrn, f.added_codes, f.added_units, f.date_of_service, NULL
    FROM close_found f
    WHERE f.month = :month_first AND f.is_proposed AND NOT (:by_patient AND coalesce(f.closed_outcome = 'billable', false))
) everything

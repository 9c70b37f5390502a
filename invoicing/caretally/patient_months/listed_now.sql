    SELECT d.patient_id, p.client_id, d.mrn, p.family_name || ', ' || p.given_name AS patient_name,
           coalesce(pr.given_name || ' ' || pr.family_name || coalesce(', ' || nullif(pr.credential, ''), ''), '') AS provider_name, d.enrolled, d.outcome, d.primary_reason,
           d.codes, d.units, d.clinical_seconds + d.qhp_seconds AS counted_seconds, d.missing_seconds, d.missing_code,
           coalesce(a.amount_cents, 0) AS amount_cents, coalesce(h.held_cents, 0) AS held_cents, d.consent_on, d.plan_version, d.reviewed_on,
           CAST(:attestation_required AS boolean) AS attestation_required
    FROM eval_decision d
    JOIN patient p ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = d.patient_id
    LEFT JOIN provider pr ON pr.vendor_id = p.vendor_id AND pr.client_id = p.client_id AND pr.id = d.provider_id
    LEFT JOIN close_amount a ON a.decision_id = d.id
    LEFT JOIN close_held h ON h.decision_id = d.id

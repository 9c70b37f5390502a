    SELECT p.patient_id, p.client_id, p.mrn, p.patient_name, p.provider_name, p.enrolled, p.outcome, p.primary_reason, p.codes, p.units,
           p.clinical_seconds + p.qhp_seconds AS counted_seconds, p.missing_seconds, p.missing_code, p.amount_cents, p.held_cents, p.consent_on, p.plan_version, p.reviewed_on,
           m.agreement ->> 'attestation_required' = 'true' AS attestation_required
    FROM client_month m
    JOIN patient_month p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id
    WHERE m.vendor_id = :vendor_id AND m.status = 'closed' AND m.month = :month AND (CAST(:client_id AS uuid) IS NULL OR m.client_id = :client_id)

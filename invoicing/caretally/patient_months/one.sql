-- One patient's month as its newest close left it, with what is on record of it and where it was billed.
SELECT p.*, (SELECT code || ' ' || loaded_at FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1) AS rule_tables_now, m.starts_at, m.ends_at, m.closed_at, m.status AS month_status, m.agreement, c.name AS client_name, c.timezone,
       patient.birth_date, patient.mrn AS mrn_now, i.id AS invoice_id, i.number AS invoice_number,
       (SELECT s.state FROM invoice_state s WHERE s.vendor_id = i.vendor_id AND s.client_id = i.client_id AND s.invoice_id = i.id ORDER BY s.seq DESC LIMIT 1) AS invoice_state,
       (SELECT a.signed_at AT TIME ZONE c.timezone FROM attestation a
        WHERE a.vendor_id = p.vendor_id AND a.client_id = p.client_id AND a.patient_id = p.patient_id AND a.month = p.month) AS signed_at,
       (SELECT to_jsonb(k) || jsonb_build_object('taken_by', coalesce((SELECT n.name FROM tenancy.named_on_record(k.patient_id, ARRAY[k.obtained_by]) n), k.obtained_by))
        FROM consent k WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.patient_id
        AND k.obtained_on = p.consent_on ORDER BY k.provider_id <> p.provider_id, k.id LIMIT 1) AS consent,
       (SELECT to_jsonb(k) FROM care_plan k WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.patient_id
        AND k.version = p.plan_version) AS care_plan,
       (SELECT to_jsonb(k) FROM review k WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.patient_id
        AND k.reviewed_on = p.reviewed_on ORDER BY k.plan_version DESC LIMIT 1) AS review,
       (SELECT jsonb_build_object('documented_on', k.documented_on, 'by', coalesce((SELECT n.name FROM tenancy.named_on_record(k.patient_id, ARRAY[k.npi]) n), 'NPI ' || k.npi))
        FROM mdm k WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.patient_id AND k.month = p.month AND k.level = p.mdm_level) AS mdm,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('code', l.code, 'kind', l.kind, 'units', l.units, 'cents', l.amount_cents) ORDER BY l.line_number), '[]')
        FROM invoice_line l WHERE l.vendor_id = p.vendor_id AND l.client_id = p.client_id AND l.invoice_id = i.id AND l.patient_month_id = p.id) AS charges,
       (SELECT jsonb_agg(jsonb_build_object('month', x.month, 'outcome', x.outcome) ORDER BY x.month DESC) FROM (
            SELECT o.month, o.outcome FROM patient_month o JOIN client_month k ON k.vendor_id = o.vendor_id AND k.client_id = o.client_id AND k.id = o.client_month_id
            WHERE o.vendor_id = p.vendor_id AND o.client_id = p.client_id AND o.patient_id = p.patient_id AND k.status = 'closed' ORDER BY o.month DESC LIMIT 14
        ) x) AS closed_months
FROM client_month m
JOIN patient_month p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id AND p.month = m.month AND p.revision = m.revision
JOIN client c ON c.vendor_id = m.vendor_id AND c.client_id = m.client_id
JOIN patient ON patient.vendor_id = p.vendor_id AND patient.client_id = p.client_id AND patient.id = p.patient_id
LEFT JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.client_month_id = m.id AND i.kind = 'invoice'
    AND (NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o
        WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open'))
WHERE p.vendor_id = :vendor_id AND p.patient_id = :patient_id AND m.month = :month
ORDER BY m.revision DESC LIMIT 1

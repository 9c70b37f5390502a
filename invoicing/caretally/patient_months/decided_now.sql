-- A decision of this transaction with its price and its lines, and what is on record beside it, in the columns of one.sql; with what stands
-- behind it, by behind.sql.
SELECT d.*, behind.entries, coalesce(a.amount_cents, 0) AS amount_cents, coalesce(x.line_cents, '{}') AS expected_line_cents, x.cents AS expected_cents, coalesce(x.note, '') AS expected_note,
       (SELECT code || ' ' || loaded_at FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1) AS rule_tables_now,
       (SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY l.ordinal), '[]') FROM eval_line l WHERE l.patient_id = d.patient_id) AS lines,
       c.name AS client_name, patient.birth_date, patient.family_name || ', ' || patient.given_name AS patient_name,
       coalesce((SELECT r.given_name || ' ' || r.family_name || coalesce(', ' || nullif(r.credential, ''), '') FROM provider r
                 WHERE r.vendor_id = c.vendor_id AND r.client_id = c.client_id AND r.id = d.provider_id), '') AS provider_name,
       (SELECT s.signed_at AT TIME ZONE c.timezone FROM attestation s
        WHERE s.vendor_id = c.vendor_id AND s.client_id = c.client_id AND s.patient_id = patient.id AND s.month = :month) AS signed_at,
       (SELECT to_jsonb(k) || jsonb_build_object('taken_by', coalesce((SELECT n.name FROM tenancy.named_on_record(k.patient_id, ARRAY[k.obtained_by]) n), k.obtained_by))
        FROM consent k WHERE k.vendor_id = c.vendor_id AND k.client_id = c.client_id AND k.patient_id = patient.id
        AND k.obtained_on = d.consent_on ORDER BY k.provider_id <> d.provider_id, k.id LIMIT 1) AS consent,
       (SELECT to_jsonb(k) FROM care_plan k WHERE k.vendor_id = c.vendor_id AND k.client_id = c.client_id AND k.patient_id = patient.id
        AND k.version = d.plan_version) AS care_plan,
       (SELECT to_jsonb(k) FROM review k WHERE k.vendor_id = c.vendor_id AND k.client_id = c.client_id AND k.patient_id = patient.id
        AND k.reviewed_on = d.reviewed_on ORDER BY k.plan_version DESC LIMIT 1) AS review,
       (SELECT jsonb_build_object('documented_on', k.documented_on, 'by', coalesce((SELECT n.name FROM tenancy.named_on_record(k.patient_id, ARRAY[k.npi]) n), 'NPI ' || k.npi))
        FROM mdm k WHERE k.vendor_id = c.vendor_id AND k.client_id = c.client_id AND k.patient_id = patient.id AND k.month = :month AND k.level = d.mdm_level) AS mdm
FROM client c
JOIN patient ON patient.vendor_id = c.vendor_id AND patient.client_id = c.client_id
JOIN eval_decision d ON d.patient_id = patient.id
LEFT JOIN close_amount a ON a.decision_id = d.id
LEFT JOIN decision_expected x ON x.decision_id = d.id
CROSS JOIN LATERAL ({behind}) behind
WHERE c.vendor_id = :vendor_id AND c.client_id = :client_id AND patient.id = :patient_id

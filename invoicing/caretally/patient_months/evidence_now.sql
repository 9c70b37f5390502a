-- What is on record of a patient beside an evaluation of this transaction, in the columns of one.sql.
SELECT c.name AS client_name, patient.birth_date, patient.family_name || ', ' || patient.given_name AS patient_name,
       coalesce((SELECT r.given_name || ' ' || r.family_name || coalesce(', ' || nullif(r.credential, ''), '') FROM provider r
                 WHERE r.vendor_id = c.vendor_id AND r.client_id = c.client_id AND r.id = :provider_id), '') AS provider_name,
       (SELECT a.signed_at AT TIME ZONE c.timezone FROM attestation a
        WHERE a.vendor_id = c.vendor_id AND a.client_id = c.client_id AND a.patient_id = patient.id AND a.month = :month) AS signed_at,
       (SELECT to_jsonb(k) FROM consent k WHERE k.vendor_id = c.vendor_id AND k.client_id = c.client_id AND k.patient_id = patient.id
        AND k.obtained_on = :consent_on ORDER BY k.provider_id <> :provider_id, k.id LIMIT 1) AS consent,
       (SELECT to_jsonb(k) FROM care_plan k WHERE k.vendor_id = c.vendor_id AND k.client_id = c.client_id AND k.patient_id = patient.id
        AND k.version = :plan_version) AS care_plan,
       (SELECT to_jsonb(k) FROM review k WHERE k.vendor_id = c.vendor_id AND k.client_id = c.client_id AND k.patient_id = patient.id
        AND k.reviewed_on = :reviewed_on ORDER BY k.plan_version DESC LIMIT 1) AS review
FROM client c JOIN patient ON patient.vendor_id = c.vendor_id AND patient.client_id = c.client_id
WHERE c.vendor_id = :vendor_id AND c.client_id = :client_id AND patient.id = :patient_id

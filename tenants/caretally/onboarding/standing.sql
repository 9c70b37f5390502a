-- What the current vendor has, in one row of counts. Patients count who are enrolled today in any program.
WITH day AS (SELECT (clock_timestamp() AT TIME ZONE timezone)::date AS today FROM vendor WHERE vendor_id = (SELECT tenancy.current_vendor())),
enrolled AS (
    SELECT DISTINCT e.client_id, e.patient_id FROM enrolment e, day WHERE e.status = 'enrolled' AND e.valid_from <= today AND coalesce(e.valid_to >= today, true)
)
SELECT v.address <> '' AS has_address, v.remit_to <> '' AS has_remit_to,
       (SELECT count(*) FROM membership WHERE ended_at IS NULL AND role IN ('vendor_admin', 'billing_admin', 'coordinator', 'clinical_staff', 'clinical_supervisor')) AS people,
       (SELECT count(*) FROM client) AS clients,
       (SELECT count(*) FROM client WHERE access_24_7_from IS NOT NULL AND ehr_certified_from IS NOT NULL AND supervision_from IS NOT NULL
           AND baa_on IS NOT NULL AND contact_name <> '' AND contact_email <> '') AS complete_clients,
       (SELECT count(DISTINCT client_id) FROM provider) AS clients_with_providers,
       (SELECT count(DISTINCT a.client_id) FROM agreement a, day WHERE a.valid_from <= today AND coalesce(a.valid_to >= today, true)) AS clients_with_terms,
       (SELECT count(*) FROM staff) AS staff,
       (SELECT count(*) FROM staff s JOIN credential_type k ON k.credential = upper(btrim(s.credential)) WHERE s.role <> 'administrative') AS counting_staff,
       (SELECT count(*) FROM patient) AS patients,
       (SELECT count(*) FROM enrolled) AS enrolled,
       (SELECT count(*) FROM enrolled e WHERE EXISTS (SELECT FROM consent c WHERE c.client_id = e.client_id AND c.patient_id = e.patient_id AND c.revoked_on IS NULL)) AS consented,
       (SELECT count(*) FROM enrolled e WHERE EXISTS (SELECT FROM care_plan c WHERE c.client_id = e.client_id AND c.patient_id = e.patient_id)) AS planned,
       (SELECT count(*) FROM import_batch WHERE kind = 'time' AND undone_at IS NULL) AS time_files,
       EXISTS (SELECT FROM time_entry) AS has_time,
       (SELECT count(DISTINCT month) FROM client_month WHERE status IN ('previewed', 'closed')) AS months_begun,
       (SELECT count(DISTINCT month) FROM client_month WHERE status = 'closed') AS months_closed
FROM vendor v WHERE v.vendor_id = (SELECT tenancy.current_vendor())

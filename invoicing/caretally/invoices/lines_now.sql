-- What can change of the lines of an invoice's page, each as JSON in a text: its patients' attestations, and the threads of each patient-month where there
-- are any on the invoice; one about a line without a patient is on none of its lines.
SELECT (SELECT json_object_agg(a.patient_id, a.signed_at AT TIME ZONE :timezone ORDER BY a.patient_id)::text FROM attestation a
        WHERE a.vendor_id = :vendor_id AND a.client_id = :client_id AND a.month = :month AND a.patient_id = ANY (CAST(:patients AS uuid[]))) AS signed,
       CASE WHEN CAST(:questioned AS int) > 0 THEN (
           WITH {asked}
           SELECT json_object_agg(patient_month_id, json_build_array(threads, going_on) ORDER BY patient_month_id)::text FROM asked WHERE patient_month_id IS NOT NULL) END AS asked

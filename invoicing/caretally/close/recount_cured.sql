-- Of the months that this close proposes adjustments of, what it cures is counted again.
SELECT tenancy.recount_exceptions(:vendor_id, array_agg(client_id), array_agg(month), array_agg(patient_id))
FROM adjustment WHERE vendor_id = :vendor_id AND client_id = :client_id AND client_month_id = :client_month_id
HAVING count(*) > 0

-- What is not billable or worth a look in a closed month, in the order to print: by money held, then by name.
SELECT * FROM patient_month
WHERE vendor_id = :vendor_id AND client_id = :client_id AND client_month_id = :client_month_id
  AND (outcome <> 'billable' OR cardinality(exceptions) > 0 OR cardinality(warnings) > 0 OR cardinality(excluded_reasons) > 0)
ORDER BY outcome <> 'held', outcome = 'billable', primary_reason, mrn

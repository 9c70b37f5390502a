-- Time that came in late, as the close that reported it printed it.
SELECT e.printed, l.patient_id
FROM exception e JOIN late_entry l ON l.vendor_id = e.vendor_id AND l.client_id = e.client_id AND l.id = e.late_entry_id
WHERE e.vendor_id = :vendor_id AND e.client_id = :client_id AND e.client_month_id = :client_month_id
ORDER BY e.printed ->> 'starts', e.printed ->> 'external_id'

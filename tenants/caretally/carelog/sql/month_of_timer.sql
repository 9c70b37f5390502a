-- What anybody logged for the patient of a timer since the month of their client began, as it was logged, and which rule tables stand now.
SELECT coalesce((
           SELECT sum(extract(epoch FROM t.ended_at - t.started_at)) FROM time_entry t
           WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id AND t.patient_id = :patient_id
             AND t.started_at >= date_trunc('month', clock_timestamp() AT TIME ZONE c.timezone) AT TIME ZONE c.timezone), 0)::int AS seconds,
       (clock_timestamp() AT TIME ZONE c.timezone)::date AS today, {newest} AS rule_tables_now
FROM client c WHERE c.vendor_id = (SELECT tenancy.current_vendor()) AND c.client_id = :client_id

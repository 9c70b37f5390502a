UPDATE client_month
SET status = 'closed', summary = CAST(:summary AS jsonb), closed_by = (SELECT tenancy.current_actor()), closed_at = now(), input_hash = :rows_hash, rows_hash = :rows_hash, rule_set = :rule_set,
    agreement_id = :agreement_id, agreement = CAST(:agreement AS jsonb), enrolled = :enrolled, billable = :billable, held = :held,
    not_billable = :not_billable, raw_seconds = :raw_seconds, counted_seconds = :counted_seconds
WHERE vendor_id = :vendor_id AND client_id = :client_id AND id = :client_month_id

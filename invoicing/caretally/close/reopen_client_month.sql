UPDATE client_month
SET status = 'reopened', reopened_by = (SELECT tenancy.current_actor()), reopened_at = now(), reopen_reason = :reason
WHERE vendor_id = :vendor_id AND client_id = :client_id AND id = :client_month_id

-- Only to look, in a part of the transaction that is taken back: time may be written into months that are open.
UPDATE client_month SET status = 'reopened', reopened_by = (SELECT tenancy.current_actor()), reopened_at = now(), reopen_reason = 'to look at late time'
WHERE vendor_id = :vendor_id AND client_id = :client_id AND status = 'closed'
  AND EXISTS (SELECT FROM late_entry l WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND NOT l.taken_in)

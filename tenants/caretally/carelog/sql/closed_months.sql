-- The closed months that the hours touch, the earliest first. The client's lock is shared from here on, so that none closes before they are kept.
SELECT m.month, m.closed_at, m.starts_at, m.ends_at FROM client_month m
WHERE m.vendor_id = (SELECT tenancy.current_vendor()) AND m.client_id = :client_id AND m.status = 'closed'
  AND m.starts_at < :ended_at AND m.ends_at > :started_at
ORDER BY m.month

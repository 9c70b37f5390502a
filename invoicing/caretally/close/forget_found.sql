-- The reasons of earlier previews of the month, whichever revision they were of.
DELETE FROM previewed_exception p
USING client_month m
WHERE m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.month = :month
  AND p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id

SELECT i.total_cents
FROM invoice i JOIN client_month m ON m.vendor_id = i.vendor_id AND m.client_id = i.client_id AND m.id = i.client_month_id
WHERE i.vendor_id = :vendor_id AND i.client_id = :client_id AND i.month < :month_first AND m.status = 'closed' AND i.kind = 'invoice'
ORDER BY i.month DESC LIMIT :months

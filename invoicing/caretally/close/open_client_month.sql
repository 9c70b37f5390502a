INSERT INTO client_month (vendor_id, client_id, month, revision, status, starts_at, ends_at)
VALUES (:vendor_id, :client_id, :month_first, :revision, 'open', :starts_at, :ends_at)
RETURNING id

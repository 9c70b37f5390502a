-- What a list of invoices can be narrowed to: the clients and months that have one.
SELECT (SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.client_id, 'name', c.name) ORDER BY lower(c.name)), '[]') FROM client c
        WHERE c.vendor_id = :vendor_id AND EXISTS (SELECT FROM invoice i WHERE i.vendor_id = c.vendor_id AND i.client_id = c.client_id
            AND (NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o
                WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open')))) AS clients,
       (SELECT coalesce(jsonb_agg(month ORDER BY month DESC), '[]') FROM (SELECT DISTINCT i.month FROM invoice i WHERE i.vendor_id = :vendor_id
            AND (NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o
                WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open'))) m) AS months

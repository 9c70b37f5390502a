SELECT 1 FROM client_lock WHERE vendor_id = :vendor_id AND client_id = :client_id FOR UPDATE

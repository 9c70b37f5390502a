SELECT 1 FROM vendor_lock WHERE vendor_id = :vendor_id FOR SHARE

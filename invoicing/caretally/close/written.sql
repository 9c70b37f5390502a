-- What really stands in the tables, asked once more before the commit.
SELECT (SELECT coalesce(sum(amount_cents), 0) FROM invoice_line WHERE vendor_id = :vendor_id AND client_id = :client_id AND invoice_id = :invoice_id)::bigint AS lines,
       (SELECT coalesce(sum(amount_cents), 0) FROM ledger_entry WHERE vendor_id = :vendor_id AND client_id = :client_id AND invoice_id = :invoice_id)::bigint AS ledger

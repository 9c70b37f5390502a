INSERT INTO ledger_entry (vendor_id, client_id, invoice_id, kind, amount_cents) VALUES (:vendor_id, :client_id, :invoice_id, :kind, :amount_cents)

INSERT INTO invoice_state (vendor_id, client_id, invoice_id, seq, state, actor, reason)
VALUES (:vendor_id, :client_id, :invoice_id, :seq, :state, (SELECT tenancy.current_actor()), :reason)

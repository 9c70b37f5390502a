INSERT INTO invoice_line (vendor_id, client_id, id, invoice_id, line_number, patient_month_id, kind, code, units, unit_price_cents, amount_cents)
SELECT :vendor_id, :client_id, ((SELECT left(tenancy.new_id()::text, 28)) || lpad(to_hex(line_number), 8, '0'))::uuid, :invoice_id, line_number, decision_id, kind, code, units, unit_price_cents, amount_cents FROM close_line

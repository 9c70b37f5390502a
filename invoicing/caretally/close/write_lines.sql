INSERT INTO invoice_line (vendor_id, client_id, invoice_id, line_number, patient_month_id, kind, code, units, unit_price_cents, amount_cents)
SELECT :vendor_id, :client_id, :invoice_id, line_number, decision_id, kind, code, units, unit_price_cents, amount_cents FROM close_line

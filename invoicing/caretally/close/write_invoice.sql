-- `bill` keeps vendor and client as they stood, so that a printed header never changes.
INSERT INTO invoice (vendor_id, client_id, client_month_id, month, revision, kind, series, sequence, number, issued_on, due_on, total_cents, line_count,
    patient_month_count, agreement_id, rule_set, bill, evidence_hash)
SELECT :vendor_id, :client_id, :client_month_id, :month_first, :revision, 'invoice', :series, :sequence, :number, :issued_on, :due_on, :total_cents, :line_count,
       :patient_months, :agreement_id, :rule_set,
       jsonb_build_object('vendor', jsonb_build_object('name', v.name, 'address', v.address, 'remit_to', v.remit_to, 'contact', v.contact, 'accent', v.accent),
                          'client', to_jsonb(c) - '{vendor_id,client_id,created_batch_id,batch_id}'::text[]),
       :rows_hash
FROM client c JOIN vendor v USING (vendor_id)
WHERE c.vendor_id = :vendor_id AND c.client_id = :client_id
RETURNING id

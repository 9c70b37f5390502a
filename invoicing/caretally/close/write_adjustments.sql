-- What closed months would be with everything that came in since, each with the exception that somebody owns.
WITH proposed AS (
    INSERT INTO adjustment (vendor_id, client_id, client_month_id, month, patient_id, patient_month_id, mrn, patient_name, cured, codes, units, added_codes, added_units,
        date_of_service, counted_seconds, amount_cents, evidence_hash)
    SELECT :vendor_id, :client_id, :client_month_id, a.month, a.patient_id, a.patient_month_id, a.mrn, a.patient_name, a.cured, a.codes, a.units, a.added_codes, a.added_units,
           a.date_of_service, a.counted_seconds, a.amount_cents, a.evidence_hash
    FROM jsonb_to_recordset(CAST(:adjustments AS jsonb))
        AS a (month date, patient_id uuid, patient_month_id uuid, mrn text, patient_name text, cured text[], codes text[], units smallint[], added_codes text[],
              added_units smallint[], date_of_service date, counted_seconds int, amount_cents bigint, evidence_hash bytea)
    RETURNING id
)
INSERT INTO exception (vendor_id, client_id, client_month_id, adjustment_id, code, held_cents, due_on)
SELECT :vendor_id, :client_id, :client_month_id, p.id, g.code, 0, :month_last + g.days
FROM proposed p JOIN tenancy.due_days(:month_first) g ON g.code = 'LATE_ENTRY'

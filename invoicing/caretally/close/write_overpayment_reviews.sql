-- What this close finds about another client's month that is closed already cannot hold it any more: it starts that month's overpayment review.
INSERT INTO overpayment_review (vendor_id, client_id, patient_month_id, code, due_on)
WITH found AS MATERIALIZED (
    -- the same person, billable at another client (a second record at this one is in the same month and held with it)
    SELECT other.client_id, other.id AS patient_id, NULL::uuid AS entry_id, 'DUPLICATE_PATIENT_MONTH' AS code
    FROM eval_scope s
    JOIN patient mine ON mine.vendor_id = :vendor_id AND mine.client_id = :client_id AND mine.id = s.patient_id
    JOIN patient other ON other.vendor_id = :vendor_id AND other.person_key = mine.person_key AND other.client_id <> :client_id
    WHERE s.duplicate
    UNION ALL
    -- seconds of a staff member that a closed month counts and this one shows to have been spent elsewhere
    SELECT other.client_id, other.patient_id, other.id, 'TIME_OVERLAP_STAFF'
    FROM eval_conflict x
    -- fenced, both: looked up in the index on keys and in that on staff and start, however many months of entries a vendor has
    CROSS JOIN LATERAL (SELECT staff_id, started_second, ended_second FROM time_entry WHERE vendor_id = :vendor_id AND client_id = :client_id AND id = x.entry_id OFFSET 0) mine
    CROSS JOIN LATERAL (
        SELECT client_id, patient_id, id FROM time_entry
        WHERE vendor_id = :vendor_id AND staff_id = mine.staff_id AND started_second < mine.ended_second AND started_second > mine.started_second - 86400
          AND ended_second > mine.started_second AND client_id <> :client_id
        OFFSET 0
    ) other
)
SELECT DISTINCT p.vendor_id, p.client_id, p.id, found.code, current_date + g.due_days
FROM found
-- fenced, so that patient-months are looked up for what was found (mostly nothing) and never the other way round
CROSS JOIN LATERAL (
    SELECT * FROM patient_month
    WHERE vendor_id = :vendor_id AND client_id = found.client_id AND patient_id = found.patient_id AND month = :month_first
      AND outcome = 'billable' AND (found.entry_id IS NULL OR found.entry_id = ANY (entry_ids))
    OFFSET 0
) p
JOIN client_month m ON m.vendor_id = p.vendor_id AND m.client_id = p.client_id AND m.id = p.client_month_id AND m.status = 'closed'
JOIN gate g ON g.code = 'OVERPAYMENT_REVIEW'
ON CONFLICT DO NOTHING

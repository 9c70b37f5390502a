-- What is asked to be waived. A closed month stays as it was billed, so a waiver begins after the client's last closed one.
WITH asked AS (
    SELECT DISTINCT ON (a.client_id, a.patient_id, a.gate_code) a.client_id, a.patient_id, a.gate_code,
           greatest(a.month, (closed.last_month + interval '1 month')::date) AS first_month
    FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS a (client_id uuid, patient_id uuid, gate_code text, month date)
    JOIN waivable_gate USING (gate_code)
    LEFT JOIN (
        SELECT client_id, max(month) AS last_month FROM client_month WHERE vendor_id = (SELECT tenancy.current_vendor()) AND status = 'closed' GROUP BY 1
    ) closed USING (client_id)
    ORDER BY a.client_id, a.patient_id, a.gate_code, a.month
)

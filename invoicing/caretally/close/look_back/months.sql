-- The closed months before this one that something came in for since a close last looked at them, each with the patients concerned: mostly none.
WITH closed AS MATERIALIZED (
    SELECT m.id, m.month, (m.month + interval '1 month')::date - 1 AS last_day, m.starts_at, m.ends_at, m.agreement_id, m.agreement,
           max(m.closed_at) OVER (ORDER BY m.month DESC) AS looked_at
    FROM client_month m
    WHERE m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.status = 'closed'
),
concerned AS (
    SELECT m.id, f.patient_id
    FROM closed m JOIN late_fact f ON f.vendor_id = :vendor_id AND f.client_id = :client_id AND f.recorded_at > m.looked_at AND f.from_day <= m.last_day AND f.to_day >= m.month
    UNION
    SELECT m.id, l.patient_id FROM closed m JOIN close_late l ON l.started_at < m.ends_at AND l.ended_at > m.starts_at
    UNION
    -- a correction may take time from somebody
    SELECT m.id, t.patient_id
    FROM close_late c
    JOIN late_entry l ON l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.id = c.late_entry_id
    JOIN time_entry t ON t.vendor_id = l.vendor_id AND t.client_id = l.client_id AND t.source = l.source AND t.external_id = l.external_id
    JOIN closed m ON t.started_at < m.ends_at AND t.ended_at > m.starts_at
)
SELECT m.id, m.month, m.agreement_id, m.agreement, array_agg(c.patient_id) AS patients
FROM closed m JOIN concerned c USING (id)
WHERE m.month < :month_first
GROUP BY m.id, m.month, m.agreement_id, m.agreement
ORDER BY m.month

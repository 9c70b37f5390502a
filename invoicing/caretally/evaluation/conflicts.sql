-- Step 3. A staff member at two patients at once, anywhere at the vendor: the contested part of each entry of this client.
INSERT INTO eval_conflict
WITH staff_here AS (
    SELECT DISTINCT staff_id
    FROM time_entry
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND started_at < :ends_at AND started_at > :looks_back_to
),
-- The running maximum, not `lag`: a short entry inside a long one is not hidden by a third that ended early.
timeline AS (
    SELECT t.id, t.staff_id, t.client_id, t.patient_id, t.started_second AS started, t.ended_second AS ended,
           max(t.ended_second) OVER (PARTITION BY t.staff_id ORDER BY t.started_second ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
    FROM time_entry t
    WHERE t.vendor_id = :vendor_id AND t.staff_id IN (SELECT staff_id FROM staff_here)
      AND t.started_second < :ends_second AND t.started_second > :starts_second - 86400
),
pair AS (
    SELECT late.id AS late_id, late.client_id AS late_client, early.id AS early_id, early.client_id AS early_client,
           int8range(late.started, least(late.ended, early.ended_second)) AS shared
    FROM timeline late
    JOIN time_entry early ON early.vendor_id = :vendor_id AND early.staff_id = late.staff_id
     AND early.started_second <= late.started AND early.started_second > late.started - 86400 AND early.ended_second > late.started
     AND early.patient_id <> late.patient_id
    WHERE late.busy_until > late.started
)
SELECT entry_id, range_agg(shared)
FROM (SELECT late_id AS entry_id, late_client AS client_id, shared FROM pair UNION ALL SELECT early_id, early_client, shared FROM pair) both_sides
WHERE client_id = :client_id
GROUP BY entry_id

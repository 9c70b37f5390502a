-- Step 3. A staff member at two patients at once, anywhere at the vendor: the contested part of each entry of this client.
INSERT INTO eval_conflict
-- The index on staff and start is read in its own order, so nothing is sorted. The running maximum, not `lag`: a short entry inside a
-- long one is not hidden by a third that ended early.
WITH timeline AS (
    SELECT staff_id, started_second AS started, started_second - 86400 AS day_before,
           max(ended_second) OVER (PARTITION BY staff_id ORDER BY started_second ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
    FROM time_entry
    WHERE vendor_id = :vendor_id AND started_second < :ends_second AND started_second > :starts_second - 86400
      AND staff_id = ANY ((
          SELECT array_agg(s.id) FROM staff s WHERE s.vendor_id = :vendor_id AND EXISTS (
              SELECT FROM time_entry t
              WHERE t.vendor_id = :vendor_id AND t.client_id = :client_id AND t.staff_id = s.id
                AND (CAST(:only AS uuid[]) IS NULL OR t.patient_id = ANY (CAST(:only AS uuid[])))
                AND t.started_second < :ends_second AND t.started_second > :starts_second - 86400))::uuid[])
),
-- Few starts fall into an earlier entry of the same person: only these are looked up again, in the same index.
busy AS MATERIALIZED (SELECT DISTINCT staff_id, started, day_before FROM timeline WHERE busy_until > started),
pair AS (
    SELECT late.id AS late_id, late.client_id AS late_client, early.id AS early_id, early.client_id AS early_client,
           int8range(busy.started, least(late.ended_second, early.ended_second)) AS shared
    FROM busy
    JOIN time_entry late ON late.vendor_id = :vendor_id AND late.staff_id = busy.staff_id AND late.started_second = busy.started
    JOIN time_entry early ON early.vendor_id = :vendor_id AND early.staff_id = busy.staff_id
     AND early.started_second <= busy.started AND early.started_second > busy.day_before AND early.ended_second > busy.started
     AND early.patient_id <> late.patient_id
)
SELECT entry_id, range_agg(shared)
FROM (SELECT late_id AS entry_id, late_client AS client_id, shared FROM pair UNION ALL SELECT early_id, early_client, shared FROM pair) both_sides
WHERE client_id = :client_id
GROUP BY entry_id

-- The part of an entry during which the same patient has an entry of an earlier program of the client (R29), whatever its own reasons.
INSERT INTO eval_double
SELECT late.id, range_agg(int8range(greatest(late.started_second, early.started_second), least(late.ended_second, early.ended_second)))
FROM time_entry late
JOIN time_entry early ON early.vendor_id = late.vendor_id AND early.client_id = late.client_id AND early.patient_id = late.patient_id
 AND early.started_at < late.ended_at AND early.ended_at > late.started_at
WHERE late.vendor_id = :vendor_id AND late.client_id = :client_id AND late.program = :program
  AND (CAST(:only AS uuid[]) IS NULL OR late.patient_id = ANY (CAST(:only AS uuid[])))
  AND early.program = ANY (CAST(:earlier_programs AS text[]))
  AND late.started_at < :ends_at AND late.started_at > :looks_back_to AND late.ended_at > :starts_at
  AND early.started_at < :ends_at AND early.started_at > :looks_back_to - interval '24 hours'
GROUP BY late.id

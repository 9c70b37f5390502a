-- Time that nobody worked is not judged where the month has a record of the program's device.
DELETE FROM eval_decision d
USING program p, eval_decision v, program q
WHERE p.program = d.program AND p.kind = 'timed' AND d.raw_seconds = 0
  AND v.patient_id = d.patient_id AND q.program = v.program AND q.kind = 'device' AND q.enrolled_as = p.enrolled_as

-- The line met at this place falls when a line that was met before it and stands bars it.
UPDATE eval_line SET stands = false, excluded_by = lost.other, barred_by = array_prepend('MUTUALLY_EXCLUSIVE', array_remove(barred_by, 'MUTUALLY_EXCLUSIVE')), undecided = NOT lost.decided
FROM (SELECT DISTINCT ON (b.patient_id, b.program) b.patient_id, b.program, b.other, b.decided
      FROM eval_bar b JOIN eval_line w ON w.patient_id = b.patient_id AND w.program = b.other AND w.stands
      JOIN eval_line l ON l.patient_id = b.patient_id AND l.program = b.program AND l.met = :met AND l.stands
      WHERE NOT b.by_rule AND b.other_wins ORDER BY b.patient_id, b.program, b.decided DESC, w.met) lost
WHERE eval_line.patient_id = lost.patient_id AND eval_line.program = lost.program

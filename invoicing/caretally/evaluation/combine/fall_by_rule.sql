-- A rule names the winner: the other line is unsupported, whatever else bars it.
UPDATE eval_line SET stands = false, excluded_by = lost.other, barred_by = array_prepend('MUTUALLY_EXCLUSIVE', array_remove(barred_by, 'MUTUALLY_EXCLUSIVE'))
FROM (SELECT DISTINCT ON (b.patient_id, b.program) b.patient_id, b.program, b.other
      FROM eval_bar b JOIN eval_line w ON w.patient_id = b.patient_id AND w.program = b.other
      WHERE b.by_rule AND b.other_wins ORDER BY b.patient_id, b.program, w.met) lost
WHERE eval_line.patient_id = lost.patient_id AND eval_line.program = lost.program

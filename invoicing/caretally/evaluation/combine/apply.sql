-- What fell and what is barred becomes a reason of the line: unsupported when it is decided, held while somebody still has to choose.
UPDATE eval_line l SET
    outcome = changed.outcome,
    exceptions = l.exceptions || CASE WHEN changed.gate_code = ANY (l.exceptions) THEN '{}' ELSE ARRAY[changed.gate_code] END,
    primary_reason = CASE WHEN changed.outcome = 'not_billable' OR l.outcome = 'billable' THEN changed.gate_code ELSE l.primary_reason END,
    codes = CASE WHEN changed.outcome = 'not_billable' THEN '{}' ELSE l.codes END,
    units = CASE WHEN changed.outcome = 'not_billable' THEN '{}' ELSE l.units END,
    date_of_service = CASE WHEN changed.outcome <> 'not_billable' THEN l.date_of_service END,
    path = CASE WHEN changed.outcome <> 'not_billable' THEN l.path END,
    unbilled_seconds = CASE WHEN changed.outcome = 'not_billable' THEN l.clinical_seconds + l.qhp_seconds ELSE l.unbilled_seconds END,
    missing_seconds = CASE WHEN changed.outcome <> 'not_billable' THEN l.missing_seconds END,
    missing_code = CASE WHEN changed.outcome <> 'not_billable' THEN l.missing_code END,
    alternatives = CASE WHEN changed.outcome <> 'not_billable' THEN l.alternatives ELSE '{}' END,
    excluded_by = coalesce(l.excluded_by, changed.other)
FROM (
    SELECT l.patient_id, l.program, other.program AS other, coalesce(l.barred_by, 'MUTUALLY_EXCLUSIVE') AS gate_code,
           CASE WHEN NOT l.stands AND NOT l.undecided THEN 'not_billable' ELSE 'held' END AS outcome
    FROM eval_line l
    -- a standing line that another one fell to without a decision waits too
    LEFT JOIN LATERAL (SELECT o.program FROM eval_line o WHERE o.patient_id = l.patient_id AND o.undecided AND o.excluded_by = l.program ORDER BY o.met LIMIT 1) other
           ON true
    WHERE l.excluded_by IS NOT NULL OR other.program IS NOT NULL
) changed
WHERE l.patient_id = changed.patient_id AND l.program = changed.program

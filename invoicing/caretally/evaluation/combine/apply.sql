-- What fell and what is barred becomes a reason of the line: unsupported when it is decided, held while somebody still has to choose.
UPDATE eval_line l SET
    outcome = changed.outcome,
    exceptions = l.exceptions || ARRAY(SELECT code FROM unnest(changed.gate_codes) AS code WHERE code <> ALL (l.exceptions)),
    primary_reason = CASE WHEN changed.outcome = 'not_billable' OR l.outcome = 'billable' THEN changed.gate_codes[1] ELSE l.primary_reason END,
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
    SELECT l.patient_id, l.program, other.program AS other, CASE WHEN other.program IS NULL OR 'MUTUALLY_EXCLUSIVE' = ANY (l.barred_by) THEN l.barred_by ELSE array_append(l.barred_by, 'MUTUALLY_EXCLUSIVE') END AS gate_codes,
           CASE WHEN NOT l.stands AND NOT l.undecided THEN 'not_billable' ELSE 'held' END AS outcome
    FROM eval_line l
    -- a standing line waits too while somebody may still choose a line that it is barred from
    LEFT JOIN LATERAL (SELECT o.program FROM eval_bar b JOIN eval_line o ON o.patient_id = b.patient_id AND o.program = b.program AND o.undecided
                       WHERE b.patient_id = l.patient_id AND b.other = l.program AND l.stands ORDER BY o.met LIMIT 1) other
           ON true
    WHERE l.excluded_by IS NOT NULL OR other.program IS NOT NULL
) changed
WHERE l.patient_id = changed.patient_id AND l.program = changed.program

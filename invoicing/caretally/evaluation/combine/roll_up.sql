-- One patient-month from its lines: held if a line is held, else billable if one is supported, else not billable.
INSERT INTO eval_decision
WITH rolled AS (
    SELECT l.patient_id, min(l.mrn) AS mrn, bool_or(l.enrolled) AS enrolled, string_agg(l.program, '+' ORDER BY l.ordinal) AS program,
           (array_agg(l.id ORDER BY l.ordinal))[1] AS id,
           CASE WHEN bool_or(l.outcome = 'held') THEN 'held' WHEN bool_or(l.outcome = 'billable') THEN 'billable' ELSE 'not_billable' END AS outcome,
           (array_agg(l.path ORDER BY l.ordinal) FILTER (WHERE l.stands AND l.path IS NOT NULL))[1] AS path,
           max(l.date_of_service) FILTER (WHERE l.stands) AS date_of_service,
           sum(l.raw_seconds)::int AS raw_seconds, sum(l.clinical_seconds)::int AS clinical_seconds, sum(l.qhp_seconds)::int AS qhp_seconds,
           sum(l.pending_clinical_seconds)::int AS pending_clinical_seconds, sum(l.pending_qhp_seconds)::int AS pending_qhp_seconds,
           sum(l.unbilled_seconds)::int AS unbilled_seconds,
           string_agg(l.pending_claim, '+' ORDER BY l.ordinal) AS pending_claim,
           min(l.missing_seconds) AS missing_seconds,
           (array_agg(l.missing_code ORDER BY l.missing_seconds, l.ordinal) FILTER (WHERE l.missing_seconds IS NOT NULL))[1] AS missing_code,
           (array_agg(l.mdm_level ORDER BY l.ordinal) FILTER (WHERE l.mdm_level IS NOT NULL))[1] AS mdm_level,
           (array_agg(l.provider_id ORDER BY l.ordinal) FILTER (WHERE l.provider_id IS NOT NULL))[1] AS provider_id,
           (array_agg(l.consent_on ORDER BY l.ordinal) FILTER (WHERE l.consent_on IS NOT NULL))[1] AS consent_on,
           max(l.plan_version) AS plan_version, max(l.reviewed_on) AS reviewed_on, max(l.visited_on) AS visited_on,
           CASE WHEN count(*) FILTER (WHERE l.raw_seconds > 0) = 0 THEN sha256('')
                WHEN count(*) FILTER (WHERE l.raw_seconds > 0) = 1 THEN (array_agg(l.entries_hash) FILTER (WHERE l.raw_seconds > 0))[1]
                ELSE sha256(string_agg(l.entries_hash, '' ORDER BY l.program COLLATE "C") FILTER (WHERE l.raw_seconds > 0)) END AS entries_hash
    FROM eval_line l
    GROUP BY l.patient_id
),
listed AS (
    SELECT r.*, claim.codes, claim.units, lost.reasons, lost.seconds, raised.exceptions, noted.warnings, other.alternatives, spent.entry_ids, spent.entry_seconds, deciding.primary_reason
    FROM rolled r
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(code ORDER BY ordinal, o), '{}') AS codes, coalesce(array_agg(units ORDER BY ordinal, o), '{}') AS units
                        FROM (SELECT c.code, sum(c.units)::smallint AS units, min(l.ordinal) AS ordinal, min(c.o) AS o
                              FROM eval_line l CROSS JOIN LATERAL unnest(l.codes, l.units) WITH ORDINALITY AS c (code, units, o)
                              WHERE l.patient_id = r.patient_id AND l.stands AND l.outcome <> 'not_billable' AND r.outcome <> 'not_billable' GROUP BY c.code) each_once) claim
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(e.reason ORDER BY e.ordinal), '{}') AS reasons, coalesce(array_agg(e.seconds ORDER BY e.ordinal), '{}') AS seconds
                        FROM (SELECT x.reason, array_position(CAST(:reason_codes AS text[]), x.reason) AS ordinal, sum(x.seconds)::int AS seconds
                              FROM eval_line l CROSS JOIN LATERAL unnest(l.excluded_reasons, l.excluded_seconds) AS x (reason, seconds)
                              WHERE l.patient_id = r.patient_id GROUP BY 1) e) lost
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(g.code ORDER BY g.ordinal), '{}') AS exceptions
                        FROM gate g WHERE g.code IN (SELECT unnest(l.exceptions) FROM eval_line l WHERE l.patient_id = r.patient_id)) raised
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(g.code ORDER BY g.ordinal), '{}') AS warnings
                        FROM gate g WHERE g.code IN (SELECT unnest(l.warnings) FROM eval_line l WHERE l.patient_id = r.patient_id) AND g.code <> ALL (raised.exceptions)) noted
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(DISTINCT a.claim), '{}') AS alternatives
                        FROM (SELECT unnest(l.alternatives) AS claim FROM eval_line l WHERE l.patient_id = r.patient_id
                              UNION SELECT (SELECT string_agg(c.code || 'x' || c.units, '+' ORDER BY c.o) FROM unnest(l.codes, l.units) WITH ORDINALITY AS c (code, units, o))
                              FROM eval_line l WHERE l.patient_id = r.patient_id AND l.undecided AND NOT l.stands) a
                        WHERE a.claim <> coalesce((SELECT string_agg(c.code || 'x' || c.units, '+' ORDER BY c.o) FROM unnest(claim.codes, claim.units) WITH ORDINALITY AS c (code, units, o)), '')) other
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(e.id ORDER BY l.ordinal, e.o), '{}') AS entry_ids, coalesce(array_agg(e.seconds ORDER BY l.ordinal, e.o), '{}') AS entry_seconds
                        FROM eval_line l CROSS JOIN LATERAL unnest(l.entry_ids, l.entry_seconds) WITH ORDINALITY AS e (id, seconds, o) WHERE l.patient_id = r.patient_id) spent
    CROSS JOIN LATERAL (SELECT (SELECT l.primary_reason FROM eval_line l JOIN gate g ON g.code = l.primary_reason
                                WHERE l.patient_id = r.patient_id AND l.outcome = r.outcome ORDER BY g.ordinal LIMIT 1) AS primary_reason) deciding
)
SELECT program, l.id, patient_id, l.mrn, enrolled, outcome, CASE WHEN outcome <> 'billable' THEN primary_reason END, CASE WHEN codes <> '{}' THEN path END, codes, units,
       CASE WHEN codes <> '{}' THEN date_of_service END, raw_seconds, clinical_seconds, qhp_seconds, pending_clinical_seconds, pending_qhp_seconds, reasons, seconds,
       unbilled_seconds, exceptions, warnings, missing_seconds, missing_code, alternatives, pending_claim, mdm_level, l.provider_id, consent_on, plan_version, reviewed_on,
       visited_on, entry_ids, entry_seconds, entries_hash,
       sha256(convert_to(concat_ws(E'\x1f', 'caretally-evidence-2', CAST(:client_code AS text), program, :month_first, l.mrn, outcome, array_to_string(codes, '+'), array_to_string(units, '+'),
              CASE WHEN codes <> '{}' THEN date_of_service END, raw_seconds, clinical_seconds, qhp_seconds, array_to_string(exceptions, ','), pr.npi, consent_on, plan_version, reviewed_on,
              visited_on, mdm_level, CAST(:rule_set AS text)), 'UTF8') || entries_hash)
FROM listed l
LEFT JOIN provider pr ON pr.vendor_id = :vendor_id AND pr.client_id = :client_id AND pr.id = l.provider_id

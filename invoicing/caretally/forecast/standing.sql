-- Where each patient stands on the day, and what the agreement would pay more for the next threshold.
INSERT INTO forecast_standing
-- Reasons of time go away with more time, or when the time that waits is put right; every other one stands whatever the minutes.
WITH of_time AS MATERIALIZED (
    SELECT array_agg(code) AS codes FROM gate
    WHERE kind = 'excluded' OR code IN (SELECT code FROM exclusion_reason) OR code IN ('TIME_BELOW_THRESHOLD', 'TIME_PENDING')
),
never AS MATERIALIZED (SELECT array_agg(code) AS never_codes FROM gate WHERE kind = 'unsupported'),
line AS MATERIALIZED (
    SELECT l.*, p.kind = 'timed' AND coalesce(l.missing_seconds > 0, false) AS can_reach, p.ordinal,
           l.clinical_seconds + CASE WHEN :never_pool AND p.follows_qhp_policy THEN 0 ELSE l.qhp_seconds END AS so_far,
           CASE WHEN l.exceptions <@ passing.codes THEN '{}' ELSE ARRAY(SELECT c FROM unnest(l.exceptions) WITH ORDINALITY AS e (c, o) WHERE c <> ALL (passing.codes) ORDER BY o) END AS gates
    FROM forecast_line l
    JOIN program p USING (program)
    CROSS JOIN of_time
    -- A month is attested once its work is done: until then that holds nobody back.
    CROSS JOIN LATERAL (SELECT CASE WHEN l.codes = '{}' THEN of_time.codes || 'ATTESTATION_MISSING'::text ELSE of_time.codes END AS codes) passing
),
-- Of several programs the one with the least to go, and one that nothing holds before one that is held.
nearest AS (
    SELECT DISTINCT ON (patient_id) * FROM line ORDER BY patient_id, can_reach AND gates = '{}' DESC, can_reach DESC, missing_seconds, ordinal
),
held AS MATERIALIZED (
    SELECT patient_id, array_agg(DISTINCT c ORDER BY c) AS gates FROM line CROSS JOIN LATERAL unnest(gates) AS g (c) WHERE gates <> '{}' GROUP BY patient_id
),
-- Days that do not count for the patient (a death, a stay, an end of enrolment) are no days left.
lost AS MATERIALIZED (
    SELECT s.patient_id, s.program, count(*) FILTER (WHERE s.day_reason[day] IS NULL)::int AS days_left, (CAST(:reason_codes AS text[]))[max(s.day_reason[day])] AS reason
    FROM eval_scope s CROSS JOIN LATERAL unnest(CAST(:days_left AS int[])) AS day
    WHERE s.day_reason IS NOT NULL
    GROUP BY s.patient_id, s.program
),
placed AS (
    SELECT n.*, d.mrn, d.outcome, d.codes <> '{}' AS has_claim, d.clinical_seconds + d.qhp_seconds AS counted_seconds,
           d.pending_clinical_seconds + d.pending_qhp_seconds AS pending_seconds, coalesce(h.gates, '{}') AS all_gates,
           coalesce(extract(year FROM CAST(:month_last AS date))::int = ANY (pr.qp_years), false) AS qualifying, b.adds_on_to IS NOT NULL AS adds,
           coalesce(t.days_left, cardinality(CAST(:days_left AS int[]))) AS days_left, t.reason AS ended_by
    FROM nearest n
    JOIN eval_decision d USING (patient_id)
    LEFT JOIN held h USING (patient_id)
    LEFT JOIN lost t ON t.patient_id = n.patient_id AND t.program = n.program
    LEFT JOIN billing_code b ON b.code = n.missing_code
    LEFT JOIN provider pr ON pr.vendor_id = :vendor_id AND pr.client_id = :client_id AND pr.id = n.provider_id
    OFFSET 0 -- a fence, here and below: what follows reads a value where the planner would copy its expression into every use
),
stood AS (
    SELECT p.*, CASE WHEN gates <> '{}' OR NOT can_reach AND all_gates <> '{}'
                     THEN CASE WHEN never_codes && CASE WHEN gates <> '{}' THEN gates ELSE all_gates END THEN 'not_billable' ELSE 'held' END
                     WHEN codes <> '{}' OR NOT can_reach AND outcome <> 'not_billable' THEN 'reached'
                     WHEN NOT can_reach OR days_left = 0 AND ended_by IS NOT NULL THEN 'ended'
                     ELSE 'short' END AS standing
    FROM placed p CROSS JOIN never
    OFFSET 0
),
-- What is paid for one unit of a code, in dollars: the agreement's list price, or what Medicare is expected to pay, of which it is a share.
value AS MATERIALIZED (
    SELECT p.code, q.qualifying, p.price_cents / 100.0 AS dollars
    FROM agreement_price p CROSS JOIN (VALUES (false), (true)) AS q (qualifying)
    WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.agreement_id = :agreement_id AND p.tier_from = 1 AND p.price_cents IS NOT NULL
    UNION ALL
    SELECT code, qualifying_apm, amount FROM close_rate WHERE CAST(:basis AS text) = 'percentage' AND :month_last BETWEEN valid_from AND valid_to
),
-- Few steps differ, so each is priced once. An add-on is paid beside the claim, a base in its place.
step AS MATERIALIZED (
    SELECT c.codes, c.units, c.missing_code, c.qualifying, x.dollars AS next_dollars, now.dollars AS now_dollars
    FROM (SELECT DISTINCT codes, units, missing_code, qualifying FROM stood) c
    LEFT JOIN value x ON x.code = c.missing_code AND x.qualifying = c.qualifying
    CROSS JOIN LATERAL (SELECT CASE WHEN count(*) = count(v.dollars) THEN coalesce(sum(round(v.dollars * u.units, 2)), 0) END AS dollars
                        FROM unnest(c.codes, c.units) AS u (code, units) LEFT JOIN value v ON v.code = u.code AND v.qualifying = c.qualifying) now
),
-- A patient-month that has a price of its own is paid once, whatever its codes.
staked AS (
    SELECT s.*, CASE WHEN CAST(:basis AS text) = 'per_patient_month' THEN CASE WHEN NOT has_claim OR stops THEN (SELECT dollars FROM value WHERE code = '' AND NOT qualifying) ELSE 0 END
                     WHEN stops AND s.codes <> '{}' THEN now_dollars ELSE next_dollars + CASE WHEN adds THEN now_dollars ELSE 0 END END AS then_dollars,
           CASE WHEN stops OR CAST(:basis AS text) = 'per_patient_month' THEN 0 ELSE now_dollars END AS before_dollars,
           can_reach AND standing <> 'ended' AND (standing <> 'reached' OR days_left > 0) AS open
    FROM stood s
    CROSS JOIN LATERAL (SELECT standing IN ('held', 'not_billable') AS stops) stopped
    LEFT JOIN step ON step.codes = s.codes AND step.units = s.units AND step.missing_code IS NOT DISTINCT FROM s.missing_code AND step.qualifying = s.qualifying
    OFFSET 0
)
SELECT patient_id, mrn, program, standing, counted_seconds, pending_seconds, so_far, CASE WHEN open THEN missing_seconds END, CASE WHEN open THEN missing_code END, days_left,
       CASE standing WHEN 'ended' THEN array_remove(ARRAY[ended_by], NULL) WHEN 'short' THEN '{}' WHEN 'reached' THEN '{}' ELSE all_gates END,
       CASE WHEN standing = 'ended' OR standing = 'reached' AND NOT open THEN 0
            WHEN then_dollars IS NOT NULL AND before_dollars IS NOT NULL
            THEN greatest(round(round(then_dollars, 2) * factor) - round(before_dollars * factor), 0)::bigint END
FROM staked
CROSS JOIN (SELECT CASE WHEN CAST(:basis AS text) = 'percentage' THEN CAST(:percent AS numeric) ELSE 100 END AS factor) share

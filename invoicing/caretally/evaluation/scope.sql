-- Step 1. Who is in the month, and every fact about them that does not depend on minutes: one row a patient, one scan a source.
INSERT INTO eval_scope
WITH enrolment_row AS (
    SELECT patient_id, status, valid_from, daterange(valid_from, valid_to, '[]') AS days
    FROM enrolment
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND program = :program AND valid_from <= :month_last
),
-- The latest row that covers a day decides it: a pause takes days from the enrolment before it, never from one after it.
enrolled_row AS (
    SELECT e.patient_id, e.valid_from,
           CASE WHEN count(stop.patient_id) = 0 THEN datemultirange(e.days) ELSE datemultirange(e.days) - range_agg(stop.days) END AS days
    FROM enrolment_row e
    LEFT JOIN (SELECT * FROM enrolment_row WHERE status <> 'enrolled') stop ON stop.patient_id = e.patient_id AND stop.valid_from > e.valid_from
    WHERE e.status = 'enrolled'
    GROUP BY e.patient_id, e.valid_from, e.days
),
enrolled AS (
    SELECT patient_id, range_agg(days * datemultirange(daterange(:month_first, :month_last, '[]'))) AS days
    FROM enrolled_row
    WHERE days && daterange(:month_first, :month_last, '[]')
    GROUP BY patient_id
),
-- Time of somebody who was not enrolled is not lost: such patients are decided too, outside the enrolled.
stranger AS (
    SELECT DISTINCT t.patient_id
    FROM time_entry t
    WHERE t.vendor_id = :vendor_id AND t.client_id = :client_id AND t.program = :program
      AND t.started_at < :ends_at AND t.started_at > :starts_at - interval '24 hours' AND t.ended_at > :starts_at
      AND t.patient_id NOT IN (SELECT patient_id FROM enrolled)
),
present AS (
    SELECT p.*, e.days AS enrolled_days, upper(e.days) - 1 AS last_enrolled_day
    FROM patient p LEFT JOIN enrolled e ON e.patient_id = p.id
    WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id
      AND (e.patient_id IS NOT NULL OR :every_patient OR p.id IN (SELECT patient_id FROM stranger))
),
started AS (
    SELECT patient_id, max(r.valid_from) AS start_on
    FROM enrolled_row r JOIN enrolled e USING (patient_id)
    WHERE r.days @> (upper(e.days) - 1)
    GROUP BY patient_id
),
assigned AS (
    SELECT DISTINCT ON (a.patient_id) a.patient_id, a.provider_id, pr.npi, c.may_bill, pr.credential <> '' AS credential_known
    FROM assignment a
    LEFT JOIN enrolled e USING (patient_id)
    JOIN provider pr ON pr.vendor_id = a.vendor_id AND pr.client_id = a.client_id AND pr.id = a.provider_id
    LEFT JOIN credential_type c ON c.credential = pr.credential
    WHERE a.vendor_id = :vendor_id AND a.client_id = :client_id AND a.program = :program
      AND a.valid_from <= coalesce(upper(e.days) - 1, :month_last) AND (a.valid_to IS NULL OR a.valid_to >= coalesce(upper(e.days) - 1, :month_last))
    ORDER BY a.patient_id, a.valid_from DESC
),
-- The date and the completeness of a consent travel as one number (days x 2 + complete), so one aggregate picks the row in use.
consented AS (
    SELECT k.patient_id, bool_or(own) AS own, bool_or(own AND live) AS live,
           min(obtained_on) FILTER (WHERE own AND live) AS first_on,
           coalesce(max(packed) FILTER (WHERE own AND live AND obtained_on <= :month_last), min(packed) FILTER (WHERE own AND live)) AS packed
    FROM (
        SELECT k.patient_id, k.obtained_on, coalesce(k.provider_id = a.provider_id, true) AS own,
               k.revoked_on IS NULL OR k.revoked_on >= :month_first AS live,
               (k.obtained_on - date '2000-01-01') * 2 + (k.scope AND k.cost_sharing AND k.one_practitioner AND k.stop)::int AS packed
        FROM consent k LEFT JOIN assigned a USING (patient_id)
        WHERE k.vendor_id = :vendor_id AND k.client_id = :client_id AND k.program = :program
    ) k
    GROUP BY k.patient_id
),
visited AS (
    SELECT v.patient_id, min(v.visited_on) AS first_on, min(v.visited_on) FILTER (WHERE v.kind <> 'EM' OR bad.code IS NULL) AS first_qualifying_on
    FROM visit v
    LEFT JOIN started s USING (patient_id)
    LEFT JOIN visit_code_not_qualifying bad ON bad.code = v.code
    WHERE v.vendor_id = :vendor_id AND v.client_id = :client_id AND v.visited_on <= :month_last
      AND v.visited_on >= (coalesce(s.start_on, :month_first) - make_interval(months => :visit_lookback_months))::date
    GROUP BY v.patient_id
),
conditioned AS (
    SELECT c.patient_id, count(*) AS conditions, bool_or(i.chronic IS FALSE) AS not_chronic
    FROM condition c LEFT JOIN icd10_code i ON i.code = c.icd10
    WHERE c.vendor_id = :vendor_id AND c.client_id = :client_id
      AND (c.onset_on IS NULL OR c.onset_on <= :month_last) AND (c.resolved_on IS NULL OR c.resolved_on >= :month_first)
    GROUP BY c.patient_id
),
planned AS (
    SELECT DISTINCT ON (patient_id) patient_id, version, effective_on, copy_given_on <= :month_last AS copy_given,
           elements @> (SELECT array_agg(element) FROM plan_element) AS complete, signed_on <= :month_last AS signed
    FROM care_plan
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND effective_on <= :month_last
    ORDER BY patient_id, version DESC
),
reviewed AS (
    SELECT patient_id, max(reviewed_on) AS reviewed_on
    FROM review
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND reviewed_on <= :month_last
    GROUP BY patient_id
),
stayed AS (
    SELECT patient_id, bool_or(kind = 'hospice') AS hospice,
           range_agg(daterange(valid_from, valid_to, '[]')) FILTER (WHERE kind IN ('part_a_inpatient', 'part_a_snf')) AS part_a
    FROM stay
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND valid_from <= :month_last AND (valid_to IS NULL OR valid_to >= :month_first)
    GROUP BY patient_id
),
-- The same person at another client, enrolled there in this month with time there: found by the keyed hash, few rows.
duplicated AS (
    SELECT DISTINCT p.id AS patient_id
    FROM present p
    JOIN patient other ON other.vendor_id = :vendor_id AND other.person_key = p.person_key AND other.client_id <> :client_id
    JOIN client oc ON oc.vendor_id = other.vendor_id AND oc.client_id = other.client_id
    WHERE p.enrolled_days IS NOT NULL
      AND EXISTS (SELECT FROM time_entry t WHERE t.vendor_id = other.vendor_id AND t.client_id = other.client_id AND t.patient_id = other.id
                  AND t.program = :program AND t.started_at < (:month_last + 1)::timestamp AT TIME ZONE oc.timezone
                  AND t.started_at > :month_first::timestamp AT TIME ZONE oc.timezone - interval '24 hours'
                  AND t.ended_at > :month_first::timestamp AT TIME ZONE oc.timezone)
      AND EXISTS (SELECT FROM generate_series(0, :month_last - :month_first) AS i,
                  LATERAL (SELECT e.status FROM enrolment e
                           WHERE e.vendor_id = other.vendor_id AND e.client_id = other.client_id AND e.patient_id = other.id AND e.program = :program
                             AND e.valid_from <= :month_first + i AND (e.valid_to IS NULL OR e.valid_to >= :month_first + i)
                           ORDER BY e.valid_from DESC LIMIT 1) latest
                  WHERE latest.status = 'enrolled')
),
-- Whole days that do not count are spread over the month only for the few patients who have one.
day_excluded AS (
    SELECT p.id AS patient_id, array_agg(least(
               CASE WHEN p.died_on < day THEN CAST(:after_death AS smallint) END,
               CASE WHEN p.enrolled_days IS NULL OR NOT p.enrolled_days @> day THEN CAST(:not_enrolled AS smallint) END,
               CASE WHEN s.part_a @> day THEN CAST(:part_a_stay AS smallint) END,
               CASE WHEN k.first_on > day THEN CAST(:before_consent AS smallint) END) ORDER BY day) AS reasons
    FROM present p
    LEFT JOIN stayed s ON s.patient_id = p.id
    LEFT JOIN consented k ON k.patient_id = p.id
    CROSS JOIN LATERAL (SELECT :month_first + i AS day FROM generate_series(0, :month_last - :month_first) AS i) AS days
    WHERE p.died_on < :month_last OR s.part_a IS NOT NULL OR k.first_on > :month_first
       OR p.enrolled_days IS NULL OR NOT p.enrolled_days @> daterange(:month_first, :month_last, '[]')
    GROUP BY p.id
)
SELECT row_number() OVER (), p.id, p.mrn, p.state, p.enrolled_days IS NOT NULL,
       a.provider_id, a.npi, CASE WHEN a.credential_known THEN coalesce(a.may_bill, false) END,
       k.patient_id IS NOT NULL, coalesce(k.own, false), coalesce(k.live, false), date '2000-01-01' + k.packed / 2, k.packed % 2 = 1,
       v.first_on, v.first_qualifying_on, coalesce(c.conditions, 0), coalesce(c.not_chronic, false),
       pl.version, pl.effective_on, coalesce(pl.copy_given, false), coalesce(pl.complete, false), coalesce(pl.signed, false), r.reviewed_on,
       m.level, at.patient_id IS NOT NULL, coalesce(s.hospice, false),
       coalesce(p.part_b_from <= :month_last AND p.qmb IS NOT NULL, false), d.patient_id IS NOT NULL, p.died_on, x.reasons
FROM present p
LEFT JOIN assigned a ON a.patient_id = p.id
LEFT JOIN consented k ON k.patient_id = p.id
LEFT JOIN visited v ON v.patient_id = p.id
LEFT JOIN conditioned c ON c.patient_id = p.id
LEFT JOIN planned pl ON pl.patient_id = p.id
LEFT JOIN reviewed r ON r.patient_id = p.id
LEFT JOIN mdm m ON m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.patient_id = p.id AND m.month = :month_first
LEFT JOIN attestation at ON at.vendor_id = :vendor_id AND at.client_id = :client_id AND at.patient_id = p.id AND at.month = :month_first
LEFT JOIN stayed s ON s.patient_id = p.id
LEFT JOIN duplicated d ON d.patient_id = p.id
LEFT JOIN day_excluded x ON x.patient_id = p.id

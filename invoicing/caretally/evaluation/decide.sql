-- Step 5. The decision of each program line from its seconds and its facts, with everything an explanation needs.
INSERT INTO eval_decision
WITH ladder AS MATERIALIZED (
    SELECT l.path, b.code AS base_code, coalesce(b.min_reportable_seconds, b.first_threshold_seconds) AS threshold, b.first_valid AS base_from, b.last_valid AS base_to,
           a.code AS addon_code, a.increment_seconds AS increment, a.max_units_month AS cap, a.first_valid AS addon_from, a.last_valid AS addon_to,
           -- the seconds from which full increments are counted: an add-on with a minimum of its own is reached that much earlier
           b.first_threshold_seconds - coalesce(a.increment_seconds - a.min_reportable_seconds, 0) AS counts_from, b.first_threshold_seconds AS base_seconds
    FROM time_ladder l JOIN billing_code b ON b.code = l.base_code LEFT JOIN billing_code a ON a.code = l.addon_code
    WHERE l.program = :program
),
-- A path whose base is not in force in the month has no threshold, so the next one is tried; `ever` asks what time alone would reach.
limits AS MATERIALIZED (
    SELECT max(threshold) FILTER (WHERE path = 'staff' AND in_force) AS staff, max(threshold) FILTER (WHERE path = 'complex' AND in_force) AS complex,
           max(threshold) FILTER (WHERE path = 'personal' AND in_force) AS personal,
           max(threshold) FILTER (WHERE path = 'first' AND in_force) AS first, max(threshold) FILTER (WHERE path = 'brief' AND in_force) AS brief,
           max(threshold) FILTER (WHERE path = 'first') AS first_ever, max(threshold) FILTER (WHERE path = 'brief') AS brief_ever,
           max(threshold) FILTER (WHERE path = 'staff') AS staff_ever, max(threshold) FILTER (WHERE path = 'personal') AS personal_ever
    FROM (SELECT *, base_from <= :month_last AND coalesce(base_to, :month_first) >= :month_first AS in_force FROM ladder) dated
),
-- Excluded seconds become two short arrays; an incurable reason that alone explains the shortfall is an exception, the others are notes.
lost AS MATERIALIZED (
    SELECT t.n, x.*
    FROM eval_time t
    JOIN eval_scope s ON s.n = t.n AND s.program = :program
    CROSS JOIN LATERAL (
        SELECT array_agg(code ORDER BY ordinal) AS reasons, array_agg(seconds ORDER BY ordinal) AS reason_seconds,
               array_agg(code ORDER BY ordinal) FILTER (WHERE NOT curable AND decides) AS decisive,
               array_agg(code ORDER BY ordinal) FILTER (WHERE curable OR NOT decides) AS noted
        FROM (SELECT u.seconds, u.ordinal, (CAST(:reason_codes AS text[]))[u.ordinal] AS code, (CAST(:reason_curable AS boolean[]))[u.ordinal] AS curable,
                     u.ordinal <> :time_overlap_patient AND (coalesce(t.clinical_seconds + CASE WHEN :never_pool THEN 0 ELSE t.qhp_seconds END + u.seconds >= least(CASE WHEN l.first_ever IS NOT NULL AND s.starts_this_month THEN l.first ELSE l.staff END, l.brief), false)
                     OR coalesce((:never_pool OR :qhp_first) AND t.qhp_seconds + u.seconds >= l.personal, false)) AS decides
              FROM (SELECT ordinal, sum(seconds)::int AS seconds FROM unnest(t.lost_reasons, t.lost_seconds) AS piece (ordinal, seconds) GROUP BY ordinal) u
              CROSS JOIN limits l) e
    ) x
    WHERE t.lost_reasons <> '{}'
),
-- The agreement's policy turns two sums of seconds into the seconds of each path: `pool` and `personal` add them, `never_pool` does not.
sums AS (
    SELECT s.*, coalesce(t.raw_seconds, 0) AS raw_seconds, coalesce(t.clinical_seconds, 0) AS clinical, coalesce(t.qhp_seconds, 0) AS qhp,
           coalesce(t.cured_clinical_seconds, 0) AS cured_clinical, coalesce(t.cured_qhp_seconds, 0) AS cured_qhp,
           coalesce(t.clinical_seconds, 0) + CASE WHEN :never_pool THEN 0 ELSE coalesce(t.qhp_seconds, 0) END AS staff_side,
           coalesce(t.cured_clinical_seconds, 0) + CASE WHEN :never_pool THEN 0 ELSE coalesce(t.cured_qhp_seconds, 0) END AS cured_staff_side,
           t.first_counted_day, t.staff_day, t.complex_day, t.personal_day, t.first_day, t.brief_day, coalesce(t.other_qhp, false) AS other_qhp,
           coalesce(t.backdated, false) AS backdated, coalesce(t.alike, false) AS alike,
           NOT :contact_needed OR coalesce(t.live_contact, false) AS in_contact,
           x.reasons, x.reason_seconds, x.decisive, x.noted,
           coalesce(t.entry_ids, '{}') AS entry_ids, coalesce(t.entry_seconds, '{}') AS entry_seconds, coalesce(t.entries_hash, sha256('')) AS entries_hash,
           s.mdm_level IN ('moderate', 'high') AS mdm_documented, g.code AS given_code, g.served_on AS given_on, g.reason AS line_reason, coalesce(g.holds, false) AS line_holds, g.setup_code AS extra_code
    FROM eval_scope s LEFT JOIN eval_time t USING (n) LEFT JOIN lost x USING (n) LEFT JOIN eval_given g USING (n)
    WHERE s.program = :program
    OFFSET 0 -- a fence, here and below: what follows reads a value where the planner would copy its expression into every use
),
pathed AS (
    SELECT u.*,
           CASE WHEN NOT :timed THEN CASE WHEN given_code IS NOT NULL THEN 'given' END WHEN :qhp_first AND qhp >= l.personal THEN 'personal' WHEN mdm_documented AND staff_side >= l.complex THEN 'complex'
                WHEN starts_this_month AND staff_side >= l.first THEN 'first' WHEN staff_side >= l.staff AND (l.first_ever IS NULL OR NOT starts_this_month) THEN 'staff'
                WHEN staff_side >= l.brief THEN 'brief' WHEN :never_pool AND qhp >= l.personal THEN 'personal' END AS path,
           CASE WHEN NOT :timed THEN NULL WHEN :qhp_first AND cured_qhp >= l.personal THEN 'personal' WHEN mdm_documented AND cured_staff_side >= l.complex THEN 'complex'
                WHEN starts_this_month AND cured_staff_side >= l.first THEN 'first' WHEN cured_staff_side >= l.staff AND (l.first_ever IS NULL OR NOT starts_this_month) THEN 'staff'
                WHEN cured_staff_side >= l.brief THEN 'brief' WHEN :never_pool AND cured_qhp >= l.personal THEN 'personal' END AS cured_path,
           CASE WHEN l.first_ever IS NOT NULL AND starts_this_month THEN l.first ELSE l.staff END AS staff_threshold, l.first_ever IS NOT NULL AS has_first,
           l.complex AS complex_threshold, l.personal AS personal_threshold, l.brief AS brief_threshold,
           coalesce(staff_side >= l.brief_ever, false) AS reached_brief_ever,
           staff_side >= CASE WHEN l.first_ever IS NOT NULL AND starts_this_month THEN l.first_ever ELSE l.staff_ever END
               OR coalesce(staff_side >= l.brief_ever, false) OR (:never_pool OR :qhp_first) AND qhp >= l.personal_ever AS reached_ever
    FROM sums u CROSS JOIN limits l
    OFFSET 0
),
-- Date of service: the day the base was reached, or the month's last day; never after death. Validity is asked on that day (R14, R35, R36).
dated AS (
    SELECT p.*, CASE WHEN path IS NULL THEN NULL WHEN path = 'given' THEN given_on WHEN :at_month_end THEN least(:month_last, p.died_on)
                     ELSE :month_first - 1 + CASE path WHEN 'staff' THEN staff_day WHEN 'complex' THEN complex_day WHEN 'first' THEN first_day
                                                   WHEN 'brief' THEN brief_day ELSE personal_day END END AS served_on
    FROM pathed p
),
coded AS (
    SELECT d.*, coalesce(l.base_code, given_code) AS base_code, coalesce(l.threshold, 0) AS threshold, l.counts_from, coalesce(l.base_seconds, 0) AS base_seconds, l.addon_code, l.increment, l.cap,
           coalesce(l.base_from, g.first_valid) <= served_on AND coalesce(coalesce(l.base_to, g.last_valid) >= served_on, true) AS base_valid,
           coalesce(l.addon_from <= served_on AND (l.addon_to IS NULL OR l.addon_to >= served_on), false) AS addon_valid,
           CASE d.path WHEN 'personal' THEN qhp ELSE staff_side END AS used_seconds,
           greatest(CASE d.path WHEN 'personal' THEN qhp ELSE staff_side END - l.counts_from, 0) / l.increment AS full_increments
    FROM dated d LEFT JOIN ladder l ON l.path = d.path LEFT JOIN billing_code g ON g.code = d.given_code
    OFFSET 0
),
flagged AS (
    SELECT c.*, path IS NOT NULL AND base_valid AND in_contact AND line_reason IS NULL AND (live_consent OR NOT own_consent OR NOT :asks_consent) AS supported,
           path IS NULL AND cured_path IS NOT NULL OR line_holds AS pending,
           CASE WHEN addon_valid THEN least(full_increments, cap) ELSE 0 END AS addon_units,
           own_consent AND NOT live_consent AND :asks_consent AS revoked,
           coalesce(:month_first - 1 + first_counted_day, :month_last) AS visit_needed_by
    FROM coded c
    OFFSET 0
),
judged AS (
    SELECT f.*, NOT supported AND NOT pending OR revoked AS unsupported,
           -- in the order of the gate table; a test compares the two
           string_to_array(concat_ws(',',
               CASE WHEN path IS NULL AND cured_path IS NULL AND (NOT reached_ever OR reached_brief_ever) THEN 'TIME_BELOW_THRESHOLD' END,
               CASE WHEN pending AND NOT line_holds THEN 'TIME_PENDING' END,
               CASE WHEN :time_backdated = 'hold' AND backdated THEN 'TIME_BACKDATED' END,
               CASE WHEN NOT any_consent THEN 'NO_CONSENT' END,
               CASE WHEN live_consent AND NOT consent_complete THEN 'CONSENT_INCOMPLETE' END,
               CASE WHEN revoked THEN 'CONSENT_REVOKED' END,
               CASE WHEN any_consent AND NOT own_consent THEN 'CONSENT_OTHER_PRACTITIONER' END,
               CASE WHEN :consent_aged = 'hold' AND consent_on < (:month_first - make_interval(months => CAST(:consent_aged_months AS int)))::date THEN 'CONSENT_AGED' END,
               CASE WHEN first_visit_on IS NULL OR first_visit_on > visit_needed_by THEN 'NO_INITIATING_VISIT'
                    WHEN first_qualifying_visit_on IS NULL OR first_qualifying_visit_on > visit_needed_by THEN 'VISIT_NOT_QUALIFYING'
                    WHEN :initiating_visit_expired = 'hold' AND (last_qualifying_visit_on + make_interval(months => CAST(:visit_expires_months AS int)))::date < :month_first
                    THEN 'INITIATING_VISIT_EXPIRED' END,
               CASE WHEN conditions < CAST(:conditions_needed AS int) THEN 'CHRONIC_CONDITIONS_LT_2' END,
               CASE WHEN :eligibility_risk_not_documented = 'hold' AND risk_not_documented THEN 'ELIGIBILITY_RISK_NOT_DOCUMENTED' END,
               CASE WHEN plan_version IS NULL THEN 'NO_CARE_PLAN' END,
               CASE WHEN :care_plan_copy_missing = 'hold' AND plan_version IS NOT NULL AND NOT copy_given THEN 'CARE_PLAN_COPY_MISSING' END,
               CASE WHEN :care_plan_review_overdue = 'hold' AND plan_version IS NOT NULL AND greatest(plan_on, reviewed_on) < :month_last - CAST(:review_interval_days AS int) THEN 'CARE_PLAN_REVIEW_OVERDUE' END,
               CASE WHEN :care_plan_incomplete = 'hold' AND plan_version IS NOT NULL AND NOT plan_complete THEN 'CARE_PLAN_INCOMPLETE' END,
               CASE WHEN :care_plan_signoff_missing = 'hold' AND plan_version IS NOT NULL AND NOT plan_signed THEN 'CARE_PLAN_SIGNOFF_MISSING' END,
               CASE WHEN :attestation_required AND NOT attested THEN 'ATTESTATION_MISSING' END,
               CASE WHEN path IS NOT NULL AND NOT in_contact THEN 'NO_INTERACTIVE_CONTACT' END,
               CASE WHEN line_reason <> 'CODE_NOT_VALID_ON_DOS' THEN line_reason END,
               CASE WHEN duplicate THEN 'DUPLICATE_PATIENT_MONTH' END,
               CASE WHEN path IS NOT NULL AND NOT base_valid OR path IS NULL AND cured_path IS NULL AND reached_ever OR line_reason = 'CODE_NOT_VALID_ON_DOS'
                    THEN 'CODE_NOT_VALID_ON_DOS' END,
               CASE WHEN hospice THEN 'HOSPICE_REVIEW' END,
               CASE WHEN :coverage_unverified = 'hold' AND NOT coverage_verified THEN 'COVERAGE_UNVERIFIED' END,
               CASE WHEN provider_id IS NULL OR NOT provider_may_bill THEN 'PROVIDER_NOT_ELIGIBLE' END,
               CASE WHEN :integrity_signal = 'hold' AND alike THEN 'INTEGRITY_SIGNAL' END
           ), ',') || CAST(:client_holds AS text[]) AS raised_stops,
           string_to_array(concat_ws(',',
               CASE WHEN :time_backdated = 'warn' AND backdated THEN 'TIME_BACKDATED' END,
               CASE WHEN :consent_aged = 'warn' AND consent_on < (:month_first - make_interval(months => CAST(:consent_aged_months AS int)))::date THEN 'CONSENT_AGED' END,
               CASE WHEN :initiating_visit_expired = 'warn' AND first_qualifying_visit_on <= visit_needed_by
                         AND (last_qualifying_visit_on + make_interval(months => CAST(:visit_expires_months AS int)))::date < :month_first THEN 'INITIATING_VISIT_EXPIRED' END,
               CASE WHEN :eligibility_risk_not_documented = 'warn' AND risk_not_documented THEN 'ELIGIBILITY_RISK_NOT_DOCUMENTED' END,
               CASE WHEN not_chronic_hint THEN 'CONDITION_NOT_CHRONIC_HINT' END,
               CASE WHEN :care_plan_copy_missing = 'warn' AND plan_version IS NOT NULL AND NOT copy_given THEN 'CARE_PLAN_COPY_MISSING' END,
               CASE WHEN :care_plan_review_overdue = 'warn' AND plan_version IS NOT NULL AND greatest(plan_on, reviewed_on) < :month_last - CAST(:review_interval_days AS int) THEN 'CARE_PLAN_REVIEW_OVERDUE' END,
               CASE WHEN :care_plan_incomplete = 'warn' AND plan_version IS NOT NULL AND NOT plan_complete THEN 'CARE_PLAN_INCOMPLETE' END,
               CASE WHEN :care_plan_signoff_missing = 'warn' AND plan_version IS NOT NULL AND NOT plan_signed THEN 'CARE_PLAN_SIGNOFF_MISSING' END,
               CASE WHEN supported AND path = 'staff' AND mdm_level IS NULL AND used_seconds >= complex_threshold THEN 'MDM_NOT_DOCUMENTED' END,
               CASE WHEN supported AND full_increments > 0 AND NOT addon_valid THEN 'CODE_NOT_VALID_ON_DOS' END,
               CASE WHEN supported AND path = 'personal' AND clinical > 0 THEN 'STAFF_TIME_UNBILLED' END,
               CASE WHEN supported AND addon_valid AND full_increments > cap THEN 'UNIT_CAP_REACHED' END,
               CASE WHEN :coverage_unverified = 'warn' AND NOT coverage_verified THEN 'COVERAGE_UNVERIFIED' END,
               CASE WHEN other_qhp THEN 'QHP_NOT_BILLING' END,
               CASE WHEN :integrity_signal = 'warn' AND alike THEN 'INTEGRITY_SIGNAL' END
           ), ',') || CAST(:client_warnings AS text[]) AS raised_notes
    FROM flagged f
    OFFSET 0
),
-- A program asks its own gates only.
asked AS (
    SELECT j.*, CASE WHEN raised_stops = '{}' THEN raised_stops ELSE ARRAY(SELECT u.code FROM unnest(raised_stops) WITH ORDINALITY AS u (code, o)
                                                                         WHERE u.code = ANY (CAST(:gates_asked AS text[])) ORDER BY o) END AS asked_stops,
           CASE WHEN raised_notes = '{}' THEN raised_notes ELSE ARRAY(SELECT u.code FROM unnest(raised_notes) WITH ORDINALITY AS u (code, o)
                                                                    WHERE u.code = ANY (CAST(:gates_asked AS text[])) ORDER BY o) END AS asked_notes
    FROM judged j
    OFFSET 0
),
-- A gate of the vendor's own that somebody waived by name does not hold; it stays as something to look at, beside the name.
waived AS (
    SELECT a.*, CASE WHEN waived_codes IS NULL THEN asked_stops ELSE ARRAY(SELECT u.code FROM unnest(asked_stops) WITH ORDINALITY AS u (code, o) WHERE u.code <> ALL (waived_codes) ORDER BY o) END AS stops,
           CASE WHEN waived_codes IS NULL THEN asked_notes ELSE ARRAY(SELECT g.code FROM gate g WHERE g.code = ANY (asked_notes || waived_codes) ORDER BY g.ordinal) END AS notes
    FROM (SELECT k.*, CASE WHEN :any_waived AND asked_stops <> '{}' THEN (
              SELECT array_agg(u.code ORDER BY u.o) FROM unnest(asked_stops) WITH ORDINALITY AS u (code, o)
              WHERE EXISTS (SELECT FROM unnest(CAST(:waived_patients AS uuid[]), CAST(:waived_gates AS text[])) AS w (patient, gate)
                            WHERE w.gate = u.code AND (w.patient IS NULL OR w.patient = k.patient_id))) END AS waived_codes FROM asked k) a
    OFFSET 0
),
-- The other lawful readings of the same seconds, shown and never chosen by amount: the other policies' paths, and complex or not.
options AS (
    SELECT r.*, CASE WHEN unsupported THEN 'not_billable' WHEN cardinality(stops) > 0 THEN 'held' ELSE 'billable' END AS outcome,
           unsupported OR pending AS empty_claim,
           CASE WHEN NOT :follows_qhp_policy THEN NULL WHEN supported AND (used_seconds >= complex_threshold OR qhp > 0) OR :never_pool AND path IS NULL AND qhp > 0 AND NOT revoked THEN (
               SELECT array_agg(DISTINCT l.base_code || 'x1' || CASE WHEN (w.seconds - l.threshold) / l.increment > 0 AND l.addon_from <= :month_last
                          THEN '+' || l.addon_code || 'x' || least((w.seconds - l.threshold) / l.increment, l.cap) ELSE '' END)
               FROM (VALUES ('staff', clinical + qhp), ('staff', clinical), ('complex', clinical + qhp), ('complex', clinical), ('personal', qhp)) w (path, seconds)
               JOIN ladder l ON l.path = w.path
               WHERE w.seconds >= l.threshold AND l.base_from <= :month_last AND coalesce(l.base_to, :month_first) >= :month_first
                 AND CASE w.path WHEN 'complex' THEN mdm_documented OR mdm_level IS NULL AND r.path = 'staff' AND w.seconds = used_seconds
                                 WHEN 'staff' THEN mdm_documented IS NOT TRUE OR (w.seconds < complex_threshold) IS NOT FALSE OR r.path = 'complex' AND w.seconds = used_seconds
                                 ELSE true END) END AS claims
    FROM waived r
    OFFSET 0
),
-- What the smallest further effort would add, on the path in use or towards the nearest base.
missed AS (
    SELECT o.*,
           CASE WHEN revoked THEN NULL
                WHEN NOT :timed THEN NULL
                WHEN supported THEN least(next_complex, next_base, next_unit)
                WHEN path IS NULL AND brief_threshold > 0 AND brief_threshold - staff_side > 0 THEN least(brief_threshold, staff_threshold) - staff_side
                WHEN path IS NULL AND (:never_pool OR :qhp_first) THEN least(staff_threshold - staff_side, personal_threshold - qhp)
                WHEN path IS NULL THEN staff_threshold - staff_side END AS missing_seconds,
           CASE WHEN revoked THEN NULL
                WHEN NOT :timed THEN NULL
                WHEN supported AND next_complex <= coalesce(next_unit, next_complex) THEN (SELECT base_code FROM ladder WHERE path = 'complex')
                WHEN supported AND next_base > 0 THEN (SELECT l.base_code FROM ladder l WHERE l.path = CASE WHEN starts_this_month AND has_first THEN 'first' ELSE 'staff' END)
                WHEN supported AND next_unit > 0 THEN addon_code
                WHEN path IS NULL AND brief_threshold > 0 AND brief_threshold - staff_side > 0 THEN (SELECT l.base_code FROM ladder l WHERE l.path = 'brief')
                WHEN path IS NULL AND has_first AND starts_this_month THEN (SELECT l.base_code FROM ladder l WHERE l.path = 'first')
                WHEN path IS NULL AND (:never_pool OR :qhp_first) AND personal_threshold - qhp < staff_threshold - staff_side THEN (SELECT base_code FROM ladder WHERE path = 'personal')
                WHEN path IS NULL THEN (SELECT base_code FROM ladder WHERE path = 'staff') END AS missing_code
    FROM (SELECT *, NOT empty_claim AND coalesce(served_on BETWEEN CAST(:substitute_from AS date) AND CAST(:substitute_mandatory_to AS date), false) AS substituted,
                 CASE WHEN addon_valid AND full_increments < cap THEN counts_from + (full_increments + 1) * increment - used_seconds END AS next_unit,
                 CASE WHEN path = 'brief' THEN staff_threshold - staff_side END AS next_base,
                 CASE WHEN path = 'staff' AND mdm_documented THEN complex_threshold - used_seconds END AS next_complex FROM options) o
    OFFSET 0
),
final AS (
    SELECT m.*,
           CASE WHEN empty_claim THEN '{}'::text[] WHEN substituted THEN ARRAY[CAST(:substitute_code AS text)] WHEN extra_code IS NOT NULL THEN array_remove(ARRAY[base_code, CASE WHEN addon_units > 0 THEN addon_code END, extra_code], NULL)
                WHEN addon_units > 0 THEN ARRAY[base_code, addon_code] ELSE ARRAY[base_code] END AS codes,
           CASE WHEN empty_claim THEN '{}'::smallint[] WHEN substituted THEN '{1}'::smallint[] WHEN extra_code IS NOT NULL THEN array_remove(ARRAY[1, nullif(addon_units, 0), 1], NULL)::smallint[]
                WHEN addon_units > 0 THEN ARRAY[1, addon_units]::smallint[] ELSE '{1}'::smallint[] END AS units,
           CASE WHEN path IS NULL AND cured_path IS NULL AND (NOT reached_ever OR reached_brief_ever) THEN stops || coalesce(decisive, '{}') ELSE stops END AS exceptions,
           CASE WHEN pending THEN (SELECT l.base_code || 'x1' || CASE WHEN (w.seconds - l.counts_from) / l.increment > 0 AND w.seconds > l.counts_from AND l.addon_from <= :month_last
                                              THEN '+' || l.addon_code || 'x' || least((w.seconds - l.counts_from) / l.increment, l.cap) ELSE '' END
                                   FROM ladder l, LATERAL (SELECT CASE l.path WHEN 'personal' THEN cured_qhp ELSE cured_staff_side END AS seconds) w
                                   WHERE l.path = cured_path) END AS pending_claim
    FROM missed m
    OFFSET 0
)
-- One new id a statement and a count make the ids, as RFC 9562 allows (6.2, a counter in the random bits): fresh random bits for each row cost more than its decision.
SELECT :program, ((SELECT left(tenancy.new_id()::text, 28)) || lpad(to_hex(n), 8, '0'))::uuid, patient_id, mrn, enrolled, outcome,
       CASE WHEN outcome <> 'billable' THEN CASE WHEN unsupported AND cardinality(exceptions) > 1 THEN
           (SELECT u.code FROM unnest(exceptions) WITH ORDINALITY AS u (code, o)
            ORDER BY u.code <> ALL (CAST(:unsupporting AS text[])), o LIMIT 1) ELSE exceptions[1] END END,
       CASE WHEN NOT empty_claim THEN path END, codes, units, CASE WHEN NOT empty_claim THEN served_on END,
       raw_seconds, clinical, qhp, greatest(cured_clinical - clinical, 0), greatest(cured_qhp - qhp, 0),
       coalesce(reasons, '{}'), coalesce(reason_seconds, '{}'),
       CASE WHEN empty_claim THEN clinical + qhp ELSE greatest(clinical + qhp - base_seconds - addon_units * coalesce(increment, 0), 0) END,
       exceptions, CASE WHEN noted IS NULL AND decisive IS NULL THEN notes
                        WHEN path IS NULL AND cured_path IS NULL AND (NOT reached_ever OR reached_brief_ever) THEN notes || coalesce(noted, '{}') ELSE notes || coalesce(reasons, '{}') END,
       missing_seconds, missing_code,
       CASE WHEN supported AND served_on BETWEEN CAST(:substitute_mandatory_to AS date) + 1 AND CAST(:substitute_valid_to AS date) THEN ARRAY[CAST(:substitute_code AS text) || 'x1'] ELSE '{}' END
       || CASE WHEN claims IS NULL THEN '{}' ELSE array_remove(claims, base_code || 'x1' || CASE WHEN addon_units > 0 THEN '+' || addon_code || 'x' || addon_units ELSE '' END) END,
       pending_claim, mdm_level, provider_id, consent_on, plan_version, reviewed_on, first_qualifying_visit_on, entry_ids, entry_seconds, entries_hash,
       sha256(convert_to(concat_ws(E'\x1f', 'caretally-evidence-2', CAST(:client_code AS text), CAST(:program AS text), :month_first, mrn, outcome, array_to_string(codes, '+'), array_to_string(units, '+'),
              CASE WHEN NOT empty_claim THEN served_on END, raw_seconds, clinical, qhp, array_to_string(exceptions, ','), provider_npi, consent_on, plan_version, reviewed_on,
              first_qualifying_visit_on, mdm_level, CAST(:rule_set AS text)), 'UTF8') || entries_hash)
FROM final

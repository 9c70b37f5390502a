-- Step 2. Whole days that do not count (death, no enrolment, a Part A stay, before the consent) are spread over the month, for the few
-- patients who have one: `day_reason[d]` is the first reason of the month's d-th local day.
UPDATE eval_scope SET day_reason = spread.reasons
FROM (
    SELECT u.n, array_agg(least(
               CASE WHEN u.died_on < day THEN CAST(:after_death AS smallint) END,
               CASE WHEN NOT u.enrolled OR NOT u.enrolled_days @> day THEN CAST(:not_enrolled AS smallint) END,
               CASE WHEN u.part_a @> day THEN CAST(:part_a_stay AS smallint) END,
               CASE WHEN u.consent_from > day THEN CAST(:before_consent AS smallint) END) ORDER BY day) AS reasons
    FROM (SELECT * FROM eval_scope
          WHERE program = :program
            AND (died_on < :month_last OR NOT enrolled OR enrolled_days IS NOT NULL OR part_a IS NOT NULL OR consent_from > :month_first)
          OFFSET 0) u
    CROSS JOIN LATERAL (SELECT :month_first + i AS day FROM generate_series(0, :month_last - :month_first) AS i) AS month_day
    GROUP BY u.n
) spread
WHERE spread.n = eval_scope.n

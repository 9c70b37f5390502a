-- Two lines of a patient of which the dated pairs allow one only, seen from each of them. A rule names the winner; else the client's
-- priority list or a named person's choice; else nobody has decided.
INSERT INTO eval_bar
WITH pair AS MATERIALIZED (
    SELECT a.code AS code, b.code AS other_code, x.scope, x.valid_from, x.valid_to, x.wins = 'code_b' AS other_wins, x.wins = 'code_a' AS wins
    FROM code_exclusion x JOIN code_family a ON a.name = x.code_a JOIN code_family b ON b.name = x.code_b
    WHERE x.kind = 'policy' AND x.allowed = 'no' AND x.valid_from <= :month_last AND coalesce(x.valid_to >= :month_first, true)
),
both_ways AS (
    SELECT code, other_code, scope, valid_from, valid_to, other_wins, wins FROM pair
    UNION SELECT other_code, code, scope, valid_from, valid_to, wins, other_wins FROM pair
),
met AS (
    SELECT l.patient_id, l.program, o.program AS other, bool_or(y.other_wins) AS loses, bool_or(y.wins) AS wins, l.met < o.met AS first_met,
           c.program IN (p.enrolled_as, q.enrolled_as) OR (p.enrolled_as = ANY (CAST(:priority AS text[])) AND q.enrolled_as = ANY (CAST(:priority AS text[]))) AS decided
    FROM eval_line l
    JOIN eval_line o ON o.patient_id = l.patient_id AND o.program <> l.program AND o.stands
    JOIN program p ON p.program = l.program
    JOIN program q ON q.program = o.program
    -- code by code, so that the pairs are hashed rather than tried one by one
    CROSS JOIN LATERAL unnest(l.asked) AS mine (code)
    CROSS JOIN LATERAL unnest(o.asked) AS theirs (code)
    JOIN both_ways y ON y.code = mine.code AND y.other_code = theirs.code AND greatest(l.date_of_service, o.date_of_service) >= y.valid_from
     AND coalesce(greatest(l.date_of_service, o.date_of_service) <= y.valid_to, true)
     AND CASE y.scope WHEN 'same practitioner' THEN coalesce(l.provider_id = o.provider_id, true)
                      WHEN 'different practitioner' THEN coalesce(l.provider_id <> o.provider_id, false) ELSE true END
    LEFT JOIN exclusion_choice c ON c.vendor_id = :vendor_id AND c.client_id = :client_id AND c.patient_id = l.patient_id AND c.month = :month_first
    WHERE l.stands
    GROUP BY l.patient_id, l.program, o.program, l.met, o.met, c.program, p.enrolled_as, q.enrolled_as
)
SELECT patient_id, program, other, CASE WHEN loses OR wins THEN loses ELSE NOT first_met END, loses OR wins, loses OR wins OR coalesce(decided, false) FROM met

-- What an act on all the matches would touch, and a fingerprint of it: another one when a row came, went or was changed meanwhile.
, touched AS (SELECT * FROM matched WHERE CAST(:kind AS text) <> 'waive' OR (waivable AND outcome = 'held'))
SELECT count(*)::int AS exceptions, count(DISTINCT patient_id)::int AS patients, coalesce(sum(held_cents), 0)::bigint AS held_cents,
       (SELECT count(*)::int FROM matched) - count(*)::int AS left_out, count(DISTINCT month) FILTER (WHERE month_status = 'closed')::int AS closed_months,
       encode(sha256(convert_to(coalesce(string_agg(patient_id || '/' || month || '/' || code || '/' || version, E'\n' ORDER BY patient_id, month, code), ''), 'UTF8')), 'hex') AS seen
FROM touched

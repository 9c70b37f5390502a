-- What the forecasts of a month came to, a client each; one that has none yet is there without figures.
SELECT c.client_id, c.name AS client, f.as_of, f.made_at, coalesce(f.why, '') AS why, coalesce(f.patients, 0) AS patients, coalesce(f.reached, 0) AS reached, coalesce(f.short, 0) AS short,
       coalesce(f.held, 0) AS held, coalesce(f.to_call, 0) AS to_call, coalesce(f.missing_seconds, 0) AS missing_seconds, coalesce(f.expected_per_mille, 0) AS expected_per_mille,
       coalesce(f.at_stake_cents, 0) AS at_stake_cents, coalesce(f.expected_cents, 0) AS expected_cents, coalesce(f.held_cents, 0) AS held_cents,
       coalesce(f.working_days_left, 0) AS working_days_left
FROM client c
LEFT JOIN kept_forecast f ON f.vendor_id = c.vendor_id AND f.client_id = c.client_id AND f.month = :month
WHERE c.vendor_id = :vendor_id
ORDER BY coalesce(f.expected_cents, 0) DESC, lower(c.name), c.code

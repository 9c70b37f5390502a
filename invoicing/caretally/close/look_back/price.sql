-- The price of what is added, less that of the lines it takes the place of; where the month was filled up to its minimum, only what goes beyond.
UPDATE close_found SET amount_cents = priced.cents
FROM (
    SELECT decision_id, greatest(:minimum_cents, base + sum(cents) OVER (ORDER BY mrn)) - greatest(:minimum_cents, base + sum(cents) OVER (ORDER BY mrn) - cents) AS cents
    FROM (
        SELECT f.decision_id, f.mrn, coalesce(sum(l.amount_cents), 0) - f.replaced_cents AS cents,
               (SELECT coalesce(sum(x.amount_cents), 0) FROM close_line x WHERE NOT EXISTS (SELECT FROM close_found own WHERE own.decision_id = x.decision_id AND own.is_proposed)) AS base
        FROM close_found f LEFT JOIN close_line l ON l.decision_id = f.decision_id
        WHERE f.month = :month_first AND f.is_proposed
        GROUP BY f.decision_id, f.mrn, f.replaced_cents, f.closed_outcome, f.added_units
        HAVING :by_patient AND coalesce(f.closed_outcome = 'billable', false)
            OR sum(l.units) = CASE WHEN :by_patient THEN 1 ELSE (SELECT sum(u) FROM unnest(f.added_units) AS u) END
    ) complete
) priced
WHERE close_found.decision_id = priced.decision_id

-- Why patients of closed client-months are held: each patient once, under the one reason that decides.
SELECT g.code, g.label, replace(g.owner_role, '_', ' ') AS owner, count(*)::int AS patients, sum(p.held_cents)::bigint AS held_cents
FROM client_month m
JOIN patient_month p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id
JOIN gate g ON g.code = p.primary_reason
WHERE m.vendor_id = :vendor_id AND m.month = :month AND m.status = 'closed' AND p.outcome = 'held'
GROUP BY 1, 2, 3
ORDER BY held_cents DESC, patients DESC, g.code

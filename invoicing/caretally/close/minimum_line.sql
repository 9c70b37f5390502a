-- The monthly minimum becomes a line of its own when the patients' lines stay below it.
INSERT INTO close_line
SELECT coalesce(max(line_number), 0) + 1, NULL, 'minimum', '', 1, :minimum_cents - coalesce(sum(amount_cents), 0), :minimum_cents - coalesce(sum(amount_cents), 0)
FROM close_line
HAVING :minimum_cents > coalesce(sum(amount_cents), 0)

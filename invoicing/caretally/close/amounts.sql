INSERT INTO close_amount SELECT decision_id, sum(amount_cents)::bigint FROM close_line WHERE decision_id IS NOT NULL GROUP BY decision_id

-- The closed patient-months of each program that tell how months went on, whoever's they were.
SELECT program, array_agg(so_far) AS so_far, array_agg(total) AS totals FROM forecast_past GROUP BY program

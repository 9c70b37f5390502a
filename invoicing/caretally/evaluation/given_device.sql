-- The device record of the month (it belongs to the month of its last day; one from the first of a month to that month), and the code in
-- force on its date of service whose band holds the days (R13, R14). Of several records the one with the most days, then the latest, then by
-- name. It is dated on its last day, not after death (R36).
INSERT INTO eval_given
SELECT s.n, band.code, served_on,
       CASE WHEN served_on < :month_first THEN 'AFTER_DEATH' WHEN band.code IS NULL THEN CASE WHEN record.known THEN 'DEVICE_DAYS_BELOW_MINIMUM' ELSE 'DEVICE_KIND_MISSING' END END,
       NOT record.known AND served_on >= :month_first, CASE WHEN record.setup_on BETWEEN record.period_from AND record.last_day AND setup.code IS NOT NULL THEN setup.code END
FROM eval_scope s
CROSS JOIN LATERAL (
    SELECT v.program AS device, v.days, v.period_from, v.setup_on, last_day,
           EXISTS (SELECT FROM device_band b WHERE b.program = :program AND b.device = v.program) AS known
    FROM device_period v
    CROSS JOIN LATERAL (SELECT CASE WHEN extract(day FROM v.period_from) = 1
                                    THEN least(v.period_from + CAST(:device_period_days AS int) - 1, (v.period_from + interval '1 month')::date - 1)
                                    ELSE v.period_from + CAST(:device_period_days AS int) - 1 END AS last_day) AS ending
    WHERE v.vendor_id = :vendor_id AND v.client_id = :client_id AND v.patient_id = s.patient_id AND split_part(v.program, '_', 1) = :enrolled_as
      AND last_day BETWEEN :month_first AND :month_last
    ORDER BY v.days DESC, v.period_from DESC, v.program LIMIT 1
) record
CROSS JOIN LATERAL (SELECT least(record.last_day, s.died_on) AS served_on) dated
LEFT JOIN LATERAL (
    SELECT b.code, b.setup_code FROM device_band b JOIN billing_code c USING (code)
    WHERE b.program = :program AND b.device = record.device AND record.days BETWEEN b.days_from AND b.days_to
      AND c.first_valid <= served_on AND (c.last_valid IS NULL OR c.last_valid >= served_on)
    ORDER BY b.days_from DESC LIMIT 1
) band ON true
LEFT JOIN billing_code setup ON setup.code = band.setup_code AND setup.first_valid <= served_on AND (setup.last_valid IS NULL OR setup.last_valid >= served_on)
WHERE s.program = :program

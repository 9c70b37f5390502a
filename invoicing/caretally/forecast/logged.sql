-- One scan of the client's time of the months whose days are read: who logged how much for whom, and how much of it before the cut. An entry belongs to
-- the month in which it begins; of the months before the last closed one nothing is read after the cut. Seconds are counted from the first month's
-- start, because whole numbers of four bytes are added faster.
INSERT INTO forecast_logged
SELECT patient_id, program, staff_id, n, count(*), sum(ended - started), sum(greatest(least(ended, (CAST(:cuts AS int[]))[n]) - started, 0))
FROM (
    SELECT patient_id, program, staff_id, started, ended, width_bucket(started, CAST(:starts AS int[])) AS n
    FROM (SELECT patient_id, program, staff_id, (started_second - :first_second)::int AS started, (ended_second - :first_second)::int AS ended
          FROM time_entry
          WHERE vendor_id = :vendor_id AND client_id = :client_id AND started_at >= :since AND started_at < :until) entry
    OFFSET 0 -- a fence: the month is found once
) t
WHERE started < (CAST(:reads AS int[]))[n]
GROUP BY patient_id, program, staff_id, n

-- Whose turn it is, decided here and not by the broker, whose priorities never touch a message that waits. Binds: most_of_vendor, most_at_once, again_seconds.
WITH RECURSIVE
-- The vendors with something waiting, one step of the index each, however many jobs one of them has.
waiting_vendor (vendor_id) AS (
    (SELECT vendor_id FROM job_outbox WHERE handed_at IS NULL ORDER BY vendor_id LIMIT 1)
    UNION ALL
    SELECT (SELECT o.vendor_id FROM job_outbox o WHERE o.handed_at IS NULL AND o.vendor_id > w.vendor_id ORDER BY o.vendor_id LIMIT 1)
    FROM waiting_vendor w WHERE w.vendor_id IS NOT NULL
),
in_flight AS (
    SELECT vendor_id, count(*)::int AS jobs FROM job_outbox WHERE handed_at IS NOT NULL GROUP BY vendor_id
),
-- Round and round: the first of each vendor, then the second of each; none gets more than its share in flight.
next_of_vendor AS (
    SELECT w.vendor_id, o.id, o.due_at, coalesce(f.jobs, 0) + row_number() OVER (PARTITION BY w.vendor_id ORDER BY o.due_at, o.id) AS turn
    FROM waiting_vendor w LEFT JOIN in_flight f ON f.vendor_id = w.vendor_id CROSS JOIN LATERAL (
        SELECT n.id, n.due_at FROM job_outbox n WHERE n.vendor_id = w.vendor_id AND n.handed_at IS NULL AND n.due_at <= clock_timestamp()
        ORDER BY n.due_at, n.id LIMIT greatest(:most_of_vendor - coalesce(f.jobs, 0), 0)) o
),
chosen AS (
    (SELECT vendor_id, id FROM next_of_vendor ORDER BY turn, due_at
    LIMIT greatest(:most_at_once - (SELECT coalesce(sum(jobs), 0) FROM in_flight)::int, 0))
    UNION ALL
    -- Handed out before, and neither ended nor held any longer: the hint or its worker was lost.
    SELECT vendor_id, id FROM job_outbox WHERE handed_at IS NOT NULL AND due_at <= clock_timestamp()
),
-- A worker that takes, ends or gives back one of them now has its row; it is left to it.
locked AS (
    SELECT o.vendor_id, o.id FROM job_outbox o JOIN chosen c ON c.vendor_id = o.vendor_id AND c.id = o.id
    WHERE o.due_at <= clock_timestamp() FOR UPDATE OF o SKIP LOCKED
)
UPDATE job_outbox o SET handed_at = clock_timestamp(), due_at = clock_timestamp() + make_interval(secs => :again_seconds)
FROM locked l WHERE o.vendor_id = l.vendor_id AND o.id = l.id RETURNING o.vendor_id, o.id

-- Whether a month has a client `c` with its newest revision `m`: somebody worked at it, it is not over, or somebody was enrolled by its end. A client that
-- came later is none of a month that is over.
(m.status IS NOT NULL OR {month} + interval '1 month' > now()
  OR EXISTS (SELECT FROM enrolment e WHERE e.vendor_id = c.vendor_id AND e.client_id = c.client_id AND e.valid_from < {month} + interval '1 month'))

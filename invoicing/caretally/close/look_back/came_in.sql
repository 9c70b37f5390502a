-- Whether there is anything to look at: late time that is not settled, or a note since the newest closed month closed.
SELECT EXISTS (SELECT FROM late_entry l WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.month < :month_first AND NOT l.taken_in)
    OR EXISTS (SELECT FROM late_fact f
               WHERE f.vendor_id = :vendor_id AND f.client_id = :client_id
                 AND f.recorded_at > (SELECT m.closed_at FROM client_month m
                                      WHERE m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.status = 'closed' ORDER BY m.month DESC LIMIT 1))

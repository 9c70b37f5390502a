INSERT INTO client_month (vendor_id, client_id, month, revision, status, starts_at, ends_at, input_hash, preview, summary, previewed_by, previewed_at)
VALUES (:vendor_id, :client_id, :month, :revision, 'previewed', CAST(:month AS date)::timestamp AT TIME ZONE :timezone, CAST(:next_month AS date)::timestamp AT TIME ZONE :timezone,
        :input_hash, CAST(:preview AS jsonb), CAST(:summary AS jsonb), (SELECT tenancy.current_actor()), now())
ON CONFLICT (vendor_id, client_id, month, revision)
DO UPDATE SET status = 'previewed', input_hash = EXCLUDED.input_hash, preview = EXCLUDED.preview, summary = EXCLUDED.summary, previewed_by = EXCLUDED.previewed_by,
              previewed_at = EXCLUDED.previewed_at
RETURNING id

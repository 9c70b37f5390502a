-- Each close and each reopening stands in the audit log with its figures, and nothing that stands there has gone.
WITH event AS MATERIALIZED (
    SELECT action, detail, detail ->> 'client_id' AS client, detail ->> 'month' AS month, detail ->> 'revision' AS revision
    FROM audit_event WHERE action IN ('month.closed', 'month.reopened')
),
client_months AS MATERIALIZED (
    SELECT m.*, c.code, m.client_id::text AS client, to_char(m.month, 'YYYY-MM') AS named, m.revision::text AS revision_named, i.number, i.total_cents
    FROM client_month m
    JOIN client c USING (vendor_id, client_id)
    LEFT JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.client_month_id = m.id AND i.kind = 'invoice'
    WHERE m.status IN ('closed', 'reopened')
)
SELECT coalesce(m.code, c.code, 'client ' || coalesce(e.client, 'unknown')) || ' ' || coalesce(m.named, e.month, 'some month') || ' revision ' || coalesce(m.revision_named, e.revision, '?') || ': '
       || CASE WHEN m.id IS NULL THEN 'the audit log has its close, and the closed month is gone'
               WHEN e.client IS NULL THEN 'no audit event has the digest of its rows'
               WHEN (e.detail ->> 'invoice', e.detail ->> 'total_cents') IS DISTINCT FROM (m.number, coalesce(m.total_cents, 0)::text)
                   THEN 'it was closed with ' || coalesce('invoice ' || (e.detail ->> 'invoice'), 'no invoice') || ' over ' || coalesce(e.detail ->> 'total_cents', '?')
                        || ' cents, and has ' || coalesce(m.number || ' over ' || m.total_cents || ' cents', 'none')
               ELSE 'its figures are not those of its audit event' END AS breach
FROM (SELECT * FROM event WHERE action = 'month.closed') e
FULL JOIN client_months m ON m.client = e.client AND m.named = e.month AND m.revision_named = e.revision AND e.detail ->> 'rows_sha256' = encode(m.rows_hash, 'hex')
LEFT JOIN client c ON c.client_id::text = e.client
WHERE (m.id IS NULL OR e.client IS NULL
       OR (e.detail ->> 'invoice', e.detail ->> 'total_cents') IS DISTINCT FROM (m.number, coalesce(m.total_cents, 0)::text)
       OR (e.detail ->> 'enrolled', e.detail ->> 'billable', e.detail ->> 'held', e.detail ->> 'not_billable', e.detail ->> 'rule_set')
          IS DISTINCT FROM (m.enrolled::text, m.billable::text, m.held::text, m.not_billable::text, m.rule_set))
  AND (CAST(:month AS date) IS NULL OR coalesce(m.named, e.month) = to_char(CAST(:month AS date), 'YYYY-MM'))
UNION ALL
SELECT m.code || ' ' || m.named || ' revision ' || m.revision_named || ': it is ' || m.status || ', and the audit log has '
       || CASE m.status WHEN 'closed' THEN 'its reopening' ELSE 'no reopening of it' END
FROM client_months m
LEFT JOIN event e ON e.action = 'month.reopened' AND e.client = m.client AND e.month = m.named AND e.revision = m.revision_named
WHERE (m.status = 'reopened') <> (e.client IS NOT NULL) AND (CAST(:month AS date) IS NULL OR m.month = :month)
UNION ALL
SELECT 'of ' || started.reviews || ' overpayment reviews that closes started, ' || kept.reviews || ' are left'
FROM (SELECT coalesce(sum((detail ->> 'reviews_started')::int), 0) AS reviews FROM event WHERE action = 'month.closed' AND detail ->> 'reviews_started' ~ '^[0-9]{1,9}$') started,
     (SELECT count(*) AS reviews FROM overpayment_review) kept
WHERE started.reviews <> kept.reviews
ORDER BY 1 LIMIT 20

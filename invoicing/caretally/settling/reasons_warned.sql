-- what is worth a look; facts about the client itself are told once, on its report
SELECT w.client_id, w.month, w.status, w.patient_id, w.code, 'warning', 0, CAST(NULL AS date), false
FROM (SELECT m.client_id, m.month, m.status, p.patient_id, p.exceptions, unnest(p.warnings) AS code
      FROM month_now m JOIN patient_month p ON p.vendor_id = :vendor_id AND p.client_id = m.client_id AND p.month = m.month AND p.revision = m.revision
      WHERE m.status = 'closed'
        AND p.warnings && CAST(:codes AS text[]) -- asked
      ) w
JOIN gate_told g ON g.code = w.code AND NOT g.about_client
WHERE w.code <> ALL (w.exceptions)
  AND w.code = ANY (:codes) -- asked

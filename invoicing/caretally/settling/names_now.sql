-- The names of a page's rows whose places are known, as JSON in a text: each patient's as this transaction may read it, and that of whom it is assigned to.
SELECT coalesce(json_agg(json_build_array(k.place, p.mrn, p.family_name || ', ' || p.given_name, a.name) ORDER BY k.place)::text, '[]') AS names
FROM unnest(CAST(:clients AS uuid[]), CAST(:patients AS uuid[]), CAST(:assignees AS uuid[])) WITH ORDINALITY AS k (client_id, patient_id, assignee_id, place)
JOIN patient p ON p.vendor_id = :vendor_id AND p.client_id = k.client_id AND p.id = k.patient_id
LEFT JOIN membership a ON a.vendor_id = :vendor_id AND a.id = k.assignee_id

-- Who signs in here to log time, once a person whatever their roles, and which staff member each is.
SELECT m.account_id, min(m.name) AS name, string_agg(DISTINCT m.role, ',' ORDER BY m.role) AS roles, a.staff_id
FROM membership m LEFT JOIN staff_account a ON (a.vendor_id, a.account_id) = (m.vendor_id, m.account_id)
WHERE m.vendor_id = (SELECT tenancy.current_vendor()) AND m.ended_at IS NULL AND m.role = ANY (:roles)
GROUP BY m.account_id, a.staff_id ORDER BY lower(min(m.name))

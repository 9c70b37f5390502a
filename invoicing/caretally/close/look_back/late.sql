SELECT late_entry_id::text, patient_id::text, printed FROM close_late ORDER BY printed ->> 'starts', printed ->> 'external_id'

"""Exceptions: why a patient-month is held, not billable or worth a look,
as a report that accounts for every patient and every second."""

"""Patients and the dated facts about them: enrolments, practitioners, conditions, visits, stays, other services, discharges.

Nothing here decides what may be billed."""

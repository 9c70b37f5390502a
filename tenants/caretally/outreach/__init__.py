"""Asking patients to enrol: who could be asked, each attempt with its outcome, and the consent that ends the asking.
Attempts are only ever added; consents and enrolments go in by the rules of their files."""

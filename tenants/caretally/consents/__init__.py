"""Consents to a program: what was acknowledged, when, by which way, and when it was taken back.

They belong to one patient, one program and one practitioner."""

"""Waivers: a gate of the vendor's own that a named person does not ask of a patient, or of a whole client, until a day.

What CMS asks is never waived: `waivable_gate` lists what may be, and a waiver of anything else has no effect."""

"""Settling exceptions: one queue over what closes and previews found, who works on what until when, acts on many at once and their undo,
and the facts that fix one, recorded as imports record them."""

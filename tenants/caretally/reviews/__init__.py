"""Reviews of a care plan version: who looked at it, when, and what came of it.

They restart the clock of the yearly review."""

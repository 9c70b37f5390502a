"""Who is the same human in several records of one vendor: identifiers compared, likely pairs put before a person, decisions kept.

A practice sees nothing of it."""

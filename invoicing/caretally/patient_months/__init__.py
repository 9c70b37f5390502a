"""The page of one patient-month: its outcome in words, every second of it, and what proves it;
closed months from their rows, open ones as they stand now."""

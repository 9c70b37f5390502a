"""Break-glass: an operator reads one vendor's data for at most an hour, for a reason, after another person said yes; the vendor sees all of it."""

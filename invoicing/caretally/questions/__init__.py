"""Questions and disputes: what a practice asks of a line of an invoice and what its vendor answers;
nothing here changes an invoice."""

"""A real PostgreSQL server of this installation's own, started on demand from installed programs.

It knows nothing of the schema; it hands out the address of an empty database."""

"""The database of an installation: its address, login roles, migrations and connection pools.

The schema itself lies in migrations/, what a tenant may see in tenancy."""

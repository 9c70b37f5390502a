"""The current vendor and clients: the signed context of a transaction, and the registry of tables.

Nothing here knows what a vendor does; it only keeps vendors apart."""

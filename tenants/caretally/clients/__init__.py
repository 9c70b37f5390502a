"""Clients: the practices a vendor works for.

Each has its own time zone, agreement and closed months."""

"""Agreements: what a vendor charges a client, in dated versions that never overlap.

Prices are integer cents by code and tier."""

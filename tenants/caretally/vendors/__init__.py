"""Vendors: the chronic care companies that use the product.

Each one is a tenant; it is made by the operator."""

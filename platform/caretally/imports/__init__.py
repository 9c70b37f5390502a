"""Imports: a file becomes rows of a vendor's tables, whole or not at all, and can be taken back.

Each kind of file is declared beside the capability that owns its table."""

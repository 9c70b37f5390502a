"""The bench of the close: generated vendors, closed through the real close, beside the floor of what must be read and written.

Nothing here is needed to run CareTally; it works in a database of its own."""

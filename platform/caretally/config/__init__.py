"""The settings of an installation, read from the environment once, at the edge.

Everything below the edge receives what it needs as arguments."""
